"""Euler's method with implicit joint damping, as MuJoCo's: substeps of 0.01 s and the steps made of them."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from halfcheetah_jax import contact, dynamics, kinematics, model, solver
from halfcheetah_jax.kinematics import Levels, Motion
from halfcheetah_jax.model import Constants
from halfcheetah_jax.tree_matrix import solve


class Body(NamedTuple):
    """What moves, the batch in the last axis."""

    qpos: jax.Array  # (9, N), m and rad; the root's x counts from the beginning of the step
    qvel: jax.Array  # (9, N), m/s and rad/s
    acceleration: Motion  # the solver's last one, its next guess


def substep(body: Body, ctrl: Levels, constants: Constants) -> Body:
    """One substep of 0.01 s.

    Args:
        body: before it.
        ctrl: actions by level, in -1 .. 1, (2, N) each.
        constants: of the same dtype.
    """
    posed = kinematics.pose(body.qpos, constants)
    velocity = kinematics.from_joints(body.qvel)
    hinges = hinge_levels(body.qpos[3:])
    mass = dynamics.mass_matrix(posed, constants)
    force = dynamics.smooth_force(posed, velocity, hinges, ctrl, constants)
    rows = contact.constraints(posed, velocity, hinges, constants)
    acceleration, _ = solver.constrained_acceleration(mass, force, rows, posed, body.acceleration)
    # At the minimum the constraint force and all others add up to M a.
    damped = solve(dynamics.with_damping(mass, constants), mass @ acceleration)
    qvel = body.qvel + model.TIMESTEP * kinematics.to_joints(damped)
    return Body(body.qpos + model.TIMESTEP * qvel, qvel, acceleration)


def step(qpos: jax.Array, qvel: jax.Array, qacc: jax.Array, ctrl: jax.Array, frame_skip: int) -> Body:
    """Substeps under one action.

    Args:
        qpos: (9, N), m and rad.
        qvel: (9, N), m/s and rad/s.
        qacc: (9, N), m/s^2 and rad/s^2, the solver's first guess.
        ctrl: (6, N), clipped to -1 .. 1 here.
        frame_skip: number of substeps.

    Returns:
        The body after them; its root's x is the distance moved, kept apart from where the body is so that it does not
        lose bits far from the origin.
    """
    constants = model.constants(qpos.dtype.name)
    levels = hinge_levels(jnp.clip(ctrl, -1, 1))
    start = Body(qpos.at[0].set(0), qvel, kinematics.from_joints(qacc))
    return jax.lax.fori_loop(0, frame_skip, lambda _, body: substep(body, levels, constants), start)


def hinge_levels(per_hinge: jax.Array) -> Levels:
    """Values by hinge (6, N), back leg first, by level (2, N)."""
    legs = per_hinge.reshape(2, 3, *per_hinge.shape[1:])
    return legs[:, 0], legs[:, 1], legs[:, 2]
