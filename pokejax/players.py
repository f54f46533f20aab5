"""Opponents by name, as pure functions (params, observation, action_mask, key) -> action."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from twinenvs.multi import Policy


def play_random(params: Any, observation: Any, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """Any legal action, all alike: int32 ()."""
    drawn = jax.random.uniform(key, action_mask.shape)
    return jnp.argmax(jnp.where(action_mask, drawn, -1.0)).astype(jnp.int32)


PLAYERS: dict[str, Policy] = {"random": play_random}
