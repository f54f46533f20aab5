"""What one player sees (section 14): a flat vector for a perceptron, or tokens for embeddings of cards.

Sides are turned so that the viewer comes first. During set-up the other side shows five cards in hand and nothing in
play (14.5). The entries are those of `tcgjax.observation_layout`.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tcgjax import actions, decisions, tables
from tcgjax import observation_layout as layout
from tcgjax.board import INSTANCES, Array, columns, count_bits, flags_of, mask_of, passes
from tcgjax.observation_layout import names as names
from tcgjax.state import MAX_BOTTOM, MAX_TOP, EnvState
from twinenvs import spaces

FORMS = ("flat", "tokens")
_BASIC = 1  # filter number of Basics, see tables.compile_tables
_TABLES = tables.load_tables().arrays
_DAMAGE = _TABLES.rows[:, tables.ROW_COLUMNS.index("damage")]
# The facts of a card that an observation shows, in one table.
_FACTS = ("hp", "retreat", "is_ex", "points", "is_fossil", "type", "weakness", "filters")
_CARD = np.concatenate(
    [_TABLES.cards[:, [tables.CARD_COLUMNS.index(name) for name in _FACTS]]]
    + [_DAMAGE[_TABLES.cards[:, [tables.CARD_COLUMNS.index(f"attack{k}")]]] for k in (0, 1)],
    1,
)


def space(form: str) -> spaces.Space:
    """The space of one form of the observation."""
    if form == "flat":
        return spaces.Box(*layout.bounds(), (len(names()),))
    last = len(_TABLES.cards) - 1
    parts: dict[str, spaces.Space] = {
        name: spaces.Box(0, last, (length,), "int32") for name, length in layout.TOKEN_IDS.items()
    }
    parts["pending_row"] = spaces.Box(0, len(_TABLES.rows) - 1, (), "int32")
    for name, entries in (("slots", layout.SLOT_STATE), ("own", layout.OWN)):
        low = tuple(float(entry.low) for entry in entries)
        high = tuple(float(entry.high) * (1 + 2**-20) for entry in entries)
        count = len(entries[0].of)
        parts[name] = spaces.Box((low,) * count, (high,) * count, (count, len(entries)))
    low, high = zip(
        *((entry.low, entry.high * (1 + 2**-20)) for entry in layout.GLOBALS for _ in entry.of), strict=True
    )
    parts["globals"] = spaces.Box(low, high, (len(low),))
    return spaces.Dict(tuple(parts.items()))


def observe(state: EnvState, viewer: Array, form: str) -> Any:
    """What a player (int (), 0 or 1) sees, as `space` says."""
    return flat(state, viewer) if form == "flat" else tokens(state, viewer)


def flat(state: EnvState, viewer: Array) -> jax.Array:
    """The vector of `names` for a player (int ()): float32 (len(names()),)."""
    view = _View(state, viewer)
    return _joined(view.values(True), layout.FLAT)


def tokens(state: EnvState, viewer: Array) -> dict[str, jax.Array]:
    """Card ids int32 and features float32 (tokens, features) for a player (int ()); see `space`."""
    view = _View(state, viewer)
    values = view.values(False)

    def features(entries: list[layout.Entry]) -> jax.Array:
        return jnp.stack([_scaled(values, entry) for entry in entries], -1)

    theirs = view.deck[1]
    return {
        "slot_ids": view.cards.reshape(8),
        "own_ids": view.deck[0],
        "seen_ids": _sorted_ids(theirs, view.seen_by_viewer),
        "discarded_ids": _sorted_ids(theirs, view.sides("in_discard")[1]),
        "choice_ids": jnp.where(view.choices, theirs, 0),
        "pending_row": view.row,
        "slots": features(layout.SLOT_STATE),
        "own": features(layout.OWN),
        "globals": _joined(values, layout.GLOBALS),
    }


def one_hot(index: Array, length: int) -> Array:
    """Flags of an index (...), all false for -1: bool (length, ...)."""
    index = jnp.asarray(index)
    return index == np.arange(length).reshape(-1, *(1,) * index.ndim)


def _scaled(values: dict[str, Array], entry: layout.Entry) -> jax.Array:
    whole = jnp.asarray(values[entry.key]).astype(jnp.float32).reshape(len(entry.of))
    return whole if entry.scale == 1 else whole * entry.factor


def _joined(values: dict[str, Array], entries: tuple[layout.Entry, ...]) -> jax.Array:
    return jnp.concatenate([_scaled(values, entry) for entry in entries])


def _sorted_ids(deck: Array, mask: Array) -> jax.Array:
    """The cards of a mask of instances (uint32 ()), sorted, then 0: int32 (20,)."""
    flags = flags_of(mask, 20)
    place = count_bits(mask & (np.uint32(1) << INSTANCES.astype(np.uint32)) - np.uint32(1))
    here = flags & (place == INSTANCES[:, None])
    return jnp.where(here, deck, 0).sum(-1)


class _View:
    """A state as one player sees it."""

    def __init__(self, state: EnvState, viewer: Array) -> None:
        self.state = state
        self.flip = jnp.asarray(viewer) == 1 if isinstance(viewer, jax.Array) else int(viewer) == 1
        self.viewer = viewer
        self.in_setup = state.turn == 0
        self.hidden = (np.arange(2) == 1) & self.in_setup
        self.deck = self.sides("deck")
        self.cards = jnp.where(self.hidden[:, None], 0, self.sides("slot_card"))
        self.decides = state.decider == viewer
        self.row = jnp.where(self.decides, state.row, 0).astype(jnp.int32)
        self.seen_by_viewer = self.sides("seen")[1]
        self.lines = columns(jnp.asarray(_TABLES.instances)[self.deck], tables.INSTANCE_COLUMNS)
        self.line = columns(jnp.asarray(_TABLES.rows)[self.row], tables.ROW_COLUMNS)
        self.choices = self._choices()

    def sides(self, name: str) -> Array:
        """A field of both players, the viewer's first."""
        value = jnp.asarray(getattr(self.state, name))
        value = value.astype(jnp.int32) if value.dtype not in (jnp.uint32, jnp.bool_) else value
        if isinstance(self.flip, bool):
            return value[::-1] if self.flip else value
        return jnp.where(self.flip, value[::-1], value)

    def _choices(self) -> Array:
        """The cards of the opponent's discard pile that may be chosen now, of equal ones the lowest: bool (20,)."""
        discarded = flags_of(self.sides("in_discard")[1], 20)
        found = discarded & passes(self.lines["filters"][1], self.line["choice_filter"])
        theirs = self.deck[1]
        repeats = jnp.concatenate([jnp.zeros(1, bool), (theirs[1:] == theirs[:-1]) & found[:-1]])
        return found & ~repeats & self.decides & (self.state.phase == actions.CARD)

    def values(self, with_facts: bool) -> dict[str, Array]:
        """Whole numbers by key of the layout's entries; those of cards only `with_facts`."""
        values = self._slots(with_facts) | self._own() | self._players() | self._scalars()
        basic, evolution, supporter = (self.lines[f"is_{kind}"] > 0 for kind in ("basic", "evolution", "supporter"))
        if with_facts:
            values |= {"card_is_basic": basic[0], "card_is_evolution": evolution[0], "card_is_supporter": supporter[0]}
            values["choice_hp"] = jnp.where(self.choices, jnp.asarray(_CARD[:, 0])[self.deck[1]], 0)
        kinds = (basic[1], evolution[1], ~(basic | evolution | supporter)[1], supporter[1])
        for zone, mask in (("seen", self.seen_by_viewer), ("discarded", self.sides("in_discard")[1])):
            for kind, flags in zip(layout.CLASSES, kinds, strict=True):
                values[f"{zone}_{kind}"] = count_bits(mask & mask_of(flags))
        return values

    def _slots(self, with_facts: bool) -> dict[str, Array]:
        present, damage = self.cards > 0, self.sides("damage")
        shown = present & ~self.hidden[:, None]
        facts = columns(jnp.asarray(_CARD)[self.cards], (*_FACTS, "attack0", "attack1"))
        values = {
            "present": present,
            "damage": jnp.where(shown, damage, 0),
            "hp_left": jnp.where(present, jnp.maximum(facts["hp"] - damage, 0), 0),
            "is_new": present & (self.sides("is_new")[:, None] >> np.arange(4) & 1 == 1),
            "ability_used": present & (self.sides("ability_used")[:, None] >> np.arange(4) & 1 == 1),
        }
        energy = jnp.where(shown[..., None], self.sides("energy"), 0)
        values |= {f"energy_{letter}": energy[..., i] for i, letter in enumerate(layout.ENERGY)}
        if with_facts:
            values["hp"] = jnp.where(present, facts["hp"], 0)
            values |= {name: facts[name] for name in ("retreat", "is_ex", "is_fossil", "attack0", "attack1")}
            values["points_given"] = facts["points"]
            values["is_basic"] = passes(facts["filters"], np.int32(_BASIC))
            for kind in ("type", "weakness"):
                flags = one_hot(facts[kind], len(layout.TYPES))
                values |= {f"{kind}_{letter}": flags[i] for i, letter in enumerate(layout.TYPES)}
        return values

    def _own(self) -> dict[str, Array]:
        masks = {name: self.sides(name)[0] for name in ("in_hand", "in_deck", "in_discard")}
        values = {name: flags_of(mask, 20) for name, mask in masks.items()}
        values["shown"] = flags_of(self.sides("seen")[0], 20)
        for key, name, length in (("from_top", "top", MAX_TOP), ("at_bottom", "bottom", MAX_BOTTOM)):
            places = self.sides(name)[0]
            ranks = np.arange(length, 0, -1, dtype=np.int32)[:, None]
            values[key] = jnp.where(places[:, None] == INSTANCES, ranks, 0).sum(0)
        values["evolving"] = self.decides & (self.state.card == INSTANCES)
        return values

    def _players(self) -> dict[str, Array]:
        hand = count_bits(self.sides("in_hand"))
        public = np.array([True, decisions.A9_ENERGY_IS_PUBLIC])
        now, following = one_hot(self.sides("energy_now"), 8), one_hot(self.sides("energy_next"), 8) & public
        condition = self.sides("condition")
        values = {
            "hand": jnp.where(self.hidden, decisions.OPENING_HAND, hand),
            "deck": count_bits(self.sides("in_deck")),
            "points": self.sides("points"),
        }
        for i, letter in enumerate(layout.ENERGY):
            values |= {f"energy_now_{letter}": now[i], f"energy_next_{letter}": following[i]}
        values |= {name: condition == i for i, name in enumerate(layout.CONDITIONS, actions.ASLEEP)}
        return values | {name: self.sides(name) for name in (*layout.MARKS, *layout.AMOUNTS)}

    def _scalars(self) -> dict[str, Array]:
        state = self.state
        # While the other decides, nothing is said of what it decides: in set-up that would tell what it holds.
        phase = jnp.where(self.decides | (state.phase == actions.OVER), state.phase, -1)
        values = {f"phase_{name}": phase == i for i, name in enumerate(actions.PHASES)}
        values |= {f"pending_{name}": self.line["kind"] == i for i, name in enumerate(layout.PENDING, tables.EVOLVE)}
        return values | {
            "turn": state.turn,
            "own_turn": state.turn_player == self.viewer,
            "own_decision": self.decides & (state.result == actions.ONGOING),
            "played_first": state.first == self.viewer,
            "supporter_used": state.supporter_used,
            "retreated": state.retreated,
            "plus": state.plus,
            "plus_named": state.plus_named,
            "retreat_change": state.retreat_change,
            "units": state.units,
            "pending_hit": self.line["hit"],
            "pending_heal": self.line["heal_choice"],
        }
