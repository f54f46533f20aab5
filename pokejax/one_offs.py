"""Moves with a rule of their own for what happens when they hit (`onHit`), one function each."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax import enums, harm
from pokejax.abilities import start_ability
from pokejax.boosts import boost
from pokejax.core import Battle, Mask, Scalar, Side, of_own
from pokejax.formes import TRAINED, follow_item, stats_as
from pokejax.names import has_ability, has_item, tables, weather
from pokejax.reveal import show_ability, show_item
from pokejax.status import cure, set_flag, try_status
from pokejax.vocabulary import BRN, FRZ, PAR, POKEMON_FLAG, PSN, SLP, SUN, TOX

KNOCKED_OFF = POKEMON_FLAG["knockedOff"]
COPIED_PP = 5


def heal_by_weather(battle: Battle, when: Mask) -> None:
    """Moonlight, Morning Sun, Synthesis: two thirds of the HP in sun, a quarter in other weather, else a half."""
    own, now = battle.own, weather(battle)
    amount = jnp.where(now == SUN, own.max_hp * 2 // 3, jnp.where(now != 0, own.max_hp // 4, own.max_hp // 2))
    harm.heal(own, amount, when)


def rest(battle: Battle, when: Mask) -> Mask:
    """Rest: sleep for two turns and all HP. Returns whether it worked."""
    own = battle.own
    own.put(when, status=0, status_time=0)
    done = try_status(battle, own, battle.foe, SLP, when, by_foe=False, ignore_ability=True)
    own.put(done & (own.status == SLP), status_time=3)
    harm.heal(own, own.max_hp, done)
    return done


def belly_drum(battle: Battle, when: Mask) -> Mask:
    """Belly Drum: half of the HP for the highest Attack. Returns whether it worked."""
    own = battle.own
    able = when & (own.hp * 2 > own.max_hp) & (own.boosts[0] < 6) & (own.max_hp > 1)
    harm.lose_hp(battle, own, jnp.maximum(own.max_hp // 2, 1), able)
    boost(battle, own, [12, 0, 0, 0, 0, 0, 0], able, by_other=False)
    return able


def pain_split(battle: Battle, when: Mask) -> None:
    """Pain Split: both Pokemon get the mean of their HP."""
    own, foe = battle.own, battle.foe
    mean = jnp.maximum((own.hp + foe.hp) // 2, 1)
    when = when & (own.hp > 0) & (foe.hp > 0)
    own.put(when, hp=jnp.minimum(mean, own.max_hp))
    foe.put(when, hp=jnp.minimum(mean, foe.max_hp))


def refresh(battle: Battle, when: Mask) -> Mask:
    """Refresh: cures the user of burn, poison and paralysis. Returns whether it worked."""
    own = battle.own
    done = when & ((own.status == BRN) | (own.status == PSN) | (own.status == TOX) | (own.status == PAR))
    cure(own, done)
    return done


def cure_party(battle: Battle, soundproof_too: Mask, when: Mask) -> None:
    """Aromatherapy and Heal Bell: cures the user's party; Heal Bell leaves Soundproof members out."""
    own, bench = battle.own, battle.own.bench
    for i, ability in enumerate(of_own(battle, "base_ability")):
        deaf = (ability == tables().abilities.id["soundproof"]) & jnp.logical_not(soundproof_too)
        cured = when & (bench.hp[i] > 0) & jnp.logical_not(deaf)
        bench.status[i], bench.status_time[i] = (
            jnp.where(cured, 0, bench.status[i]),
            jnp.where(cured, 0, bench.status_time[i]),
        )
        bench.flags[i] = jnp.where(cured, bench.flags[i] & ~POKEMON_FLAG["sleptByFoe"], bench.flags[i])
    show_ability(own, when & (own.hp > 0) & has_ability(own, "soundproof") & jnp.logical_not(soundproof_too))
    cure(own, when & (own.hp > 0) & (soundproof_too | jnp.logical_not(has_ability(own, "soundproof"))))


def haze(battle: Battle, when: Mask) -> None:
    """Haze: all stages of both Pokemon on the field are gone."""
    for side in (battle.own, battle.foe):
        side.put(when & jnp.logical_not(side.fainted), boosts=[0] * 7)


def rapid_spin(own: Side, when: Mask) -> None:
    """Rapid Spin: the user is rid of Leech Seed, its side of hazards."""
    own.end("leechseed", when & (own.hp > 0))
    own.put(when, spikes=0, toxic_spikes=0)


def _holds_fast(side: Side) -> Mask:
    """Whether nobody, not even its holder, can take an item away: Multitype's plate, the Griseous Orb."""
    return has_ability(side, "multitype") | has_item(side, "griseousorb")


def _kept(side: Side, ignore_ability: Mask) -> Mask:
    """Whether the other side's Pokemon cannot take an item away (event TakeItem)."""
    return _holds_fast(side) | (has_ability(side, "stickyhold") & jnp.logical_not(ignore_ability))


