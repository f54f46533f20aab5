"""The exact Newton solver of the constrained acceleration.

The cost is 1/2 a'Ma - F'a + 1/2 sum D min(Ja - aref, 0)^2: quadratic as long as no row changes its side. A full Newton
step that changes none has therefore reached the minimum, to rounding; that is the rule by which a body is done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from halfcheetah_jax import contact
from halfcheetah_jax.contact import Constraints, Rows
from halfcheetah_jax.kinematics import Motion, Pose
from halfcheetah_jax.tree_matrix import TreeMatrix, solve

MAX_ITERATIONS = 8  # A bound against endless loops: over 90,000 substeps the largest number needed was 5.


class _Search(NamedTuple):
    iteration: jax.Array  # int32 ()
    acceleration: Motion
    residual: Rows  # J a - aref
    done: jax.Array  # bool (N,)


def constrained_acceleration(
    mass: TreeMatrix, force: Motion, rows: Constraints, posed: Pose, start: Motion
) -> tuple[Motion, jax.Array]:
    """The acceleration that minimises the cost.

    Args:
        mass: M.
        force: MuJoCo's qfrc_smooth.
        rows: the constraints.
        posed: geometry.
        start: guess of the acceleration, usually that of the last substep.

    Returns:
        (acceleration, number of iterations of the whole batch int32 ()). A non-finite problem gives a non-finite
        acceleration, in a bounded time.
    """
    references = contact.references(rows)
    weights = contact.weights(rows)
    residual = _map(lambda a, b: a - b, contact.accelerations(rows, posed, start), references)
    first = _Search(jnp.zeros((), jnp.int32), start, residual, jnp.zeros(start.x.shape, bool))

    def goes_on(search: _Search) -> jax.Array:
        return (search.iteration < MAX_ITERATIONS) & ~jnp.all(search.done)

    def iterate(search: _Search) -> _Search:
        pressed = _map(lambda r, w: jnp.where(r < 0, w, 0), search.residual, weights)
        push = contact.generalized(rows, posed, _map(lambda r, w: r * w, search.residual, pressed))
        inertia = mass @ search.acceleration
        downhill = Motion(*(f - m - p for f, m, p in zip(force, inertia, push, strict=True)))
        step = solve(contact.add_stiffness(mass, rows, posed, pressed), downhill)
        change = contact.accelerations(rows, posed, step)
        length, exact = _line_search(search.residual, change, pressed, weights, downhill, step)
        length = jnp.where(search.done, 0, length)
        return _Search(
            search.iteration + 1,
            Motion(*(a + length * s for a, s in zip(search.acceleration, step, strict=True))),
            _map(lambda r, c: r + length * c, search.residual, change),
            search.done | exact,
        )

    last = jax.lax.while_loop(goes_on, iterate, first)
    return last.acceleration, last.iteration


def _line_search(
    residual: Rows, change: Rows, pressed: Rows, weights: Rows, downhill: Motion, step: Motion
) -> tuple[jax.Array, jax.Array]:
    """Length of the step, one Newton refinement from 1, and whether the full step changes no row's side.

    With H step = downhill, the slope at length 1 is what the rows that changed sides add to it.
    """
    slope, curvature = 0.0, sum(_sum(d * s) for d, s in zip(downhill, step, strict=True))
    changed: Any = False
    for r, c, p, w in zip(residual, change, pressed, weights, strict=True):
        full = r + c
        added = jnp.where(full < 0, w, 0) - p
        force = added * c
        slope = slope + _over_rows(jnp.add, force * full)
        curvature = curvature + _over_rows(jnp.add, force * c)
        changed = changed | _over_rows(jnp.logical_or, added != 0)
    length = jnp.maximum(1 - slope / curvature, 0)
    return jnp.where(jnp.isfinite(length), length, 1), ~changed


def _over_rows(join: Callable[[jax.Array, jax.Array], jax.Array], rows: jax.Array) -> jax.Array:
    """Joins the values of all rows, (R, 2, N) to (N,), in pairs.

    Written out, since XLA hands some reductions to libraries that cannot be part of one kernel.
    """
    while rows.shape[0] > 1:
        half = rows.shape[0] // 2
        rows = jnp.concatenate([join(rows[:half], rows[half : 2 * half]), rows[2 * half :]])
    return join(rows[0, 0], rows[0, 1])


def _sum(part: jax.Array) -> jax.Array:
    """(N,) as it is, (2, N) summed over the legs."""
    return part if part.ndim == 1 else part[0] + part[1]


def _map(function, *rows: Rows) -> Rows:
    return Rows(*(function(*parts) for parts in zip(*rows, strict=True)))
