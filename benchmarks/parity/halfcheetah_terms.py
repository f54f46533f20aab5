"""Levels 1 and 2 of HalfCheetah in float64: the terms of the equations of motion and one substep, at C's own states."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.oracles import mujoco
from benchmarks.parity import halfcheetah_players
from benchmarks.parity.checks import Outcome
from benchmarks.parity.compare import Tally

Fields = dict[str, np.ndarray]
Report = Callable[[int], None]

# Components agree to rounding; forces reach thousands of newtons and reference accelerations 1e5 m/s^2.
TERM_BOUND = 1e-9
# Accelerations reach 1e4, and the stiffest contacts amplify rounding.
ACCELERATION_BOUND = 1e-7
QPOS_BOUND, QVEL_BOUND = 1e-12, 1e-10
STATES_PER_EPISODE = 10
# A pyramid of 4 rows for each of 16 capsule ends, and 6 limits.
MOST_ROWS = 70

TERMS = {
    "mass matrix": ("M",),
    "bias": ("qfrc_bias",),
    "passive forces": ("qfrc_passive",),
    "actuation": ("qfrc_actuator",),
    "constraint rows": ("rows", "efc_J", "efc_pos", "efc_aref", "efc_D (relative)"),
}
SUBSTEP = {"acceleration": ("qacc", ACCELERATION_BOUND), "substep, qpos": ("next_qpos", QPOS_BOUND),
           "substep, qvel": ("next_qvel", QVEL_BOUND)}  # fmt: skip


def terms(seed: int, episodes: int, report: Report) -> dict[str, Outcome]:
    """M, bias, passive and actuator forces, and the constraint rows at states of the original."""
    outcomes = {
        name: Outcome(Tally(TERM_BOUND, tuple(field for field in fields if field != "rows")))
        for name, fields in TERMS.items()
    }
    for ours, original in _pairs(seed, episodes):
        ours |= _matched_rows(ours, original)
        original |= _own_rows(original)
        for name, fields in TERMS.items():
            _add(outcomes[name], {f: ours[f] for f in fields}, {f: original[f] for f in fields})
        report(outcomes["bias"].steps)
    return outcomes


def substep(seed: int, episodes: int, report: Report) -> dict[str, Outcome]:
    """The constrained acceleration and the state after one substep, at states of the original."""
    outcomes = {name: Outcome(Tally(bound, (field,))) for name, (field, bound) in SUBSTEP.items()}
    for ours, original in _pairs(seed + 1, episodes):
        for name, (field, _) in SUBSTEP.items():
            _add(outcomes[name], {field: ours[field]}, {field: original[field]})
        report(outcomes["acceleration"].steps)
    return outcomes


def _pairs(seed: int, episodes: int) -> Iterator[tuple[Fields, Fields]]:
    for qpos, qvel, ctrl in halfcheetah_players.states(seed, STATES_PER_EPISODE * episodes, "exact"):
        original = mujoco.terms(qpos, qvel, ctrl)
        ours = jax.tree.map(np.asarray, our_terms()(jnp.asarray(qpos), jnp.asarray(qvel), jnp.asarray(ctrl)))
        yield ours, original


def _add(outcome: Outcome, ours: Fields, original: Fields) -> None:
    outcome.tally.add(*({f: np.asarray(v)[None, None] for f, v in side.items()} for side in (ours, original)))
    outcome.steps += 1


@functools.lru_cache(maxsize=1)
def our_terms() -> Any:
    """Jitted (qpos (9,), qvel (9,), ctrl (6,)) -> our terms in joint space, under `mjData`'s names.

    `rows_*` hold all 54 rows, the ones that stand for two once: (54, 9) and (54,).
    """
    from halfcheetah_jax import contact, depth, dynamics, integration, kinematics, model, solver

    def compute(qpos: jax.Array, qvel: jax.Array, ctrl: jax.Array) -> dict[str, jax.Array]:
        constants = model.constants(qpos.dtype.name)
        q, v, c = qpos[:, None], qvel[:, None], ctrl[:, None]
        body = integration.body_at(q, v, jnp.zeros_like(v))
        posed = body.pose(constants)
        velocity, hinges, rates = body.velocity, body.hinges, kinematics.hinge_rates(body.velocity)
        levels = integration.hinge_levels(jnp.clip(c, -1, 1))
        nothing = jax.tree.map(jnp.zeros_like, levels)
        mass = dynamics.mass_matrix(posed, constants)
        force = dynamics.smooth_force(posed, velocity, hinges, levels, constants)
        rows = contact.constraints(posed, velocity, hinges, constants)
        acceleration, _ = solver.constrained_acceleration(mass, force, rows, posed, body.acceleration)
        next_qpos, next_qvel, _ = integration.step(q, v, jnp.zeros_like(v), c, 1)

        unit = integration.body_at(q, jnp.eye(9, dtype=qpos.dtype), jnp.zeros((9, 9))).velocity
        transform = _flat(unit)
        wide_pose = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (*leaf.shape[:-1], 9)), posed)
        wide_rows = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (*leaf.shape[:-1], 9)), rows)
        position = rows._replace(
            normal_aref=depth.depths(posed),
            tangent_aref=jnp.zeros_like(rows.tangent_aref),
            limit_aref=_rooms(hinges, constants),
        )
        weights = contact.weights(rows)
        return {
            "M": transform.T @ _flat(mass @ unit),
            "qfrc_bias": transform.T @ _flat(dynamics.bias(posed, velocity))[:, 0],
            "qfrc_passive": _hinge_force(dynamics.hinge_torques(hinges, rates, nothing, constants)),
            "qfrc_actuator": _hinge_force(dynamics.hinge_torques(nothing, nothing, levels, constants)),
            "qacc": integration.joint_vector(*acceleration[:3], kinematics.hinge_rates(acceleration))[:, 0],
            "next_qpos": next_qpos[:, 0].at[0].add(qpos[0]),
            "next_qvel": next_qvel[:, 0],
            "rows_J": _by_row(contact.accelerations(wide_rows, wide_pose, unit)),
            "rows_pos": _by_row(contact.references(position))[:, 0],
            "rows_aref": _by_row(contact.references(rows))[:, 0],
            "rows_D": _by_row(weights._replace(normal=weights.normal / 2))[:, 0],
        }

    return jax.jit(compute)


def _by_row(rows: Any) -> jax.Array:
    """Rows of all kinds, contacts first: (54, N)."""
    return jnp.concatenate([part.reshape(-1, part.shape[-1]) for part in rows])


def _flat(motion: Any) -> jax.Array:
    """A motion as the rows x, z, torso, back thigh, shin, foot, front thigh, shin, foot: (9, N)."""
    legs = jnp.stack([motion.thigh, motion.shin, motion.foot], axis=1)
    return jnp.concatenate([motion.x[None], motion.z[None], motion.torso[None], legs.reshape(6, -1)])


def _hinge_force(torques: Any) -> jax.Array:
    legs = jnp.stack(torques, axis=1).reshape(6, -1)[:, 0]
    return jnp.concatenate([jnp.zeros(3, legs.dtype), legs])


def _rooms(hinges: Any, constants: Any) -> jax.Array:
    angle = jnp.stack(hinges)
    return jnp.minimum(angle - constants.lower, constants.upper - angle)


def _matched_rows(ours: Fields, original: Fields) -> Fields:
    """Our active rows in the order in which the original has them, since its order within a contact varies."""
    is_limit = np.arange(54) >= 48
    copies = np.where((np.arange(54) >= 32) & ~is_limit, 2, 1)
    active = np.repeat(np.flatnonzero(ours["rows_D"] > 0), copies[ours["rows_D"] > 0])
    found = {"rows": np.array([np.sum(is_limit[active]), np.sum(~is_limit[active])])}
    count = len(original["efc_pos"])
    order = active
    if len(active) == count and count:
        # The cost of a wrong match is large: rows of one body differ in their Jacobians or, at least, in aref.
        jacobian = np.abs(ours["rows_J"][active][:, None] - original["efc_J"][None]).max(-1)
        aref = np.abs(ours["rows_aref"][active][:, None] - original["efc_aref"][None])
        pairs = linear_sum_assignment(jacobian + 1e-3 * aref)
        order = np.empty(count, np.int64)
        order[pairs[1]] = active[pairs[0]]
    parts = {"efc_J": "rows_J", "efc_pos": "rows_pos", "efc_aref": "rows_aref"}
    found |= {name: _padded(ours[part][order]) for name, part in parts.items()}
    scale = original["efc_D"] if len(order) == count else np.ones(len(order))
    return {**found, "efc_D (relative)": _padded(ours["rows_D"][order] / scale)}


def _own_rows(original: Fields) -> Fields:
    limits = original["efc_is_limit"]
    found = {name: _padded(original[name]) for name in ("efc_J", "efc_pos", "efc_aref")}
    rows = np.array([np.sum(limits), np.sum(~limits)])
    return {"rows": rows, **found, "efc_D (relative)": _padded(np.ones(len(limits)))}


def _padded(rows: np.ndarray) -> np.ndarray:
    return np.concatenate([rows, np.zeros((MOST_ROWS - len(rows), *rows.shape[1:]))])
