"""Gymnasium entry points of HalfCheetah."""

from __future__ import annotations

from typing import Any

import numpy as np

import halfcheetah_jax
from twinenvs.gymnasium_env import GymnasiumEnv, GymnasiumVectorEnv, entry_points


class SingleEnv(GymnasiumEnv):
    """One body; `reset` reports x_position too, as the original does."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode; see `GymnasiumEnv.reset`. `info["x_position"]` is in m."""
        observation, info = super().reset(seed=seed, options=options)
        return observation, {**info, "x_position": float(self._state.qpos[0])}


class VectorEnv(GymnasiumVectorEnv):
    """A batch of bodies; `reset` reports x_position too, as the original does."""

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts episodes; see `GymnasiumVectorEnv.reset`. `info["x_position"]` is in m, (num_envs,)."""
        observation, info = super().reset(seed=seed, options=options)
        # A copy in either case: the step donates the state's buffers.
        position = self._state.qpos[:, 0] + 0
        everywhere = info["_action_mask"]
        position = position if self.jax_arrays else np.array(position)
        return observation, {**info, "x_position": position, "_x_position": everywhere}


make_single, make_vector = entry_points(halfcheetah_jax.make, SingleEnv, VectorEnv)
