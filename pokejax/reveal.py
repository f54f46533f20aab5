"""What the log shows of a Pokemon on the field to the other player: its ability, what it holds, its moves.

A rule calls these where Showdown adds a line that names the fact, and only there: what works in silence stays unknown.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax.core import Mask, Scalar, Side
from pokejax.vocabulary import SHOWN_BIT

OWN_MOVES = tuple(SHOWN_BIT[f"move{i}"] for i in range(4))


def show_ability(side: Side, when: Mask) -> None:
    """Shows the ability, if it is the Pokemon's own: a copied one was shown when it was copied."""
    own = (side.ability == side.base_ability) & jnp.logical_not(side.flag("transformed"))
    side.put(when & own, shown=side.shown | SHOWN_BIT["ability"])


def show_item(side: Side, when: Mask) -> None:
    """Shows what the Pokemon holds, or that it holds nothing."""
    side.put(when, shown=side.shown | SHOWN_BIT["item"])


def show_move(side: Side, move: Scalar, when: Mask) -> None:
    """Shows that the Pokemon knows a move, unless it knows it by Transform."""
    when = when & jnp.logical_not(side.flag("transformed"))
    bits: Any = 0
    for bit, known in zip(OWN_MOVES, side.base_moves, strict=True):
        bits = bits | jnp.where((known == move) & (move != 0), bit, 0)
    side.put(when, shown=side.shown | bits)


def use_move(side: Side, move: Scalar, when: Mask) -> None:
    """Shows a move as it is used (the line "move")."""
    show_move(side, move, when)
    side.put(when, shown_move=move)
