"""Comparing two records of the same steps: which values differ, by how much, and which differs first."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Divergence:
    """The first value that differs."""

    step: int  # since the start of the check
    env_index: int
    field: str
    index: tuple[int, ...]  # inside the field, () for a scalar
    ours: float
    original: float

    def sentence(self) -> str:
        """The divergence in words."""
        place = f"{self.field}{list(self.index) if self.index else ''}"
        return (
            f"first difference at step {self.step} of environment {self.env_index}: {place} is {self.ours!r} here and"
            f" {self.original!r} in the original"
        )


@dataclasses.dataclass
class Tally:
    """Running result of one check.

    Attributes:
        bound: largest difference that counts as equal, in the field's own unit; 0 demands the same bits of float32
            fields and the same values of the others.
        bounded: fields to which a bound above 0 applies; the others are held to 0.
    """

    bound: float = 0.0
    bounded: tuple[str, ...] = ()
    steps: int = 0
    mismatches: int = 0
    max_error: float = 0.0
    first: Divergence | None = None

    def add(self, ours: Mapping[str, np.ndarray], original: Mapping[str, np.ndarray]) -> None:
        """Compares T more steps of n environments.

        Args:
            ours: arrays (T, n, ...) by field, in the order in which a difference is looked for: a missing draw
                explains a wrong state, so the number of draws comes first.
            original: the same fields.
        """
        if list(ours) != list(original):
            raise ValueError(f"The two records hold different fields: {list(ours)} and {list(original)}.")
        found = []
        for order, (field, mine) in enumerate(ours.items()):
            theirs = original[field]
            if mine.shape != theirs.shape:
                raise ValueError(f"Field {field} has shape {mine.shape} here and {theirs.shape} in the original.")
            wrong = self._differs(field, mine, theirs)
            count = int(wrong.sum())
            self.mismatches += count
            if count:
                where = tuple(int(i) for i in np.argwhere(wrong)[0])
                found.append((where[0], order, field, where, _number(mine[where]), _number(theirs[where])))
        if found and self.first is None:
            step, _, field, where, mine, theirs = min(found, key=lambda entry: entry[:2])
            self.first = Divergence(self.steps + step, where[1], field, where[2:], mine, theirs)
        any_field = next(iter(ours.values()))
        self.steps += any_field.shape[0]

    def _differs(self, field: str, mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            error = np.abs(mine.astype(np.float64) - theirs.astype(np.float64))
        finite = error[np.isfinite(error)]
        self.max_error = max(self.max_error, float(finite.max(initial=0.0)))
        if field in self.bounded and self.bound > 0:
            return ~(error <= self.bound)
        if mine.dtype == theirs.dtype == np.float32:
            # Bits, so that NaN equals itself and a rounding difference never passes.
            return np.ascontiguousarray(mine).view(np.int32) != np.ascontiguousarray(theirs).view(np.int32)
        return mine != theirs


def _number(value: Any) -> float:
    return float(value)
