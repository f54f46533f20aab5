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

PAYLOAD = 64
"""An item is its key times this, plus a number below it that goes along."""

LAST = np.int32(2**31 - 1)
"""Stands in an unused place: behind every item."""


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


def speed_sort(battle: Battle, items: jax.Array, when: Mask, site: str, places: Any = None) -> jax.Array:
    """Sorts a list by ascending key and returns the item in each place.

    Args:
        battle: the battle, whose generator the ties advance.
        items: int32 (n,), key * PAYLOAD + payload, neither negative; items of equal keys are tied. LAST for places
            that hold none, which must follow all that hold one.
        when: bool, whether to draw at all; without it the order among ties is that of the swaps.
        site: see `rng.draw`.
        places: int32, how many places the longest list of the batch fills at most; n if not given.

    Returns:
        int32 (n,), the items in order, LAST in the places that hold none.
    """
    n = items.shape[0]
    assert n <= PAYLOAD
    places = n if places is None else jnp.minimum(places, n)
    lanes = jnp.arange(n, dtype=jnp.int32)
    key_bits = np.int32(~(PAYLOAD - 1))

    def at(values: jax.Array, i: Any) -> Any:
        return jnp.sum(jnp.where(lanes == i, values, 0))

    def exchange(values: jax.Array, i: Any, at_i: Any, j: Any) -> jax.Array:
        return jnp.where(lanes == i, at(values, j), jnp.where(lanes == j, at_i, values))

    def select(i: Any, items: jax.Array) -> jax.Array:
        # The lowest key, and the first place that holds it.
        place = jnp.min(jnp.where(lanes >= i, (items & key_bits) | lanes, LAST)) & (PAYLOAD - 1)
        return exchange(items, i, at(items, i), place)

    items = jax.lax.fori_loop(0, places, select, jnp.asarray(items, jnp.int32))

    def shuffle(i: Any, carried: tuple[Any, Any, Any, jax.Array]) -> tuple[Any, Any, Any, jax.Array]:
        hi, lo, draws, items = carried
        inner = Battle(rng_hi=hi, rng_lo=lo, draws=draws)
        here = at(items, i)
        end = jnp.sum((items <= (here | (PAYLOAD - 1))).astype(jnp.int32))
        tied = when & (i < end - 1) & (here != LAST)
        j = i + draw(inner, jnp.maximum(end - i, 1), tied, site)
        items = jnp.where(tied, exchange(items, i, here, j), items)
        return inner.rng_hi, inner.rng_lo, inner.draws, items

    battle.rng_hi, battle.rng_lo, battle.draws, items = jax.lax.fori_loop(
        0, places - 1, shuffle, (battle.rng_hi, battle.rng_lo, battle.draws, items)
    )
    return items
