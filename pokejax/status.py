"""Major statuses: who can get them and what sets them off (`setStatus`, events SetStatus and AfterSetStatus)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.formes import land_shaymin
from pokejax.items import eat_item
from pokejax.names import has_ability, has_item, is_guarded, weather
from pokejax.reveal import show_ability
from pokejax.rng import draw_between
from pokejax.vocabulary import BRN, FRZ, PAR, POKEMON_FLAG, PSN, SLP, SUN, TOX

SLEPT_BY_FOE = POKEMON_FLAG["sleptByFoe"]


def set_flag(side: Side, flag: str, value: Mask, when: Mask) -> None:
    """Sets one of POKEMON_FLAGS of the Pokemon on the field to a value."""
    bit = POKEMON_FLAG[flag]
    side.put(when, flags=jnp.where(value, side.flags | bit, side.flags & ~bit))


def cure(side: Side, when: Mask) -> None:
    """Takes the status of a Pokemon on the field away (`clearStatus`)."""
    side.put(when, status=0, status_time=0)
    set_flag(side, "sleptByFoe", False, when)


def sleep_clause(side: Side) -> Mask:
    """Whether a Pokemon of the team sleeps by the other side's doing."""
    party = side.party
    bench = (party.hp[1:] > 0) & (party.status[1:] == SLP) & ((party.flags[1:] & SLEPT_BY_FOE) != 0)
    return jnp.any(bench) | ((side.hp > 0) & (side.status == SLP) & ((side.flags & SLEPT_BY_FOE) != 0))


def immune_by_ability(target: Side, status: Scalar, ignore_ability: Mask) -> Mask:
    """Whether an ability keeps a status from a Pokemon on the field whatever the weather, its type not being proof."""
    poison = (status == PSN) | (status == TOX)
    kept = poison & has_ability(target, "immunity") & jnp.logical_not(is_guarded(target, "psn"))
    kept = kept | ((status == SLP) & has_ability(target, "insomnia", "vitalspirit"))
    kept = kept | ((status == PAR) & has_ability(target, "limber") & jnp.logical_not(is_guarded(target, "par")))
    kept = kept | ((status == BRN) & has_ability(target, "waterveil") & jnp.logical_not(is_guarded(target, "brn")))
    return kept & jnp.logical_not(ignore_ability)


def immune(battle: Battle, target: Side, status: Scalar, ignore_ability: Mask, spikes: Mask = False) -> Mask:
    """Whether type, weather or ability keep a status from a Pokemon on the field.

    Args:
        battle: the battle.
        target: the side.
        status: int32, index in enums.STATUSES.
        ignore_ability: bool, Mold Breaker is at work.
        spikes: bool, Toxic Spikes are the cause.
    """
    poison = (status == PSN) | (status == TOX)
    sun = weather(battle) == SUN
    by_type: Any = (status == BRN) & is_guarded(target, "brn")
    by_type = by_type | ((status == FRZ) & (is_guarded(target, "frz") | sun))
    by_type = by_type | ((status == PAR) & is_guarded(target, "par")) | (poison & is_guarded(target, "psn"))
    by_ability = poison & has_ability(target, "immunity")
    by_ability = by_ability | ((status == SLP) & has_ability(target, "insomnia", "vitalspirit"))
    by_ability = by_ability | ((status == PAR) & has_ability(target, "limber"))
    by_ability = by_ability | ((status == BRN) & has_ability(target, "waterveil"))
    by_ability = by_ability | (has_ability(target, "leafguard") & sun)
    by_ability = by_ability & jnp.logical_not(ignore_ability)
    return by_type | by_ability | (spikes & has_ability(target, "magicguard"))


def try_status(
    battle: Battle,
    target: Side,
    source: Side,
    status: Scalar,
    when: Mask,
    *,
    by_foe: Mask,
    ignore_ability: Mask = False,
    spikes: Mask = False,
    reflects: bool = True,
) -> Mask:
    """Gives a Pokemon on the field a major status if it has none and nothing keeps it off (`trySetStatus`).

    Args:
        battle: the battle.
        target: the side.
        source: the other side; Synchronize gives the status back to its Pokemon on the field.
        status: int32, index in enums.STATUSES.
        when: bool.
        by_foe: bool, the source is the other side's Pokemon: the Sleep Clause and Synchronize count it.
        ignore_ability: bool, Mold Breaker is at work.
        spikes: bool, Toxic Spikes are the cause.
        reflects: whether Synchronize may answer; it does so once.

    Returns:
        bool, whether the status was set, even if a berry took it away at once.
    """
    done = when & (target.hp > 0) & jnp.logical_not(target.fainted) & (target.status == 0) & (status != 0)
    done = done & jnp.logical_not(immune(battle, target, status, ignore_ability, spikes))
    done = done & jnp.logical_not((status == SLP) & by_foe & sleep_clause(target))
    asleep = done & (status == SLP)
    turns = draw_between(battle, 2, 6, asleep, "slp onStart")
    target.put(done, status=status, status_time=jnp.where(status == SLP, turns, 0))
    set_flag(target, "sleptByFoe", (status == SLP) & by_foe, done)
    land_shaymin(target, done & (status == FRZ))
    if reflects:
        back = jnp.where(status == TOX, PSN, status)
        answers = done & by_foe & jnp.logical_not(spikes) & has_ability(target, "synchronize")
        answers = answers & (status != SLP) & (status != FRZ)
        show_ability(target, try_status(battle, source, target, back, answers, by_foe=True, reflects=False))
    eat_item(battle, target, done & has_item(target, "lumberry"))
    return done
