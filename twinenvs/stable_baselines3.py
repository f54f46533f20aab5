"""A bridge from our Gymnasium vector environment to Stable-Baselines3's VecEnv.

Importing this module needs Stable-Baselines3, which is no dependency of the suite.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

try:
    from stable_baselines3.common.vec_env import VecEnv  # pyright: ignore[reportMissingImports]
except ImportError as error:
    raise ImportError("the bridge needs Stable-Baselines3; run `pip install stable-baselines3`.") from error

from gymnasium.vector import AutoresetMode

from twinenvs.gymnasium_env import GymnasiumVectorEnv


class StableBaselines3VecEnv(VecEnv):  # type: ignore[misc]
    """Steps a whole batch for Stable-Baselines3, e.g. `PPO("MlpPolicy", StableBaselines3VecEnv(make_vec(...)))`."""

    def __init__(self, env: GymnasiumVectorEnv) -> None:
        """Wraps a vector environment.

        Args:
            env: made by `gymnasium.make_vec`, with SAME_STEP autoreset and NumPy arrays (the defaults).

        Raises:
            ValueError: another autoreset mode, or JAX arrays.
        """
        if env.autoreset_mode != AutoresetMode.SAME_STEP or env.jax_arrays:
            raise ValueError("the bridge needs autoreset_mode='SameStep' and jax_arrays=False, which are the defaults.")
        self.env = env  # First, since the base class asks for its attributes.
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)
        self._actions: Any = None

    def reset(self) -> Any:
        """Starts an episode everywhere, with the seeds given to `seed`: observations (num_envs, ...)."""
        seeds = [int(s) if s is not None else None for s in self._seeds]
        observations, info = self.env.reset(seed=seeds if any(s is not None for s in seeds) else None)
        self.reset_infos = [{"action_mask": mask} for mask in info["action_mask"]]
        self._reset_seeds()
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        """Keeps the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Steps: (observations, rewards float32 (num_envs,), dones bool (num_envs,), one info dict each)."""
        observations, rewards, terminated, truncated, info = self.env.step(self._actions)
        infos: list[dict[str, Any]] = [{"action_mask": mask} for mask in info["action_mask"]]
        for index in np.flatnonzero(terminated | truncated):
            infos[index]["terminal_observation"] = info["final_obs"][index]
            infos[index]["TimeLimit.truncated"] = bool(truncated[index] and not terminated[index])
        return observations, rewards, terminated | truncated, infos

    def close(self) -> None:
        """Closes the wrapped environment."""
        self.env.close()

    def get_images(self) -> Sequence[np.ndarray | None]:
        """A picture of each environment, uint8 (height, width, 3)."""
        return self.env.render() or [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the vector environment, once per environment asked for."""
        return [getattr(self.env, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets an attribute of the vector environment, which all environments share."""
        setattr(self.env, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Calls a method of the vector environment once; its result stands for every environment asked for."""
        result = getattr(self.env, method_name)(*method_args, **method_kwargs)
        return [result] * len(list(self._get_indices(indices)))

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """False for every environment: the batch is stepped as a whole and holds no wrappers."""
        return [False] * len(list(self._get_indices(indices)))
