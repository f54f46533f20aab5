"""Leaving the field and coming in (`switchIn` and `runSwitch`; events SwitchOut, EntryHazard, SwitchIn)."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from pokejax import harm
from pokejax.abilities import end_abilities, start_ability
from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.names import has_ability, has_type, is_grounded
from pokejax.reveal import show_ability
from pokejax.rng import draw
from pokejax.slot import exchange
from pokejax.speed import action_speed
from pokejax.status import cure, set_flag, try_status
from pokejax.vocabulary import PSN, TOX

SPIKES_24THS = (0, 3, 4, 6)  # of the maximum HP, by layers


def switch_in(battle: Battle, place: Scalar, when: Mask, by_move: Mask = False) -> None:
    """Brings a Pokemon of the acting side in; what its coming sets off is due afterwards (`run_switch`).

    Args:
        battle: the battle.
        place: int32, its place in the party, 1-5.
        when: bool.
        by_move: bool, U-turn switches: the last move goes on to the Pokemon that comes in.
    """
    own = battle.own
    leaves = when & (own.hp > 0)
    mended = leaves & has_ability(own, "naturalcure")
    show_ability(own, mended & (own.status != 0))
    cure(own, mended)
    end_abilities(battle, leaves, False)
    last_move = own.last_move_used
    cure(own, when & own.fainted)
    own.put(when, to_move=False)
    exchange(own, place, when)
    own.put(when & leaves & by_move, last_move_used=last_move)
    own.put(when, speed=action_speed(battle, own), switched=True)
    set_flag(own, "seen", True, when)
    appear(own, when)


def appear(side: Side, when: Mask) -> None:
    """Numbers a Pokemon that comes in for the first time: the other player knows it from now on."""
    side.put(when & (side.appearance == 0), appearance=1 + jnp.max(side.party.appearance))


def drawn_place(battle: Battle, when: Mask) -> Scalar:
    """Draws which Pokemon of the acting side's bench is dragged in (`getRandomSwitchable`).

    Returns:
        int32, its place in the party; 0 if there is none.
    """
    able = battle.own.party.hp[1:] > 0
    count = jnp.sum(able.astype(jnp.int32))
    number = draw(battle, jnp.maximum(count, 1), when & (count > 0), "getRandomSwitchable")
    rank = jnp.cumsum(able.astype(jnp.int32)) - 1
    chosen = able & (rank == number)
    return jnp.sum(jnp.where(chosen, np.arange(1, 6, dtype=np.int32), 0))


def run_switch(battle: Battle, when: Mask) -> None:
    """Runs what the coming in of the acting side's Pokemon sets off: hazards, healing, its ability."""
    own, foe = battle.own, battle.foe
    when = when & own.switched & battle.going
    own.put(when, switched=False)
    hazards(battle, when)
    own.put(when & (own.status == TOX), status_time=0)
    healed = when & (own.healing_wish > 0)
    well = healed & (own.hp > 0)
    own.put(well, hp=own.max_hp, healing_wish=0, last_move_used=battle.last_move)
    cure(own, well)
    own.put(healed & (own.hp == 0), switch_flag=1)
    starts = when & (own.hp > 0)
    start_ability(battle, starts)
    foe.end("substitutebroken", starts & (foe.hp > 0))


def hazards(battle: Battle, when: Mask) -> None:
    """Lets Spikes and Toxic Spikes reach the Pokemon that came in."""
    own, foe = battle.own, battle.foe
    grounded = when & is_grounded(own)
    share = jnp.int32(0)
    for layers, number in enumerate(SPIKES_24THS):
        share = jnp.where(own.spikes == layers, number, share)
    harm.hurt(battle, own, share * own.max_hp // 24, grounded & (own.spikes > 0))
    toxic = grounded & (own.toxic_spikes > 0)
    poison_type = has_type(own, "Poison")
    status = jnp.where(own.toxic_spikes >= 2, TOX, PSN)
    own.put(toxic & poison_type, toxic_spikes=0)
    immune = poison_type | has_type(own, "Steel") | has_ability(own, "magicguard")
    pricked = toxic & jnp.logical_not(immune)
    by_foe = pricked & (foe.hp > 0)
    try_status(battle, own, foe, status, pricked, by_foe=by_foe, spikes=True)
