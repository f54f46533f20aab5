"""Two one-sided t-tests: is a mean difference inside a margin?"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

ALPHA = 0.05


@dataclasses.dataclass(frozen=True)
class Equivalence:
    """Outcome of two one-sided tests.

    Attributes:
        p_value: the larger of the two p-values.
        equivalent: whether it lies below ALPHA.
        difference: mean of the first sample minus mean of the second.
    """

    p_value: float
    equivalent: bool
    difference: float


def paired(first: ArrayLike, second: ArrayLike, margin: float) -> Equivalence:
    """Tests whether the mean of the paired differences lies within the margin.

    Args:
        first: (n,) with n at least 2.
        second: (n,), the partner of each value of `first`.
        margin: bound of the difference, above 0, in the unit of the samples.

    Raises:
        ValueError: the samples differ in length or are too short, or the margin is not above 0.
    """
    from scipy import stats

    a, b = _sample(first), _sample(second)
    if a.size != b.size:
        raise ValueError(f"Paired samples must have one length, got {a.size} and {b.size}.")
    _check_margin(margin)
    difference = a - b
    if np.ptp(difference) == 0:
        # Without any spread the statistic is undefined; the difference is then known exactly.
        return _outcome(0.0 if abs(difference[0]) < margin else 1.0, difference.mean())
    above = _p_value(stats.ttest_1samp(difference, -margin, alternative="greater"))
    below = _p_value(stats.ttest_1samp(difference, margin, alternative="less"))
    return _outcome(max(above, below), difference.mean())


def welch(first: ArrayLike, second: ArrayLike, margin: float) -> Equivalence:
    """Tests whether two independent means lie within the margin, without assuming equal variances.

    Args:
        first: (n,) with n at least 2.
        second: (m,) with m at least 2.
        margin: bound of the difference, above 0, in the unit of the samples.

    Raises:
        ValueError: a sample is too short, or the margin is not above 0.
    """
    from scipy import stats

    a, b = _sample(first), _sample(second)
    _check_margin(margin)
    difference = a.mean() - b.mean()
    if np.ptp(a) == 0 and np.ptp(b) == 0:
        return _outcome(0.0 if abs(difference) < margin else 1.0, difference)
    above = _p_value(stats.ttest_ind(a + margin, b, equal_var=False, alternative="greater"))
    below = _p_value(stats.ttest_ind(a - margin, b, equal_var=False, alternative="less"))
    return _outcome(max(above, below), difference)


def _sample(values: ArrayLike) -> np.ndarray:
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or array.size < 2 or not np.isfinite(array).all():
        raise ValueError(f"A sample must hold at least 2 finite numbers in one axis, got shape {array.shape}.")
    return array


def _p_value(result: Any) -> float:
    return float(result.pvalue)


def _check_margin(margin: float) -> None:
    if not margin > 0:
        raise ValueError(f"The margin must be above 0, got {margin!r}.")


def _outcome(p_value: float, difference: float) -> Equivalence:
    return Equivalence(float(p_value), bool(p_value < ALPHA), float(difference))
