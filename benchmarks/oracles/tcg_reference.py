"""The Python reference engine as an oracle: a batch of games behind reset, step, export, load and draws."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.oracles.tcg_export import Exporter
from tcgjax import actions
from tcgjax.data.decks import Deck, random_deck, shipped_decks
from tcgjax.reference import Game
from tcgjax.reference.position import import_position
from tcgjax.state import FORM

VERSION = "specification 1"
# The number of words used comes first: a missing draw explains a wrong state.
FIELDS = (
    "draws",
    "result",
    "phase",
    "decider",
    *(name for name in FORM if name not in ("draws", "result", "phase", "decider")),
)

Player = Callable[[Game, list[int], random.Random], int]
# How often the weighted player takes an action of each kind, by the first action of the kind.
WEIGHTS = (
    (actions.END, 0.2),
    (actions.ATTACK, 10.0),
    (actions.ABILITY, 5.0),
    (actions.ATTACH, 6.0),
    (actions.RETREAT, 0.4),
    (actions.PLAY, 5.0),
    (actions.OWN_SLOT, 1.0),
    (actions.DISCARD_FOSSIL, 0.1),
)


def play_random(game: Game, legal: list[int], rng: random.Random) -> int:
    """Any legal action, all alike."""
    return rng.choice(legal)


def play_weighted(game: Game, legal: list[int], rng: random.Random) -> int:
    """A legal action with the weight of its kind."""
    weights = [next(weight for first, weight in reversed(WEIGHTS) if action >= first) for action in legal]
    return rng.choices(legal, weights)[0]


def play_thorough(game: Game, legal: list[int], rng: random.Random) -> int:
    """Everything else first, then an attack, the end of the turn last."""
    quiet = [action for action in legal if action >= actions.ABILITY and not 12 <= action < 15 and action < 71]
    loud = [action for action in legal if actions.ATTACK <= action < actions.ABILITY]
    return rng.choice(quiet or loud or legal)


PLAYERS: dict[str, Player] = {"random": play_random, "weighted": play_weighted, "thorough": play_thorough}
MIXED = "mixed"  # each side of each game draws one of the players
PLAYER_NAMES = (*PLAYERS, MIXED)


def deck_pairs(kind: str, count: int, rng: random.Random) -> list[tuple[Deck, Deck]]:
    """Pairs of decks: "shipped" goes through all pairs, "pool" draws legal decks of the whole pool."""
    if kind == "pool":
        return [(random_deck(rng), random_deck(rng)) for _ in range(count)]
    decks = list(shipped_decks().values())
    pairs = [(one, other) for one in decks for other in decks]
    start = rng.randrange(len(pairs))
    return [pairs[(start + i) % len(pairs)] for i in range(count)]


class ReferenceBatch:
    """Games of the reference, played in step; a finished game waits."""

    def __init__(self, pairs: Sequence[tuple[Deck, Deck]], opening: str = "inject") -> None:
        self.pairs, self.opening = list(pairs), opening
        self.games: list[Game] = []
        self._exporter = Exporter()
        self._legal: list[list[int]] = []

    def reset(self, seeds: np.ndarray) -> None:
        """Starts all games; seeds uint32 (n, 2)."""
        self.games = [
            Game(pair, (int(seed[0]), int(seed[1])), self.opening, keep_log=False)
            for pair, seed in zip(self.pairs, seeds, strict=True)
        ]
        self._legal = [game.legal() for game in self.games]

    def choose(self, player: str, rng: random.Random) -> np.ndarray:
        """One legal action a game: int32 (n,)."""
        return np.array(
            [self._player(player, game)(game, legal, rng) for game, legal in zip(self.games, self._legal, strict=True)],
            np.int32,
        )

    def _player(self, name: str, game: Game) -> Player:
        if name != MIXED:
            return PLAYERS[name]
        return list(PLAYERS.values())[(game.seed[0] >> 8 * game.decider) % len(PLAYERS)]

    def restart(self, index: int, pair: tuple[Deck, Deck], seed: tuple[int, int]) -> None:
        """Puts a new game in the place of another."""
        self.pairs[index] = pair
        self.games[index] = Game(pair, seed, self.opening, keep_log=False)
        self._legal[index] = self.games[index].legal()

    def step(self, chosen: np.ndarray) -> np.ndarray:
        """One decision of every game, which `choose` gave; returns both players' rewards: float32 (n, 2)."""
        rewards = [game.play_legal(action) for game, action in zip(self.games, chosen.tolist(), strict=True)]
        self._legal = [game.legal() for game in self.games]
        return np.array(rewards, np.float32)

    def export(self) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """The states, each field with a leading axis n, and both players' flat observations float32 (n, 2, ...)."""
        return self._exporter.export(self.games, self._legal)

    def load(self, positions: Sequence[dict[str, Any]]) -> None:
        """Sets all games to exported positions."""
        for game, position in zip(self.games, positions, strict=True):
            game.table = import_position(position)
        self._legal = [game.legal() for game in self.games]

    def draws(self) -> np.ndarray:
        """Words used by each game: int64 (n,)."""
        return np.array([game.table.chance.draws for game in self.games])

    def is_over(self) -> np.ndarray:
        """Which games have ended: bool (n,)."""
        return np.array([game.is_over for game in self.games])
