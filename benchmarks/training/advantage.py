"""Generalised advantage estimation with the right value behind every kind of ending."""

from __future__ import annotations

from typing import Any

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


def decision_advantage(
    reward: jax.Array,
    value: jax.Array,
    ended: jax.Array,
    final_value: jax.Array,
    last_value: jax.Array,
    decides: jax.Array,
    last_decides: jax.Array,
    gamma: float,
    gae_lambda: float,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Advantages of a player who waits now and then: what follows a decision is the same player's next decision.

    Rewards that come while the player waits belong to the decision before, and waiting is not discounted. The value of
    a view in which the player waits is never read. Where the rollout ends while a player waits, the last decision's
    outcome is not known: it serves as the end from which the earlier ones are estimated, and is not learned from.

    Args:
        reward, value, ended, final_value, last_value, gamma, gae_lambda: as in `generalised_advantage`; the discount is
            per decision.
        decides: bool (time, envs), whether the player decides at a step.
        last_decides: bool (envs,), whether the player decides after the last step.

    Returns:
        (advantage, target, known), (time, envs) each, the first two float32 and read only where `known`, bool.
    """

    def backward(carry: tuple[jax.Array, ...], step: tuple[jax.Array, ...]) -> tuple[Any, Any]:
        following, next_value, pending, has_end = carry
        reward, value, ended, final_value, decides = step
        following, pending = jnp.where(ended, 0.0, following), jnp.where(ended, 0.0, pending)
        next_value, has_end = jnp.where(ended, final_value, next_value), has_end | ended
        pending = pending + reward
        advantage = pending + gamma * next_value - value + gamma * gae_lambda * following
        known = decides & has_end
        advantage = jnp.where(known, advantage, 0.0)
        carry = (
            jnp.where(decides, advantage, following),
            jnp.where(decides, value, next_value),
            jnp.where(decides, 0.0, pending),
            has_end | decides,
        )
        return carry, (advantage, known)

    zero = jnp.zeros_like(last_value)
    start = (zero, jnp.where(last_decides, last_value, 0.0), zero, last_decides)
    _, (advantage, known) = jax.lax.scan(
        backward, start, (reward, value, ended, final_value, decides), reverse=True, unroll=min(UNROLL, len(reward))
    )
    return advantage, advantage + value, known
