"""The observation as one vector for a perceptron: the tables scaled, with the facts of species and moves spelled out.

Made from the tables alone, so that it says nothing more than they do and serves live play as well.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import calculator, enums
from pokejax import observation_layout as columns
from pokejax import state as layout
from pokejax.tables import load_tables
from pokejax.view import View
from twinenvs.fusion import planned

TYPES = 18  # of generation 4 with "none": those of enums.TYPES before Fairy
MOVES = range(layout.MOVES)
HIGHEST_BASE, HIGHEST_POWER, HIGHEST_PP = 255.0, 250.0, 64.0
ORDER = (
    "there", "active", "fainted", "percent", "status", "types", "base_stats", "level", "item_known", "item_held",
    "moves_known", "threat", "weakness", "active_types", "boosts", "conditions", "turns", "move_there", "move_power",
    "move_accuracy", "move_priority", "move_category", "move_type", "move_points", "move_same_type", "move_effect",
    "move_strength", "move_damage", "foe_damage", "speed", "field", "mask",
)  # fmt: skip
"""Entries of the vector, in order."""

SURE = 101  # accuracy in percent that stands for a move that cannot miss


@functools.cache
def _species() -> np.ndarray:
    """Types and base stats of each species: int32 (species + 1, 8)."""
    species = load_tables().species
    names = ("type0", "type1", "base_hp", "base_atk", "base_def", "base_spa", "base_spd", "base_spe")
    return np.stack([species.column(name) for name in names], axis=1)


@functools.cache
def _moves() -> np.ndarray:
    """Type, category, power, accuracy and priority of each move: int32 (moves + 1, 5)."""
    moves = load_tables().moves
    names = ("type", "category", "base_power", "accuracy", "priority")
    return np.stack([moves.column(name) for name in names], axis=1)


@functools.cache
def _chart() -> np.ndarray:
    """Multipliers by attacking and defending type, 2^doublings or 0: float32 (types, types)."""
    tables = load_tables()
    factors = np.where(tables.immunity != 0, 0.0, 2.0**tables.effectiveness)
    return factors.astype(np.float32)


def _one_hot(value: Any, length: int) -> jax.Array:
    return (jnp.asarray(value)[..., None] == np.arange(length)).astype(jnp.float32)


def _types(first: Any, second: Any) -> jax.Array:
    """Types as flags: float32 (..., TYPES - 1)."""
    return jnp.maximum(_one_hot(first, TYPES), _one_hot(second, TYPES))[..., 1:]


def _against(kind: Any, first: Any, second: Any) -> jax.Array:
    """By how much a type hits two types: float32, 0 to 4."""
    chart = jnp.asarray(_chart())
    return chart[kind, first] * jnp.where(jnp.asarray(second) > 0, chart[kind, second], 1.0)


def _entries(seen: dict[str, Any]) -> dict[str, Any]:
    """Every entry of ORDER by name: float32 (rows, values) or (values,)."""
    pokemon, active, field = (jnp.asarray(seen[part]).astype(jnp.int32) for part in columns.PARTS)

    def of(name: str) -> Any:
        return pokemon[:, columns.index("pokemon", name)]

    def now(name: str) -> Any:
        return active[:, columns.index("active", name)]

    facts, there = jnp.asarray(_species())[of("species")], (of("species") > 0).astype(jnp.float32)
    target = (now("type0")[1], now("type1")[1])
    mine = (now("type0")[0], now("type1")[0])
    moves = jnp.stack([now(f"move{i}")[0] for i in MOVES])
    rows = jnp.asarray(_moves())[moves]
    kind = jnp.where(
        moves == load_tables().moves.id["hiddenpower"], jnp.max(of("hidden_power") * of("active")), rows[:, 0]
    )
    hits = (rows[:, 1] > 0).astype(jnp.float32)
    same = ((kind == mine[0]) | (kind == mine[1])) & (kind > 0)
    accuracy = jnp.where(rows[:, 3] == 0, SURE, rows[:, 3]) / SURE * (moves > 0)
    known = jnp.stack([of(f"move{i}") for i in MOVES], axis=-1)
    known_rows = jnp.asarray(_moves())[known]
    attacks = (known_rows[..., 1] > 0) & (known > 0)
    facing = jnp.arange(2 * layout.PARTY) < layout.PARTY
    first = jnp.where(facing, target[0], mine[0])[:, None]
    second = jnp.where(facing, target[1], mine[1])[:, None]
    threats = _against(known_rows[..., 0], first, second) * known_rows[..., 2] / HIGHEST_POWER * attacks
    own_types = facts[:, 0], facts[:, 1]
    weak = jnp.maximum(
        _against(jnp.where(facing, target[0], mine[0]), *own_types),
        jnp.where(jnp.where(facing, target[1], mine[1]) > 0, _against(second[:, 0], *own_types), 0.0),
    )
    scaled = {
        "there": there[:, None],
        "active": of("active")[:, None],
        "fainted": of("fainted")[:, None],
        "percent": of("percent")[:, None] / 100,
        "status": _one_hot(of("status"), len(enums.STATUSES))[:, 1:],
        "types": _types(facts[:, 0], facts[:, 1]) * there[:, None],
        "base_stats": facts[:, 2:] / HIGHEST_BASE * there[:, None],
        "level": of("level")[:, None] / 100,
        "item_known": of("item_known")[:, None],
        "item_held": (of("item") > 0)[:, None],
        "moves_known": jnp.sum(known > 0, axis=1)[:, None] / layout.MOVES,
        "threat": jnp.max(threats, axis=1)[:, None] / 4,
        "weakness": weak[:, None] / 4 * there[:, None],
        "active_types": _types(now("type0"), now("type1")),
        "boosts": jnp.stack([now(f"boost_{stat}") for stat in enums.BOOSTS], axis=-1) / 6,
        "conditions": jnp.stack([now(name) for name in (*columns.VOLATILES, "transformed", "slow_start")], axis=-1),
        "turns": jnp.minimum(now("turns"), 10)[:, None] / 10,
        "move_there": (moves > 0)[:, None],
        "move_power": rows[:, 2:3] / HIGHEST_POWER,
        "move_accuracy": accuracy[:, None],
        "move_priority": rows[:, 4:5] / 6 * (moves > 0)[:, None],
        "move_category": _one_hot(rows[:, 1], len(enums.CATEGORIES)) * (moves > 0)[:, None],
        "move_type": _one_hot(kind, TYPES)[:, 1:] * (moves > 0)[:, None],
        "move_points": jnp.stack([now(f"pp{i}")[0] for i in MOVES])[:, None] / HIGHEST_PP,
        "move_same_type": (same * hits)[:, None],
        "move_effect": (_against(kind, *target) * hits)[:, None] / 4,
        "move_strength": (_against(kind, *target) * rows[:, 2] * (1 + 0.5 * same) * hits)[:, None] / HIGHEST_POWER / 6,
        **_foreseen(seen, moves),
        "field": _scaled_field(field),
        "mask": jnp.asarray(seen["mask"]),
    }
    return {name: jnp.asarray(value, jnp.float32) for name, value in scaled.items()}


def _foreseen(seen: dict[str, Any], moves: jax.Array) -> dict[str, Any]:
    """What the damage calculator expects of the own moves and of the foe's, as shares of the HP left; who is faster."""
    view = View(seen)
    battle = calculator.believe(view)
    left, own_left = (jnp.maximum(side.hp, 1).astype(jnp.float32) for side in (battle.foe, battle.own))
    dealt = jnp.minimum(calculator.own_damage(battle, moves) / left, 1.0)
    taken = jnp.minimum(jnp.max(calculator.foe_damage(view, battle)) / own_left, 1.0)
    return {
        "move_damage": dealt[:, None],
        "foe_damage": taken[None],
        "speed": jnp.sign(battle.own.speed - battle.foe.speed)[None],
    }


