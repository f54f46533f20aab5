"""Legal actions in poke-env's numbering: 0-5 switch to that member of the first order, 6-9 use that move slot."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from pokejax import state as layout
from pokejax.core import Battle, Mask, Scalar, Side, unpack
from pokejax.move import locked_move
from pokejax.vocabulary import MOVE, SWITCH
from twinenvs.fusion import planned

SWITCHES, ACTIONS = layout.PARTY, layout.PARTY + layout.MOVES


def usable(side: Side) -> list[Mask]:
    """Returns which move slots can be chosen, without locks: PP left and not disabled."""
    return [
        (side.moves[slot] != 0) & (side.pp[slot] > 0) & (((side.disabled >> slot) & 1) == 0)
        for slot in range(layout.MOVES)
    ]


def slot_of(side: Side, move: Scalar) -> Scalar:
    """Returns the first slot that holds a move, 0 if none does: Struggle and Recharge stand in the first."""
    found: Any = jnp.int32(0)
    for slot in reversed(range(layout.MOVES)):
        found = jnp.where((side.moves[slot] == move) & (move != 0), slot, found)
    return found


def side_mask(side: Side) -> jax.Array:
    """Returns the legal actions of a side, bool (10,)."""
    asked_move = (side.request == MOVE) & (side.kept == 0)
    asked_switch = side.request == SWITCH
    locked = locked_move(side)
    free = usable(side)
    forced = (locked != 0) | jnp.logical_not(free[0] | free[1] | free[2] | free[3])
    forced_slot = jnp.where(locked != 0, slot_of(side, locked), 0)
    moves = [asked_move & jnp.where(forced, forced_slot == slot, free[slot]) for slot in range(layout.MOVES)]
    # A move known twice, as after Transform, is chosen by its first slot.
    leave = asked_switch | (asked_move & (side.trap_known == 0))
    switches: list[Any] = [jnp.logical_not(asked_move | asked_switch)] + [False] * (layout.PARTY - 1)  # 0 is to wait
    for hp, member in zip(side.bench.hp, side.bench.place, strict=True):
        able = leave & (hp > 0)
        switches = [legal | (able & (member == place)) for place, legal in enumerate(switches)]
    return jnp.stack(switches + moves)


@planned
def action_masks(state: layout.EnvState) -> jax.Array:
    """Returns both sides' legal actions in a stored state of one battle, bool (2, 10); p1 first."""
    battle: Battle = unpack(state)
    return jnp.stack([side_mask(battle.own), side_mask(battle.foe)])
