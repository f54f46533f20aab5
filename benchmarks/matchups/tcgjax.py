"""Games of TCGJax between two players: every pair of the shipped decks, each once in either seat."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import twinenvs
from tcgjax import actions, decisions, engine, make_multi, search
from tcgjax.data.decks import shipped_decks
from tcgjax.env import TCGJaxMulti
from tcgjax.players import SEARCHERS

LANES = 1024  # actions of one call of a search
SAMPLES = 4  # of each action

# Finds actions for games: (states, which games int (n,), key) -> int32 (n,).
Searcher = Callable[[Any, np.ndarray, jax.Array], np.ndarray]


@functools.cache
def game() -> TCGJaxMulti:
    """The game without reset."""
    return make_multi(auto_reset="none")


def games_of_round() -> int:
    """Games of one round of two players: every ordered pair of decks in both seatings."""
    return 2 * len(shipped_decks()) ** 2


def starts(seed: int) -> tuple[Any, np.ndarray]:
    """One round: (states (games, ...), the first player's seat int (games,)); equal seeds give equal games."""
    decks = list(shipped_decks().values())
    pairs = [(one, other) for one in decks for other in decks]
    pairs = pairs + [pair[::-1] for pair in pairs]
    seats = np.repeat(np.arange(2), len(decks) ** 2)
    cards = np.array([[deck.cards for deck in pair] for pair in pairs], np.int16)
    types = np.array([[deck.energy_mask for deck in pair] for pair in pairs], np.uint8)
    words = np.random.default_rng(seed).integers(2**32, size=(len(pairs), 2), dtype=np.uint32)
    return _compiled_start()(words, cards, types), seats


@functools.cache
def _compiled_start() -> Callable[..., Any]:
    def start(words: jax.Array, cards: jax.Array, types: jax.Array) -> Any:
        return engine.reset(words, cards, types, decisions.A2_OPENING, jnp.int32(decisions.A18_MAX_TURNS))

    return twinenvs.jit(jax.vmap(start), env=game())


def searchers() -> tuple[str, ...]:
    """Names of the players that search."""
    return tuple(SEARCHERS)


def searcher(name: str) -> Searcher:
    """A player that searches, by name."""
    values = _compiled_values(SEARCHERS[name])

    def act(states: Any, games: np.ndarray, key: jax.Array) -> np.ndarray:
        words = np.asarray(states.legal)[games]
        masks = (words[:, :, None] >> np.arange(32, dtype=np.uint32) & 1).astype(bool).reshape(len(games), -1)
        masks = masks[:, : actions.NUM_ACTIONS]
        chosen = masks.argmax(-1).astype(np.int32)
        rows, candidates = np.nonzero(masks & (masks.sum(-1) > 1)[:, None])
        keys = np.asarray(jax.random.key_data(jax.random.split(key, (len(games), SAMPLES))))
        rows_of = np.repeat(rows, SAMPLES)
        asked = np.repeat(candidates, SAMPLES).astype(np.int32)
        words_of = keys[rows_of, np.tile(np.arange(SAMPLES), len(rows))]
        found = np.zeros(len(rows_of), np.float32)
        host = jax.tree.map(np.asarray, states)
        for first in range(0, len(rows_of), LANES):
            lanes = np.resize(np.arange(first, min(first + LANES, len(rows_of))), LANES)
            part = jax.tree.map(lambda leaf, at=games[rows_of[lanes]]: leaf[at], host)
            found[lanes] = np.asarray(values(part, asked[lanes], words_of[lanes]))
        total = np.full(masks.shape, -np.inf, np.float32)
        total[rows, candidates] = found.reshape(-1, SAMPLES).mean(-1)
        searched = masks.sum(-1) > 1
        chosen[searched] = total[searched].argmax(-1)
        return chosen

    return act


@functools.cache
def _compiled_values(depth: int) -> Callable[..., jax.Array]:
    def values(states: Any, action: jax.Array, words: jax.Array) -> jax.Array:
        return search.action_values(states, action, jax.random.wrap_key_data(words), depth)

    return twinenvs.jit(values, env=game())
