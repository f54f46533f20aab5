"""Players of Hedgerow that need no training: a scripted one, the yardstick of trained policies, and a random one.

`python -m benchmarks.parity.emurust_players --json FILE` plays and writes their scores.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import display
from benchmarks.errors import FELL_SHORT, HELD
from benchmarks.results_file import ResultsFile
from emurust.env import Games, Options

Player = Callable[[np.ndarray], np.ndarray]
MOST_OF_RANDOM = 0.1  # of the scripted player's score: what random play may reach
NEAR = 3  # pixels from its target at which the scripted player rests
UP, DOWN = 1, 2  # actions


def scripted(seen: np.ndarray) -> np.ndarray:
    """Keeps to the middle of the next gap and out of the wasps' way, inside the gap while a hedge is close.

    Args:
        seen: the memory that "ram" shows, uint8 (games, 17).

    Returns:
        Actions, int64 (games,).
    """
    columns = seen.astype(np.int64).T
    x, y, gate, top, height = columns[[0, 1, 4, 5, 6]]
    target = np.where(gate > 0, top + height // 2 - 8, 64)
    for wasp_x, wasp_y in (columns[[12, 13]], columns[[14, 15]]):
        ahead = wasp_x - (x + 4)
        is_near = (wasp_x > 0) & (ahead < 44) & (ahead > -10) & (abs(wasp_y - y) < 18)
        aside = np.where(wasp_y > y, y - 8, y + 8)
        is_hedge_close = (gate > 0) & (gate < x + 40)
        low, high = np.where(is_hedge_close, top - 2, 16), np.where(is_hedge_close, top + height - 14, 112)
        target = np.where(is_near, np.clip(aside, low, high), target)
    return np.where(y < target - NEAR, DOWN, np.where(y > target + NEAR, UP, 0))


def random_player(seed: int) -> Player:
    """Draws every action alike."""
    rng = np.random.default_rng([seed, 7])
    return lambda seen: rng.integers(0, 5, len(seen))


def scores(player: Player, games: int, seed: int) -> np.ndarray:
    """Scores of one episode in each of so many games: int64 (games,)."""
    batch = Games(games, Options(observation="ram"))
    everyone = np.ones(games, bool)
    batch.seed(np.arange(games, dtype=np.uint64) + np.uint64(seed), everyone)
    seen, running, score = batch.reset(everyone), everyone.copy(), np.zeros(games, np.int64)
    while running.any():
        outcome = batch.step(player(seen), running)
        ended = (outcome.terminated | outcome.truncated) & running
        score[ended] = outcome.info["score"][ended]
        seen, running = outcome.observation, running & ~ended
    return score


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays both and writes a row for each; held if random play stays far below the yardstick."""
    parser = argparse.ArgumentParser(description="Scores of untrained players of Hedgerow.")
    parser.add_argument("--games", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path)
    flags = parser.parse_args(arguments)
    results = ResultsFile("players", flags.json)
    rows = []
    for name, player in (("scripted", scripted), ("random", random_player(flags.seed))):
        found = scores(player, flags.games, flags.seed)
        rows.append(
            results.add(
                {
                    "env": "emurust",
                    "player": name,
                    "games": flags.games,
                    "seed": flags.seed,
                    "score_mean": float(found.mean()),
                    "score_std": float(found.std()),
                }
            )
        )
    display.table("Hedgerow: untrained players", rows, ("player", "games", "score_mean", "score_std"))
    return HELD if rows[1]["score_mean"] < MOST_OF_RANDOM * rows[0]["score_mean"] else FELL_SHORT


if __name__ == "__main__":
    sys.exit(main())
