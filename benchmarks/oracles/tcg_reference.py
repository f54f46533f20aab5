"""The Python reference engine as an oracle: a batch of games behind reset, step, export, load and draws."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tcgjax import actions
from tcgjax.data.decks import Deck, random_deck, shipped_decks
from tcgjax.reference import Game
from tcgjax.reference.arrays import to_state
from tcgjax.reference.observation import flat
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

    def reset(self, seeds: np.ndarray) -> None:
        """Starts all games; seeds uint32 (n, 2)."""
        self.games = [
            Game(pair, (int(seed[0]), int(seed[1])), self.opening, keep_log=False)
            for pair, seed in zip(self.pairs, seeds, strict=True)
        ]

    def choose(self, player: str, rng: random.Random) -> np.ndarray:
        """One legal action a game: int32 (n,)."""
        return np.array([self._player(player, game)(game, game.legal(), rng) for game in self.games], np.int32)

    def _player(self, name: str, game: Game) -> Player:
        if name != MIXED:
            return PLAYERS[name]
        return list(PLAYERS.values())[(game.seed[0] >> 8 * game.decider) % len(PLAYERS)]

    def restart(self, index: int, pair: tuple[Deck, Deck], seed: tuple[int, int]) -> None:
        """Puts a new game in the place of another."""
        self.pairs[index] = pair
        self.games[index] = Game(pair, seed, self.opening, keep_log=False)

    def observe(self, players: np.ndarray) -> np.ndarray:
        """The flat observation of one player of each game, int (n,): float32 (n, ...)."""
        return np.stack([flat(game.table, int(player)) for game, player in zip(self.games, players, strict=True)])

    def step(self, chosen: np.ndarray) -> np.ndarray:
        """One decision of every game; returns both players' rewards: float32 (n, 2)."""
        return np.array([game.step(int(action)) for game, action in zip(self.games, chosen, strict=True)], np.float32)

    def export(self) -> dict[str, np.ndarray]:
        """The states, each field with a leading axis n."""
        states = [to_state(game.table) for game in self.games]
        return {name: np.stack([getattr(state, name) for state in states]) for name in FIELDS}

    def load(self, positions: Sequence[dict[str, Any]]) -> None:
        """Sets all games to exported positions."""
        for game, position in zip(self.games, positions, strict=True):
            game.table = import_position(position)

    def draws(self) -> np.ndarray:
        """Words used by each game: int64 (n,)."""
        return np.array([game.table.chance.draws for game in self.games])

    def is_over(self) -> np.ndarray:
        """Which games have ended: bool (n,)."""
        return np.array([game.is_over for game in self.games])
