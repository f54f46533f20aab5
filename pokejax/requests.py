"""What the sides are asked for next: replacements, or a new turn (`makeRequest`, `endTurn`)."""

from __future__ import annotations

import functools
import operator
from typing import Any

import jax.numpy as jnp

from pokejax import enums
from pokejax import state as layout
from pokejax.core import Battle, Mask, Side
from pokejax.move import locked_move
from pokejax.names import has_ability, has_item, has_type, is_grounded, move_value, tables
from pokejax.rng import draw
from pokejax.status import cure
from pokejax.vocabulary import MOVE, SWITCH, WAIT

TIE = 3


def can_switch(side: Side) -> Mask:
    """Whether a side has a Pokemon on its bench that has not fainted."""
    return functools.reduce(operator.or_, [hp > 0 for hp in side.bench.hp])


def ask_switches(battle: Battle, when: Mask) -> Mask:
    """Asks for the replacements that are due; a flag with nobody to come in is dropped.

    Returns:
        bool, whether any was asked for.
    """
    asked: Any = False
    when = when & battle.going
    for side in (battle.own, battle.foe):
        side.put(when & (side.switch_flag > 0) & jnp.logical_not(can_switch(side)), switch_flag=0)
        asked = asked | (when & (side.switch_flag > 0))
    for side in (battle.own, battle.foe):
        side.put(asked, request=jnp.where(side.switch_flag > 0, SWITCH, WAIT))
    return asked


def flag_fainted(battle: Battle, when: Mask) -> None:
    """Flags the fainted Pokemon on the field for replacement (`checkFainted`)."""
    for side in (battle.own, battle.foe):
        side.put(when & side.fainted, switch_flag=1)
        cure(side, when & side.fainted)


def disable_moves(battle: Battle, side: Side, when: Mask) -> None:
    """Sets which slots the conditions of a Pokemon disable (event DisableMove); handlers that tie draw."""
    choice, encore, taunt = side.has("choicelock"), side.has("encore"), side.has("taunt")
    count = choice.astype(jnp.int32) + encore.astype(jnp.int32) + taunt.astype(jnp.int32)
    draw(battle, jnp.maximum(count, 1), when & (count > 1), "DisableMove tie")
    draw(battle, 2, when & (count > 2), "DisableMove tie")

    def knows(move: Any) -> Mask:
        return (move != 0) & ((side.moves[0] == move) | (side.moves[1] == move) | (side.moves[2] == move)
                              | (side.moves[3] == move))  # fmt: skip

    kept = choice & has_item(side, "choiceband", "choicescarf", "choicespecs") & knows(side.choice_move)
    side.end("choicelock", when & choice & jnp.logical_not(kept))
    held = encore & knows(side.encore_move)
    bits: Any = 0
    for slot, move in enumerate(side.moves):
        off = (kept & (move != side.choice_move)) | (held & (move != side.encore_move))
        off = off | (taunt & (move_value("category", move) == 0))
        bits = bits | jnp.where(off & (move != 0), 1 << slot, 0)
    side.put(when, disabled=bits)


def trap(side: Side, foe: Side, when: Mask) -> None:
    """Sets whether the foe's ability keeps a Pokemon on the field, and whether it might (event TrapPokemon)."""
    grounded, steel = is_grounded(side), has_type(side, "Steel")
    reach = {"arenatrap": grounded, "magnetpull": steel, "shadowtag": jnp.logical_not(has_ability(side, "shadowtag"))}
    # Whether a copy of the foe could be held is reckoned without its types (`knownType`).
    unknown = side.type_unknown > 0
    unsure = {"arenatrap": unknown & jnp.logical_not(has_ability(side, "levitate")), "magnetpull": unknown}
    row = tables().species.row(foe.species)
    held: Any = False
    maybe: Any = False  # what the foe must reckon with: its ability and those that the species can have
    for ability in enums.TRAPPING_ABILITIES:
        has = has_ability(foe, ability)
        held = held | (has & reach[ability])
        reached = reach[ability] | unsure.get(ability, False)
        maybe = maybe | ((has | (getattr(row, f"may_have_{ability}") != 0)) & reached)
    locked = locked_move(side) != 0
    alive = jnp.logical_not(foe.fainted)
    side.put(
        when,
        trapped=jnp.where(locked, 1, jnp.where(held & alive, 2, 0)),
        maybe_trapped=(maybe & alive & jnp.logical_not(locked)).astype(jnp.int32),
        trap_known=locked.astype(jnp.int32),
    )


def end_turn(battle: Battle, when: Mask) -> None:
    """Ends the turn: counters, disabled moves, trapping, and the request of both sides' next choices."""
    when = when & battle.going
    battle.face(False)
    battle.add(when, turn=1)
    for side, foe in ((battle.own, battle.foe), (battle.foe, battle.own)):
        side.put(when, move_this_turn=0)
        side.lower("newlySwitched", when)
        disable_moves(battle, side, when)
        side.lower("attackedThisTurn", when)
        # An attacker that has left the field is forgotten; a state of Showdown's own does not say who it was.
        left = jnp.where(side.attacked_by > 0, side.attacked_by != foe.place + 1, foe.active_turns == 0)
        side.put(when & left, attacked_damage=0, attacked_by=0)
        trap(side, foe, when)
    for side in (battle.own, battle.foe):
        side.add(when, active_turns=1)
    over = when & (battle.turn > layout.TURN_LIMIT)
    battle.put(over, result=TIE)
    for side in (battle.own, battle.foe):
        side.put(when, request=MOVE)
        side.put(over, request=WAIT)
