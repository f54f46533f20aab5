"""What one player sees of a battle: tables of whole numbers, or one flat vector made from them for a perceptron.

The columns are those of `pokejax.observation_layout`. Only what Showdown's protocol has shown to the player is there.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import enums, masks, vocabulary
from pokejax import observation_layout as columns
from pokejax import state as layout
from pokejax.observation_layout import FORMS as FORMS
from pokejax.state import EnvState
from pokejax.tables import load_tables
from twinenvs import spaces
from twinenvs.fusion import planned

MOVES = range(layout.MOVES)
UNKNOWN = 1 << 14  # sorts behind every move number
PACK = 128  # more than any PP: move and PP are sorted as one number


def space(form: str) -> spaces.Space:
    """The space of one form of the observation."""
    if form == "flat":
        from pokejax import features

        return spaces.Box(*features.bounds(), (len(features.names()),))
    parts: list[tuple[str, spaces.Space]] = []
    for part in columns.PARTS:
        low, high = (_nested(bound) for bound in columns.bounds(part))
        parts.append((part, spaces.Box(low, high, columns.shape(part), "int16")))
    return spaces.Dict((*parts, ("mask", spaces.Box(0, 1, (columns.ACTIONS,), "int16"))))


def _nested(array: np.ndarray) -> tuple[Any, ...]:
    return tuple(_nested(row) if row.ndim else int(row) for row in array)


def observe(state: EnvState, viewer: Any, form: str) -> Any:
    """What a player (int (), 0 or 1) sees, as `space` says."""
    seen = tokens(state, viewer)
    if form == "tokens":
        return seen
    from pokejax import features

    return features.flat(seen)


def percent(hp: Any, max_hp: Any) -> Any:
    """HP as the foe is told: percent rounded up, 99 where that gives 100 and HP are missing; int32."""
    whole = jnp.maximum(max_hp, 1)
    rounded = (100 * hp + whole - 1) // whole
    return jnp.where((rounded == 100) & (hp < max_hp), 99, rounded)


@planned
def tokens(state: EnvState, viewer: Any) -> dict[str, jax.Array]:
    """The tables for a player (int (), 0 or 1): int16, see `observation_layout`."""
    view = _View(state, viewer)
    tables = {"pokemon": view.pokemon(), "active": view.active(), "field": view.field(), "mask": view.mask()}
    return {name: table.astype(jnp.int16) for name, table in tables.items()}


class _View:
    """A state as one player sees it; each field with the viewer's side first."""

    def __init__(self, state: EnvState, viewer: Any) -> None:
        self.state = state
        self.turned = jnp.asarray(viewer) == 1
        self.hp, self.max_hp = self.of("hp"), self.of("max_hp")
        self.transformed = self.bit("slot_flags", vocabulary.SLOT_FLAG["transformed"])
        self.alive = self.hp[:, 0] > 0  # place 0 is the one on the field
        self.choosing = self.of("request") == vocabulary.MOVE

    def of(self, name: str) -> jax.Array:
        """A field of both players: int32 (2, ...), uint32 where it holds bits."""
        value = jnp.asarray(getattr(self.state, name))
        value = value if value.dtype == jnp.uint32 else value.astype(jnp.int32)
        return jnp.where(self.turned, value[::-1], value)

    def bit(self, name: str, bit: int) -> jax.Array:
        """Whether a bit of a field is up: int32, shape of the field."""
        return ((self.of(name) & bit) != 0).astype(jnp.int32)

    def pokemon(self) -> jax.Array:
        """Table "pokemon": int16 (12, columns)."""
        own_side = np.array([[1], [0]])
        shown = {name: self.bit("shown", bit) | own_side for name, bit in vocabulary.SHOWN_BIT.items()}
        order = jnp.where(own_side > 0, self.of("place") + 1, self.of("appearance"))  # 0 = not seen
        seen = (order > 0).astype(jnp.int32)
        stats = self.of("base_stats") * own_side[..., None]
        moves, points = self.listed(shown)
        standing = (np.arange(layout.PARTY) == 0).astype(np.int32)
        values = {
            "species": self.of("base_species"),
            "level": self.of("level"),
            "gender": self.of("gender"),
            "active": jnp.broadcast_to(standing, (2, layout.PARTY)),
            "fainted": (self.hp == 0).astype(jnp.int32),
            "percent": percent(self.hp, self.max_hp),
            "hp": self.hp * own_side,
            "max_hp": self.max_hp * own_side,
            "status": jnp.where(self.hp > 0, self.of("status"), 0),  # Showdown keeps some of those that fainted
            "ability": self.of("base_ability") * shown["ability"],
            "item": self.of("item") * shown["item"],
            "item_known": shown["item"],
            **{stat: stats[..., i] for i, stat in enumerate(enums.STATS)},
            **{f"move{i}": moves[i] for i in MOVES},
            **{f"pp{i}": points[i] for i in MOVES},
            "hidden_power": self.of("base_hp_type") * own_side,
            "listed": np.arange(layout.PARTY) * own_side,
        }
        table = jnp.stack([(values[column.name] * seen).astype(jnp.int16) for column in columns.POKEMON], axis=-1)
        rows = []
        for row in range(layout.PARTY):
            here = (order == row + 1)[..., None]
            rows.append(jnp.sum(jnp.where(here, table, jnp.int16(0)), axis=1, dtype=jnp.int16))
        return jnp.concatenate([jnp.stack([row[side] for row in rows]) for side in (0, 1)])

    def listed(self, shown: dict[str, jax.Array]) -> tuple[list[jax.Array], list[jax.Array]]:
        """Moves and their PP: own ones by slot, the foe's shown ones by number; four of int32 (2, 6) each."""
        numbers, left = self.of("base_moves"), self.of("base_pp")
        current, transformed = self.of("pp"), self.transformed[:, None]
        first = np.arange(layout.PARTY) == 0
        pairs = []
        for i in MOVES:
            here = first & (transformed == 0) & self.alive[:, None]
            points = jnp.where(here, current[:, None, i], left[..., i])
            known = jnp.where(shown[f"move{i}"] > 0, numbers[..., i], 0)
            pairs.append(jnp.where(known > 0, known, UNKNOWN) * PACK + jnp.where(known > 0, points, 0))
        ordered = list(pairs)
        for a, b in ((0, 1), (2, 3), (0, 2), (1, 3), (1, 2)):  # a sorting network
            ordered[a], ordered[b] = jnp.minimum(ordered[a], ordered[b]), jnp.maximum(ordered[a], ordered[b])
        mine = np.array([[True], [False]])
        chosen = [jnp.where(mine, pair, one) for pair, one in zip(pairs, ordered, strict=True)]
        moves = [jnp.where(pair // PACK == UNKNOWN, 0, pair // PACK) for pair in chosen]
        return moves, [pair % PACK for pair in chosen]

    def active(self) -> jax.Array:
        """Table "active": int32 (2, columns)."""
        types, boosts = self.of("types"), self.of("boosts")
        own_side = np.array([1, 0])
        usable = own_side * self.choosing
        moves, points = self.of("moves"), self.of("pp")
        ability, own_ability = self.of("ability"), self.of("base_ability")[:, 0]
        changed = (ability != own_ability) & (self.transformed == 0)
        slow = (ability == load_tables().abilities.id["slowstart"]) & (self.of("slow_start") > 0)
        values = {
            "species": self.of("species"),
            "type0": types[:, 0],
            "type1": types[:, 1],
            "traced": ability * changed,
            **{f"boost_{stat}": boosts[:, i] for i, stat in enumerate(enums.BOOSTS)},
            **{name: self.bit("volatiles", vocabulary.VOLATILE[name]) for name in columns.VOLATILES},
            "transformed": self.transformed,
            "slow_start": slow.astype(jnp.int32),
            "turns": self.of("active_turns"),
            "last_move": self.of("shown_move"),
            **{f"move{i}": moves[:, i] * usable for i in MOVES},
            **{f"pp{i}": points[:, i] * usable for i in MOVES},
        }
        table = jnp.stack([jnp.asarray(values[column.name]) for column in columns.ACTIVE], axis=-1)
        return table * self.alive[:, None]

    def field(self) -> jax.Array:
        """Table "field": int32 (columns,)."""
        state = self.state
        turn, there = jnp.asarray(state.turn).astype(jnp.int32), jnp.asarray(state.weather) > 0
        since = turn - jnp.asarray(state.weather_since).astype(jnp.int32)
        spikes, toxic, wish = self.of("spikes"), self.of("toxic_spikes"), self.of("wish")
        left = jnp.sum((self.hp > 0).astype(jnp.int32), axis=1)
        # The request warns only those who could switch.
        warned = self.choosing[0] & (self.of("trap_known")[0] == 0) & jnp.any(self.hp[0, 1:] > 0)
        values: dict[str, Any] = {
            "turn": turn,
            "weather": state.weather,
            "weather_turns": jnp.where(there, since, 0),
            "weather_endless": there & (jnp.asarray(state.weather_turns) == 0),
            "trick_room": state.trick_room,
            "own_spikes": spikes[0],
            "foe_spikes": spikes[1],
            "own_toxic_spikes": toxic[0],
            "foe_toxic_spikes": toxic[1],
            "own_wish": wish[0],
            "foe_wish": wish[1],
            "own_left": left[0],
            "foe_left": left[1],
            "request": self.of("request")[0],
            "trapped": self.of("trap_known")[0] * self.choosing[0],
            "maybe_trapped": self.of("maybe_trapped")[0] * warned,
        }
        return jnp.stack([jnp.asarray(values[column.name]).astype(jnp.int32) for column in columns.FIELD])

    def mask(self) -> jax.Array:
        """The viewer's legal actions: bool (10,)."""
        both = masks.action_masks(self.state)
        return jnp.where(self.turned, both[1], both[0])
