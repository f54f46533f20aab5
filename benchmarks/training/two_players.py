"""Games of two players as a batch of learning seats: against itself, against its own past and against named players.

A row is a seat that learns. Games against itself have two rows, the others one, the seat of player 0. Where a game is
one of turns a row waits while the other side decides; `Step.decides` says so, and learning leaves those steps out.
"""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from benchmarks.training import distributions
from benchmarks.training.agent import Agent, AgentParams
from benchmarks.training.config import TrainConfig
from benchmarks.training.environments import Step, flatten, make_environment
from benchmarks.training.opponents import POOL, SELF, parse_mixture

UNLIMITED = 2**31 - 1  # `max_steps_in_episode` of a game that is never truncated


@struct.dataclass
class Games:
    """Where the games stand.

    Attributes:
        state: the games' state, leaves (games, ...): those against itself first, then a group for every opponent.
        seen: what the opponents see, leaves (games with opponents, ...).
        mask: bool (games with opponents, actions), what they may do.
        pool: past parameters, leaves (pool_size, ...); () without a pool.
    """

    state: Any
    seen: Any
    mask: jax.Array
    pool: Any


class TwoPlayerEnvironments:
    """A batch of learning seats of one two-player game; see `benchmarks.training.environments.Environments`."""

    traceable = True
    takes_turns = True
    transfer_seconds = 0.0

    def __init__(self, config: TrainConfig) -> None:
        """Makes the game of `config.env` with `config.ppo.num_envs` seats, dealt out by `config.opponents`.

        Raises:
            ValueError: the mixture does not fit the number of seats, or names an unknown player; one sentence.
        """
        package = importlib.import_module(config.env)
        if not hasattr(package, "make_multi"):
            raise ValueError(f"--opponent: {config.env} is no game of two players.")
        players = importlib.import_module(f"{config.env}.players")
        known = players.PLAYERS
        self.potential = players.lead if config.shaping else None
        self.config = config
        self.num_envs = config.ppo.num_envs
        self.game = package.make_multi(**config.options)
        self.shares = parse_mixture(config.opponents, tuple(known), self.num_envs, config.pool_size)
        self.players = {name: known[name] for name in self.shares if name not in (SELF, POOL)}
        self.params = self.game.default_params
        self.action_space = self.game.action_space(self.params)
        self.width = distributions.action_width(self.action_space)
        seen = jax.eval_shape(lambda key: self.game.reset(key, self.params)[0], jax.random.key(0))
        self.features = sum(int(np.prod(leaf.shape[1:])) for leaf in jax.tree.leaves(seen))
        self.agent = Agent(config.network, self.action_space, self.features, config.ppo.normalize_observation)
        self.own_games = self.shares.get(SELF, 0) // 2
        self.num_games = self.num_envs - self.own_games
        limit = self.params.max_steps_in_episode
        self.is_truncated = not (isinstance(limit, int) and limit >= UNLIMITED)
        if POOL in self.shares and config.network.recurrent:
            raise ValueError("--opponent pool plays policies without memory; set network.recurrent=0.")

    @property
    def env(self) -> Any:
        """One player's side of the game against its default opponent, for pictures and evaluation."""
        return make_environment(self.config.env, self.config.options)

    def reset(self, key: jax.Array) -> tuple[Games, jax.Array, jax.Array]:
        """See `Environments.reset`."""
        keys = jax.random.split(key, self.num_games)
        observation, state = jax.vmap(self.game.reset, in_axes=(0, None))(keys, self.params)
        mask = jax.vmap(self.game.action_mask)(state)
        games = Games(state, self._opponents(observation), self._opponents(mask), ())
        return games, flatten(self._rows(observation)), self._rows(mask)

    def decides(self, games: Games) -> jax.Array:
        """Which seats decide now: bool (envs,)."""
        return self._rows(jax.vmap(self.game.needs_decision)(games.state))

    def fill_pool(self, games: Games, params: AgentParams) -> Games:
        """The games with a pool of copies of these parameters, where there is a pool."""
        if POOL not in self.shares:
            return games
        size = self.config.pool_size
        return dataclasses.replace(games, pool=jax.tree.map(lambda leaf: jnp.repeat(leaf[None], size, 0), params))

    def remember(self, games: Games, params: AgentParams, update: jax.Array) -> Games:
        """Puts the parameters in the place of the oldest of the pool every `snapshot_every` updates."""
        if POOL not in self.shares:
            return games
        turn, rest = jnp.divmod(update, self.config.snapshot_every)
        place = turn % self.config.pool_size

        def replaced(leaf: jax.Array, new: jax.Array) -> jax.Array:
            return leaf.at[place].set(jnp.where(rest == 0, new, leaf[place]))

        return dataclasses.replace(games, pool=jax.tree.map(replaced, games.pool, params))

    def step(self, key: jax.Array, state: Games, action: jax.Array) -> Step:
        """See `Environments.step`."""
        env_key, opponent_key = jax.random.split(key)
        joined = self._joined(action, self._opponent_actions(state, opponent_key))
        keys = jax.random.split(env_key, self.num_games)
        step = jax.vmap(self.game.step, in_axes=(0, 0, 0, None))
        observation, following, reward, terminated, truncated, info = step(keys, state.state, joined, self.params)
        reward = reward.astype(jnp.float32)
        score = self._rows(jnp.sign(reward))
        if self.potential is not None:
            # The potential of an end is 0, so what it adds to a game is the same whatever is played.
            before, after = (jax.vmap(self.potential)(games) for games in (state.state, following))
            after = jnp.where((terminated | truncated)[:, None], 0.0, after)
            reward = reward + self.config.shaping * (after - before)
        reward = self._rows(reward)
        both = jnp.stack([terminated, truncated & self.is_truncated], -1)
        ended = self._rows(jnp.repeat(both[:, None], 2, 1))
        seen = flatten(self._rows(observation))
        mask = info["action_mask"]
        return Step(
            state=Games(following, self._opponents(observation), self._opponents(mask), state.pool),
            observation=seen,
            action_mask=self._rows(mask),
            reward=reward,
            terminated=ended[:, 0],
            truncated=ended[:, 1],
            # A game without a limit never needs the value of a last view, and so does not compute it.
            final_observation=flatten(self._rows(info["final_observation"])) if self.is_truncated else seen,
            score=score,
            decides=self._rows(jax.vmap(self.game.needs_decision)(following)),
        )

    def _joined(self, action: jax.Array, theirs: jax.Array) -> jax.Array:
        """Both players' actions of every game: int32 (games, 2)."""
        own = self.own_games
        first = jnp.concatenate([action[:own], action[2 * own :]]).astype(jnp.int32)
        second = jnp.concatenate([action[own : 2 * own].astype(jnp.int32), theirs])
        return jnp.stack([first, second], -1)

    def _opponent_actions(self, games: Games, key: jax.Array) -> jax.Array:
        """What the opponents do: int32 (games with opponents,)."""
        chosen, at = [jnp.zeros((0,), jnp.int32)], 0
        for name, number in self.shares.items():
            if name == SELF:
                continue
            rows = slice(at, at + number)
            seen = jax.tree.map(lambda leaf, rows=rows: leaf[rows], games.seen)
            if name != POOL:
                own = slice(self.own_games + at, self.own_games + at + number)
                states = jax.tree.map(lambda leaf, own=own: leaf[own], games.state)
                seen = jax.vmap(lambda state: self.game.scripted_observation(state, np.int32(1), self.params))(states)
            mask = games.mask[at : at + number]
            key, own_key = jax.random.split(key)
            chosen.append(
                self._past_actions(games.pool, flatten(seen), mask, own_key)
                if name == POOL
                else jax.vmap(self.players[name], in_axes=(None, 0, 0, 0))(
                    None, seen, mask, jax.random.split(own_key, number)
                ).astype(jnp.int32)
            )
            at += number
        return jnp.concatenate(chosen)

    def _past_actions(self, pool: AgentParams, seen: jax.Array, mask: jax.Array, key: jax.Array) -> jax.Array:
        """The actions of the pool's policies, each in an equal part of the games."""
        size = self.config.pool_size

        def act(params: AgentParams, seen: jax.Array, mask: jax.Array, key: jax.Array) -> jax.Array:
            hidden, began = self.agent.initial_hidden(len(seen)), jnp.zeros((len(seen),), bool)
            return self.agent.evaluate_step(params, hidden, seen, mask, began).distribution.sample(key)

        grouped = jax.vmap(act)(
            pool,
            seen.reshape(size, -1, seen.shape[-1]),
            mask.reshape(size, -1, mask.shape[-1]),
            jax.random.split(key, size),
        )
        return grouped.reshape(-1).astype(jnp.int32)

    def _rows(self, tree: Any) -> Any:
        """Leaves (games, 2, ...) as rows (envs, ...)."""
        own = self.own_games

        def rows(leaf: jax.Array) -> jax.Array:
            return jnp.concatenate([leaf[:own, 0], leaf[:own, 1], leaf[own:, 0]])

        return jax.tree.map(rows, tree)

    def _opponents(self, tree: Any) -> Any:
        """The opponents' part of leaves (games, 2, ...)."""
        return jax.tree.map(lambda leaf: leaf[self.own_games :, 1], tree)
