"""MuJoCo's HalfCheetah-v5 as a Gymnasium vector environment, for training on it and for evaluating in it."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from benchmarks.oracles import mujoco
from benchmarks.oracles.mujoco import FRAME_SKIP, NUM_ACTUATORS, NUM_DOFS, CheetahBatch

ORIGINAL = "HalfCheetah-v5"
MARGIN = 100.0
MEASURE = "return"
LONGEST_EPISODE = 1000
# Every episode lasts 1,000 steps, so none is given up.
UNFINISHED_SCORE = 0.0
CTRL_COST_WEIGHT = 0.1


class MujocoVectorEnv(gymnasium.vector.VectorEnv):
    """A batch of C's bodies with Gymnasium's rewards, resets and limit; reset in the step that ends an episode.

    Args:
        num_envs: number of bodies, at least 1.
        threads: of C's rollout; None takes as many as the process may use cores.
    """

    metadata: ClassVar[dict[str, Any]] = {"autoreset_mode": AutoresetMode.SAME_STEP}  # type: ignore[misc]

    def __init__(self, num_envs: int, threads: int | None = None) -> None:
        self.num_envs = num_envs
        self._batch = CheetahBatch(num_envs, threads=len(os.sched_getaffinity(0)) if threads is None else threads)
        self._dt = FRAME_SKIP * float(self._batch.model.opt.timestep)
        self._time = np.zeros(num_envs, np.int64)
        self.single_observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2 * NUM_DOFS - 1,), np.float64)
        self.single_action_space = gymnasium.spaces.Box(-1, 1, (NUM_ACTUATORS,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts all episodes from one generator for the whole batch: (observation float64 (num_envs, 17), info)."""
        if seed is None:
            seed = int(np.random.default_rng().integers(2**31))
        if not isinstance(seed, int):
            raise ValueError(f"This batch takes one seed for all bodies, got {seed!r}.")
        self._batch.reset(seed)
        self._time[:] = 0
        return self._observation(), {"x_position": self._batch.qpos[:, 0].copy()}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One step of every body: (observation, reward float64 (num_envs,), terminated, truncated, info).

        `info` holds `final_obs` where an episode ended.
        """
        actions = np.asarray(actions)
        before = self._batch.qpos[:, 0].copy()
        self._batch.step(actions)
        cost = CTRL_COST_WEIGHT * np.sum(np.square(actions), axis=-1)
        reward = (self._batch.qpos[:, 0] - before) / self._dt - cost
        self._time += 1
        truncated = self._time >= LONGEST_EPISODE
        info: dict[str, Any] = {}
        if truncated.any():
            final = np.full(self.num_envs, None, object)
            last = self._observation()
            for row in np.flatnonzero(truncated):
                final[row] = last[row]
            info = {"final_obs": final, "_final_obs": truncated.copy()}
            self._batch.reset_where(truncated)
            self._time[truncated] = 0
        return self._observation(), reward, np.zeros(self.num_envs, bool), truncated, info

    def close_extras(self, **kwargs: Any) -> None:
        """Ends C's threads."""
        self._batch.close()

    def _observation(self) -> np.ndarray:
        return np.concatenate([self._batch.qpos[:, 1:], self._batch.qvel], axis=-1)


def require() -> None:
    """Compiles the original's model, so that a missing MuJoCo is noticed before any work."""
    mujoco.model()


def make_original(num_envs: int, options: dict[str, Any]) -> gymnasium.vector.VectorEnv:
    """Gymnasium's own environments, stepped one after the other; they have the default options only."""
    if options:
        raise ValueError(f"the original is built with its default options, got {sorted(options)}.")
    with mujoco.quiet():
        return gymnasium.make_vec(
            ORIGINAL,
            num_envs=num_envs,
            vectorization_mode="sync",
            vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP},
        )


def make_reference(num_envs: int, options: dict[str, Any]) -> MujocoVectorEnv:
    """The original, for training and evaluation on the host; it has the default options only."""
    if options:
        raise ValueError(f"the original is built with its default options, got {sorted(options)}.")
    return MujocoVectorEnv(num_envs)
