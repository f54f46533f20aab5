"""Random numbers from a counter: a hash of (seed, index), cheap enough to be computed at every step.

The state of an environment holds a seed and the number of draws made so far, so no key is split inside a step and the
same state always draws the same numbers. The mixing function is the 32-bit finaliser known as lowbias32.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

WEYL_INCREMENT = 0x9E3779B9


def hash_uint32(value: jax.Array) -> jax.Array:
    """Mixes the bits of a uint32 () so that neighbouring values give unrelated results: uint32 ()."""
    value = value ^ (value >> 16)
    value = value * jnp.uint32(0x7FEB352D)
    value = value ^ (value >> 15)
    value = value * jnp.uint32(0x846CA68B)
    return value ^ (value >> 16)


def draw_uint32(seed: jax.Array, index: jax.Array) -> jax.Array:
    """The draw number `index` (uint32 ()) of the stream `seed` (uint32 ()): uniform uint32 ()."""
    return hash_uint32(seed + index * jnp.uint32(WEYL_INCREMENT))


def seed_from_key(key: jax.Array) -> jax.Array:
    """A stream's seed from a JAX random key: uint32 ()."""
    return jax.random.bits(key, (), jnp.uint32)
