"""The engine as the parity checks drive it: batches of battles, and what of each decision point is compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import hashing

# XLA's fusion recomputes the chain of draws for each use, and compiles this step many times longer.
OPTIONS = {"xla_disable_hlo_passes": "fusion"}


class Look(NamedTuple):
    """What is compared at a decision point, for n battles."""

    hashes: Any  # uint32 (n, 2)
    masks: Any  # int32 (n, 2), legal actions as bits
    errors: Any  # int32 (n,), the engine's error flags
    generator: Any  # uint32 (n, 2)


def look(state: Any) -> Look:
    """What is compared of one battle; traceable."""
    from pokejax import masks

    legal = masks.action_masks(state)
    bits = jnp.sum(legal * (1 << np.arange(legal.shape[-1], dtype=np.int32)), axis=-1)
    generator = jnp.stack([state.rng_hi, state.rng_lo])
    return Look(hashing.hash_state(state), bits, state.err.astype(jnp.int32), generator)


def start(seed: Any, teams: Any) -> tuple[Any, Look]:
    """A battle at its first decision point: seed uint32 (2,), teams int16 (2, 6, 20)."""
    from pokejax import battle

    state = battle.start(seed, teams)
    return state, look(state)


def step(state: Any, actions: Any) -> tuple[Any, Look]:
    """A battle after both sides' actions, int32 (2,)."""
    from pokejax import battle

    state = battle.advance(state, actions)
    return state, look(state)


class Engine:
    """Compiled functions for batches; the size of a batch is that of the first call."""

    def __init__(self) -> None:
        self.start: Callable[..., tuple[Any, Look]] = jax.jit(jax.vmap(start), compiler_options=OPTIONS)
        self.step: Callable[..., tuple[Any, Look]] = jax.jit(jax.vmap(step), compiler_options=OPTIONS)
