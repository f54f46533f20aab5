"""The original Pong as a Gymnasium vector environment, for training on it and for evaluating in it."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from benchmarks.oracles import puffer_pong, puffer_source
from benchmarks.oracles.puffer_pong import LOG_FIELDS, PongBatch, PongConstants

ORIGINAL = f"PufferLib Pong (C) {puffer_source.VERSION}"
# L4 compares sums of rewards, bounces included, as the published comparison with this margin does.
MARGIN = 1.0
MEASURE = "return"
# Decisions after which a game is given up; a game to 21 points takes about 300 to 3,000 at frameskip 8.
LONGEST_EPISODE = 10_000
UNFINISHED_SCORE = -21.0


class PufferPongVectorEnv(gymnasium.vector.VectorEnv):
    """A batch of the original's environments on its own stream of random numbers.

    An environment is reset in the step that ends its episode, as the original does. Its generator is the C library's,
    one for the whole process, so two instances that are stepped in turn change each other's serves.

    Args:
        num_envs: number of environments, at least 1.
        frameskip: frames of a step.
        continuous: directions in -1 .. 1 instead of three actions.
    """

    metadata: ClassVar[dict[str, Any]] = {"autoreset_mode": AutoresetMode.SAME_STEP}  # type: ignore[misc]

    def __init__(self, num_envs: int, frameskip: int = 1, continuous: bool = False) -> None:
        self.num_envs = num_envs
        self._batch = PongBatch(num_envs, PongConstants(frameskip=frameskip, continuous=continuous), "glibc")
        self.single_observation_space = gymnasium.spaces.Box(-0.1, 1.1, (puffer_pong.OBSERVATION_SIZE,), np.float32)
        if continuous:
            self.single_action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)
        else:
            self.single_action_space = gymnasium.spaces.Discrete(3)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._log = np.zeros((num_envs, len(LOG_FIELDS)), np.float32)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts all episodes, seeding the C library's generator with the original's rule: (observation, info)."""
        if seed is None:
            seed = int(np.random.default_rng().integers(2**31))
        if not isinstance(seed, int):
            raise ValueError(f"The original takes one seed for the whole batch, got {seed!r}.")
        self._batch.reset(seed % 2**32)
        self._log = self._batch.export()["log"]
        return self._batch.observation.copy(), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One step of every environment: (observation, reward, terminated, truncated, info).

        `info` holds `final_obs` and `final_info` where an episode ended: the original's log of that episode.
        """
        self._batch.step(np.asarray(actions, np.float32).reshape(self.num_envs))
        terminated = self._batch.terminal.astype(bool)
        info: dict[str, Any] = {}
        if terminated.any():
            final = np.full(self.num_envs, None, object)
            for row in np.flatnonzero(terminated):
                final[row] = self._batch.final_observation[row].copy()
            log = self._batch.export()["log"]
            of_episode, self._log = log - self._log, log
            fields = dict(zip(LOG_FIELDS, of_episode.T, strict=True))
            info = {"final_obs": final, "_final_obs": terminated.copy(), "_final_info": terminated.copy()}
            info["final_info"] = fields | {f"_{name}": terminated.copy() for name in fields}
        truncated = np.zeros(self.num_envs, bool)
        return self._batch.observation.copy(), self._batch.reward.copy(), terminated, truncated, info

    def close_extras(self, **kwargs: Any) -> None:
        """Frees the original's memory."""
        self._batch.close()


def require() -> None:
    """Builds the original, so that a missing header or compiler is noticed before any work."""
    puffer_pong.library("glibc")


def make_reference(num_envs: int, options: dict[str, Any]) -> PufferPongVectorEnv:
    """The original with our environment's static options, for training and evaluation on the host."""
    return PufferPongVectorEnv(num_envs, **options)


make_original = make_reference