def _sticks(side: Side, ignore_ability: Mask) -> Mask:
    """Whether Sticky Hold shows itself when the other side's Pokemon would take an item away."""
    return has_ability(side, "stickyhold") & jnp.logical_not(_holds_fast(side) | ignore_ability)


def knock_off(own: Side, foe: Side, when: Mask, ignore_ability: Mask) -> None:
    """Knock Off: the target's item is gone for good, even if it has fainted."""
    done = when & (own.hp > 0) & (foe.item != 0) & jnp.logical_not(_kept(foe, ignore_ability))
    foe.start("unburden", done & (foe.hp > 0) & has_ability(foe, "unburden"))
    show_ability(foe, when & (own.hp > 0) & (foe.item != 0) & _sticks(foe, ignore_ability))
    show_item(foe, done)
    foe.put(done, item=0)
    set_flag(foe, "knockedOff", True, done)


def bug_bite(battle: Battle, when: Mask, ignore_ability: Mask) -> None:
    """Bug Bite: the user eats the target's berry."""
    own, foe = battle.own, battle.foe
    knocked = ((own.flags | foe.flags) & KNOCKED_OFF) != 0
    berry = (foe.item != 0) & (tables().items.row(foe.item).is_berry != 0)
    eats = when & (own.hp > 0) & berry & jnp.logical_not(knocked | _kept(foe, ignore_ability))
    show_ability(foe, when & (own.hp > 0) & berry & jnp.logical_not(knocked) & _sticks(foe, ignore_ability))
    harm.heal(own, own.max_hp // 4, eats & has_item(foe, "sitrusberry"))
    lum, chesto = eats & has_item(foe, "lumberry"), eats & has_item(foe, "chestoberry")
    cure(own, lum | (chesto & (own.status == SLP)))
    own.end("confusion", lum)
    foe.start("unburden", eats & (foe.hp > 0) & has_ability(foe, "unburden"))
    show_item(foe, eats)
    foe.put(eats, item=0)


def trick(battle: Battle, when: Mask, is_switcheroo: Mask, ignore_ability: Mask) -> Mask:
    """Trick and Switcheroo: both Pokemon swap their items. Returns whether they did.

    Trick asks whether a Pokemon's item can be taken (`takeItem` returned false), Switcheroo whether one is left, which
    it is not where it was knocked off.
    """
    own, foe = battle.own, battle.foe
    knocked = ((own.flags | foe.flags) & KNOCKED_OFF) != 0
    own_knocked = (own.flags & KNOCKED_OFF) != 0
    theirs, mine = foe.item, own.item
    asks = jnp.logical_not(is_switcheroo)
    refused = (knocked & (asks | (theirs != 0))) | ((theirs != 0) & _kept(foe, ignore_ability))
    # `source.takeItem()` asks the source itself only.
    my_refused = (own_knocked & (asks | (mine != 0))) | ((mine != 0) & _holds_fast(own))
    taken = when & (theirs != 0) & jnp.logical_not(refused)
    given = when & (mine != 0) & jnp.logical_not(my_refused)
    foe.start("unburden", taken & has_ability(foe, "unburden"))
    own.start("unburden", given & has_ability(own, "unburden"))
    done = when & jnp.logical_not(refused | my_refused) & ((theirs != 0) | (mine != 0))
    show_item(foe, done)
    show_item(own, done)
    foe.put(done, item=mine)
    own.put(done, item=theirs)
    return done


def transform(battle: Battle, when: Mask) -> Mask:
    """Transform: the user becomes a copy of the target, whose ability then starts. Returns whether it worked."""
    own, foe = battle.own, battle.foe
    done = when & jnp.logical_not(foe.fainted | foe.flag("transformed"))
    own.put(done & jnp.logical_not(own.flag("transformed")), base_pp=own.pp)
    points: list[Any] = []
    for move in foe.moves:
        points.append(jnp.where(move == 0, 0, jnp.minimum(tables().moves.row(move).pp, COPIED_PP)))
    own.put(
        done,
        species=foe.species,
        types=foe.types,
        type_unknown=1,
        stats=foe.stats,
        moves=foe.moves,
        pp=points,
        hp_type=foe.hp_type,
        boosts=foe.boosts,
        ability=foe.ability,
        disabled=0,
        slow_start=0,
        speed=stats_as(own, foe.species, [TRAINED] * len(enums.STATS))[4],
    )
    own.lift("transformed", done)
    start_ability(battle, done)
    follow_item(own, done)
    return done


def tri_attack_status(number: Scalar) -> Scalar:
    """Returns the status that Tri Attack's draw of 0 to 2 names."""
    return jnp.where(number == 0, BRN, jnp.where(number == 1, PAR, FRZ))
