"""Showdown in process as a Gymnasium vector environment of one player, for evaluating policies in it."""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium
import jax
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from benchmarks.oracles.showdown import process
from benchmarks.oracles.showdown.live import LiveGame, LiveOracle, fresh
from pokejax import features
from pokejax import observation_layout as columns
from pokejax.players import PLAYERS

ORIGINAL = f"Pokemon Showdown {process.VERSION}"
# A win is 1, a tie 0 and a loss -1, so this is a margin of 0.02 in the win rate that counts a tie half.
MARGIN = 0.04
MEASURE = "return"
LONGEST_EPISODE = 3000  # decision points, far beyond what 1,000 turns need
UNFINISHED_SCORE = float("nan")  # no score is kept beside the return
DEFAULT_OPPONENT = "max_damage"


@functools.cache
def _flat() -> Any:
    return jax.jit(jax.vmap(features.flat))


@functools.cache
def _player(name: str) -> Any:
    return jax.jit(jax.vmap(functools.partial(PLAYERS[name], None)))


class ShowdownVectorEnv(gymnasium.vector.VectorEnv):
    """Battles of Showdown against a named player, decision point by decision point as `pokejax.make` has them.

    The learner is p1. Both sides see what Showdown's protocol sends them, made into the observation by
    `pokejax.converter`.

    Args:
        num_envs: battles at once, at least 1.
        opponent: a name out of `pokejax.players.PLAYERS`.
        rests: whether a row plays one battle only and then waits with reward 0.

    Raises:
        ValueError: an unknown opponent; one sentence.
    """

    metadata: ClassVar[dict[str, Any]] = {"autoreset_mode": AutoresetMode.SAME_STEP}  # type: ignore[misc]

    def __init__(self, num_envs: int, opponent: str = DEFAULT_OPPONENT, rests: bool = False) -> None:
        if opponent not in PLAYERS:
            raise ValueError(f"opponent must be one of {', '.join(PLAYERS)} with Showdown, got {opponent!r}.")
        self.num_envs, self._opponent, self._rests = num_envs, opponent, rests
        self.single_observation_space = gymnasium.spaces.Box(*features.bounds(), (len(features.names()),))
        self.single_action_space = gymnasium.spaces.Discrete(columns.ACTIONS)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._oracle = LiveOracle()
        self._random, self._key = random.Random(), jax.random.key(0)
        self._games = [LiveGame() for _ in range(num_envs)]
        self._running = np.zeros(num_envs, bool)
        self._seen = [self._empty() for _ in range(num_envs)]

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts all battles, from one seed for the whole batch: (observation, info)."""
        if isinstance(seed, list):
            raise ValueError("Showdown takes one seed for the whole batch; pass a whole number.")
        self._random = random.Random(seed)
        self._key = jax.random.key(self._random.getrandbits(31))
        self._running[:] = True
        self._start(range(self.num_envs))
        return self._observation(), self._info()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One decision point of every battle: (observation, reward, terminated, truncated, info)."""
        places = np.flatnonzero(self._running).tolist()
        theirs = self._answers()
        answers = self._oracle.advance(places, [(int(actions[place]), int(theirs[place])) for place in places])
        reward, terminated = np.zeros(self.num_envs, np.float32), np.zeros(self.num_envs, bool)
        for place, answer in zip(places, answers, strict=True):
            game = self._games[place]
            game.take(answer)
            if game.result is not None:
                reward[place], terminated[place] = game.result, True
            self._look(place)
        observation, info = self._observation(), {}
        if terminated.any():
            final = np.full(self.num_envs, None, object)
            for place in np.flatnonzero(terminated):
                final[place] = observation[place].copy()
            info = {"final_obs": final, "_final_obs": terminated.copy()}
            if self._rests:
                self._running &= ~terminated
            else:
                self._start(np.flatnonzero(terminated).tolist())
                observation = self._observation()
        return observation, reward, terminated, np.zeros(self.num_envs, bool), info | self._info()

    def close_extras(self, **kwargs: Any) -> None:
        """Ends the oracle."""
        self._oracle.close()

    def _start(self, places: Sequence[int]) -> None:
        answers = self._oracle.begin(places, [fresh(self._random) for _ in places])
        for place, answer in zip(places, answers, strict=True):
            self._games[place] = LiveGame()
            self._games[place].take(answer)
            self._look(place)

    def _look(self, place: int) -> None:
        self._seen[place] = self._games[place].tokens(0)

    def _answers(self) -> np.ndarray:
        """The opponent's actions: int32 (num_envs,), 0 where it waits."""
        asked = [place for place in np.flatnonzero(self._running) if self._games[place].chooses[1]]
        chosen = np.zeros(self.num_envs, np.int32)
        if asked:
            seen = [self._empty() for _ in range(self.num_envs)]
            for place in asked:
                seen[place] = self._games[place].tokens(1)
            self._key, key = jax.random.split(self._key)
            tables = _stacked(seen)
            mask = np.array([self._games[place].mask(1) for place in range(self.num_envs)])
            found = _player(self._opponent)(tables, mask, jax.random.split(key, self.num_envs))
            chosen[asked] = np.asarray(found)[asked]
        return chosen

    def _observation(self) -> np.ndarray:
        return np.asarray(_flat()(_stacked(self._seen)))

    def _info(self) -> dict[str, Any]:
        decides = np.array([game.chooses[0] for game in self._games]) & self._running
        return {"action_mask": np.array([game.mask(0) for game in self._games]), "needs_decision": decides}

    @staticmethod
    def _empty() -> dict[str, np.ndarray]:
        tables = {part: np.zeros(columns.shape(part), np.int16) for part in columns.PARTS}
        return tables | {"mask": np.zeros(columns.ACTIONS, np.int16)}


def _stacked(seen: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {part: np.stack([one[part] for one in seen]) for part in seen[0]}


require = process.require


def make_reference(num_envs: int, options: dict[str, Any]) -> ShowdownVectorEnv:
    """Showdown with our environment's static options, for training on the host."""
    return ShowdownVectorEnv(num_envs, **options)


def make_evaluation(num_envs: int, options: dict[str, Any]) -> ShowdownVectorEnv:
    """Showdown for one battle a row, which then rests."""
    return ShowdownVectorEnv(num_envs, rests=True, **options)


make_original = make_evaluation
