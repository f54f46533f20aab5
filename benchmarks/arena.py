"""Two players of a two-player game against each other, over all the starts of `benchmarks.matchups`."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.util
import pathlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import twinenvs
from benchmarks.errors import InputMissingError, UsageError

LONGEST = 5000  # decisions of a game, beyond which it is a mistake

# Finds actions: (states, games int (n,), (observation, scripted one) (games, ...), mask (games, actions), key) -> (n,)
Act = Callable[[Any, np.ndarray, Any, Any, jax.Array], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Result:
    """Games of one player against another, from the first one's side; `wins + draws + losses` is their number."""

    wins: int
    draws: int
    losses: int

    @property
    def games(self) -> int:
        """How many were played."""
        return self.wins + self.draws + self.losses

    @property
    def score(self) -> float:
        """Mean score, a draw counting half."""
        return (self.wins + self.draws / 2) / self.games

    def __add__(self, other: Result) -> Result:
        return Result(self.wins + other.wins, self.draws + other.draws, self.losses + other.losses)


def matchups(env: str) -> Any:
    """The module that says how players of an environment meet.

    Raises:
        UsageError: there is none.
    """
    name = f"benchmarks.matchups.{env}"
    if not env.isidentifier() or importlib.util.find_spec(name) is None:
        from benchmarks import matchups as package

        known = sorted(path.stem for path in pathlib.Path(package.__path__[0]).glob("[a-z]*.py"))
        raise UsageError(f"--env {env!r}: ratings are for games of two players: {', '.join(known)}.")
    return importlib.import_module(name)


class Arena:
    """Plays rounds of one game; its programs are compiled once, whoever plays."""

    def __init__(self, env: str) -> None:
        """For the environment package `env`, see `matchups`."""
        self.env = env
        self.meeting = matchups(env)
        self.game = self.meeting.game()
        jit = functools.partial(twinenvs.jit, env=self.game)
        self._step, self._view = jit(jax.vmap(self._stepped)), jit(jax.vmap(self._viewed))

    def player(self, name: str) -> Act:
        """A player by its name, or a policy by the path of its file or of its run's folder.

        Raises:
            UsageError: neither; the sentence lists the names.
            InputMissingError: the file is no policy of this environment.
        """
        known = importlib.import_module(f"{self.env}.players").PLAYERS
        if name in known:
            return self._from_callable(known[name], None, scripted=True)
        if name in self.meeting.searchers():
            search = self.meeting.searcher(name)
            return lambda states, games, observation, mask, key: search(states, games, key)
        path = pathlib.Path(name)
        path = path / "policy" if path.is_dir() else path
        if not path.with_suffix(".safetensors").exists():
            names = ", ".join((*known, *self.meeting.searchers()))
            raise UsageError(f"{name!r} is neither a player nor a policy's file; the players are {names}.")
        from benchmarks.training.policy_file import load_policy

        policy = load_policy(path)
        if policy.env != self.env:
            raise InputMissingError(f"{path} is a policy of {policy.env}, not of {self.env}; name another.")
        return self._from_callable(policy.act, policy.params)

    def match(self, first: Act, second: Act, seed: int) -> Result:
        """One round of two players."""
        states, seats = self.meeting.starts(seed)
        number, rows = len(seats), np.arange(len(seats))
        rewards, running = np.zeros(number, np.float32), np.ones(number, bool)
        key = jax.random.key(seed)
        for _ in range(LONGEST):
            observation, masks, needs = self._view(states)
            needs = np.asarray(needs) & running[:, None]
            if not running.any():
                break
            chosen = np.zeros((number, 2), np.int32)
            for player, places in ((first, seats), (second, 1 - seats)):
                key, own_key = jax.random.split(key)
                games = np.flatnonzero(needs[rows, places])
                if len(games):
                    seen, mask = (jax.tree.map(lambda leaf, at=places: leaf[rows, at], x) for x in (observation, masks))
                    chosen[games, places[games]] = player(states, games, seen, mask, own_key)
            states, reward, ended = self._step(states, chosen)
            ends = np.asarray(ended) & running
            rewards = np.where(ends, np.asarray(reward)[rows, seats], rewards)
            running &= ~ends
        return Result(int((rewards > 0).sum()), int((rewards == 0).sum()), int((rewards < 0).sum()))

    def _from_callable(self, policy: Callable[..., Any], params: Any, scripted: bool = False) -> Act:
        act = jax.jit(jax.vmap(policy, in_axes=(None, 0, 0, 0)))

        def play(states: Any, games: np.ndarray, observation: Any, mask: Any, key: jax.Array) -> np.ndarray:
            return np.asarray(act(params, observation[scripted], mask, jax.random.split(key, len(mask))))[games]

        return play

    def _stepped(self, state: Any, action: jax.Array) -> tuple[Any, jax.Array, jax.Array]:
        # The game's own randomness lives in its state, or in a key that the arena need not vary within a seed.
        _, state, reward, terminated, truncated, _ = self.game.step_env(
            jax.random.key(0), state, action, self.game.default_params
        )
        return state, reward, terminated | truncated

    def _viewed(self, state: Any) -> tuple[Any, jax.Array, jax.Array]:
        game = self.game
        scripted = [game.scripted_observation(state, np.int32(player), game.default_params) for player in range(2)]
        both = jax.tree.map(lambda *leaves: jnp.stack(leaves), *scripted)
        seen = game.observe(None, state, None, game.default_params), both
        return seen, game.action_mask(state), game.needs_decision(state)
