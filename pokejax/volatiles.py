"""Volatile conditions that moves and abilities give, with what keeps them off (`addVolatile`, event TryAddVolatile)."""

from __future__ import annotations

import jax.numpy as jnp

from pokejax import enums
from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.names import has_ability, is_move, move_id, tables, weather
from pokejax.reveal import show_ability
from pokejax.rng import draw_between
from pokejax.vocabulary import FEMALE, MALE, SUN

FAIL_ENCORE = 1 << enums.MOVE_FLAGS.index("failencore")


def flinch(target: Side, when: Mask, ignore_ability: Mask) -> None:
    """Makes a Pokemon flinch, but not one with Inner Focus or one that tightens its focus."""
    blocked = has_ability(target, "innerfocus") & jnp.logical_not(ignore_ability)
    target.start("flinch", when & (target.hp > 0) & jnp.logical_not(blocked | target.has("focuspunch")))


def confuse(battle: Battle, target: Side, when: Mask, ignore_ability: Mask) -> None:
    """Confuses a Pokemon that is not yet; draws for how long."""
    blocked = has_ability(target, "owntempo") & jnp.logical_not(ignore_ability)
    starts = when & (target.hp > 0) & jnp.logical_not(blocked | target.has("confusion"))
    turns = draw_between(battle, 2, 6, starts, "confusion onStart")
    target.start("confusion", starts)
    target.put(starts, confusion_time=turns)


def attract(target: Side, source: Side, when: Mask) -> Mask:
    """Makes a Pokemon fall for one of the other gender. Returns whether it did."""
    fits = ((target.gender == MALE) & (source.gender == FEMALE)) | ((target.gender == FEMALE) & (source.gender == MALE))
    starts = when & fits & (target.hp > 0) & jnp.logical_not(target.has("attract"))
    target.start("attract", starts)
    target.put(starts, attract_by=source.place + 1)
    return starts


def lock(battle: Battle, side: Side, move: Scalar, when: Mask) -> None:
    """Locks a Pokemon into its rampage, or goes on with it; the start draws for how long."""
    alive = when & (side.hp > 0)
    again = alive & side.has("lockedmove")
    side.put(again & (side.locked_true >= 2), locked_turns=2)
    starts = alive & jnp.logical_not(again)
    turns = draw_between(battle, 2, 4, starts, "lockedmove onStart")
    side.start("lockedmove", starts)
    side.put(starts, locked_turns=2, locked_true=turns, locked_move=move)


def recharge(side: Side, when: Mask) -> None:
    """Makes a Pokemon lose its next turn."""
    starts = when & (side.hp > 0) & jnp.logical_not(side.has("mustrecharge"))
    side.start("mustrecharge", starts)
    side.put(starts, recharge_turns=2)


def stall(side: Side, when: Mask) -> None:
    """Counts one more protection in a row."""
    again = side.has("stall")
    counter = jnp.where(again, jnp.where(side.stall_counter < 8, side.stall_counter * 2, side.stall_counter), 2)
    side.start("stall", when)
    side.put(when, stall_counter=counter, stall_turns=2)


def encore(battle: Battle, target: Side, when: Mask) -> Mask:
    """Locks a Pokemon into its last move; draws the turns even if there is none to lock.

    Returns:
        bool, whether it did.
    """
    tries = when & (target.hp > 0) & jnp.logical_not(target.has("encore"))
    turns = draw_between(battle, 4, 9, tries, "encore durationCallback")
    last = target.last_move_used
    known = jnp.bool_(False)
    for slot in range(4):  # the first slot of the move counts
        here = (target.moves[slot] == last) & (last != 0)
        known = known | (here & (target.pp[slot] > 0))
    starts = tries & known & ((tables().moves.row(last).flags & FAIL_ENCORE) == 0)
    target.start("encore", starts)
    target.put(starts, encore_move=last, encore_turns=turns)
    target.start("pursuit", starts & is_move(last, "pursuit"))
    return starts


def taunt(battle: Battle, target: Side, when: Mask) -> Mask:
    """Taunts a Pokemon; draws for how long. Returns whether it did."""
    starts = when & (target.hp > 0) & jnp.logical_not(target.has("taunt"))
    turns = draw_between(battle, 3, 6, starts, "taunt durationCallback")
    target.start("taunt", starts)
    target.put(starts, taunt_turns=turns)
    return starts


def yawn(battle: Battle, target: Side, when: Mask, ignore_ability: Mask) -> Mask:
    """Makes a Pokemon drowsy. Returns whether it did."""
    awake = has_ability(target, "insomnia", "vitalspirit")
    tries = when & (target.hp > 0) & jnp.logical_not(target.has("yawn") | ignore_ability)
    show_ability(target, tries & awake)
    blocked = awake | (has_ability(target, "leafguard") & (weather(battle) == SUN))
    blocked = blocked & jnp.logical_not(ignore_ability)
    starts = when & (target.hp > 0) & jnp.logical_not(target.has("yawn") | blocked)
    target.start("yawn", starts)
    target.put(starts, yawn_turns=2, yawn_by_foe=1)
    return starts


def plain(target: Side, name: str, when: Mask) -> Mask:
    """Gives a condition that nothing keeps off and that owns no counter. Returns whether it is new."""
    starts = when & (target.hp > 0) & jnp.logical_not(target.has(name))
    target.start(name, starts)
    return starts


def charge(battle: Battle, when: Mask) -> Mask:
    """Lets the acting side's Pokemon charge Solar Beam, unless it has, or the sun shines.

    Returns:
        bool, whether the move goes on now.
    """
    own = battle.own
    ready = own.has("solarbeam")
    own.end("solarbeam", when & ready & (own.hp > 0))
    charges = when & jnp.logical_not(ready | (weather(battle) == SUN))
    own.start("twoturnmove", charges)
    own.start("solarbeam", charges)
    own.put(charges, charge_turns=2, charge_move=move_id("solarbeam"))
    return when & jnp.logical_not(charges)
