"""The observation of Pong, equal to the original's to the last bit: ports `compute_observations` of pong.h."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pong_jax.rules import Moving
from pong_jax.state import Field

NAMES = ("paddle_yl", "paddle_yr", "ball_x", "ball_y", "ball_vx", "ball_vy", "score_l", "score_r")
HIGH_BITS_MASK = np.uint32(0xFFFFF000)  # Keeps 12 significant bits of a float32.


def observe(moving: Moving, field: Field, won_l: Any = None, won_r: Any = None) -> jax.Array:
    """Eight numbers, about 0 .. 1: float32 (8,), ordered as `NAMES`.

    Args:
        moving: positions and speeds.
        field: the constants.
        won_l: bool (), whether the opponent has all points; None for no, as in all that the original returns.
        won_r: bool (), whether the agent has all points.
    """
    offsets = (-field.min_paddle_y, -field.min_paddle_y, 0, 0, field.ball_initial_speed_x, field.ball_max_speed_y)
    extent = field.max_paddle_y - field.min_paddle_y
    speeds = (2 * field.ball_initial_speed_x, 2 * field.ball_max_speed_y)
    high, low = split_reciprocal(_stack((extent, extent, field.width, field.height, *speeds, 1, 1)).astype(np.float32))
    # A chain of selects on the column, not a stack: XLA's concatenation writes one number at a time on CPU.
    column = np.arange(len(NAMES))
    raw = jnp.zeros(column.shape, moving.ball_x.dtype)
    for index, value in enumerate(moving):
        raw = jnp.where(column == index, value, raw)
    for name, won in (("score_l", won_l), ("score_r", won_r)):
        if won is not None:
            raw = jnp.where(column == NAMES.index(name), won.astype(raw.dtype), raw)
    numerator = (raw + _stack((*offsets, 0, 0)).astype(raw.dtype)).astype(jnp.float32)
    return numerator * high + numerator * low


def split_reciprocal(divisor: Any) -> tuple[Any, Any]:
    """1 / divisor as a sum of two float32, the first of 12 significant bits.

    `x * high + x * low` equals the correctly rounded `x / divisor` for the whole numbers that occur: `x * high` is
    exact, so neither a fused multiply-add nor the order of the sum matters. A plain division would not do, since XLA
    turns it into one multiplication on CPU and into an approximate division on GPU.

    Args:
        divisor: float32, any shape, concrete (NumPy) or traced.

    Returns:
        (high, low), float32, shape of `divisor`.
    """
    if isinstance(divisor, np.ndarray):
        reciprocal = np.float64(1) / divisor
        high = (reciprocal.astype(np.float32).view(np.uint32) & HIGH_BITS_MASK).view(np.float32)
        return high, (reciprocal - high).astype(np.float32)
    reciprocal = 1 / divisor
    bits = jax.lax.bitcast_convert_type(reciprocal, jnp.uint32) & HIGH_BITS_MASK
    high = jax.lax.bitcast_convert_type(bits, jnp.float32)
    return high, (1 - divisor * high) * reciprocal


def _stack(values: tuple[Any, ...]) -> Any:
    concrete = not any(isinstance(value, jax.Array) for value in values)
    return np.asarray(values) if concrete else jnp.stack([jnp.asarray(value, jnp.float32) for value in values])
