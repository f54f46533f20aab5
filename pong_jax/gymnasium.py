"""Gymnasium entry points of Pong."""

from __future__ import annotations

from typing import Any

import pong_jax
from twinenvs.gymnasium_env import GymnasiumEnv, GymnasiumVectorEnv


def make_single(*, render_mode: str | None = None, **options: Any) -> GymnasiumEnv:
    """The single environment; `options` are those of `pong_jax.make`."""
    return GymnasiumEnv(pong_jax.make(**options), render_mode)


def make_vector(
    num_envs: int = 1,
    *,
    autoreset_mode: Any = "SameStep",
    jax_arrays: bool = False,
    render_mode: str | None = None,
    max_episode_steps: int | None = None,
    **options: Any,
) -> GymnasiumVectorEnv:
    """The vector environment; `options` are those of `pong_jax.make`, `max_episode_steps` truncates."""
    if max_episode_steps is not None:
        options["max_steps_in_episode"] = max_episode_steps
    env = pong_jax.make(**options)
    return GymnasiumVectorEnv(
        env, num_envs, autoreset_mode=autoreset_mode, jax_arrays=jax_arrays, render_mode=render_mode
    )
