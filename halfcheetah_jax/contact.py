"""MuJoCo's soft constraints of this body: 16 capsule ends against the floor and 6 hinge limits.

A contact's friction pyramid has four rows, of which the two out of the plane are the same: normal + mu tangent,
normal - mu tangent, and the normal alone twice. They are kept as the normal and tangential parts that make them up.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from halfcheetah_jax import model
from halfcheetah_jax.depth import at_ends, depths
from halfcheetah_jax.kinematics import Levels, Motion, Pose, at_points, hinge_rates, origin_rates
from halfcheetah_jax.model import Constants
from halfcheetah_jax.tree_matrix import TreeMatrix

MU = model.FRICTION


class Constraints(NamedTuple):
    """The rows at one instant; the weight, MuJoCo's efc_D, of an inactive one is 0."""

    lever_x: jax.Array  # m (8, 2, N), from the link's origin to the contact
    lever_z: jax.Array  # m (8, 2, N)
    normal_aref: jax.Array  # m/s^2 (8, 2, N), MuJoCo's aref of the normal part
    tangent_aref: jax.Array  # m/s^2 (8, 2, N)
    contact_weight: jax.Array  # kg (8, 2, N), of each row of the pyramid
    limit_sign: jax.Array  # (3, 2, N), 1 at the lower limit, -1 at the upper one
    limit_aref: jax.Array  # rad/s^2 (3, 2, N)
    limit_weight: jax.Array  # kg m^2 (3, 2, N)


class Rows(NamedTuple):
    """One value per kind of row: accelerations, residuals, or flags."""

    forward: jax.Array  # (8, 2, N), normal + mu tangent
    backward: jax.Array  # (8, 2, N), normal - mu tangent
    normal: jax.Array  # (8, 2, N), stands for two equal rows
    limit: jax.Array  # (3, 2, N)


def constraints(posed: Pose, velocity: Motion, hinges: Levels, constants: Constants) -> Constraints:
    """The rows at a state.

    Args:
        posed: geometry.
        velocity: in absolute angles.
        hinges: rad, angles of the hinges.
        constants: of the same dtype.
    """
    cos, sin = at_ends(posed.turns.cos), at_ends(posed.turns.sin)
    lever_x = cos * constants.end_x + sin * constants.end_z
    turned_z = cos * constants.end_z - sin * constants.end_x
    depth = depths(posed)
    # The contact lies in the middle of the penetration.
    lever_z = turned_z - (model.RADIUS + depth * 0.5)
    impedance = _impedance(-depth, model.CONTACT_WIDTH)
    normal, tangent = _contact_rates(posed, velocity, lever_x, lever_z)

    angle, rate = _stacked(hinges), _stacked(hinge_rates(velocity))
    to_lower, to_upper = angle - constants.lower, constants.upper - angle
    sign = jnp.where(to_lower < to_upper, 1, -1).astype(angle.dtype)
    room = jnp.minimum(to_lower, to_upper)
    limit_impedance = _impedance(-room, model.LIMIT_WIDTH)
    k, b = model.CONSTRAINT_STIFFNESS, model.CONSTRAINT_DAMPING
    return Constraints(
        lever_x=lever_x,
        lever_z=lever_z,
        normal_aref=-b * normal - k * impedance * depth,
        tangent_aref=-b * tangent,
        contact_weight=jnp.where(depth <= 0, impedance / (constants.regularizer * (1 - impedance)), 0),
        limit_sign=sign,
        limit_aref=-b * sign * rate - k * limit_impedance * room,
        limit_weight=jnp.where(room < 0, limit_impedance / (constants.hinge_invweight * (1 - limit_impedance)), 0),
    )


def accelerations(rows: Constraints, posed: Pose, acceleration: Motion) -> Rows:
    """J a: the rows' accelerations under the body's."""
    normal, tangent = _contact_rates(posed, acceleration, rows.lever_x, rows.lever_z)
    limit = rows.limit_sign * _stacked(hinge_rates(acceleration))
    return Rows(normal + MU * tangent, normal - MU * tangent, normal, limit)


