"""Showdown's generator: the 64-bit congruential generator of the fifth generation's games, on pairs of uint32.

x <- x * 0x5D588B656C078965 + 0x269EC3 modulo 2^64; the output is the upper half after the step (`sim/prng`, Gen5RNG).
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pokejax.core import Battle, Mask, either

MULTIPLIER_HI, MULTIPLIER_LO = np.uint32(0x5D588B65), np.uint32(0x6C078965)
LOWER, UPPER = np.uint32(0x8965), np.uint32(0x6C07)  # the halves of MULTIPLIER_LO
INCREMENT = np.uint32(0x00269EC3)
HALF = np.uint32(0xFFFF)
SHIFT = np.uint32(16)


def advance(hi: Any, lo: Any) -> tuple[jax.Array, jax.Array]:
    """Returns the state after one step, uint32 halves."""
    hi, lo = jnp.asarray(hi, jnp.uint32), jnp.asarray(lo, jnp.uint32)
    below, above = lo & HALF, lo >> SHIFT
    middle = above * LOWER + ((below * LOWER) >> SHIFT)
    carried = above * UPPER + (middle >> SHIFT) + ((below * UPPER + (middle & HALF)) >> SHIFT)
    product = lo * MULTIPLIER_LO
    low = product + INCREMENT
    carry = (low < product).astype(jnp.uint32)
    return hi * MULTIPLIER_LO + lo * MULTIPLIER_HI + carried + carry, low


def scale(value: Any, n: Any) -> jax.Array:
    """Maps a uint32 to 0..n-1 as floor(value * n / 2^32); n < 2^16. Returns int32."""
    value = jnp.asarray(value, jnp.uint32)
    n = np.uint32(n) if isinstance(n, int) else n.astype(jnp.uint32)
    return (((value >> SHIFT) * n + (((value & HALF) * n) >> SHIFT)) >> SHIFT).astype(jnp.int32)


SITES: set[str] = set()
"""Names of the places that draw, filled while a step is traced: docs and the coverage of parity runs read it."""


def draw(battle: Battle, n: Any, when: Mask, site: str) -> Any:
    """Draws a number below n and advances the generator, both only where `when` holds.

    Args:
        battle: the battle, changed in place.
        n: int32, 1 to 65535; the number is `floor(x * n / 2^32)`.
        when: bool.
        site: the place in the rules, for people who compare draws.

    Returns:
        int32; meaningless where `when` is false.
    """
    SITES.add(site)
    hi, lo = advance(battle.rng_hi, battle.rng_lo)
    battle.rng_hi, battle.rng_lo = either(when, hi, battle.rng_hi), either(when, lo, battle.rng_lo)
    battle.draws = battle.draws + jnp.asarray(when).astype(jnp.int32)
    return scale(hi, n)


def draw_between(battle: Battle, low: Any, high: Any, when: Mask, site: str) -> Any:
    """Draws a number from low to high - 1, as `random(low, high)` does; see `draw`."""
    return low + draw(battle, high - low, when, site)


def chance(battle: Battle, numerator: Any, denominator: Any, when: Mask, site: str) -> Any:
    """Draws once and returns whether the chance came true, as `randomChance` does; see `draw`."""
    return draw(battle, denominator, when, site) < numerator
