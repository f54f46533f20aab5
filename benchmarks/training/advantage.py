"""Generalised advantage estimation with the right value behind every kind of ending."""

from __future__ import annotations

import jax
import jax.numpy as jnp

UNROLL = 8  # steps of the backward scan in one loop body: its arithmetic is tiny beside the loop's own cost


def generalised_advantage(
    reward: jax.Array,
    value: jax.Array,
    ended: jax.Array,
    final_value: jax.Array,
    last_value: jax.Array,
    gamma: float,
    gae_lambda: float,
) -> tuple[jax.Array, jax.Array]:
    """Advantages and value targets of a rollout.

    Args:
        reward: float32 (time, envs), points.
        value: float32 (time, envs), value of the observation before each step.
        ended: bool (time, envs), whether the episode ended with the step, either way.
        final_value: float32 (time, envs), value of the ended episode's last observation where it was truncated, and 0
            where it terminated; not read elsewhere.
        last_value: float32 (envs,), value of the observation after the last step.
        gamma: discount per step.
        gae_lambda: mixing.

    Returns:
        (advantage, target), float32 (time, envs) each; a target is advantage + value.
    """
    following = jnp.concatenate([value[1:], last_value[None]])
    next_value = jnp.where(ended, final_value, following)
    delta = reward + gamma * next_value - value
    decay = gamma * gae_lambda * (1.0 - ended.astype(jnp.float32))

    def backward(advantage: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        advantage = step[0] + step[1] * advantage
        return advantage, advantage

    _, advantage = jax.lax.scan(
        backward, jnp.zeros_like(last_value), (delta, decay), reverse=True, unroll=min(UNROLL, reward.shape[0])
    )
    return advantage, advantage + value