def _scaled_field(field: jax.Array) -> jax.Array:
    """What both sides share, each as a share of its highest value; the weather as flags: float32 (values,)."""
    parts = []
    for i, column in enumerate(columns.FIELD):
        if column.name == "weather":
            parts.append(_one_hot(field[i], len(enums.WEATHERS))[1:])
        elif column.name in ("turn", "weather_turns"):
            parts.append(jnp.minimum(field[i : i + 1], 100) / 100)
        elif column.name == "request":
            parts.append(_one_hot(field[i], 3)[1:])
        else:
            parts.append(field[i : i + 1] / column.high)
    return jnp.concatenate(parts)


@planned
def flat(seen: dict[str, Any]) -> jax.Array:
    """The vector of `names` from the tables of one observation: float32 (len(names()),)."""
    entries = _entries(seen)
    return jnp.concatenate([entries[name].reshape(-1) for name in ORDER])


@functools.cache
def names() -> tuple[str, ...]:
    """What each value of the vector is, as "entry[index]"."""
    empty = {part: np.zeros(columns.shape(part), np.int16) for part in columns.PARTS}
    shapes = jax.eval_shape(lambda: _entries({**empty, "mask": np.zeros(columns.ACTIONS, np.int16)}))
    assert set(shapes) == set(ORDER)
    return tuple(name + str(list(index)) for name in ORDER for index in np.ndindex(shapes[name].shape))


def bounds() -> tuple[float, float]:
    """Lowest and highest value of every entry: stages reach -1, nothing exceeds 1."""
    return -1.0, 1.0
