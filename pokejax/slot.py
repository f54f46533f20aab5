"""The place on the field: what is wiped when a Pokemon leaves it, and how one from the party takes it."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from pokejax import core
from pokejax import state as layout
from pokejax.core import Battle, Mask, Scalar, Side
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


def exchange(battle: Battle, place: Scalar, when: Mask) -> None:
    """Exchanges the acting side's Pokemon on the field with the one at a place of its team.

    Args:
        battle: the battle.
        place: int32, 1-5.
        when: bool.
    """
    side = battle.own
    forget_copy(side, when)
    core.keep_points(side)
    here = [when & (place == position) for position in range(1, layout.PARTY)]
    for field in core.TEAM:
        if field.name in core.ON_BENCH:
            benches = [(side.bench, True)]
        else:
            benches = list(zip(battle.reserves, (jnp.logical_not(battle.swapped), battle.swapped), strict=True))
        leaving = getattr(side, field.name)
        coming = leaving
        for bench, mine in benches:
            places = getattr(bench, field.name)
            for position, at in enumerate(here):
                chosen = at & mine
                coming = jax.tree.map(
                    lambda new, old, chosen=chosen: core.either(chosen, new, old), places[position], coming
                )
                places[position] = jax.tree.map(
                    lambda new, old, chosen=chosen: core.either(chosen, new, old), leaving, places[position]
                )
        side.put(True, **{field.name: coming})
    side.put(when, fainted=False, switch_flag=0, called_back=False, dragged=False, ending=False, to_move=False)
    enter(side, when)


def enter(side: Side, when: Mask) -> None:
    """Sets the place on the field up for the Pokemon that has just taken it."""
    clear_volatile(side, when)
    side.lift("newlySwitched", when)
