"""The original Pong's own loop as a rival in speed measurements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.oracles import puffer_pong, puffer_source
from benchmarks.oracles.puffer_pong import SPEED_FLAGS, PongBatch, PongConstants

NAME = f"PufferLib Pong (C) {puffer_source.VERSION}"


def require() -> None:
    """Builds the original, so that a missing header or compiler is noticed before any work."""
    for flags in SPEED_FLAGS:
        puffer_pong.library(_build(flags))


def rivals(num_envs: int, options: dict[str, Any], actions: np.ndarray) -> dict[str, Callable[[int], None]]:
    """The original at each set of compiler flags, as functions that step all environments a number of times.

    The loop is in C and leaves observation, reward and terminal of every environment in memory at every step.

    Args:
        num_envs: environments in the batch.
        options: static options of the game, as our `make` takes them.
        actions: uint8 (period, num_envs), repeated for as long as the loop runs.
    """
    found = {}
    for flags in SPEED_FLAGS:
        batch = PongBatch(num_envs, PongConstants(**options), _build(flags))
        batch.reset(seed=1)
        found[" ".join(flags)] = lambda steps, batch=batch: batch.run(steps, actions)
    return found


def _build(flags: tuple[str, ...]) -> str:
    return "speed " + " ".join(flags)
