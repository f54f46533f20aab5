"""Euler's method with implicit joint damping, as MuJoCo's: substeps of 0.01 s and the steps made of them."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from halfcheetah_jax import contact, dynamics, kinematics, model, solver
from halfcheetah_jax.kinematics import Levels, Motion, Pose, Turns
from halfcheetah_jax.model import Constants
from halfcheetah_jax.rounding import compensated_sum
from halfcheetah_jax.tree_matrix import solve


class Body(NamedTuple):
    """What moves, the batch in the last axis."""

    x: jax.Array  # m (N,), of the root, from where the step began
    z: jax.Array  # m (N,), MuJoCo's rootz
    pitch: jax.Array  # rad (N,), MuJoCo's rooty
    hinges: Levels  # rad
    # What rounding took from z, pitch and hinges since the step began.
    z_rest: jax.Array
    pitch_rest: jax.Array
    hinge_rests: Levels
    velocity: Motion
    acceleration: Motion  # the solver's last one, its next guess

    def turns(self) -> Turns:
        """The links' turns."""
        return kinematics.turns(self.pitch, self.pitch_rest, self.hinges, self.hinge_rests)

    def pose(self, constants: Constants) -> Pose:
        """The body's geometry; constants of the same dtype."""
        return kinematics.pose(self.turns(), self.z, self.z_rest, constants)


def body_at(qpos: jax.Array, qvel: jax.Array, qacc: jax.Array) -> Body:
    """The body at a state in joint space, but for the root's x.

    Args:
        qpos: (9, N), m and rad.
        qvel: (9, N), m/s and rad/s.
        qacc: (9, N), m/s^2 and rad/s^2, the solver's first guess.
    """
    hinges = hinge_levels(qpos[3:])
    velocity, acceleration = (
        kinematics.from_joints(rate[0], rate[1], rate[2], hinge_levels(rate[3:])) for rate in (qvel, qacc)
    )
    zero = jnp.zeros_like(qpos[0])
    nothing: Levels = tuple(jnp.zeros_like(hinge) for hinge in hinges)  # type: ignore[assignment]
    return Body(zero, qpos[1], qpos[2], hinges, zero, zero, nothing, velocity, acceleration)


def substep(body: Body, ctrl: Levels, constants: Constants) -> Body:
    """One substep of 0.01 s.

    Args:
        body: before it.
        ctrl: actions by level, in -1 .. 1, (2, N) each.
        constants: of the same dtype.
    """
    posed = body.pose(constants)
    mass = dynamics.mass_matrix(posed, constants)
    force = dynamics.smooth_force(posed, body.velocity, body.hinges, ctrl, constants)
    rows = contact.constraints(posed, body.velocity, body.hinges, constants)
    acceleration, _ = solver.constrained_acceleration(mass, force, rows, posed, body.acceleration)
    # At the minimum the constraint force and all others add up to M a.
    damped = solve(dynamics.with_damping(mass, constants), mass @ acceleration)
    h = model.TIMESTEP
    velocity = Motion(*(rate + h * change for rate, change in zip(body.velocity, damped, strict=True)))
    z, z_rest = compensated_sum(body.z, body.z_rest + h * velocity.z)
    pitch, pitch_rest = compensated_sum(body.pitch, body.pitch_rest + h * velocity.torso)
    moved = [
        compensated_sum(hinge, rest + h * rate)
        for hinge, rest, rate in zip(body.hinges, body.hinge_rests, kinematics.hinge_rates(velocity), strict=True)
    ]
    return Body(
        body.x + h * velocity.x,
        z,
        pitch,
        tuple(hinge for hinge, _ in moved),  # type: ignore[arg-type]
        z_rest,
        pitch_rest,
        tuple(rest for _, rest in moved),  # type: ignore[arg-type]
        velocity,
        acceleration,
    )


def step(
    qpos: jax.Array, qvel: jax.Array, qacc: jax.Array, ctrl: jax.Array, frame_skip: int
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Substeps under one action.

    Args:
        qpos: (9, N), m and rad.
        qvel: (9, N), m/s and rad/s.
        qacc: (9, N), m/s^2 and rad/s^2, the solver's first guess.
        ctrl: (6, N), clipped to -1 .. 1 here.
        frame_skip: number of substeps.

    Returns:
        qpos, qvel and the solver's last acceleration, (9, N) each. The root's x is the distance moved, kept apart from
        where the body is so that it does not lose bits far from the origin.
    """
    constants = model.constants(qpos.dtype.name)
    levels = hinge_levels(jnp.clip(ctrl, -1, 1))
    start = body_at(qpos, qvel, qacc)
    body = jax.lax.fori_loop(0, frame_skip, lambda _, body: substep(body, levels, constants), start)
    velocity, acceleration = (
        joint_vector(rate.x, rate.z, rate.torso, kinematics.hinge_rates(rate))
        for rate in (body.velocity, body.acceleration)
    )
    return joint_vector(body.x, body.z, body.pitch, body.hinges), velocity, acceleration


def hinge_levels(per_hinge: jax.Array) -> Levels:
    """Values by hinge (6, N), back leg first, by level (2, N)."""
    legs = per_hinge.reshape(2, 3, *per_hinge.shape[1:])
    return legs[:, 0], legs[:, 1], legs[:, 2]


def joint_vector(x: jax.Array, z: jax.Array, torso: jax.Array, hinges: Levels) -> jax.Array:
    """Values by joint in MuJoCo's order: (9, N)."""
    legs = jnp.stack(hinges, axis=1)
    return jnp.concatenate([jnp.stack([x, z, torso]), legs.reshape(6, -1)])
