"""The Python reference as a Gymnasium vector environment of one player, for training on it and evaluating in it."""

from __future__ import annotations

import random
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from benchmarks.oracles import tcg_reference
from tcgjax import observation_layout
from tcgjax.actions import NUM_ACTIONS
from tcgjax.data.decks import Deck, find_deck, shipped_decks
from tcgjax.players import action_weights, attack_ranks
from tcgjax.reference import Game
from tcgjax.reference.observation import flat

ORIGINAL = f"tcgjax.reference (Python), {tcg_reference.VERSION}"
# A win is 1, a draw 0 and a loss -1, so this is a margin of 0.05 in the score that counts a draw half.
MARGIN = 0.1
MEASURE = "return"
LONGEST_EPISODE = 2000  # decisions of both players, far beyond what 30 turns need
UNFINISHED_SCORE = float("nan")  # no score is kept beside the return
OPPONENTS = ("random", "weighted", "attach_attack")
WAIT = 0


class TcgReferenceVectorEnv(gymnasium.vector.VectorEnv):
    """A batch of games of the reference against a named opponent, decision by decision as `tcgjax.make` has them.

    The learner is player 0. While the opponent decides, the learner's only legal action is 0.

    Args:
        num_envs: games at once, at least 1.
        deck: the learner's deck, a name; None draws a shipped one for each game.
        opponent_deck: the same for the opponent.
        opponent: one of `OPPONENTS`.

    Raises:
        ValueError: an unknown opponent or deck; one sentence.
    """

    metadata: ClassVar[dict[str, Any]] = {"autoreset_mode": AutoresetMode.SAME_STEP}  # type: ignore[misc]

    def __init__(
        self, num_envs: int, deck: str | None = None, opponent_deck: str | None = None, opponent: str = "weighted"
    ) -> None:
        if opponent not in OPPONENTS:
            raise ValueError(f"opponent must be one of {', '.join(OPPONENTS)} with the reference, got {opponent!r}.")
        self.num_envs, self._opponent = num_envs, opponent
        shipped = tuple(shipped_decks().values())
        self._decks = [shipped if name is None else (find_deck(name),) for name in (deck, opponent_deck)]
        low, high = (np.array(bound, np.float32) for bound in observation_layout.bounds())
        self.single_observation_space = gymnasium.spaces.Box(low, high)
        self.single_action_space = gymnasium.spaces.Discrete(NUM_ACTIONS)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._weights, self._ranks = action_weights(), attack_ranks()
        self._rng = random.Random()
        self._games: list[Game] = []

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts all games, from one seed for the whole batch: (observation, info)."""
        if isinstance(seed, list):
            raise ValueError("The reference takes one seed for the whole batch; pass a whole number.")
        self._rng = random.Random(seed)
        self._games = [self._start() for _ in range(self.num_envs)]
        return self._observation(), self._info()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One decision of every game: (observation, reward, terminated, truncated, info)."""
        reward, terminated = np.zeros(self.num_envs, np.float32), np.zeros(self.num_envs, bool)
        final = np.full(self.num_envs, None, object)
        for row, game in enumerate(self._games):
            reward[row] = game.step(int(actions[row]) if game.decider == 0 else self._answer(game))[0]
            if game.is_over:
                terminated[row], final[row] = True, flat(game.table, 0)
                self._games[row] = self._start()
        info = self._info()
        if terminated.any():
            info |= {"final_obs": final, "_final_obs": terminated.copy()}
        return self._observation(), reward, terminated, np.zeros(self.num_envs, bool), info

    def _start(self) -> Game:
        decks: list[Deck] = [self._rng.choice(candidates) for candidates in self._decks]
        return Game(decks, (self._rng.getrandbits(32), self._rng.getrandbits(32)), keep_log=False)

    def _answer(self, game: Game) -> int:
        """The opponent's action, by the rules of `tcgjax.players`."""
        legal = game.legal()
        if self._opponent == "random":
            return self._rng.choice(legal)
        if self._opponent == "weighted":
            return self._rng.choices(legal, self._weights[legal].tolist())[0]
        return max(legal, key=lambda action: self._ranks[action])

    def _observation(self) -> np.ndarray:
        return np.stack([flat(game.table, 0) for game in self._games])

    def _info(self) -> dict[str, Any]:
        mask, decides = np.zeros((self.num_envs, NUM_ACTIONS), bool), np.zeros(self.num_envs, bool)
        for row, game in enumerate(self._games):
            decides[row] = game.decider == 0
            mask[row, game.legal() if decides[row] else [WAIT]] = True
        return {"action_mask": mask, "needs_decision": decides}


def require() -> None:
    """Nothing: the reference is part of the package."""


def make_reference(num_envs: int, options: dict[str, Any]) -> TcgReferenceVectorEnv:
    """The reference with our environment's static options, for training and evaluation on the host."""
    return TcgReferenceVectorEnv(num_envs, **options)


make_original = make_reference
