"""Changes of forme in battle: Shaymin that freezes, copies of Giratina and Arceus (`formeChange`)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax import enums
from pokejax.core import Mask, Scalar, Side
from pokejax.modifiers import dex_number
from pokejax.names import has_item, is_species, tables

GIRATINA, ARCEUS = 487, 493  # numbers in the national dex
TRAINED = 31 + 85 // 4  # individual and effort values of a stat that a set of the format does not lower on purpose


def stat_of(base: Scalar, training: Scalar, level: Scalar) -> Scalar:
    """Returns a stat other than HP without a nature, int32 (`spreadModify`)."""
    return (2 * base + training) * level // 100 + 5


def training_of(stat: Scalar, base: Scalar, level: Scalar) -> Scalar:
    """Returns the individual value and a quarter of the effort values that give a stat, which the state does not hold.

    Where several give it, the one that the format has: TRAINED, else TRAINED - 1 (Hidden Power), else the least.
    """
    least = -((5 - stat) * 100 // level) - 2 * base
    for training in (TRAINED - 1, TRAINED):
        least = jnp.where(stat_of(base, training, level) == stat, training, least)
    return jnp.maximum(least, 0)


def stats_as(side: Side, species: Scalar, training: list[Scalar]) -> list[Scalar]:
    """Returns the stats of a Pokemon on the field as if it were of another species, int32 each, by enums.STATS."""
    row = tables().species.row(species)
    return [
        stat_of(getattr(row, f"base_{name}"), one, side.level) for name, one in zip(enums.STATS, training, strict=True)
    ]


def own_training(side: Side) -> list[Scalar]:
    """Returns what `training_of` says of each stat of a Pokemon on the field that is no copy, by enums.STATS."""
    row = tables().species.row(side.base_species)
    return [
        training_of(stat, getattr(row, f"base_{name}"), side.level)
        for name, stat in zip(enums.STATS, side.base_stats, strict=True)
    ]


def land_shaymin(side: Side, when: Mask) -> None:
    """Makes a Shaymin in the Sky Forme that freezes a Shaymin for good (`onStart` of frz)."""
    species, ability = tables().species.id["shaymin"], tables().abilities.id["naturalcure"]
    lands = when & is_species(side.species, "shayminsky") & is_species(side.base_species, "shayminsky")
    stats = stats_as(side, species, own_training(side))
    row = tables().species.row(species)
    side.put(
        lands,
        species=species,
        base_species=species,
        types=[row.type0, row.type1],
        ability=ability,
        base_ability=ability,
        stats=stats,
        base_stats=stats,
        speed=stats[4],
    )


def follow_item(side: Side, when: Mask) -> None:
    """Gives a copy of Giratina or Arceus the forme of the copy's own item, with stats of its own training.

    Showdown changes `baseStoredStats` with them, until the copy leaves the field (`forget_copy`).
    """
    ids = tables().species.id
    number, plate = dex_number(side.species), tables().items.row(side.item).plate_type
    forme: Any = jnp.where(has_item(side, "griseousorb"), ids["giratinaorigin"], ids["giratina"])
    plated: Any = jnp.int32(ids["arceus"])
    for kind, name in enumerate(enums.TYPES):
        plated = jnp.where((plate == kind) & (kind > 0), ids.get(f"arceus{name.lower()}", ids["arceus"]), plated)
    forme = jnp.where(number == ARCEUS, plated, forme)
    changes = when & ((number == GIRATINA) | (number == ARCEUS)) & (side.species != forme)
    row, stats = tables().species.row(forme), stats_as(side, forme, [TRAINED] * len(enums.STATS))
    types = [row.type0, row.type1]
    speed = stats[4]
    side.put(changes, species=forme, types=types, type_unknown=0, stats=stats, base_stats=stats, speed=speed)


def forget_copy(side: Side, when: Mask) -> None:
    """Gives a copy that leaves the field its own stats back; every Ditto is trained alike."""
    own = stats_as(side, side.base_species, [TRAINED] * len(enums.STATS))
    side.put(when & side.flag("transformed"), base_stats=own)
