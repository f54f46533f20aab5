"""Showdown's sort of actions and handlers, with the draws of its ties (`speedSort` of `sim/battle`).

It is a selection sort: the items tied for the first rank are swapped to the front, which disturbs the order of the
rest, and then shuffled among themselves, which draws one number less than there are of them.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pokejax.core import Battle, Mask
from pokejax.rng import draw

LAST = np.int32(2**31 - 1)
"""Key of an unused place: behind every item."""


def first_of_two(battle: Battle, a: Any, b: Any, when: Mask, site: str) -> Any:
    """Sorts two items of which the greater comes first.

    Args:
        battle: the battle, whose generator a tie advances.
        a: int32, rank of the item that stands first.
        b: int32, rank of the other.
        when: bool, whether there are two items to sort.
        site: see `rng.draw`.

    Returns:
        bool, whether the second item comes first; false where `when` is.
    """
    tie = when & (a == b)
    swapped = draw(battle, 2, tie, site) == 1
    return when & jnp.where(tie, swapped, b > a)


def speed_sort(battle: Battle, keys: jax.Array, when: Mask, site: str) -> jax.Array:
    """Sorts a list by ascending key and returns which item stands in each place.

    Args:
        battle: the battle, whose generator the ties advance.
        keys: int32 (n,), equal for tied items; LAST for places that hold none, which must follow all that hold one.
        when: bool, whether to draw at all; without it the order among ties is that of the swaps.
        site: see `rng.draw`.

    Returns:
        int32 (n,), the item's index by place; unused places hold unused indices.
    """
    n = keys.shape[0]
    lanes = jnp.arange(n, dtype=jnp.int32)

    def exchange(values: jax.Array, i: Any, j: Any) -> jax.Array:
        at_i, at_j = jnp.sum(jnp.where(lanes == i, values, 0)), jnp.sum(jnp.where(lanes == j, values, 0))
        return jnp.where(lanes == i, at_j, jnp.where(lanes == j, at_i, values))

    def select(i: Any, carried: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        keys, items = carried
        rest = jnp.where(lanes >= i, keys, LAST)
        lowest = jnp.min(rest)
        place = jnp.min(jnp.where((rest == lowest) & (lanes >= i), lanes, n))
        return exchange(keys, i, place), exchange(items, i, place)

    keys, items = jax.lax.fori_loop(0, n, select, (jnp.asarray(keys, jnp.int32), lanes))
    ends = jnp.sum((keys[None, :] <= keys[:, None]).astype(jnp.int32), axis=1)
    used = keys != LAST

    def shuffle(i: Any, carried: tuple[Any, Any, Any, jax.Array]) -> tuple[Any, Any, Any, jax.Array]:
        hi, lo, draws, items = carried
        inner = Battle(rng_hi=hi, rng_lo=lo, draws=draws)
        end = jnp.sum(jnp.where(lanes == i, ends, 0))
        tied = when & (i < end - 1) & jnp.any(used & (lanes == i))
        j = i + draw(inner, jnp.maximum(end - i, 1), tied, site)
        items = jnp.where(tied, exchange(items, i, j), items)
        return inner.rng_hi, inner.rng_lo, inner.draws, items

    battle.rng_hi, battle.rng_lo, battle.draws, items = jax.lax.fori_loop(
        0, n - 1, shuffle, (battle.rng_hi, battle.rng_lo, battle.draws, items)
    )
    return items
