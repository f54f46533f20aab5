"""A move from its choice to its end (`runMove`): gates, PP, Pressure, locks; the hit path does the rest."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax import enums
from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.gates import before_move
from pokejax.names import has_ability, has_item, has_type, is_move, move_id, move_value, tables
from pokejax.reveal import show_move
from pokejax.reveal import use_move as show_use
from pokejax.rng import draw
from pokejax.rules import Rules
from pokejax.vocabulary import SLP

UNPRESSED = tuple(enums.TARGETS.index(name) for name in ("self", "foeSide", "allySide", "allyTeam", "allies"))
"""Targets of moves that reach no foe, so that the foe's Pressure costs nothing."""

TO_ALL = enums.TARGETS.index("all")
"""The target of moves that also reach a foe that has fainted: its Pressure still costs (`getMoveTargets`)."""

MUST_PRESSURE = 1 << enums.MOVE_FLAGS.index("mustpressure")
NOT_TALKED = (1 << enums.MOVE_FLAGS.index("nosleeptalk")) | (1 << enums.MOVE_FLAGS.index("charge"))


def locked_move(side: Side) -> Scalar:
    """Returns the move that a Pokemon must go on with (event LockMove), 0 if none."""
    move = jnp.where(side.has("twoturnmove"), side.charge_move, 0)
    move = jnp.where(side.has("mustrecharge"), move_id("recharge"), move)
    return jnp.where(side.has("lockedmove"), side.locked_move, move)


def points(side: Side, move: Scalar) -> Scalar:
    """Returns the PP of a move, 0 if the Pokemon does not know it; the first slot counts."""
    found: Any = jnp.int32(0)
    for slot in reversed(range(4)):
        found = jnp.where((side.moves[slot] == move) & (move != 0), side.pp[slot], found)
    return found


def deduct(side: Side, move: Scalar, amount: int, when: Mask) -> None:
    """Takes PP of a move away, down to 0 (`deductPP`)."""
    new, found = [], jnp.bool_(False)
    for slot in range(4):
        here = (side.moves[slot] == move) & (move != 0) & jnp.logical_not(found)
        found = found | here
        new.append(jnp.where(here, jnp.maximum(side.pp[slot] - amount, 0), side.pp[slot]))
    side.put(when, pp=new)


def sleep_talk(battle: Battle, when: Mask) -> Scalar:
    """Draws the move that Sleep Talk calls.

    Returns:
        int32, its id; 0 if Sleep Talk fails.
    """
    own = battle.own
    able = [(move != 0) & ((move_value("flags", move) & NOT_TALKED) == 0) for move in own.moves]
    count = sum(one.astype(jnp.int32) for one in able)
    works = when & (own.status == SLP) & jnp.logical_not(own.has("choicelock") | own.has("encore")) & (count > 0)
    number = draw(battle, jnp.maximum(count, 1), works, "sleeptalk sample")
    chosen, rank = jnp.int32(0), jnp.int32(0)
    for move, one in zip(own.moves, able, strict=True):
        chosen = jnp.where(one & (rank == number) & works, move, chosen)
        rank = rank + one.astype(jnp.int32)
    return chosen


def run_move(battle: Battle, rules: Rules, move: Scalar, when: Mask, pursuit: Mask) -> None:
    """Runs the acting side's move.

    Args:
        battle: the battle.
        rules: the hit path.
        move: int32, id of the move chosen.
        when: bool.
        pursuit: bool, Pursuit strikes a Pokemon that leaves: no gates, and its PP go first.
    """
    own, foe = battle.own, battle.foe
    chosen = when & jnp.logical_not(pursuit)
    own.add(chosen, move_actions=1)
    own.put(when, to_move=False)
    encored = chosen & own.has("encore") & jnp.logical_not(is_move(move, "struggle")) & (own.encore_move != 0)
    move = jnp.where(encored, own.encore_move, move)
    row = tables().moves.row(move)
    go = before_move(battle, rules, move, row, chosen) | (when & pursuit)

    locked = locked_move(own) != 0
    pays = go & (pursuit | jnp.logical_not(locked))
    empty = pays & jnp.logical_not(pursuit) & (points(own, move) == 0) & jnp.logical_not(is_move(move, "struggle"))
    deduct(own, move, 1, pays & jnp.logical_not(empty))
    show_move(own, move, empty)
    go = go & jnp.logical_not(empty)
    show_use(own, move, go)
    own.put(go, last_move_used=move, move_this_turn=move)

    talks = go & is_move(move, "sleeptalk")
    called_move = sleep_talk(battle, talks)
    show_use(own, called_move, talks & (called_move != 0))
    used = jnp.where(talks, called_move, move)
    aims, reaches = move_value("target", used), jnp.bool_(True)
    for target in UNPRESSED:
        reaches = reaches & (aims != target)
    reaches = reaches | ((move_value("flags", used) & MUST_PRESSURE) != 0)
    # Only a Ghost's Curse is aimed at the foe.
    reaches = reaches & jnp.logical_not(is_move(used, "curse") & jnp.logical_not(has_type(own, "Ghost")))
    # Pursuit at a Pokemon that leaves is called by its own condition, and only moves that are chosen feel Pressure.
    presses = go & (used != 0) & jnp.logical_not(pursuit | locked) & reaches & has_ability(foe, "pressure")
    deduct(own, move, 1, presses & ((foe.hp > 0) | (aims == TO_ALL)))

    does = go & (used != 0)
    moved = rules.use_move(battle, used, does, talks)
    own = battle.own
    choice = has_item(own, "choiceband", "choicescarf", "choicespecs")
    locks = go & choice & (jnp.logical_not(pursuit) | moved) & (own.hp > 0) & jnp.logical_not(own.has("choicelock"))
    own.put(locks, choice_move=own.last_move_used)
    own.start("choicelock", locks & (own.last_move_used != 0))
    own.put(go & is_move(move, "healingwish"), switch_flag=1)
    battle.put(go, last_move=move)
