"""How a single body's step becomes a batch's: `jax.vmap` of it runs the batched physics at once.

The physics is written on a batch in the last axis, since that is what processors like. Mapping it the ordinary way
would move that axis to the front of every array; a rule of its own keeps it where it is, for any depth of `vmap`.

On CPU a block of bodies at a time goes through the whole step, as one kernel: a block's numbers stay in the processor's
cache, and its solver ends when its own bodies are done, not the whole batch's.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from halfcheetah_jax import integration
from twinenvs.kernel import blocks, one_kernel

# Bodies of a block: enough to fill the processor's vectors many times, few enough to stay in its first two caches.
BLOCK = 128


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
    def batched(*state: jax.Array) -> Any:
        return jax.lax.platform_dependent(
            *state,
            cpu=functools.partial(_in_blocks, frame_skip=frame_skip),
            default=functools.partial(_at_once, frame_skip=frame_skip),
        )

    @batched.def_vmap  # type: ignore[attr-defined]
    def absorb(axis_size: int, is_batched: Any, *parts: jax.Array) -> Any:
        flat = [
            (part if mapped else jnp.broadcast_to(part, (axis_size, *part.shape))).reshape(-1, part.shape[-1])
            for part, mapped in zip(parts, is_batched, strict=True)
        ]
        stepped = batched(*flat)
        return tuple(part.reshape(axis_size, -1, part.shape[-1]) for part in stepped), (True, True, True)

    return batched


def _at_once(*state: jax.Array, frame_skip: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The step of a batch in the first axis."""
    qpos, qvel, qacc, ctrl = (part.T for part in state)
    qpos, qvel, qacc = integration.step(qpos, qvel, qacc, ctrl, frame_skip)
    return qpos.T, qvel.T, qacc.T


def _in_blocks(*state: jax.Array, frame_skip: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The same, block by block in one kernel."""
    count = state[0].shape[0]
    number, size = blocks(count, BLOCK)
    surplus = number * size - count

    def step_blocks(*split: jax.Array) -> tuple[jax.Array, ...]:
        def step_block(index: jax.Array, moved: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
            qpos, qvel, qacc, ctrl = (
                jax.lax.dynamic_index_in_dim(part, index, keepdims=False) for part in (*moved, split[3])
            )
            stepped = integration.step(qpos, qvel, qacc, ctrl, frame_skip)
            return tuple(
                jax.lax.dynamic_update_index_in_dim(whole, part, index, 0)
                for whole, part in zip(moved, stepped, strict=True)
            )

        return jax.lax.fori_loop(0, number, step_block, split[:3])

    def split(part: jax.Array) -> jax.Array:
        # The last body fills up the last block.
        filled = jnp.pad(part, ((0, surplus), (0, 0)), mode="edge") if surplus else part
        return filled.reshape(number, size, -1).swapaxes(1, 2)

    def joined(part: jax.Array) -> jax.Array:
        return part.swapaxes(1, 2).reshape(number * size, -1)[:count]

    qpos, qvel, qacc = one_kernel(step_blocks, *map(split, state))
    return joined(qpos), joined(qvel), joined(qacc)
