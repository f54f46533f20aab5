"""State and parameters of a game: every field once, with dtype, shape and meaning; the rules are those of SPEC.md.

Sets of instances are bit masks, instance 0 lowest. The first axis of length 2 is the player.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from flax import struct

from tcgjax.data import constants

NEVER = 2**31 - 1
MAX_TOP, MAX_BOTTOM = 3, 2  # known cards: looking gives at most 3 on top, two Mythical Slabs put 2 on the bottom


class EnvState(struct.PyTreeNode):
    """One game between two decks."""

    deck: jax.Array  # int16 (2, 20), card id of each instance
    energy_types: jax.Array  # uint8 (2,), bits of the Energy Zone's types, Grass lowest
    in_deck: jax.Array  # uint32 (2,), instances in the deck
    in_hand: jax.Array  # uint32 (2,), instances in the hand
    in_discard: jax.Array  # uint32 (2,), instances in the discard pile
    in_slot: jax.Array  # uint32 (2, 4), instances of the Pokemon in each slot, Active first
    seen: jax.Array  # uint32 (2,), instances in the hand that the opponent has seen (14.3)
    top: jax.Array  # int8 (2, 3), instances with the places 1, 2, 3 of the deck, -1 unknown (10.2)
    bottom: jax.Array  # int8 (2, 2), instances with known places at the bottom, first the one drawn first, -1 none
    slot_card: jax.Array  # int16 (2, 4), card id of the Pokemon, 0 = empty slot
    damage: jax.Array  # int16 (2, 4), HP
    energy: jax.Array  # int8 (2, 4, 8), units of G R W L P F D M
    is_new: jax.Array  # uint8 (2,), slots whose Pokemon came into play or evolved this turn
    ability_used: jax.Array  # uint8 (2,), slots whose ability was used this turn
    energy_now: jax.Array  # int8 (2,), type of the current energy, -1 none
    energy_next: jax.Array  # int8 (2,), type of the next energy
    points: jax.Array  # int8 (2,), points scored
    condition: jax.Array  # int8 (2,), of the Active: 0 none, 1 asleep, 2 paralyzed, 3 confused
    poisoned: jax.Array  # bool (2,), of the Active
    burned: jax.Array  # bool (2,), of the Active
    attack_minus: jax.Array  # int16 (2,), HP, mark def_attack_minus on the Active
    attack_coin: jax.Array  # bool (2,), mark def_attack_coin on the Active
    no_attack: jax.Array  # bool (2,), mark def_no_attack on the Active
    no_retreat: jax.Array  # bool (2,), mark def_no_retreat on the Active
    reduce: jax.Array  # int16 (2,), HP, mark self_reduce on the Active
    immune: jax.Array  # bool (2,), mark self_immune on the Active
    team_reduce: jax.Array  # int16 (2,), HP, on the player
    no_supporter: jax.Array  # bool (2,), on the player
    lost_to_attack: jax.Array  # bool (2,), rule 9.3
    turn: jax.Array  # int8 (), 0 during set-up
    max_turns: jax.Array  # int8 (), the turn after which the game is a draw
    first: jax.Array  # int8 (), who plays first
    turn_player: jax.Array  # int8 ()
    decider: jax.Array  # int8 (), who takes the next decision
    phase: jax.Array  # int8 (), see tcgjax.actions
    stage: jax.Array  # int8 (), what follows the Knock Outs
    row: jax.Array  # int16 (), pending row
    source_slot: jax.Array  # int8 (), whose ability is pending, -1 none
    card: jax.Array  # int8 (), instance that evolves, -1 none
    units: jax.Array  # int8 (), energy still to be split
    supporter_used: jax.Array  # bool ()
    retreated: jax.Array  # bool ()
    plus: jax.Array  # int16 (), HP, TURN_PLUS all
    plus_named: jax.Array  # int16 (), HP, TURN_PLUS names
    plus_row: jax.Array  # int16 (), row of the trainer that said which names
    retreat_change: jax.Array  # int8 (), symbols
    result: jax.Array  # int8 (), 0 ongoing, 1 player 0 won, 2 player 1 won, 3 draw
    time: jax.Array  # int32 (), decisions taken
    seed: jax.Array  # uint32 (2,), the game's random stream (10.1)
    draws: jax.Array  # uint32 (), words used
    legal: jax.Array  # uint32 (3,), bits of the legal actions of the decider


class EnvParams(struct.PyTreeNode):
    """The numbers that a game reads."""

    max_turns: Any = constants.MAX_TURNS  # turns of both players together
    max_steps_in_episode: Any = NEVER  # decisions until truncation; the rules never truncate


FORM: dict[str, tuple[str, tuple[int, ...]]] = {
    "deck": ("int16", (2, 20)), "energy_types": ("uint8", (2,)),
    **dict.fromkeys(("in_deck", "in_hand", "in_discard", "seen"), ("uint32", (2,))),
    "in_slot": ("uint32", (2, 4)), "top": ("int8", (2, MAX_TOP)), "bottom": ("int8", (2, MAX_BOTTOM)),
    "slot_card": ("int16", (2, 4)), "damage": ("int16", (2, 4)), "energy": ("int8", (2, 4, 8)),
    **dict.fromkeys(("is_new", "ability_used"), ("uint8", (2,))),
    **dict.fromkeys(("energy_now", "energy_next", "points", "condition"), ("int8", (2,))),
    **dict.fromkeys(
        ("poisoned", "burned", "attack_coin", "no_attack", "no_retreat", "immune", "no_supporter", "lost_to_attack"),
        ("bool", (2,)),
    ),
    **dict.fromkeys(("attack_minus", "reduce", "team_reduce"), ("int16", (2,))),
    **dict.fromkeys(
        ("turn", "max_turns", "first", "turn_player", "decider", "phase", "stage", "source_slot", "card", "units",
         "retreat_change", "result"),
        ("int8", ()),
    ),
    **dict.fromkeys(("row", "plus", "plus_named", "plus_row"), ("int16", ())),
    **dict.fromkeys(("supporter_used", "retreated"), ("bool", ())),
    "time": ("int32", ()), "seed": ("uint32", (2,)), "draws": ("uint32", ()), "legal": ("uint32", (3,)),
}  # fmt: skip
"""Dtype and shape of every field, for the exporter of the reference and the checks."""


def pack(fields: dict[str, Any]) -> EnvState:
    """A state of NumPy arrays, each with its dtype, from plain values by field."""
    arrays: dict[str, Any] = {name: np.asarray(fields[name]).astype(dtype) for name, (dtype, _) in FORM.items()}
    return EnvState(**arrays)
