"""Types against types: what does nothing, what hits hard (`runImmunity` and `runEffectiveness` of `sim/pokemon`)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pokejax import enums
from pokejax.core import Mask, Scalar, Side
from pokejax.names import has_ability, has_type, tables

FLYING, GROUND = enums.TYPES.index("Flying"), enums.TYPES.index("Ground")
NORMAL, FIGHTING = enums.TYPES.index("Normal"), enums.TYPES.index("Fighting")


def _entries(chart: np.ndarray, attacking: Scalar, target: Side) -> list[Any]:
    """The chart's entries for the types of the target, 0 for a type that it lacks or that Roost takes away."""
    flat, width = jnp.asarray(chart.astype(np.int32).reshape(-1)), chart.shape[1]
    roosting = target.has("roost")
    found = []
    for place, number in enumerate(target.types):
        counts = (number != 0) & jnp.logical_not(roosting & (number == FLYING))
        if place == 1:
            counts = counts & (number != target.types[0])
        found.append(jnp.where(counts, flat[attacking * width + number], 0))
    return found


def by_chart(target: Side, attacking: Scalar) -> Mask:
    """Whether an attack of a type hits a Pokemon on the field hard, by the chart alone."""
    first, second = _entries(tables().immunity, attacking, target)
    return (first == 0) & (second == 0) & (effectiveness(target, attacking) > 0)


def immune(target: Side, attacking: Scalar, ignore_ability: Mask, scrappy: Mask) -> Mask:
    """Whether attacks of a type do nothing to a Pokemon on the field.

    Args:
        target: the side.
        attacking: int32, type index; 0, typeless, reaches everyone.
        ignore_ability: bool, Mold Breaker is at work.
        scrappy: bool, Normal and Fighting attacks reach Ghosts.
    """
    first, second = _entries(tables().immunity, attacking, target)
    by_type = (first != 0) | (second != 0)
    levitates = has_ability(target, "levitate") & jnp.logical_not(ignore_ability)
    by_type = jnp.where(attacking == GROUND, has_type(target, "Flying") | levitates, by_type)
    passes = (attacking == 0) | (scrappy & ((attacking == NORMAL) | (attacking == FIGHTING)))
    return by_type & jnp.logical_not(passes)


def effectiveness(target: Side, attacking: Scalar) -> Scalar:
    """Returns by how many doublings, negative for halvings, a type hits a Pokemon on the field; int32 -2 to 2."""
    first, second = _entries(tables().effectiveness, attacking, target)
    return first + second