def references(rows: Constraints) -> Rows:
    """MuJoCo's efc_aref."""
    tangent = MU * rows.tangent_aref
    return Rows(rows.normal_aref + tangent, rows.normal_aref - tangent, rows.normal_aref, rows.limit_aref)


def weights(rows: Constraints) -> Rows:
    """MuJoCo's efc_D, twice it for the row that stands for two."""
    return Rows(rows.contact_weight, rows.contact_weight, 2 * rows.contact_weight, rows.limit_weight)


def generalized(rows: Constraints, posed: Pose, row_forces: Rows) -> Motion:
    """J' f: the generalised force of forces along the rows."""
    tangent = MU * (row_forces.forward - row_forces.backward)
    normal = row_forces.forward + row_forces.backward + row_forces.normal
    force_x, force_z = _on_links(tangent), _on_links(normal)
    torque = _on_links(tangent * rows.lever_z - normal * rows.lever_x)
    x, z = force_x[3], force_z[3]
    torques = [torque[3]]
    for level in (2, 1, 0):
        # A child hands its force to its parent, at the child's origin; in absolute angles its torque stays its own.
        hand = x * posed.offset_z[level] - z * posed.offset_x[level]
        if level == 0:
            x, z, hand = x[0] + x[1], z[0] + z[1], hand[0] + hand[1]
        x, z = x + force_x[level], z + force_z[level]
        torques.insert(0, torque[level] + hand)
    limit = rows.limit_sign * row_forces.limit
    thigh, shin, foot = limit[0], limit[1], limit[2]
    return Motion(
        x,
        z,
        torques[0] - (thigh[0] + thigh[1]),
        torques[1] + thigh - shin,
        torques[2] + shin - foot,
        torques[3] + foot,
    )


def add_stiffness(matrix: TreeMatrix, rows: Constraints, posed: Pose, row_weights: Rows) -> TreeMatrix:
    """Adds J' W J to a matrix, W diagonal: the rows' weights summed up the tree as planar stiffnesses."""
    forward, backward = row_weights.forward, row_weights.backward
    stiff_xx = MU * MU * (forward + backward)
    stiff_xz = MU * (forward - backward)
    stiff_zz = forward + backward + row_weights.normal
    stiff_xp = stiff_xx * rows.lever_z - stiff_xz * rows.lever_x
    stiff_zp = stiff_xz * rows.lever_z - stiff_zz * rows.lever_x
    stiff_pp = stiff_xp * rows.lever_z - stiff_zp * rows.lever_x
    own = [_on_links(part) for part in (stiff_xx, stiff_xz, stiff_zz, stiff_xp, stiff_zp, stiff_pp)]
    px, pz = posed.offset_x, posed.offset_z

    foot_xx, foot_xz, foot_zz, foot_xp, foot_zp, foot_pp = (part[3] for part in own)
    hand = _handed(foot_xx, foot_xz, foot_zz, foot_xp, foot_zp, px[2], pz[2])
    shin_xx, shin_xz, shin_zz, shin_xp, shin_zp, shin_pp = (part[2] + up for part, up in zip(own, hand, strict=True))
    hand = _handed(shin_xx, shin_xz, shin_zz, shin_xp, shin_zp, px[1], pz[1])
    thigh_xx, thigh_xz, thigh_zz, thigh_xp, thigh_zp, thigh_pp = (
        part[1] + up for part, up in zip(own, hand, strict=True)
    )
    hand = _handed(thigh_xx, thigh_xz, thigh_zz, thigh_xp, thigh_zp, px[0], pz[0])
    torso_xx, torso_xz, torso_zz, torso_xp, torso_zp, torso_pp = (
        part[0] + (up[0] + up[1]) for part, up in zip(own, hand, strict=True)
    )
    limit = row_weights.limit
    thigh, shin, foot = limit[0], limit[1], limit[2]
    return TreeMatrix(
        x_x=matrix.x_x + torso_xx,
        x_z=matrix.x_z + torso_xz,
        z_z=matrix.z_z + torso_zz,
        torso_x=matrix.torso_x + torso_xp,
        torso_z=matrix.torso_z + torso_zp,
        torso_torso=matrix.torso_torso + torso_pp + (thigh[0] + thigh[1]),
        thigh_x=matrix.thigh_x + thigh_xp,
        thigh_z=matrix.thigh_z + thigh_zp,
        thigh_torso=matrix.thigh_torso + (thigh_xp * pz[0] - thigh_zp * px[0]) - thigh,
        thigh_thigh=matrix.thigh_thigh + thigh_pp + thigh + shin,
        shin_x=matrix.shin_x + shin_xp,
        shin_z=matrix.shin_z + shin_zp,
        shin_torso=matrix.shin_torso + (shin_xp * pz[0] - shin_zp * px[0]),
        shin_thigh=matrix.shin_thigh + (shin_xp * pz[1] - shin_zp * px[1]) - shin,
        shin_shin=matrix.shin_shin + shin_pp + shin + foot,
        foot_x=matrix.foot_x + foot_xp,
        foot_z=matrix.foot_z + foot_zp,
        foot_torso=matrix.foot_torso + (foot_xp * pz[0] - foot_zp * px[0]),
        foot_thigh=matrix.foot_thigh + (foot_xp * pz[1] - foot_zp * px[1]),
        foot_shin=matrix.foot_shin + (foot_xp * pz[2] - foot_zp * px[2]) - foot,
        foot_foot=matrix.foot_foot + foot_pp + foot,
    )


