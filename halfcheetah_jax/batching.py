"""How a single body's step becomes a batch's: `jax.vmap` of it runs the batched physics at once.

The physics is written on a batch in the last axis, since that is what processors like. Mapping it the ordinary way
would move that axis to the front of every array; a rule of its own keeps it where it is, for any depth of `vmap`.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from halfcheetah_jax import integration, kinematics


def step(
    qpos: jax.Array, qvel: jax.Array, qacc: jax.Array, ctrl: jax.Array, frame_skip: int
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """One step of one body; see `integration.step`.

    Args:
        qpos: (9,), m and rad.
        qvel: (9,), m/s and rad/s.
        qacc: (9,), m/s^2 and rad/s^2, the solver's first guess.
        ctrl: (6,).
        frame_skip: number of substeps.

    Returns:
        qpos with the distance moved in place of the root's x, qvel, and the solver's last acceleration.
    """
    batch = [part[None] for part in (qpos, qvel, qacc, ctrl)]
    stepped = _batched(frame_skip)(*batch)
    return stepped[0][0], stepped[1][0], stepped[2][0]


@functools.lru_cache(maxsize=8)
def _batched(frame_skip: int) -> Any:
    """The step of a batch in the first axis, (N, 9) each, which absorbs any further batch into it."""

    @jax.custom_batching.custom_vmap
    def batched(qpos: jax.Array, qvel: jax.Array, qacc: jax.Array, ctrl: jax.Array) -> Any:
        body = integration.step(qpos.T, qvel.T, qacc.T, ctrl.T, frame_skip)
        return body.qpos.T, body.qvel.T, kinematics.to_joints(body.acceleration).T

    @batched.def_vmap
    def absorb(axis_size: int, is_batched: Any, *parts: jax.Array) -> Any:
        flat = [
            (part if mapped else jnp.broadcast_to(part, (axis_size, *part.shape))).reshape(-1, part.shape[-1])
            for part, mapped in zip(parts, is_batched, strict=True)
        ]
        stepped = batched(*flat)
        return tuple(part.reshape(axis_size, -1, part.shape[-1]) for part in stepped), (True, True, True)

    return batched
