"""A 64-bit hash of the canonical state, the same in NumPy, in JAX and in the oracle's exporter.

Each word is mixed with its place and the results are added, so that the words can be taken in any order at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pokejax import state as layout

# Odd multipliers that give each place of the layout its own offset, one for each half of the hash.
LANES = (np.uint32(0x9E3779B1), np.uint32(0x85EBCA77))


def _mix(x: Any) -> Any:
    """A bijection of uint32 in which every input bit reaches every output bit."""
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def hash_words(words: Any, xp: Any = np) -> Any:
    """Hashes words.

    Args:
        words: uint32 (..., n), each word modulo 2^32.
        xp: numpy or jax.numpy.

    Returns:
        uint32 (..., 2), upper half first.
    """
    places = np.arange(1, words.shape[-1] + 1, dtype=np.uint32)
    halves = [xp.sum(_mix(words + places * lane), axis=-1, dtype=np.uint32) for lane in LANES]
    return xp.stack(halves, axis=-1)


def hash_state(state: Any) -> Any:
    """Hashes the canonical state of one battle; traceable.

    Args:
        state: EnvState without a batch axis.

    Returns:
        uint32 (2,), upper half first.
    """
    import jax.numpy as jnp

    parts = [jnp.asarray(getattr(state, field.name)).astype(jnp.uint32).reshape(-1) for field in layout.HASHED]
    return hash_words(jnp.concatenate(parts), jnp)


def to_hex(halves: Any) -> str:
    """The hash as 16 hex digits, for one battle: uint32 (2,)."""
    return f"{int(halves[0]):08x}{int(halves[1]):08x}"
