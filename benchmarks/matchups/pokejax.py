"""Battles of PokeJAX between two players: pairs of teams of the pool, each pair once from either side."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

import twinenvs
from pokejax import make_multi
from pokejax.env import PokeJaxMulti
from pokejax.tables import load_teams

PAIRS = 500  # pairs of teams in a round


@functools.cache
def game() -> PokeJaxMulti:
    """The battle without reset."""
    return make_multi(auto_reset="none")


def games_of_round() -> int:
    """Games of one round of two players: every pair of teams in both seatings."""
    return 2 * PAIRS


def starts(seed: int) -> tuple[Any, np.ndarray]:
    """One round: (states (games, ...), the first player's seat int (games,)); equal seeds give equal games.

    The second half repeats the teams and the draws of the first with the players' seats exchanged.
    """
    generator = np.random.default_rng(seed)
    pool = load_teams(game().format)
    teams = pool[generator.integers(len(pool), size=(PAIRS, 2))]
    words = generator.integers(2**32, size=(PAIRS, 2), dtype=np.uint32)
    states = _compiled_start()(words, teams)
    both = jax.tree.map(lambda leaf: np.concatenate([leaf, leaf]), jax.device_get(states))
    return both, np.repeat(np.arange(2), PAIRS)


@functools.cache
def _compiled_start() -> Callable[..., Any]:
    return twinenvs.jit(jax.vmap(game().start), env=game())


def searchers() -> tuple[str, ...]:
    """There are no players that search."""
    return ()
