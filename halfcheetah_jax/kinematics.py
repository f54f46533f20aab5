"""Where the links are: absolute angles, moments and offsets in the world, heights.

Everything below the environment works on a batch in its last axis: a quantity of the torso has shape (N,), one of a
level of the legs (thigh, shin, foot) has shape (2, N), back leg first. Motions are expressed in absolute link angles,
in which the mass matrix has a constant diagonal and no product of two velocities enters the bias.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from halfcheetah_jax import model
from halfcheetah_jax.model import Constants

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
    """Cosines and sines of the links' absolute angles."""

    torso_cos: jax.Array  # (N,)
    torso_sin: jax.Array  # (N,)
    cos: Levels
    sin: Levels


class Pose(NamedTuple):
    """The body's geometry at one instant, turned into the world."""

    turns: Turns
    offset_x: Levels  # m, from the parent's origin
    offset_z: Levels
    torso_moment_x: jax.Array  # kg m (N,)
    torso_moment_z: jax.Array
    moment_x: Levels  # kg m
    moment_z: Levels
    torso_height: jax.Array  # m (N,), of the origin
    height: Levels  # m, of the origins


def from_joints(x: jax.Array, z: jax.Array, torso: jax.Array, hinges: Levels) -> Motion:
    """A joint-space velocity or acceleration, in MuJoCo's order, in absolute angles."""
    thigh = torso + hinges[0]
    shin = thigh + hinges[1]
    return Motion(x, z, torso, thigh, shin, shin + hinges[2])


def hinge_rates(motion: Motion) -> Levels:
    """Rates of the hinges: differences of absolute rates, the inverse of `from_joints`."""
    return motion.thigh - motion.torso, motion.shin - motion.thigh, motion.foot - motion.shin


def turns(pitch: jax.Array, hinges: Levels) -> Turns:
    """Cosines and sines at a configuration.

    Args:
        pitch: rad (N,), MuJoCo's rooty.
        hinges: rad, angles of the hinges.
    """
    thigh = pitch + hinges[0]
    shin = thigh + hinges[1]
    levels = (thigh, shin, shin + hinges[2])
    return Turns(
        jnp.cos(pitch),
        jnp.sin(pitch),
        tuple(jnp.cos(angle) for angle in levels),  # type: ignore[arg-type]
        tuple(jnp.sin(angle) for angle in levels),  # type: ignore[arg-type]
    )


def pose(turned: Turns, root_z: jax.Array, constants: Constants) -> Pose:
    """The geometry at a configuration.

    Args:
        turned: the links' turns.
        root_z: m (N,), MuJoCo's rootz.
        constants: of the same dtype.
    """
    torso_cos, torso_sin, cos, sin = turned
    offset_x, offset_z = [], []
    for level, (c, s) in enumerate(zip((torso_cos, *cos[:2]), (torso_sin, *sin[:2]), strict=True)):
        x, z = _turn(c, s, constants.leg_offset_x[level], constants.leg_offset_z[level])
        offset_x.append(x)
        offset_z.append(z)
    torso_moment = _turn(torso_cos, torso_sin, constants.torso_moment_x, constants.torso_moment_z)
    moments = [
        _turn(cos[level], sin[level], constants.leg_moment_x[level], constants.leg_moment_z[level])
        for level in range(3)
    ]
    torso_height = model.TORSO_HEIGHT + root_z
    thigh_height = torso_height + offset_z[0]
    shin_height = thigh_height + offset_z[1]
    return Pose(
        turns=turned,
        offset_x=tuple(offset_x),
        offset_z=tuple(offset_z),
        torso_moment_x=torso_moment[0],
        torso_moment_z=torso_moment[1],
        moment_x=tuple(x for x, _ in moments),  # type: ignore[arg-type]
        moment_z=tuple(z for _, z in moments),  # type: ignore[arg-type]
        torso_height=torso_height,
        height=(thigh_height, shin_height, shin_height + offset_z[2]),
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
