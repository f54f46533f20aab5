"""The place on the field: what is wiped when a Pokemon leaves it, and how one from the party takes it."""

from __future__ import annotations

import jax.numpy as jnp

from pokejax import core
from pokejax import state as layout
from pokejax.core import Mask, Scalar, Side
from pokejax.names import tables

KEPT = ("switch_flag", "speed")
"""Fields of the place on the field that `clearVolatile` leaves to its caller."""


def clear_volatile(side: Side, when: Mask) -> None:
    """Wipes what belongs to being on the field, and gives back moves, ability and forme (`clearVolatile`)."""
    kept_pp = [jnp.where(side.flag("transformed"), base, now) for base, now in zip(side.base_pp, side.pp, strict=True)]
    side.put(when, base_pp=kept_pp)
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
        side: the side; the one that leaves has been wiped by `clear_volatile`.
        place: int32, 1-5.
        when: bool.
    """
    core.store(side)
    lanes = jnp.arange(layout.PARTY)
    for field in layout.FIELDS:
        if field.scope != "pokemon":
            continue
        old = getattr(side.party, field.name)
        shape = (layout.PARTY,) + (1,) * (old.ndim - 1)
        at_place, at_front = (lanes == place).reshape(shape), (lanes == 0).reshape(shape)
        coming = jnp.sum(jnp.where(at_place, old, 0), axis=0)
        new = jnp.where(at_front, coming, jnp.where(at_place, old[0], old))
        setattr(side.party, field.name, jnp.where(when, new, old))
    core.load(side, when)
    side.put(when, fainted=False, switch_flag=0, called_back=False, dragged=False, ending=False, to_move=False)
    clear_volatile_of_incoming(side, when)


def clear_volatile_of_incoming(side: Side, when: Mask) -> None:
    """Sets the place on the field up for the Pokemon just read from the party."""
    side.put(when, pp=side.base_pp, slot_flags=0)
    clear_volatile(side, when)
    side.lift("newlySwitched", when)
