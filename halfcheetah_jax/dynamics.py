"""Mass matrix, bias and applied force of the body, in absolute link angles."""

from __future__ import annotations

from typing import Any

import jax

from halfcheetah_jax import model
from halfcheetah_jax.kinematics import Levels, Motion, Pose, hinge_rates
from halfcheetah_jax.model import Constants
from halfcheetah_jax.tree_matrix import TreeMatrix


def mass_matrix(posed: Pose, constants: Constants) -> TreeMatrix:
    """MuJoCo's M, armature included."""
    px, pz, wx, wz = posed.offset_x, posed.offset_z, posed.moment_x, posed.moment_z

    def coupling(upper: int, lower: int) -> jax.Array:
        return px[upper] * wx[lower] + pz[upper] * wz[lower]

    return TreeMatrix(
        x_x=model.TOTAL_MASS,
        x_z=0.0,
        z_z=model.TOTAL_MASS,
        torso_x=posed.torso_moment_z,
        torso_z=-posed.torso_moment_x,
        torso_torso=constants.torso_rotary,
        thigh_x=wz[0],
        thigh_z=-wx[0],
        thigh_torso=coupling(0, 0) - model.ARMATURE,
        thigh_thigh=constants.leg_rotary[0],
        shin_x=wz[1],
        shin_z=-wx[1],
        shin_torso=coupling(0, 1),
        shin_thigh=coupling(1, 1) - model.ARMATURE,
        shin_shin=constants.leg_rotary[1],
        foot_x=wz[2],
        foot_z=-wx[2],
        foot_torso=coupling(0, 2),
        foot_thigh=coupling(1, 2),
        foot_shin=coupling(2, 2) - model.ARMATURE,
        foot_foot=constants.leg_rotary[2],
    )


def with_damping(mass: TreeMatrix, constants: Constants) -> TreeMatrix:
    """M + h D, the matrix of Euler's method with implicit joint damping; D has the pattern of the armature."""
    thigh, shin, foot = (model.TIMESTEP * constants.damping[level] for level in range(3))
    return mass._replace(
        torso_torso=mass.torso_torso + (thigh[0] + thigh[1]),
        thigh_torso=mass.thigh_torso - thigh,
        thigh_thigh=mass.thigh_thigh + thigh + shin,
        shin_thigh=mass.shin_thigh - shin,
        shin_shin=mass.shin_shin + shin + foot,
        foot_shin=mass.foot_shin - foot,
        foot_foot=mass.foot_foot + foot,
    )


def bias(posed: Pose, velocity: Motion) -> Motion:
    """MuJoCo's qfrc_bias: centrifugal forces and gravity."""
    px, pz, wx, wz = posed.offset_x, posed.offset_z, posed.moment_x, posed.moment_z
    squared = [rate * rate for rate in (velocity.torso, velocity.thigh, velocity.shin, velocity.foot)]
    leg_x = wx[0] * squared[1] + wx[1] * squared[2] + wx[2] * squared[3]
    leg_z = wz[0] * squared[1] + wz[1] * squared[2] + wz[2] * squared[3]
    x = -(posed.torso_moment_x * squared[0] + leg_x[0] + leg_x[1])
    z = model.TOTAL_MASS * model.GRAVITY - (posed.torso_moment_z * squared[0] + leg_z[0] + leg_z[1])
    # Centrifugal torque between a link and each of its ancestors, by the offset that leads from the one to the other.
    torque = [-model.GRAVITY * posed.torso_moment_x, *(-model.GRAVITY * moment for moment in wx)]
    on_torso: Any = 0
    for upper in range(3):
        for lower in range(upper, 3):
            cross = wz[lower] * px[upper] - wx[lower] * pz[upper]
            torque[lower + 1] = torque[lower + 1] - squared[upper] * cross
            if upper == 0:
                on_torso = on_torso + squared[lower + 1] * cross
            else:
                torque[upper] = torque[upper] + squared[lower + 1] * cross
    return Motion(x, z, torque[0] + on_torso[0] + on_torso[1], *torque[1:])


def hinge_torques(hinges: Levels, rates: Levels, ctrl: Levels, constants: Constants) -> Levels:
    """Motors, springs and dampers: N m on the link of each hinge, the opposite on its parent.

    Args:
        hinges: rad, angles of the hinges.
        rates: rad/s.
        ctrl: actions, already in -1 .. 1.
        constants: of the same dtype.
    """
    return tuple(  # type: ignore[return-value]
        constants.gear[level] * ctrl[level]
        - constants.stiffness[level] * hinges[level]
        - constants.damping[level] * rates[level]
        for level in range(3)
    )


def smooth_force(posed: Pose, velocity: Motion, hinges: Levels, ctrl: Levels, constants: Constants) -> Motion:
    """MuJoCo's qfrc_smooth: all forces but those of constraints."""
    thigh, shin, foot = hinge_torques(hinges, hinge_rates(velocity), ctrl, constants)
    held = bias(posed, velocity)
    return Motion(
        -held.x,
        -held.z,
        -held.torso - (thigh[0] + thigh[1]),
        thigh - shin - held.thigh,
        shin - foot - held.shin,
        foot - held.foot,
    )
