"""Ratings from results of games: the Bradley-Terry model on the Elo scale, with intervals."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.arena import Result

SCALE = 400 / math.log(10)  # Elo points of one unit of the logit
MEAN = 1000.0  # Elo points, the mean of all rated players
# Drawn games added to each pair that met, so that a player who won or lost everything has a finite rating.
PRIOR_DRAWS = 1.0
CONFIDENCE = 1.959963984540054  # standard deviations of a two-sided interval of 95 %


@dataclasses.dataclass(frozen=True)
class Rating:
    """A player's rating.

    Attributes:
        player: its name.
        elo: points.
        low: lower end of the 95 % interval, points.
        high: its upper end.
        games: how many it played.
    """

    player: str
    elo: float
    low: float
    high: float
    games: int


def fit(players: Sequence[str], results: Mapping[tuple[str, str], Result]) -> list[Rating]:
    """The likeliest ratings, the best player first.

    A draw is half a win. The intervals are those of the likelihood's curvature, of each rating against the mean of all;
    since draws vary less than wins and losses, they are rather too wide than too narrow.

    Args:
        players: names.
        results: of pairs of different players, from the first one's side.

    Raises:
        ValueError: the players fall into groups that never met, so that no common scale exists.
    """
    from scipy.optimize import minimize

    index = {name: at for at, name in enumerate(players)}
    number = len(players)
    wins, met = np.zeros((number, number)), np.zeros((number, number))
    for (one, other), result in results.items():
        i, j = index[one], index[other]
        wins[i, j] += result.wins + (result.draws + PRIOR_DRAWS) / 2
        wins[j, i] += result.losses + (result.draws + PRIOR_DRAWS) / 2
        met[i, j] += result.games
    played, games = wins + wins.T, met + met.T
    if not _is_connected(games > 0):
        raise ValueError("These players never met, not even through others; let each play every other.")

    def negative_log_likelihood(logits: np.ndarray) -> tuple[float, np.ndarray]:
        gaps = logits[:, None] - logits[None]
        gradient = played / (1 + np.exp(-gaps)) - wins
        # The mean is free, and held at 0 by a term that changes no difference.
        return float(np.sum(wins * np.logaddexp(0, -gaps)) + logits.sum() ** 2), gradient.sum(1) + 2 * logits.sum()

    found = minimize(negative_log_likelihood, np.zeros(number), jac=True, method="BFGS", options={"gtol": 1e-8})
    logits = found.x - found.x.mean()
    chance = 1 / (1 + np.exp(logits[None] - logits[:, None]))
    weights = played * chance * (1 - chance)
    information = np.diag(weights.sum(1)) - weights
    deviation = np.sqrt(np.maximum(np.diag(np.linalg.pinv(information)), 0)) * SCALE
    ratings = [
        Rating(
            name,
            MEAN + SCALE * logits[at],
            MEAN + SCALE * logits[at] - CONFIDENCE * deviation[at],
            MEAN + SCALE * logits[at] + CONFIDENCE * deviation[at],
            int(games[at].sum()),
        )
        for name, at in index.items()
    ]
    return sorted(ratings, key=lambda rating: -rating.elo)


def _is_connected(met: np.ndarray) -> bool:
    """Whether all players hang together by games, from bool (n, n)."""
    reached = np.zeros(len(met), bool)
    reached[0] = True
    for _ in range(len(met)):
        reached |= met[reached].any(0)
    return bool(reached.all())
