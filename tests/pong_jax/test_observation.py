"""The division of the observation: equal to the correctly rounded quotient for every whole number in play."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pong_jax.observation import split_reciprocal

DIVISORS = (500.0, 640.0, 20.0, 26.0, 21.0, 1.0)
NUMERATORS = np.arange(-100, 1500).astype(np.float32)  # All that positions and speeds can be, and more.


def orders(numerator, high, low, xp):
    """The sum rounded after both products, and with either product fused into it."""
    yield numerator * high + numerator * low
    exact = np.float64 if xp is np else None
    if exact:
        yield (numerator.astype(exact) * high + numerator * low).astype(np.float32)
        yield (numerator * high + numerator.astype(exact) * low).astype(np.float32)


@pytest.mark.parametrize("divisor", DIVISORS)
def test_split_reciprocal_is_exact_in_every_order_of_rounding(divisor):
    high, low = split_reciprocal(np.asarray(divisor, np.float32))
    expected = (NUMERATORS / np.float32(divisor)).astype(np.float32)
    for result in orders(NUMERATORS, high, low, np):
        np.testing.assert_array_equal(result.view(np.int32), expected.view(np.int32))


@pytest.mark.parametrize("divisor", DIVISORS)
def test_traced_split_reciprocal_is_exact(divisor):
    def divide(numerator, divisor):
        high, low = split_reciprocal(divisor)
        return numerator * high + numerator * low

    result = np.asarray(jax.jit(divide)(NUMERATORS, jnp.float32(divisor)))
    expected = (NUMERATORS / np.float32(divisor)).astype(np.float32)
    np.testing.assert_array_equal(result.view(np.int32), expected.view(np.int32))


def test_plain_reciprocal_would_be_inexact():
    """The reason for the split; if this ever fails, the split has become needless."""
    plain = NUMERATORS * np.float32(1 / 500)
    assert (plain != NUMERATORS / np.float32(500)).any()
