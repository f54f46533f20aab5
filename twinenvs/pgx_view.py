"""A game of two in the shape that pgx's users know: `init`, `step`, `observe`, one action of the current player.

Only here do pgx's names appear; pgx itself is not needed.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from twinenvs.multi import NUM_PLAYERS, MultiEnvironment
from twinenvs.spaces import Box, Discrete


class PgxState(struct.PyTreeNode):
    """A state with pgx's public fields; `game` is the environment's own."""

    current_player: jax.Array  # int32 (), who decides
    observation: Any  # the current player's
    rewards: jax.Array  # float32 (2,), of the last step
    terminated: jax.Array  # bool ()
    truncated: jax.Array  # bool ()
    legal_action_mask: jax.Array  # bool (num_actions,), of the current player; all true once the game is over
    game: Any


class PgxView:
    """A `MultiEnvironment` in pgx's shape.

    As in pgx, `step` never resets, and a step after the end changes nothing and gives no reward. Unlike pgx, an illegal
    action loses nothing: it is replaced by the first legal one.
    """

    num_players = NUM_PLAYERS

    def __init__(self, env: MultiEnvironment) -> None:
        """Wraps `env`."""
        self._env = env

    @property
    def id(self) -> str:
        """The environment's name."""
        return self._env.name

    @property
    def version(self) -> str:
        """The environment's version."""
        return self._env.version

    @property
    def num_actions(self) -> int:
        """Number of actions."""
        space = self._env.action_space()
        assert isinstance(space, Discrete)
        return space.n

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Shape of one player's observation, which must be an array."""
        space = self._env.observation_space()
        if not isinstance(space, Box):
            raise ValueError(f"{self.id}: observation_shape needs observations that are one array; use observe().")
        return space.shape

    def init(self, key: jax.Array) -> PgxState:
        """Starts a game."""
        _, game = self._env.reset_env(key, self._env.default_params)
        nothing, no = jnp.zeros(NUM_PLAYERS, jnp.float32), jnp.bool_(False)
        return self._state(game, nothing, no, no)

    def step(self, state: PgxState, action: jax.Array, key: jax.Array | None = None) -> PgxState:
        """The current player's action.

        Args:
            state: the state before.
            action: int (), an action of `state.current_player`.
            key: a JAX random key; only environments whose random stream is not in their state need one.
        """
        chosen = jnp.where(np.arange(NUM_PLAYERS) == state.current_player, action, 0)
        key = jax.random.key(0) if key is None else key
        _, game, reward, terminated, truncated, _ = self._env.step_env(
            key, state.game, chosen, self._env.default_params
        )
        stepped = self._state(game, reward, terminated, truncated)
        is_over = state.terminated | state.truncated
        kept = state.replace(rewards=jnp.zeros_like(state.rewards))
        return jax.tree.map(lambda old, new: jnp.where(is_over, old, new), kept, stepped)

    def observe(self, state: PgxState, player_id: Any = None) -> Any:
        """What a player sees, the current one by default."""
        player = state.current_player if player_id is None else player_id
        return self._env.player_observation(state.game, player, self._env.default_params)

    def _state(self, game: Any, rewards: jax.Array, terminated: jax.Array, truncated: jax.Array) -> PgxState:
        player = jnp.argmax(self._env.needs_decision(game)).astype(jnp.int32)
        return PgxState(
            current_player=player,
            observation=self._env.player_observation(game, player, self._env.default_params),
            rewards=rewards,
            terminated=terminated,
            truncated=truncated,
            legal_action_mask=self._env.player_mask(game, player) | terminated | truncated,
            game=game,
        )


def pgx_view(env: MultiEnvironment) -> PgxView:
    """The game for scripts that speak pgx."""
    return PgxView(env)
