"""How deep the capsules' ends are in the floor: a small difference of large numbers, added up without rounding.

Every number is split into a coarse part and the rest. Products of coarse parts and their sums are exact, so that what
is left of them when they cancel is right to the last bit; the rests are small, and so is their rounding.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from halfcheetah_jax import model
from halfcheetah_jax.kinematics import Pose, at_points
from halfcheetah_jax.rounding import COARSE_BITS, bits_of, coarse


class _Split(NamedTuple):
    """A constant of the model in two parts."""

    coarse: Any
    rest: Any


class _Lengths(NamedTuple):
    """Where links and capsules' ends are, in their parent's and link's frame."""

    offset_x: _Split  # m (3, 2, 1), by level and leg
    offset_z: _Split
    end_x: _Split  # m (8, 2, 1), by point
    end_z: _Split
    base: _Split  # m (), height of the torso's origin above that of a capsule that touches the floor


@functools.lru_cache(maxsize=2)
def _lengths(dtype: str) -> _Lengths:
    steps = 2.0 ** (COARSE_BITS[dtype] + 1)

    def split(exact: Any) -> _Split:
        rough = np.round(np.asarray(exact) * steps) / steps
        return _Split(rough.astype(dtype), (exact - rough).astype(dtype))

    offset, ends = model.per_level(model.OFFSET[1:]), model.end_points()
    return _Lengths(
        offset_x=split(offset[..., :1]),
        offset_z=split(offset[..., 1:]),
        end_x=split(ends[..., :1]),
        end_z=split(ends[..., 1:]),
        base=split(np.float64(model.TORSO_HEIGHT - model.RADIUS)),
    )


def depths(posed: Pose) -> jax.Array:
    """Height of the capsules' lowest points at their ends: m (8, 2, N), negative in the floor."""
    value, rest = posed.turns
    return _end_heights(value, rest, _origin_heights(value, rest, posed.root_z, posed.root_z_rest))


Origins = tuple[Any, Any, Any, Any]  # one value per link, torso (N,) and the levels (2, N)
Heights = tuple[Origins, Origins]  # coarse parts and rests


@jax.jit
def _origin_heights(value: jax.Array, rest: jax.Array, root_z: jax.Array, root_z_rest: jax.Array) -> Heights:
    """Heights of the links' origins above the radius, in two parts that stay apart."""
    lengths = _lengths(root_z.dtype.name)
    (cos, sin), (cos_rest, sin_rest) = _split_turns(value[:3], rest[:3])
    x, z = lengths.offset_x, lengths.offset_z
    step = cos * z.coarse - sin * x.coarse
    step_rest = (cos_rest * z.coarse - sin_rest * x.coarse) + (value[:3, 0] * z.rest - value[:3, 1] * x.rest)
    rough = coarse(root_z, 2 * bits_of(root_z) + 1)
    most, least = [rough + lengths.base.coarse], [(root_z - rough) + (root_z_rest + lengths.base.rest)]
    for level in range(3):
        most.append(most[-1] + step[level])
        least.append(least[-1] + step_rest[level])
    return tuple(most), tuple(least)  # type: ignore[return-value]


@jax.jit
def _end_heights(value: jax.Array, rest: jax.Array, heights: Heights) -> jax.Array:
    lengths = _lengths(value.dtype.name)
    (cos, sin), (cos_rest, sin_rest) = _split_turns(value, rest)
    x, z = lengths.end_x, lengths.end_z
    most, least = (at_points(part[0], part[1:]) for part in heights)
    cos, sin, cos_rest, sin_rest, cos_value, sin_value = (
        at_ends(part) for part in (cos, sin, cos_rest, sin_rest, value[:, 0], value[:, 1])
    )
    least = least + (cos_rest * z.coarse - sin_rest * x.coarse) + (cos_value * z.rest - sin_value * x.rest)
    return (most + (cos * z.coarse - sin * x.coarse)) + least


def _split_turns(value: jax.Array, rest: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Coarse parts and rests of cosines and sines, these in the first axis."""
    rough = coarse(value, bits_of(value))
    return rough.swapaxes(0, 1), ((value - rough) + rest).swapaxes(0, 1)


def at_ends(per_link: jax.Array) -> jax.Array:
    """Values by level and leg, (4, 2, N), at the two ends of their capsules: (8, 2, N)."""
    levels, legs, number = per_link.shape
    return jnp.broadcast_to(per_link[:, None], (levels, 2, legs, number)).reshape(2 * levels, legs, number)
