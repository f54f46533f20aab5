"""Lines of metrics: one JSON object a chunk of updates, appended to metrics.jsonl."""

from __future__ import annotations

import functools
import json
import math
import pathlib
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.training.ppo import Metrics

WALL_CLOCK = ("seconds", "sps")  # fields that two equal runs do not share


def total_of(metrics: Sequence[Metrics]) -> Metrics:
    """The sum of several updates' figures."""
    return jax.tree.map(lambda *leaves: functools.reduce(jnp.add, leaves), *metrics)


def averaged(total: Metrics, updates: jax.Array) -> Metrics:
    """Summed figures of `updates` updates, int32 (), with the losses divided by their number; traceable."""
    return Metrics(total.sums, jax.tree.map(lambda x: x / updates, total.losses))


def as_row(metrics: Metrics, update: int, timesteps: int) -> dict[str, Any]:
    """A line's fields.

    Args:
        metrics: of one chunk, on the host; leaves () or, with several seeds, (seeds,).
        update: updates done.
        timesteps: decisions done, by each seed.

    Returns:
        update, timesteps, episodes, return_mean, return_std, decisions, length_mean, score_mean, win_rate and the
        losses, each over all seeds; None where no episode finished or the environment keeps no score. `return_means`
        has the mean of each seed.
    """
    sums = metrics.sums
    total = jax.tree.map(lambda x: float(np.sum(x)), sums)
    mean = _ratio(total.returns, total.episodes)
    variance = None if mean is None else max(total.squares / total.episodes - mean**2, 0.0)
    score = _ratio(total.scores, total.episodes)
    return {
        "update": update,
        "timesteps": timesteps,
        "episodes": int(total.episodes),
        "return_mean": mean,
        "return_std": None if variance is None else math.sqrt(variance),
        "return_means": [
            _ratio(float(r), float(n))
            for r, n in zip(np.atleast_1d(sums.returns), np.atleast_1d(sums.episodes), strict=True)
        ],
        "decisions": int(total.decisions),
        "length_mean": _ratio(total.lengths, total.episodes),
        "score_mean": score,
        "win_rate": None if score is None else _ratio(total.wins, total.episodes),
        **{name: float(np.mean(value)) for name, value in metrics.losses.items()},
    }


class MetricsFile:
    """A file of lines, each complete or not there."""

    def __init__(self, path: pathlib.Path, update: int) -> None:
        """Opens `path` for appending and drops every line after `update` updates, and a line cut short."""
        self.path = path
        self.rows = [row for row in read_rows(path) if row["update"] <= update]
        text = "".join(json.dumps(row) + "\n" for row in self.rows)
        path.write_text(text)

    def append(self, row: dict[str, Any]) -> None:
        """Adds one line and flushes it."""
        self.rows.append(row)
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")


def read_rows(path: pathlib.Path) -> list[dict[str, Any]]:
    """The complete lines of a file; none where it does not exist."""
    if not path.exists():
        return []
    rows = []
    for line in path.read_text().splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break  # the run was killed while writing it
    return rows


def _ratio(total: float, count: float) -> float | None:
    return None if count == 0 or math.isnan(total) else total / count