def _handed(xx: Any, xz: Any, zz: Any, xp: Any, zp: Any, px: Any, pz: Any) -> tuple[Any, ...]:
    """A link's planar stiffness as its parent feels it, the link's origin being at (px, pz) from the parent's."""
    sx, sz = xx * pz - xz * px, xz * pz - zz * px
    return xx, xz, zz, sx, sz, sx * pz - sz * px


def _contact_rates(posed: Pose, motion: Motion, lever_x: jax.Array, lever_z: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Rates of the 16 contact points along the floor's normal and along x: (8, 2, N) each."""
    x, z = origin_rates(posed, motion)
    turn = at_points(motion.torso, (motion.thigh, motion.shin, motion.foot))
    return at_points(z[0], z[1:]) - turn * lever_x, at_points(x[0], x[1:]) + turn * lever_z


def _impedance(depth: jax.Array, width: float) -> jax.Array:
    """MuJoCo's solimp curve, a power of 2 about the middle: 1e-4 at depth 0, .8 from `width` on."""
    fraction = jnp.clip(depth * (1 / width), 0, 1)
    rest = 1 - fraction
    curve = jnp.where(fraction <= 0.5, 2 * fraction * fraction, 1 - 2 * rest * rest)
    return model.LEAST_IMPEDANCE + curve * (model.MOST_IMPEDANCE - model.LEAST_IMPEDANCE)


@jax.jit
def _stacked(levels: Levels) -> jax.Array:
    """Values by level as one array (3, 2, N), by selection as in `kinematics.at_links`."""
    shape = (3, *jnp.broadcast_shapes(*(level.shape for level in levels)))
    number = jax.lax.broadcasted_iota(jnp.int32, shape, 0)
    thigh, shin, foot = (jnp.broadcast_to(level, shape) for level in levels)
    return jax.lax.select(number == 0, thigh, jax.lax.select(number == 1, shin, foot))


def _on_links(points: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Sums over the contact points of each link: torso (N,), then the levels (2, N)."""
    torso = (points[0, 0] + points[1, 0]) + (points[0, 1] + points[1, 1])
    return torso, points[2] + points[3], points[4] + points[5], points[6] + points[7]
