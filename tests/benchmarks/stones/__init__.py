"""Taking stones: a solved game of two players, for the tests of self-play, as a package that the harness can name.

The players take 1 or 2 stones in turn, player 0 first; who takes the last one wins. Who is to move with a multiple of 3
loses against right play, and wins otherwise by leaving one.
"""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from twinenvs import spaces
from twinenvs.multi import MultiEnvironment

MOST = 7  # stones
NEVER = 2**31 - 1


@struct.dataclass
class Params:
    """Parameters of `Stones`."""

    max_steps_in_episode: Any = NEVER


@struct.dataclass
class State:
    """State of `Stones`."""

    time: jax.Array  # int32 (), moves
    stones: jax.Array  # int32 ()
    mover: jax.Array  # int32 ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stones(MultiEnvironment):
    """The game; an episode starts with 1 .. MOST stones. Actions: 0 takes one or waits, 1 takes two."""

    name: ClassVar[str] = "Stones-v0"
    version: ClassVar[str] = "0"

    @property
    def default_params(self) -> Params:
        return Params()

    def action_space(self, params: Any = None) -> spaces.Space:
        return spaces.Discrete(2)

    def observation_space(self, params: Any = None) -> spaces.Space:
        return spaces.Box(0.0, 1.0, (MOST + 2,))

    def reset_env(self, key: jax.Array, params: Params) -> tuple[jax.Array, State]:
        stones = jax.random.randint(key, (), 1, MOST + 1)
        state = State(jnp.zeros((), jnp.int32), stones, jnp.zeros((), jnp.int32))
        return self.observe(None, state, None, params), state

    def step_env(self, key: jax.Array, state: State, action: jax.Array, params: Params) -> Any:
        taken = jnp.minimum(jnp.asarray(action)[state.mover] + 1, state.stones)
        left = state.stones - taken
        terminated = left == 0
        reward = jnp.where(terminated, jnp.where(np.arange(2) == state.mover, 1.0, -1.0), 0.0).astype(jnp.float32)
        new = State(state.time + 1, left, 1 - state.mover)
        observation = self.observe(None, new, None, params)
        info = {
            "terminated": terminated,
            "truncated": jnp.zeros((), bool),
            "final_observation": observation,
            "action_mask": self.action_mask(new),
            "illegal": jnp.zeros((2,), jnp.int32),
            "needs_decision": self.needs_decision(new),
        }
        return observation, new, reward, terminated, jnp.zeros((), bool), info

    def player_observation(self, state: State, player: Any, params: Any = None) -> jax.Array:
        stones = (np.arange(MOST + 1) == state.stones).astype(jnp.float32)
        return jnp.concatenate([stones, (state.mover == player)[None].astype(jnp.float32)])

    def player_mask(self, state: State, player: Any) -> jax.Array:
        return jnp.stack([jnp.ones((), bool), (state.mover == player) & (state.stones > 1)])

    def render(self, state: State) -> np.ndarray:
        return np.zeros((2, MOST, 3), np.uint8)

    def needs_decision(self, state: State) -> jax.Array:
        return (np.arange(2) == state.mover) & (state.stones > 0)


def make_multi(**options: Any) -> Stones:
    """The game."""
    return Stones(**options)
