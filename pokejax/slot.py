"""The place on the field: what is wiped when a Pokemon leaves it, and how one from the party takes it."""

from __future__ import annotations

import jax.numpy as jnp

from pokejax import core
from pokejax import state as layout
from pokejax.core import Mask, Scalar, Side
from pokejax.formes import forget_copy
from pokejax.names import tables

KEPT = ("switch_flag", "speed")
"""Fields of the place on the field that `clearVolatile` leaves to its caller."""


def kept_points(side: Side) -> list[Scalar]:
    """Returns the PP that a Pokemon keeps when it leaves: a transformed one's are not its own."""
    transformed = side.flag("transformed")
    return [jnp.where(transformed, base, now) for base, now in zip(side.base_pp, side.pp, strict=True)]


def clear_volatile(side: Side, when: Mask) -> None:
    """Sets the place on the field up for a Pokemon that has nothing of the field on it yet (`clearVolatile`)."""
    for field in layout.FIELDS:
        if field.scope == "active" and field.name not in KEPT:
            value = getattr(side, field.name)
            side.put(when, **{field.name: [0] * len(value) if isinstance(value, list) else 0})
    row = tables().species.row(side.base_species)
    side.put(
        when,
        species=side.base_species,
        types=[row.type0, row.type1],
        ability=side.base_ability,
        stats=side.base_stats,
        moves=side.base_moves,
        pp=side.base_pp,
        hp_type=side.base_hp_type,
        speed=side.base_stats[4],
    )


def exchange(side: Side, place: Scalar, when: Mask) -> None:
    """Exchanges the Pokemon on the field with the one at a place of the party, and reads it in.

    Args:
        side: the side.
        place: int32, 1-5.
        when: bool.
    """
    forget_copy(side, when)
    core.store(side)
    party = [field for field in layout.FIELDS if field.scope == "pokemon"]
    columns = [getattr(side.party, field.name).reshape(layout.PARTY, -1) for field in party]
    old = jnp.concatenate(columns, axis=1)
    lanes = jnp.arange(layout.PARTY)[:, None]
    coming = jnp.sum(jnp.where(lanes == place, old, 0), axis=0)
    new = jnp.where(lanes == 0, coming[None, :], jnp.where(lanes == place, old[:1], old))
    new = jnp.where(when, new, old)
    first = 0
    for field, column in zip(party, columns, strict=True):
        part = new[:, first : first + column.shape[1]]
        setattr(side.party, field.name, part if field.width else part[:, 0])
        first += column.shape[1]
    core.load(side, when)
    side.put(when, fainted=False, switch_flag=0, called_back=False, dragged=False, ending=False, to_move=False)
    enter(side, when)


def enter(side: Side, when: Mask) -> None:
    """Sets the place on the field up for the Pokemon just read from the party."""
    clear_volatile(side, when)
    side.lift("newlySwitched", when)
