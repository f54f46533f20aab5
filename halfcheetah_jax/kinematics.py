"""Where the links are: absolute angles, moments and offsets in the world.

Everything below the environment works on a batch in its last axis: a quantity of the torso has shape (N,), one of a
level of the legs (thigh, shin, foot) has shape (2, N), back leg first. Motions are expressed in absolute link angles,
in which the mass matrix has a constant diagonal and no product of two velocities enters the bias.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from halfcheetah_jax.model import Constants
from halfcheetah_jax.rounding import compensated_sum
from halfcheetah_jax.trigonometry import cos_sin

Levels = tuple[Any, Any, Any]  # one value per level of the legs, (2, N) each


class Motion(NamedTuple):
    """A velocity, acceleration or force in absolute coordinates."""

    x: jax.Array  # (N,): m/s, m/s^2 or N
    z: jax.Array  # (N,)
    torso: jax.Array  # (N,): rad/s, rad/s^2 or N m, of the absolute angle
    thigh: jax.Array  # (2, N)
    shin: jax.Array  # (2, N)
    foot: jax.Array  # (2, N)


class Turns(NamedTuple):
    """Cosines (0 in the second axis) and sines (1) of the links' absolute angles, as sums of two numbers.

    By level (torso, thigh, shin, foot), function and leg; the torso's are there twice.
    """

    value: jax.Array  # (4, 2, 2, N)
    rest: jax.Array  # (4, 2, 2, N), what rounding took from it

    @property
    def cos(self) -> jax.Array:
        """(4, 2, N)."""
        return self.value[:, 0]

    @property
    def sin(self) -> jax.Array:
        """(4, 2, N)."""
        return self.value[:, 1]


class Pose(NamedTuple):
    """The body's geometry at one instant, turned into the world."""

    turns: Turns
    root_z: jax.Array  # m (N,), MuJoCo's rootz
    root_z_rest: jax.Array  # m (N,), what rounding took from it
    offset_x: Levels  # m, from the parent's origin
    offset_z: Levels
    torso_moment_x: jax.Array  # kg m (N,)
    torso_moment_z: jax.Array
    moment_x: Levels  # kg m
    moment_z: Levels


def from_joints(x: jax.Array, z: jax.Array, torso: jax.Array, hinges: Levels) -> Motion:
    """A joint-space velocity or acceleration, in MuJoCo's order, in absolute angles."""
    thigh = torso + hinges[0]
    shin = thigh + hinges[1]
    return Motion(x, z, torso, thigh, shin, shin + hinges[2])


def hinge_rates(motion: Motion) -> Levels:
    """Rates of the hinges: differences of absolute rates, the inverse of `from_joints`."""
    return motion.thigh - motion.torso, motion.shin - motion.thigh, motion.foot - motion.shin


def turns(pitch: jax.Array, pitch_rest: jax.Array, hinges: Levels, hinge_rests: Levels) -> Turns:
    """Cosines and sines at a configuration.

    Args:
        pitch: rad (N,), MuJoCo's rooty.
        pitch_rest: rad (N,), what rounding took from it.
        hinges: rad, angles of the hinges.
        hinge_rests: rad, what rounding took from them.
    """
    angles, rests = [pitch], [pitch_rest]
    for hinge, hinge_rest in zip(hinges, hinge_rests, strict=True):
        angle, rest = compensated_sum(jnp.broadcast_to(angles[-1], hinge.shape), hinge)
        angles.append(angle)
        rests.append(rests[-1] + (rest + hinge_rest))
    # Level by level: XLA on a CPU would give larger arrays to several threads, which a kernel cannot have.
    stacked = tuple(at_links(torso, (thigh, shin, foot)) for torso, thigh, shin, foot in (angles, rests))
    return Turns(*jax.lax.map(lambda turn: cos_sin(*turn), stacked))


def pose(turned: Turns, root_z: jax.Array, root_z_rest: jax.Array, constants: Constants) -> Pose:
    """The geometry at a configuration.

    Args:
        turned: the links' turns.
        root_z: m (N,), MuJoCo's rootz.
        root_z_rest: m (N,), what rounding took from it.
        constants: of the same dtype.
    """
    cos, sin = turned.cos, turned.sin
    offsets = [
        _turn(cos[level], sin[level], constants.leg_offset_x[level], constants.leg_offset_z[level])
        for level in range(3)
    ]
    torso_moment = _turn(cos[0, 0], sin[0, 0], constants.torso_moment_x, constants.torso_moment_z)
    moments = [
        _turn(cos[level + 1], sin[level + 1], constants.leg_moment_x[level], constants.leg_moment_z[level])
        for level in range(3)
    ]
    return Pose(
        turns=turned,
        root_z=root_z,
        root_z_rest=root_z_rest,
        offset_x=tuple(x for x, _ in offsets),  # type: ignore[arg-type]
        offset_z=tuple(z for _, z in offsets),  # type: ignore[arg-type]
        torso_moment_x=torso_moment[0],
        torso_moment_z=torso_moment[1],
        moment_x=tuple(x for x, _ in moments),  # type: ignore[arg-type]
        moment_z=tuple(z for _, z in moments),  # type: ignore[arg-type]
    )


def origin_rates(posed: Pose, motion: Motion) -> tuple[tuple[jax.Array, *Levels], tuple[jax.Array, *Levels]]:
    """Rates (x, z) of the links' origins, torso first: the Jacobian's product only, without velocity products."""
    x, z = [motion.x], [motion.z]
    for level, rate in enumerate((motion.torso, motion.thigh, motion.shin)):
        x.append(x[-1] + rate * posed.offset_z[level])
        z.append(z[-1] - rate * posed.offset_x[level])
    return tuple(x), tuple(z)  # type: ignore[return-value]


def _turn(cos: Any, sin: Any, x: Any, z: Any) -> tuple[Any, Any]:
    """Turns (x, z) about +y."""
    return cos * x + sin * z, cos * z - sin * x


def at_links(torso: jax.Array, levels: Levels) -> jax.Array:
    """Values of the links as one array (..., 4, 2, N), the torso's twice; of torso (..., 1, 1, N), legs (..., 1, 2, N).

    By selection and not by concatenation, which XLA on a CPU writes one number at a time.
    """
    return _selected(1, torso, levels)


def at_points(torso: jax.Array, levels: Levels) -> jax.Array:
    """Values of the links at their contact points: (8, 2, N), in the order of `model.per_point`."""
    return _selected(2, torso, levels)


@functools.partial(jax.jit, static_argnums=0)
def _selected(ends: int, torso: jax.Array, levels: Levels) -> jax.Array:
    """Values by level, torso first, `ends` times each, along the axis before those of leg and body; one loop."""
    parts = [jnp.asarray(torso), *levels]
    shape = (*jnp.broadcast_shapes(*(part.shape for part in parts), (1, 1, 1))[:-3], 4 * ends, 2, parts[1].shape[-1])
    place = jax.lax.broadcasted_iota(jnp.int32, shape, len(shape) - 3)
    selected, *later = (jnp.broadcast_to(part, shape) for part in parts)
    for level, part in enumerate(later, start=1):
        selected = jax.lax.select(place < level * ends, selected, part)
    return selected
