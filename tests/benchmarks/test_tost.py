import numpy as np
import pytest

from benchmarks import tost

# Two implementations of one formula in float64 may differ in the last digits of the t distribution.
SAME_FORMULA = 1e-9
# The digits to which the worked sample is stated.
STATED_DIGITS = 5e-6


def sample():
    rng = np.random.default_rng(0)
    first = rng.normal(10, 1, 10)
    return first, rng.normal(10.2, 1, 10)


def test_welch_gives_the_stated_p_value():
    outcome = tost.welch(*sample(), margin=1.0)
    assert outcome.p_value == pytest.approx(0.04924, abs=STATED_DIGITS)
    assert outcome.equivalent


def test_welch_and_paired_equal_statsmodels():
    weightstats = pytest.importorskip("statsmodels.stats.weightstats")
    first, second = sample()
    for margin in (0.3, 1.0, 2.5):
        expected = weightstats.ttost_ind(first, second, -margin, margin, usevar="unequal")[0]
        assert tost.welch(first, second, margin).p_value == pytest.approx(expected, rel=SAME_FORMULA)
        expected = weightstats.ttost_paired(first, second, -margin, margin)[0]
        assert tost.paired(first, second, margin).p_value == pytest.approx(expected, rel=SAME_FORMULA)


def test_difference_beyond_the_margin_is_not_equivalent():
    first, second = sample()
    for test in (tost.paired, tost.welch):
        assert not test(first, second + 3, 1.0).equivalent
        assert not test(first + 3, second, 1.0).equivalent


def test_pairing_finds_what_spread_hides():
    spread = np.linspace(-30, 30, 10)
    first, second = spread + np.tile([0.1, -0.1], 5), spread
    assert tost.paired(first, second, 1.0).equivalent
    assert not tost.welch(first, second, 1.0).equivalent


@pytest.mark.parametrize(("difference", "equivalent"), [(0.5, True), (1.0, False), (-2.0, False)])
def test_differences_without_spread_are_decided_exactly(difference, equivalent):
    second = np.arange(4.0)
    assert tost.paired(second + difference, second, 1.0).equivalent is equivalent
    assert tost.welch(np.full(4, difference), np.zeros(4), 1.0).equivalent is equivalent


@pytest.mark.parametrize(
    ("first", "second", "margin", "message"),
    [
        ([1.0], [1.0], 1.0, "at least 2"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], 1.0, "2 and 3"),
        ([1.0, np.nan], [1.0, 2.0], 1.0, "finite"),
        ([1.0, 2.0], [1.0, 2.0], 0.0, "margin"),
    ],
)
def test_bad_samples_are_refused(first, second, margin, message):
    with pytest.raises(ValueError, match=message):
        tost.paired(first, second, margin)
