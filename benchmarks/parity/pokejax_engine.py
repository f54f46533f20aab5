"""The engine as the parity checks drive it: batches of battles, and what of each decision point is compared."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import env, hashing
from twinenvs import fusion

OPTIONS = fusion.options(*env.LOOP_PASSES)
# For rules without a plan of what is computed together: XLA's fusion recomputes the chain of draws for each use.
UNPLANNED = {"xla_disable_hlo_passes": "fusion"}


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


class Engine:
    """Compiled functions for batches; the size of a batch is that of the first call.

    What is compared is computed from the finished states by a program of its own. As a part of the start's program its
    words of the second side came out wrong (XLA for CPU without the fusion pass), while the states were right.
    """

    def __init__(self) -> None:
        from pokejax import battle

        self._start = jax.jit(jax.vmap(battle.start), compiler_options=OPTIONS)
        self._advance = jax.jit(jax.vmap(battle.advance), compiler_options=OPTIONS)
        self._look = jax.jit(jax.vmap(fusion.planned(look)), compiler_options=OPTIONS)

    def start(self, seeds: Any, teams: Any) -> tuple[Any, Look]:
        """Battles at their first decision point: seeds uint32 (n, 2), teams int16 (n, 2, 6, 20)."""
        state = self._start(seeds, teams)
        return state, self._look(state)

    def step(self, state: Any, actions: Any) -> tuple[Any, Look]:
        """Battles after both sides' actions, int32 (n, 2)."""
        state = self._advance(state, actions)
        return state, self._look(state)
