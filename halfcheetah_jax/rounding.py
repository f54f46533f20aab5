"""Sums and splits that keep what rounding takes away."""

from __future__ import annotations

import jax
import jax.numpy as jnp

# Bits after the point of the coarse part of a number below 2, by the bits of its mantissa. A product of two coarse
# parts, and a sum of such products below 2, then fits a mantissa: it is exact in any order.
COARSE_BITS = {"float32": 11, "float64": 25}


@jax.jit
def compensated_sum(total: jax.Array, addend: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The rounded sum and what rounding took from it (Knuth's two-sum).

    Args:
        total: any shape and floating dtype.
        addend: broadcastable to it.
    """
    rounded = total + addend
    part = rounded - total
    return rounded, (total - (rounded - part)) + (addend - part)


def coarse(number: jax.Array, bits: int) -> jax.Array:
    """The number rounded to `bits` bits after the point; the difference from the number is exact."""
    return jax.lax.round(number * 2.0**bits, jax.lax.RoundingMethod.TO_NEAREST_EVEN) * 2.0**-bits


def bits_of(number: jax.Array) -> int:
    """`COARSE_BITS` of its dtype."""
    return COARSE_BITS[jnp.dtype(number.dtype).name]
