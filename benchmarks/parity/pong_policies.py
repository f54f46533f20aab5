"""Players of Pong for the checks: between them the agent wins and loses at both frameskips.

A policy maps what the game shows to an action for every environment of a batch: state float32 (n, 8) with columns
`STATE_FIELDS`, in, actions uint8 (n,) or directions float32 (n,), out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.oracles.puffer_pong import STATE_FIELDS

Policy = Callable[[np.ndarray, np.random.Generator], np.ndarray]
STILL, UP, DOWN = 0, 1, 2
PADDLE_CENTRE, BALL_CENTRE = 35, 16
DEAD_BAND = 4
NEAR_CENTRE = 40

_COLUMN = {name: i for i, name in enumerate(STATE_FIELDS)}


def _offset(state: np.ndarray) -> np.ndarray:
    """How far the ball's centre is above the agent's paddle's centre: (n,)."""
    return state[:, _COLUMN["ball_y"]] + BALL_CENTRE - (state[:, _COLUMN["paddle_yr"]] + PADDLE_CENTRE)


def _towards(offset: np.ndarray, dead_band: float) -> np.ndarray:
    return np.where(offset > dead_band, UP, np.where(offset < -dead_band, DOWN, STILL)).astype(np.uint8)


def random(state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Any action; loses."""
    return rng.integers(0, 3, len(state), np.uint8)


def track(state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Follows the ball with a dead band; wins at frameskip 1."""
    return _towards(_offset(state), DEAD_BAND)


def chase(state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Follows the ball without dead band; wins at frameskip 1, loses at 8."""
    return _towards(_offset(state), 0)


def tricky(state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Chases, with 1 action of 20 at random."""
    return np.where(rng.random(len(state)) < 0.05, random(state, rng), chase(state, rng))


def noisy(state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Tracks, with 1 action of 3 at random; points on both sides."""
    return np.where(rng.random(len(state)) < 0.35, random(state, rng), track(state, rng))


def lead(state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Moves with the ball while it approaches, which gives it spin; wins at frameskip 8."""
    offset, vy = _offset(state), state[:, _COLUMN["ball_vy"]]
    with_ball = np.where(vy > 0, UP, DOWN).astype(np.uint8)
    leading = (state[:, _COLUMN["ball_vx"]] > 0) & (np.abs(offset) < NEAR_CENTRE)
    return np.where(leading, with_ball, _towards(offset, DEAD_BAND))


def smooth(state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Directions in -1 .. 1 for continuous games: follows the ball, with noise of every size."""
    noise = rng.normal(0, 0.5, len(state))
    return np.clip(_offset(state) / 8 + noise, -1, 1).astype(np.float32)


def wander(state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Any direction in -1 .. 1 for continuous games."""
    return rng.uniform(-1, 1, len(state)).astype(np.float32)


def lean(state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Directions for continuous games that give spin, 1 of 10 a weaker one; wins at both frameskips."""
    action = lead(state, rng)
    direction = (action == UP).astype(np.float32) - (action == DOWN).astype(np.float32)
    return (direction * np.where(rng.random(len(state)) < 0.9, 1, rng.uniform(0, 1, len(state)))).astype(np.float32)
