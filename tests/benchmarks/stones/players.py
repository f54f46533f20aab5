"""Players of the stones."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from tests.benchmarks.stones import MOST


def play_one(params: Any, observation: jax.Array, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """Always takes one stone."""
    return jnp.int32(0)


def play_right(params: Any, observation: jax.Array, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """Leaves a multiple of 3 where that is possible."""
    stones = observation[: MOST + 1].argmax()
    return ((stones % 3 == 2) & action_mask[1]).astype(jnp.int32)


PLAYERS = {"one": play_one, "right": play_right}
