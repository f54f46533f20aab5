"""Small environments whose right values are known, for the tests of the harness."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from benchmarks.training.config import NetworkConfig, PPOConfig, TrainConfig
from twinenvs import spaces
from twinenvs.environment import Environment


@struct.dataclass
class ClockParams:
    """Parameters of `Clock`."""

    max_steps_in_episode: Any = 10  # steps


@struct.dataclass
class ClockState:
    """State of `Clock`."""

    time: jax.Array  # int32 (), steps since the reset
    cue: jax.Array  # int32 (), the action that is asked for


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clock(Environment):
    """Pays 1 at every step and ends after `length` steps, by its rules or by the limit.

    Nothing in the observation tells the time, so with discount g the value of every observation is 1 / (1 - g) where
    endings are truncations, and less where they are terminations.

    Attributes:
        length: steps of an episode.
        terminates: whether the ending belongs to the rules.
    """

    name: ClassVar[str] = "Clock-v0"
    version: ClassVar[str] = "0"

    length: int = 5
    terminates: bool = False

    @property
    def default_params(self) -> ClockParams:
        return ClockParams(max_steps_in_episode=self.length)

    def reset_env(self, key: jax.Array, params: ClockParams) -> tuple[jax.Array, ClockState]:
        state = ClockState(jnp.zeros((), jnp.int32), jax.random.randint(key, (), 0, 2))
        return self.observe(None, state, None, params), state

    def step_env(self, key: jax.Array, state: ClockState, action: jax.Array, params: ClockParams) -> Any:
        state = ClockState(state.time + 1, jax.random.randint(key, (), 0, 2))
        ended = self.is_truncated(state, params)
        terminated, truncated = (ended, jnp.zeros((), bool)) if self.terminates else (jnp.zeros((), bool), ended)
        observation = self.observe(None, state, None, params)
        info = {
            "terminated": terminated,
            "truncated": truncated,
            "final_observation": observation,
            "action_mask": self.action_mask(state),
            "illegal": jnp.zeros((), jnp.int32),
        }
        return observation, state, self.reward(state, action), terminated, truncated, info

    def reward(self, state: ClockState, action: jax.Array) -> jax.Array:
        return jnp.ones((), jnp.float32)

    def observe(self, key: Any, state: ClockState, action: Any, params: ClockParams) -> jax.Array:
        return jnp.ones((2,), jnp.float32)

    def action_space(self, params: Any = None) -> spaces.Space:
        return spaces.Discrete(2)

    def observation_space(self, params: Any = None) -> spaces.Space:
        return spaces.Box(-1.0, 1.0, (2,))

    def render(self, state: ClockState) -> np.ndarray:
        return np.zeros((4, 4, 3), np.uint8)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recall(Clock):
    """Shows a cue at the first step only and pays 1 at the last step for repeating it: needs memory.

    With `masked` a third action is never legal; with `continuous` the action is a number of the cue's sign.
    """

    name: ClassVar[str] = "Recall-v0"

    masked: bool = False
    visible: bool = False

    def step_env(self, key: jax.Array, state: ClockState, action: jax.Array, params: ClockParams) -> Any:
        observation, after, _, terminated, truncated, info = super().step_env(key, state, action, params)
        reward = jnp.where(terminated | truncated, (action == state.cue).astype(jnp.float32), 0.0)
        after = after.replace(cue=state.cue)
        observation = self.observe(None, after, None, params)
        info["final_observation"] = observation
        info["illegal"] = (action == 2).astype(jnp.int32)
        return observation, after, reward, terminated, truncated, info

    def observe(self, key: Any, state: ClockState, action: Any, params: ClockParams) -> jax.Array:
        shown = (state.time == 0) | self.visible
        return jnp.stack([jnp.where(shown, state.cue * 2 - 1, 0), state.time / self.length]).astype(jnp.float32)

    def action_space(self, params: Any = None) -> spaces.Space:
        return spaces.Discrete(3 if self.masked else 2)

    def action_mask(self, state: ClockState) -> jax.Array:
        return jnp.array([True, True, False][: self.num_actions])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ragged(Clock):
    """Ends after `length` steps or after twice as many, as the cue of the episode's start says."""

    name: ClassVar[str] = "Ragged-v0"

    def step_env(self, key: jax.Array, state: ClockState, action: jax.Array, params: ClockParams) -> Any:
        longer = ClockParams(max_steps_in_episode=self.length * (1 + state.cue))
        observation, after, reward, terminated, truncated, info = super().step_env(key, state, action, longer)
        return observation, after.replace(cue=state.cue), reward, terminated, truncated, info


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target(Clock):
    """Pays less the farther a continuous action is from 0.5, one step an episode."""

    name: ClassVar[str] = "Target-v0"

    length: int = 1
    terminates: bool = True

    def reward(self, state: ClockState, action: jax.Array) -> jax.Array:
        return -((action[0] - 0.5) ** 2)

    def action_space(self, params: Any = None) -> spaces.Space:
        return spaces.Box(-1.0, 1.0, (1,))


class HostClock(gymnasium.vector.VectorEnv):
    """`Clock` as a Gymnasium vector environment in NumPy, with same-step auto-reset."""

    metadata: ClassVar[dict[str, Any]] = {"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP}

    def __init__(self, num_envs: int, length: int) -> None:
        self.num_envs = num_envs
        self.length = length
        self.single_action_space = gymnasium.spaces.Discrete(2)
        self.single_observation_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)
        self.action_space = gymnasium.vector.utils.batch_space(self.single_action_space, num_envs)
        self.observation_space = gymnasium.vector.utils.batch_space(self.single_observation_space, num_envs)
        self.buffer = np.ones((num_envs, 2), np.float32)
        self.time = np.zeros(num_envs, np.int64)

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        self.time[:] = 0
        return self.buffer, {}

    def step(self, actions: np.ndarray) -> Any:
        assert actions.shape == (self.num_envs,)
        self.time += 1
        truncated = self.time >= self.length
        self.time[truncated] = 0
        info: dict[str, Any] = {}
        if truncated.any():
            final = np.full(self.num_envs, None, object)
            for row in np.flatnonzero(truncated):
                final[row] = np.ones(2, np.float32)
            info = {"final_obs": final, "_final_obs": truncated.copy()}
        return self.buffer, np.ones(self.num_envs), np.zeros(self.num_envs, bool), truncated.copy(), info


def small_config(recurrent: int = 0, total_updates: int = 4, checkpoint_every: int = 1, **ppo: Any) -> TrainConfig:
    """A run of a few small updates."""
    settings = {"num_envs": 16, "rollout_steps": 8, "epochs": 2, "minibatches": 2, **ppo}
    algorithm = PPOConfig(**settings)
    return TrainConfig(
        env="clock",
        total_timesteps=total_updates * algorithm.decisions_per_update,
        log_every=1,
        checkpoint_every=checkpoint_every,
        network=NetworkConfig(hidden=(16,), recurrent=recurrent),
        ppo=algorithm,
    )
