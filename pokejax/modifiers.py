"""Factors of abilities, items and moves: when one holds, and how several are chained (`chainModify`, `modify`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from pokejax import enums
from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.names import tables, weather
from pokejax.vocabulary import HAIL, RAIN, SAND, SLP, SUN

ONE = 4096
HALF = 2048


def chain(modifier: Scalar, factor: Scalar, when: Mask) -> Scalar:
    """Returns the product of two factors in 4096ths, rounded to nearest, where `when` holds."""
    return jnp.where(when, (modifier * factor + HALF) >> 12, modifier)


def holds(code: Scalar, facts: Mapping[str, Mask]) -> Mask:
    """Whether the condition of a family holds.

    Args:
        code: int32, index in the tables' list of conditions.
        facts: bool by condition; a condition that is not among them does not hold.
    """
    words = tables().codes["when"]
    found: Any = code == words.index("always")
    for word, fact in facts.items():
        found = found | ((code == words.index(word)) & fact)
    return found


def facts_of(battle: Battle, holder: Side) -> dict[str, Mask]:
    """Returns what holds for a Pokemon on the field at any time: its status, its HP, the weather."""
    now = weather(battle)
    return {
        "status": holder.status != 0,
        "status_not_slp": (holder.status != 0) & (holder.status != SLP),
        "sun": now == SUN,
        "rain": now == RAIN,
        "sandstorm": now == SAND,
        "hail": now == HAIL,
        "weakening_weather": (now == RAIN) | (now == SAND) | (now == HAIL),
        "pinch": holder.hp * 3 <= holder.max_hp,
        "confused": holder.has("confusion"),
    }


def type_fits(types: Scalar, number: Scalar) -> Mask:
    """Whether a type is among a family's, bits by enums.TYPES; none means all."""
    return (types == 0) | (((jnp.asarray(types) >> number) & 1) != 0)


def species_fits(first: Scalar, second: Scalar, dex_number: Scalar) -> Mask:
    """Whether a Pokemon is of a family's one or two species, by number in the national dex; none means all."""
    return (first == 0) | (dex_number == first) | (dex_number == second)


def dex_number(species: Scalar) -> Scalar:
    """Returns the number in the national dex of a species id."""
    return tables().species.row(species).num


def has_flag(row: Any, name: str) -> Mask:
    """Whether a move has one of enums.MOVE_FLAGS."""
    return (row.flags & (1 << enums.MOVE_FLAGS.index(name))) != 0
