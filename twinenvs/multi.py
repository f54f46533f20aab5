"""Games of two players: both act at once, one of them or both decide; and one player's side against a policy.

The player who waits has one legal action, index 0, which has no effect. So every game has one step for both, and a
batch of games needs no loop that waits for somebody's turn.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from twinenvs import spaces
from twinenvs.environment import Environment

# (params, observation, action_mask bool (num_actions,), key) -> action int (); it sees that player's view alone.
Policy = Callable[[Any, Any, jax.Array, jax.Array], jax.Array]

NUM_PLAYERS = 2
LEARNER = (0,)  # the one whose view a game makes for `SoloEnvironment`
VIEWERS = ((0, 1), (0,), (1,))  # whose observations a game may give
WAIT = 0  # The only legal action of a player who waits.
PER_PLAYER = ("final_observation", "action_mask", "illegal", "needs_decision")  # keys of `info` with an axis of players


@dataclasses.dataclass(frozen=True, kw_only=True)
class MultiEnvironment(Environment):
    """A game of two players as an `Environment` whose leaves have a first axis of players.

    `step` takes both actions, int (2,), and returns observation leaves (2, ...), the reward float32 (2,), `terminated`
    and `truncated` bool (), and `info` with those of `PER_PLAYER` for both: `action_mask` bool (2, num_actions),
    `illegal` int32 (2,), `needs_decision` bool (2,). The spaces are those of one player.
    """

    num_players: ClassVar[int] = NUM_PLAYERS

    @abc.abstractmethod
    def player_observation(self, state: Any, player: Any, params: Any = None) -> Any:
        """What a player (int (), 0 or 1) sees of a state."""

    @abc.abstractmethod
    def player_mask(self, state: Any, player: Any) -> jax.Array:
        """A player's legal actions: bool (num_actions,); only `WAIT` while the other decides."""

    @abc.abstractmethod
    def needs_decision(self, state: Any) -> jax.Array:
        """Which players decide now: bool (2,); none once the game is over."""

    def scripted_observation(self, state: Any, player: Any, params: Any = None) -> Any:
        """The same view in the form that the game's named players read, whatever form learners are given."""
        return self.player_observation(state, player, params)

    def observe(self, key: jax.Array | None, state: Any, action: jax.Array | None, params: Any) -> Any:
        """Both players' observations: leaves (2, ...)."""
        seen = [self.player_observation(state, np.int32(player), params) for player in range(NUM_PLAYERS)]
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *seen)

    def action_mask(self, state: Any) -> jax.Array:
        """Both players' legal actions: bool (2, num_actions)."""
        return jnp.stack([self.player_mask(state, np.int32(player)) for player in range(NUM_PLAYERS)])

    def step(
        self, key: jax.Array, state: Any, action: Any, params: Any = None
    ) -> tuple[Any, Any, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One decision, followed by a new game where one ended; see `Environment.step`.

        `info["needs_decision"]` belongs to the returned state, as `info["action_mask"]` does.
        """
        observation, new, reward, terminated, truncated, info = super().step(key, state, action, params)
        return observation, new, reward, terminated, truncated, {**info, "needs_decision": self.needs_decision(new)}

    def check_action(self, action: Any, state: Any) -> jax.Array:
        """Checks both players' actions; see `Environment.check_action`."""
        space = self.action_space(self.default_params)
        assert isinstance(space, spaces.Discrete)
        array = action if isinstance(action, Tracer) else np.asarray(action)
        if array.shape != (NUM_PLAYERS,):
            raise ValueError(
                f"{self.name}: both players' actions must have shape ({NUM_PLAYERS},), got {tuple(array.shape)};"
                " use jax.vmap for a batch of games."
            )
        if np.dtype(array.dtype).kind not in "iu":
            raise TypeError(f"{self.name}: actions must have dtype {space.dtype}, got {array.dtype}.")
        if not isinstance(array, Tracer) and not isinstance(state.time, Tracer):
            masks = np.asarray(self.action_mask(state))
            for player in range(NUM_PLAYERS):
                given = int(array[player])
                if not space.contains(np.asarray(given, space.dtype)):
                    raise ValueError(
                        f"{self.name}: player {player}'s action must be one of 0 .. {space.n - 1}, got {given}."
                    )
                if not masks[player, given]:
                    legal = np.flatnonzero(masks[player]).tolist()
                    raise ValueError(
                        f"{self.name}: player {player}'s action {given} is not legal now;"
                        f" the legal actions are {legal}."
                    )
        return jnp.asarray(array)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SoloEnvironment(Environment):
    """One player's side of a game: the learner is player 0, a policy plays the other.

    A step is one decision of the game. While the policy decides, the learner's only legal action is `WAIT` and
    `info["needs_decision"]` is false.
    """

    @property
    @abc.abstractmethod
    def game(self) -> MultiEnvironment:
        """The game that is played."""

    @property
    @abc.abstractmethod
    def opponent_policy(self) -> Policy:
        """Who plays the other side."""

    @property
    def default_params(self) -> Any:
        """The game's own."""
        return self.game.default_params

    def compiler_options(self, platform: str) -> dict[str, Any]:
        """The game's own."""
        return self.game.compiler_options(platform)

    def opponent_action(self, key: jax.Array, state: Any, params: Any) -> jax.Array:
        """What the opponent does, `WAIT` where it does not decide: int (); from its view alone."""
        other = np.int32(1)
        named = isinstance(getattr(self, "opponent", None), str)
        view = self.game.scripted_observation if named else self.game.player_observation
        return self.opponent_policy(None, view(state, other, params), self.game.player_mask(state, other), key)

    def action_space(self, params: Any = None) -> spaces.Space:
        """That of one player."""
        return self.game.action_space(params)

    def observation_space(self, params: Any = None) -> spaces.Space:
        """That of one player."""
        return self.game.observation_space(params)

    def action_mask(self, state: Any) -> jax.Array:
        """The learner's legal actions: bool (num_actions,)."""
        return self.game.player_mask(state, np.int32(0))

    def observe(self, key: jax.Array | None, state: Any, action: jax.Array | None, params: Any) -> Any:
        """The learner's view."""
        return self.game.player_observation(state, np.int32(0), params)

    def reset_env(self, key: jax.Array, params: Any) -> tuple[Any, Any]:
        """Starts a game: (observation, state)."""
        observation, state = self.game.reset_env(key, params)
        return _of_learner(observation), state

    def next_episode(self, key: jax.Array, ended: Any, params: Any) -> tuple[Any, Any]:
        """Starts the game that follows: (observation, state)."""
        observation, state = self.game.next_episode(key, ended, params)
        return _of_learner(observation), state

    def step(
        self, key: jax.Array, state: Any, action: Any, params: Any = None
    ) -> tuple[Any, Any, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One decision, followed by a new game where one ended; see `Environment.step`."""
        params = self.default_params if params is None else params
        action = self.check_action(action, state)
        # The game's own halves: the one that `step_env` gets there serves the policy here, too.
        played = self._joined(jax.random.split(key)[0], state, action, params)
        return _side(self.game.step(key, state, played, params))

    def step_env(
        self, key: jax.Array, state: Any, action: jax.Array, params: Any
    ) -> tuple[Any, Any, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One decision without reset; see `Environment.step_env`."""
        return _side(self.game.step_env(key, state, self._joined(key, state, action, params), params))

    def render(self, state: Any) -> np.ndarray:
        """The game's own picture."""
        return self.game.render(state)

    def _joined(self, key: jax.Array, state: Any, action: Any, params: Any) -> jax.Array:
        """Both players' actions: int32 (2,)."""
        theirs = self.opponent_action(key, state, params)
        return jnp.stack([jnp.asarray(action).astype(jnp.int32), jnp.asarray(theirs).astype(jnp.int32)])


def _of_learner(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[0], tree)


def _side(values: tuple[Any, Any, jax.Array, jax.Array, jax.Array, dict[str, Any]]) -> Any:
    """The six values as player 0 gets them."""
    observation, state, reward, terminated, truncated, info = values
    own = {name: _of_learner(value) if name in PER_PLAYER else value for name, value in info.items()}
    return _of_learner(observation), state, reward[0], terminated, truncated, own
