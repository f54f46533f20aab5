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
        count = len(entries[0].of)
        low, high = (np.reshape(bound, (-1, count)).T for bound in layout.bounds(entries))
        parts[name] = spaces.Box(tuple(map(tuple, low.tolist())), tuple(map(tuple, high.tolist())), low.shape)
    low, high = layout.bounds(layout.GLOBALS)
    parts["globals"] = spaces.Box(low, high, (len(low),))
    return spaces.Dict(tuple(parts.items()))


def observe(state: EnvState, viewer: Array, form: str) -> Any:
    """What a player (int (), 0 or 1) sees, as `space` says."""
    return flat(state, viewer) if form == "flat" else tokens(state, viewer)


def flat(state: EnvState, viewer: Array) -> jax.Array:
    """The vector of `names` for a player (int ()): float32 (len(names()),)."""
    return scaled(jnp.concatenate(numbers(state, viewer)))


def numbers(state: EnvState, viewer: Array) -> list[jax.Array]:
    """The vector's whole numbers in parts: int16 (n,) each, half of what a processor has to move for floats."""
    values = _View(state, viewer).values(True)
    return [values[entry.key].astype(jnp.int16).reshape(-1) for entry in layout.FLAT]


def scaled(numbers: jax.Array) -> jax.Array:
    """The vector from its whole numbers, int16 (..., len(names())): float32 of the same shape."""
    return numbers.astype(jnp.float32) * layout.factors(layout.FLAT)


def tokens(state: EnvState, viewer: Array) -> dict[str, jax.Array]:
    """Card ids int32 and features float32 (tokens, features) for a player (int ()); see `space`."""
    view = _View(state, viewer)
    values = view.values(False)

    def features(entries: tuple[layout.Entry, ...]) -> jax.Array:
        return _joined(values, entries).reshape(-1, len(entries[0].of)).T

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


def _joined(values: dict[str, Array], entries: tuple[layout.Entry, ...]) -> jax.Array:
    parts = [(values[entry.key].astype(jnp.float32).reshape(-1), entry.scale) for entry in entries]
    # Scaled before they are joined: a pass over the whole costs more than many over its parts.
    return jnp.concatenate([part if scale == 1 else part * np.float32(scale) for part, scale in parts])


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
        value = value if name == "energy" or value.dtype in (jnp.uint32, jnp.bool_) else value.astype(jnp.int32)
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
            values["card_kinds"] = jnp.stack([basic[0], evolution[0], supporter[0]])
            values["choice_hp"] = jnp.where(self.choices, jnp.asarray(_CARD[:, 0])[self.deck[1]], 0)
        kinds = jnp.stack([basic[1], evolution[1], ~(basic | evolution | supporter)[1], supporter[1]])
        masks = mask_of(kinds)
        values["seen"] = count_bits(self.seen_by_viewer & masks)
        values["discarded"] = count_bits(self.sides("in_discard")[1] & masks)
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
            "energy": jnp.moveaxis(jnp.where(shown[..., None], self.sides("energy"), 0), -1, 0),
        }
        if not with_facts:
            return values
        return values | {
            "hp": jnp.where(present, facts["hp"], 0),
            "retreat": facts["retreat"],
            "is_ex": facts["is_ex"],
            "points_given": facts["points"],
            "is_fossil": facts["is_fossil"],
            "is_basic": passes(facts["filters"], np.int32(_BASIC)),
            "attacks": jnp.stack([facts["attack0"], facts["attack1"]]),
            "type": one_hot(facts["type"], len(layout.TYPES)),
            "weakness": one_hot(facts["weakness"], len(layout.TYPES)),
        }

    def _own(self) -> dict[str, Array]:
        masks = jnp.stack([self.sides(name)[0] for name in ("in_hand", "in_deck", "in_discard", "seen")])
        values = {"zones": flags_of(masks, 20), "evolving": self.decides & (self.state.card == INSTANCES)}
        for key, name, length in (("from_top", "top", MAX_TOP), ("at_bottom", "bottom", MAX_BOTTOM)):
            places = self.sides(name)[0]
            ranks = np.arange(length, 0, -1, dtype=np.int32)[:, None]
            values[key] = jnp.where(places[:, None] == INSTANCES, ranks, 0).sum(0)
        return values

    def _players(self) -> dict[str, Array]:
        public = np.array([True, decisions.A9_ENERGY_IS_PUBLIC])
        return {
            "hand": jnp.where(self.hidden, decisions.OPENING_HAND, count_bits(self.sides("in_hand"))),
            "deck": count_bits(self.sides("in_deck")),
            "points": self.sides("points"),
            "energy_now": one_hot(self.sides("energy_now"), 8),
            "energy_next": one_hot(self.sides("energy_next"), 8) & public,
            "conditions": one_hot(self.sides("condition") - actions.ASLEEP, 3),
            "marks": jnp.stack([self.sides(name) for name in layout.MARKS]),
            "amounts": jnp.stack([self.sides(name) for name in layout.AMOUNTS]),
        }

    def _scalars(self) -> dict[str, Array]:
        state = self.state
        # While the other decides, nothing is said of what it decides: in set-up that would tell what it holds.
        phase = jnp.where(self.decides | (state.phase == actions.OVER), state.phase, -1)
        flags = (
            state.turn_player == self.viewer,
            self.decides & (state.result == actions.ONGOING),
            state.first == self.viewer,
            state.supporter_used,
            state.retreated,
        )
        return {
            "phase": one_hot(phase, len(actions.PHASES)),
            "turn": jnp.asarray(state.turn),
            "flags": jnp.stack([jnp.asarray(flag) for flag in flags]),
            "plus": jnp.stack([jnp.asarray(state.plus), jnp.asarray(state.plus_named)]),
            "retreat_change": jnp.asarray(state.retreat_change),
            "units": jnp.asarray(state.units),
            "pending": one_hot(self.line["kind"] - tables.EVOLVE, len(layout.PENDING)),
            "pending_amounts": jnp.stack([self.line["hit"], self.line["heal_choice"]]),
        }
