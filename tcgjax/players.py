"""Opponents as pure functions (params, observation, action_mask, key) -> action: random and weighted."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tcgjax import actions, decisions
from tcgjax.state import EnvState
from twinenvs.multi import Policy

# How often the weighted player takes an action of each kind, by the first action of the kind; powers of 2 add exactly.
KIND_WEIGHTS = (
    (actions.END, 0.125),
    (actions.ATTACK, 16.0),
    (actions.ABILITY, 8.0),
    (actions.ATTACH, 8.0),
    (actions.RETREAT, 0.5),
    (actions.PLAY, 4.0),
    (actions.OWN_SLOT, 1.0),
    (actions.DISCARD_FOSSIL, 0.125),
)


def action_weights() -> np.ndarray:
    """The weight of every action: float32 (76,)."""
    weights = np.zeros(actions.NUM_ACTIONS, np.float32)
    for first, weight in KIND_WEIGHTS:
        weights[first:] = weight
    return weights


def play_random(params: Any, observation: jax.Array, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """Any legal action, all alike: int32 ()."""
    return choose(action_mask.astype(jnp.float32), key)


def play_weighted(params: Any, observation: jax.Array, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """A legal action with the weight of its kind: int32 ()."""
    return choose(jnp.where(action_mask, action_weights(), 0.0), key)


def choose(weights: jax.Array, key: jax.Array) -> jax.Array:
    """An index with probability proportional to its weight (float32 (n,), not all 0): int32 ()."""
    sums = jnp.cumsum(weights)
    aim = jax.random.uniform(key) * sums[-1]
    index = (sums <= aim).sum().astype(jnp.int32)
    # A rounding of the product up to the whole sum would point behind the last candidate.
    last = (weights > 0).shape[0] - 1 - jnp.argmax((weights > 0)[::-1]).astype(jnp.int32)
    return jnp.minimum(index, last)


def lead(state: EnvState) -> jax.Array:
    """Each player's lead in points, as a share of those that win: float32 (2,); a potential for shaped rewards."""
    points = jnp.minimum(state.points, decisions.POINTS_TO_WIN).astype(jnp.float32)
    return (points - points[::-1]) / decisions.POINTS_TO_WIN


PLAYERS: dict[str, Policy] = {"random": play_random, "weighted": play_weighted}
