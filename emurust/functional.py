"""The functional form for JAX: machines behind an ordered host callback, so that `jit` and `scan` work.

It is batched by nature, since an ordered callback cannot be vmapped: every array has a leading axis of environments.
The machines live outside JAX; a state is only good for the step that follows the one that made it.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import io_callback

from emurust.env import Games, Options
from emurust.gymnasium_env import known_options
from twinenvs import spaces


class EnvParams(NamedTuple):
    """The numbers that a step reads.

    Attributes:
        max_steps_in_episode: int32 (), steps after which an episode is truncated.
    """

    max_steps_in_episode: Any


class EnvState(NamedTuple):
    """What JAX carries of the machines.

    Attributes:
        time: int32 (envs,), steps since the episodes began.
    """

    time: jax.Array


class EmuRust:
    """Many Game Boys as `reset` and `step` in the suite's form of six values, batched.

    Two objects never share machines; a deep copy starts machines of its own.
    """

    name = "EmuRust-v0"
    version = "0"

    def __init__(self, num_envs: int = 1, **options: Any) -> None:
        """Starts the machines.

        Args:
            num_envs: how many, at least 1.
            **options: fields of `emurust.env.Options`.
        """
        self.num_envs = num_envs
        self.options = Options(**known_options(options))
        self.games = Games(num_envs, dataclasses.replace(self.options, copy=True))

    def __deepcopy__(self, memo: dict[int, Any]) -> EmuRust:
        """Machines of its own with the same options."""
        given = {field.name: getattr(self.options, field.name) for field in dataclasses.fields(Options)}
        return EmuRust(self.num_envs, **given)

    @property
    def default_params(self) -> EnvParams:
        """The game's own limit of steps, or the one given to `make`."""
        return EnvParams(np.int32(self.games.max_steps))

    @property
    def num_actions(self) -> int:
        """Number of actions."""
        return int(self.games.action_space.n)

    def action_space(self, params: EnvParams | None = None) -> spaces.Discrete:
        """The space of one environment's action."""
        return spaces.Discrete(self.num_actions)

    def observation_space(self, params: EnvParams | None = None) -> spaces.Box:
        """The space of one environment's observation."""
        return spaces.Box(0, self.games.highest, self.games.single_shape, "uint8")

    def action_mask(self, state: EnvState) -> jax.Array:
        """Which actions are legal, all of them: bool (envs, actions)."""
        return jnp.ones((self.num_envs, self.num_actions), bool)

    def bytes_per_env(self) -> int:
        """Bytes of one machine's saved state, cartridge apart."""
        return len(self.games.batch.save_state(0))

    def fidelity(self) -> dict[str, Any]:
        """What was compared, as written by `python -m benchmarks verify`."""
        path = pathlib.Path(__file__).with_name("fidelity.json")
        if not path.exists():
            raise FileNotFoundError(f"{self.name} has no fidelity.json; run `python -m benchmarks verify` to write it.")
        return json.loads(path.read_text())

    def render(self, state: EnvState, index: int = 0) -> np.ndarray:
        """The picture of one machine as it is now: uint8 (144, 160, 3)."""
        from emurust import render

        return render.to_rgb(self.games.frame(index))

    def reset(self, key: jax.Array, params: EnvParams | None = None) -> tuple[jax.Array, EnvState]:
        """Starts an episode in every environment: (observations uint8 (envs, ...), state)."""
        seeds = jax.random.bits(key, (self.num_envs, 2), jnp.uint32)
        observation = io_callback(self._host_reset, self._observation_form(), seeds, ordered=True)
        return observation, EnvState(jnp.zeros((self.num_envs,), jnp.int32))

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState]:
        """The same as `reset`."""
        return self.reset(key, params)

    def step(
        self, key: jax.Array, state: EnvState, action: jax.Array, params: EnvParams | None = None
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, jax.Array]]:
        """One step of every environment, followed by a reset where an episode ended.

        Args:
            key: not read; the episodes' randomness was drawn at `reset`.
            state: from the step before.
            action: integers (envs,); one outside the space counts as action 0 and in `info["illegal"]`.
            params: the limit of steps.

        Returns:
            (observation uint8 (envs, ...), state, reward float32 (envs,), terminated bool (envs,), truncated bool
            (envs,), info). `info["final_observation"]` is the last observation of an episode that ended.
        """
        return self._step(state, action, params, resets=True)

    def step_env(
        self, key: jax.Array, state: EnvState, action: jax.Array, params: EnvParams
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, jax.Array]]:
        """`step` without the reset."""
        return self._step(state, action, params, resets=False)

    def _step(self, state: EnvState, action: jax.Array, params: EnvParams | None, resets: bool) -> Any:
        action = jnp.asarray(action)
        if action.shape != (self.num_envs,) or not jnp.issubdtype(action.dtype, jnp.integer):
            raise ValueError(
                f"{self.name}: actions must be integers of shape ({self.num_envs},), got {action.dtype}"
                f" {tuple(action.shape)}; this form is batched and needs no vmap."
            )
        illegal = (action < 0) | (action >= self.num_actions)
        limit = (self.default_params if params is None else params).max_steps_in_episode
        flags = jax.ShapeDtypeStruct((self.num_envs,), jnp.bool_)
        numbers = jax.ShapeDtypeStruct((self.num_envs,), jnp.float32)
        counts = jax.ShapeDtypeStruct((self.num_envs,), jnp.int32)
        form = self._observation_form()
        observation, final, reward, terminated, truncated, broken, score, length = io_callback(
            self._host_step if resets else self._host_step_env,
            (form, form, numbers, flags, flags, flags, counts, counts),
            jnp.where(illegal, 0, action),
            limit,
            ordered=True,
        )
        done = (terminated | truncated) & resets
        state = EnvState(jnp.where(done, 0, state.time + 1))
        info = {
            "terminated": terminated,
            "truncated": truncated,
            "final_observation": final,
            "action_mask": self.action_mask(state),
            "illegal": illegal.astype(jnp.int32),
            "broken": broken,
            "score": score,
            "episode_length": length,
        }
        return observation, state, reward, terminated, truncated, info

    def _observation_form(self) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct((self.num_envs, *self.games.single_shape), jnp.uint8)

    def _host_reset(self, seeds: jax.Array) -> np.ndarray:
        everyone = np.ones(self.num_envs, bool)
        words = np.asarray(seeds).astype(np.uint64)
        self.games.seed(words[:, 0] << np.uint64(32) | words[:, 1], everyone)
        return self.games.reset(everyone)

    def _host_step(self, action: jax.Array, limit: jax.Array) -> tuple[np.ndarray, ...]:
        return self._on_host(action, limit, resets=True)

    def _host_step_env(self, action: jax.Array, limit: jax.Array) -> tuple[np.ndarray, ...]:
        return self._on_host(action, limit, resets=False)

    def _on_host(self, action: jax.Array, limit: jax.Array, resets: bool) -> tuple[np.ndarray, ...]:
        self.games.max_steps = int(limit)
        outcome = self.games.step(np.asarray(action))
        final = observation = outcome.observation
        ended = outcome.terminated | outcome.truncated
        if resets and ended.any():
            observation = self.games.reset(ended)
        return (
            observation,
            final,
            outcome.reward,
            outcome.terminated,
            outcome.truncated,
            outcome.info["broken"],
            outcome.info["score"].astype(np.int32),
            outcome.info["episode_length"].astype(np.int32),
        )
