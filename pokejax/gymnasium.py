"""Gymnasium entry points of PokeJax."""

from __future__ import annotations

from typing import Any

import pokejax
from twinenvs.gymnasium_env import GymnasiumEnv, GymnasiumVectorEnv


def make_single(*, render_mode: str | None = None, **options: Any) -> GymnasiumEnv:
    """The single environment; `options` are those of `pokejax.make`."""
    return GymnasiumEnv(pokejax.make(**options), render_mode)


def make_vector(
    num_envs: int = 1,
    *,
    autoreset_mode: Any = "SameStep",
    jax_arrays: bool = False,
    render_mode: str | None = None,
    max_episode_steps: int | None = None,
    **options: Any,
) -> GymnasiumVectorEnv:
    """The vector environment; `options` are those of `pokejax.make`, `max_episode_steps` truncates."""
    if max_episode_steps is not None:
        options["max_steps_in_episode"] = max_episode_steps
    env = pokejax.make(**options)
    return GymnasiumVectorEnv(
        env, num_envs, autoreset_mode=autoreset_mode, jax_arrays=jax_arrays, render_mode=render_mode
    )
