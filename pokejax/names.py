"""Questions by name about a Pokemon on the field: its ability, item and types; the numbers of entries."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax import enums
from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.tables import Table, Tables, load_tables


def tables() -> Tables:
    """Returns the tables of the format that the engine plays."""
    return load_tables("gen4randombattle")


def _among(table: Table, value: Scalar, names: tuple[str, ...]) -> Mask:
    found: Any = False
    for name in names:
        found = found | (value == table.id[name])
    return found


def has_ability(side: Side, *names: str) -> Mask:
    """Whether the Pokemon on the field has one of the abilities."""
    return _among(tables().abilities, side.ability, names)


def has_item(side: Side, *names: str) -> Mask:
    """Whether the Pokemon on the field holds one of the items."""
    return _among(tables().items, side.item, names)


def is_move(move: Scalar, *names: str) -> Mask:
    """Whether a move id is one of the moves."""
    return _among(tables().moves, move, names)


def is_species(species: Scalar, *names: str) -> Mask:
    """Whether a species id is one of the species."""
    return _among(tables().species, species, names)


def move_id(name: str) -> int:
    """Returns the number of a move."""
    return tables().moves.id[name]


def has_type(side: Side, name: str) -> Mask:
    """Whether the Pokemon on the field is of a type (`hasType`); Roost takes Flying away while it lasts."""
    number = enums.TYPES.index(name)
    found = (side.types[0] == number) | (side.types[1] == number)
    return found & jnp.logical_not(side.has("roost")) if name == "Flying" else found


def is_grounded(side: Side) -> Mask:
    """Whether hazards and Arena Trap reach the Pokemon on the field (`isGrounded`)."""
    return jnp.logical_not(has_type(side, "Flying") | has_ability(side, "levitate"))


def weather_works(battle: Battle) -> Mask:
    """Whether no Pokemon on the field suppresses the weather (`suppressingWeather`)."""
    stopped: Any = False
    for side in (battle.own, battle.foe):
        stopped = stopped | (has_ability(side, "airlock", "cloudnine") & jnp.logical_not(side.fainted | side.ending))
    return jnp.logical_not(stopped)


def weather(battle: Battle) -> Scalar:
    """Returns the weather in effect, an index in enums.WEATHERS."""
    return jnp.where(weather_works(battle), battle.weather, 0)


def is_guarded(side: Side, against: str) -> Mask:
    """Whether a type of the Pokemon on the field makes it immune, beside attacks, to one of enums.TYPE_GUARDS."""
    row = tables().guards[enums.TYPE_GUARDS.index(against)]
    found: Any = False
    for number in row.nonzero()[0]:
        found = found | has_type(side, enums.TYPES[number])
    return found


def move_value(column: str, move: Scalar) -> Scalar:
    """Reads one column of a move's row, int32."""
    return jnp.asarray(tables().moves.column(column))[move]
