"""Opponents as pure functions (params, observation, action_mask, key) -> action: random, weighted, attach-attack."""

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


# What attach-attack does first, as ranges of actions: choices, the Active's energy, attacks, cards, abilities, the end.
ATTACK_ORDER = (
    (actions.OWN_SLOT, actions.DISCARD_FOSSIL),
    (actions.ATTACH, actions.ATTACH + 1),
    (actions.ATTACK, actions.ABILITY),
    (actions.PLAY, actions.OWN_SLOT),
    (actions.ABILITY, actions.ATTACH),
    (actions.END, actions.END + 1),
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


def play_attack(params: Any, observation: jax.Array, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """Energy to the Active, then its last payable attack; without one, cards and the rest: int32 ()."""
    return jnp.argmax(jnp.where(action_mask, attack_ranks(), -1)).astype(jnp.int32)


def attack_ranks() -> np.ndarray:
    """The order in which attach-attack takes actions, the highest first: int32 (76,)."""
    ranks = np.arange(actions.NUM_ACTIONS, 0, -1, dtype=np.int32)
    for rank, (first, last) in enumerate(ATTACK_ORDER):
        ranks[first:last] += (len(ATTACK_ORDER) - rank) * actions.NUM_ACTIONS
    ranks[actions.ATTACK : actions.ABILITY] = ranks[actions.ATTACK : actions.ABILITY][::-1]
    ranks[actions.RETREAT : actions.PLAY] = 0
    return ranks


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


PLAYERS: dict[str, Policy] = {"random": play_random, "weighted": play_weighted, "attach_attack": play_attack}
# Players that look ahead in the game itself, by their depth; see `tcgjax.search`.
SEARCHERS = {"minimax1": 1, "minimax": 2}
