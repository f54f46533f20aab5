"""Teams of a user's own, in Showdown's packed and JSON forms, as rows of the engine's columns."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

Row = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Team:
    """Six Pokemon as rows of numbers, in the columns enums.TEAM_COLUMNS."""

    rows: tuple[Row, ...]


def rows_of(teams: tuple[Team, ...]) -> np.ndarray:
    """Teams as the engine reads them: int16 (n, 6, 20)."""
    return np.array([team.rows for team in teams], np.int16)


def candidates(given: Any) -> tuple[Team, ...]:
    """The teams that an option stands for; empty for the format's pool."""
    return ()
