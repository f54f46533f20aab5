"""Random actions drawn before a measurement, the same for every rival."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from twinenvs import spaces

DISCRETE_BYTES = 1 << 22
LONGEST_PERIOD, SHORTEST_PERIOD = 4096, 16
# A body under actions that soon repeat settles into a gait, which is easier to compute than what training meets.
BOX_ACTIONS, LONGEST_BOX_PERIOD = 1 << 20, 1024
BOX_PIECE_ACTIONS, LONGEST_BOX_PIECE = 1 << 15, 64


@dataclasses.dataclass(frozen=True)
class ActionTable:
    """Actions that are taken in turn and over again.

    Attributes:
        actions: uint8 (period, num_envs), numbers of discrete actions, or float32 (period, num_envs, dimensions).
        piece: steps that a measurement takes at once, a divisor of the period.
        description: of the actions, for the results.
    """

    actions: np.ndarray
    piece: int
    description: str


def action_table(env: Any, num_envs: int) -> ActionTable:
    """Uniform random actions of an environment, equal at every call."""
    rng = np.random.default_rng(0)
    space = env.action_space(env.default_params)
    if isinstance(space, spaces.Box):
        piece = int(np.clip(BOX_PIECE_ACTIONS // num_envs, 1, LONGEST_BOX_PIECE))
        wanted = int(np.clip(BOX_ACTIONS // num_envs, SHORTEST_PERIOD, LONGEST_BOX_PERIOD))
        period = piece * max(1, wanted // piece)
        low, high = space.bounds()
        actions = rng.uniform(low, high, (period, num_envs, *space.shape)).astype(np.float32)
        return ActionTable(actions, piece, f"float32, uniform, drawn before, table of {period} steps")
    period = int(np.clip(DISCRETE_BYTES // num_envs, SHORTEST_PERIOD, LONGEST_PERIOD))
    actions = rng.integers(0, env.num_actions, (period, num_envs), np.uint8)
    return ActionTable(actions, period, f"uint8, uniform, drawn before, table of {period} steps")
