"""Cosines and sines as pairs of numbers, together twice as precise as one.

The floor is so stiff that a capsule's depth in it counts to a nanometre, in float32 a hundred times less than a cosine
rounded to one number leaves of a leg's height. Every function here is compiled apart, so that a compiler which puts
formulas together computes its values once.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from halfcheetah_jax.rounding import bits_of, coarse

# Beyond it float32 tells angles apart only by half a thousandth of a radian; a body gets there by a thousand turns.
LARGEST_ANGLE = 6000.0  # rad
# pi / 2 in three parts: the first two have 12 bits, so that their products with a count of quarter turns are exact.
QUARTER_HIGH, QUARTER_MIDDLE = 1.5703125, 4.837512969970703e-4
QUARTER_LOW = math.pi / 2 - QUARTER_HIGH - QUARTER_MIDDLE
DEGREE = 3  # of the polynomials below in the square of the angle, which leave 1e-10


def _coefficients() -> np.ndarray:
    """Polynomials p in z = x x of cos x = 1 - z / 2 + z z p(z) and sin x = x + x z p(z): (2, DEGREE + 1).

    By interpolation at Chebyshev's nodes of x up to pi / 4.
    """
    largest = (math.pi / 4) ** 2
    nodes = (np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1)) + 1) / 2 * largest
    # By their series, since the closed forms cancel.
    terms = np.arange(9)
    cos = sum((-1.0) ** k * nodes**k / math.factorial(2 * k + 4) for k in terms)
    sin = sum(-((-1.0) ** k) * nodes**k / math.factorial(2 * k + 3) for k in terms)
    values = np.stack([cos, sin])
    return np.stack([np.linalg.solve(np.vander(nodes, increasing=True), row) for row in values])


COEFFICIENTS = _coefficients()


def cos_sin(angle: jax.Array, rest: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Cosine and sine of an angle given as a sum of two numbers.

    Args:
        angle: rad, any shape S. In float32, one beyond `LARGEST_ANGLE` counts as 0.
        rest: rad, S, what rounding took from it.

    Returns:
        (values, rests), (2, *S) each, cosine first: a value is rounded, its rest is what rounding took from it.
    """
    if angle.dtype == jnp.float64:
        cos, sin = jnp.cos(angle), jnp.sin(angle)
        return jnp.stack([cos, sin]), jnp.stack([-sin * rest, cos * rest])
    quarters, near, near_rest = _reduced(angle, rest)
    return _joined(quarters, near, _correction(quarters, near, near_rest))


@jax.jit
def _reduced(angle: jax.Array, rest: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Quarter turns int32, and the angle left of them within pi / 4 as a sum of two numbers."""
    angle = jax.lax.select(jnp.abs(angle) > LARGEST_ANGLE, jnp.zeros_like(angle), angle)
    quarters = jax.lax.round(angle * (2 / math.pi), jax.lax.RoundingMethod.TO_NEAREST_EVEN)
    most, little = angle - quarters * QUARTER_HIGH, quarters * QUARTER_MIDDLE
    near = most - little
    near_rest = ((most - near) - little) - quarters * QUARTER_LOW + rest
    return quarters.astype(jnp.int32), near, near_rest


@jax.jit
def _correction(quarters: jax.Array, near: jax.Array, near_rest: jax.Array) -> jax.Array:
    """What is to be added to `_most` for the cosine and the sine of the near angle.

    The rows are those of the result: after an odd number of quarter turns the first needs the sine, the second the
    cosine.
    """
    is_sine = _is_sine(quarters)
    near, near_rest = jnp.broadcast_to(near, is_sine.shape), jnp.broadcast_to(near_rest, is_sine.shape)
    square = near * near
    power = jnp.full_like(near, 0)
    for degree in range(DEGREE, -1, -1):
        sine, cosine = (jnp.full_like(near, COEFFICIENTS[row, degree]) for row in (1, 0))
        power = power * square + jax.lax.select(is_sine, sine, cosine)
    power = power * square * jax.lax.select(is_sine, near, square)
    rough = coarse(near, bits_of(near))
    # Half the square less half that of the coarse angle, which `_most` has.
    half_square = 0.5 * (near - rough) * (near + rough)
    slope = jax.lax.select(
        is_sine, square * (square * (1 / 24) - 0.5) + 1, near * (square * (1 / 6 - square * (1 / 120)) - 1)
    )
    return power - jax.lax.select(is_sine, jnp.zeros_like(near), half_square) + slope * near_rest


@jax.jit
def _joined(quarters: jax.Array, near: jax.Array, correction: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Values and rests from the near angle's."""
    is_sine = _is_sine(quarters)
    near = jnp.broadcast_to(near, is_sine.shape)
    rough = coarse(near, bits_of(near))
    # Both exact.
    most = jax.lax.select(is_sine, near, 1 - 0.5 * rough * rough)
    value = most + correction
    rest = correction - (value - most)
    # The cosine of x is -sin, -cos, sin of the near angle after 1, 2, 3 quarter turns; its sine is cos, -sin, -cos.
    is_negative = (((quarters + 1 - _row(quarters)) >> 1) & 1) == 1
    return jax.lax.select(is_negative, -value, value), jax.lax.select(is_negative, -rest, rest)


def _row(quarters: jax.Array) -> jax.Array:
    """0 for the cosines' row, 1 for the sines': int32 (2, 1, ...)."""
    return jax.lax.broadcasted_iota(jnp.int32, (2,) + (1,) * quarters.ndim, 0)


def _is_sine(quarters: jax.Array) -> jax.Array:
    """Whether a row of the result is made from the sine of the near angle: bool (2, *S)."""
    return ((quarters + _row(quarters)) & 1) == 1
