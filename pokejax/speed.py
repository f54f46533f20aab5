"""Speed as the order of turns reads it (`getActionSpeed` of generation 4, event ModifySpe)."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.names import has_ability, has_item, is_species, weather
from pokejax.vocabulary import PAR, RAIN, SUN

STAGE_HALVES = (2, 3, 4, 5, 6, 7, 8)  # a stage of +n multiplies a stat by STAGE_HALVES[n] / 2, -n divides by it
MOST = 10000


def staged(stat: Scalar, stage: Scalar) -> Scalar:
    """Returns a stat after its stage from -6 to 6, rounded down."""
    halves = 2 + jnp.abs(stage)
    return jnp.where(stage >= 0, stat * halves // 2, stat * 2 // halves)


def action_speed(battle: Battle, side: Side) -> Scalar:
    """Returns the speed of the Pokemon on the field, int32; negative under Trick Room.

    All modifiers are 2, 3/2, 1/2 or 1/4, so that their chain in 4096ths is exact in any order.
    """
    stage = jnp.where(has_ability(side, "simple"), jnp.clip(2 * side.boosts[4], -6, 6), side.boosts[4])
    modifier = 4096 + jnp.int32(0)

    def times(when: Mask, numerator: int, denominator: int, modifier: Scalar) -> Scalar:
        return jnp.where(when, modifier * numerator // denominator, modifier)

    now = weather(battle)
    modifier = times(has_ability(side, "chlorophyll") & (now == SUN), 2, 1, modifier)
    modifier = times(has_ability(side, "swiftswim") & (now == RAIN), 2, 1, modifier)
    quick_feet = has_ability(side, "quickfeet")
    modifier = times(quick_feet & (side.status != 0), 3, 2, modifier)
    modifier = times(has_ability(side, "slowstart") & (side.slow_start > 0), 1, 2, modifier)
    modifier = times(has_item(side, "choicescarf"), 3, 2, modifier)
    ditto = is_species(side.species, "ditto") & jnp.logical_not(side.flag("transformed"))
    modifier = times(has_item(side, "quickpowder") & ditto, 2, 1, modifier)
    modifier = times(side.has("unburden") & (side.item == 0), 2, 1, modifier)
    modifier = times((side.status == PAR) & jnp.logical_not(quick_feet), 1, 4, modifier)
    stat = jnp.minimum(modify(staged(side.stats[4], stage), modifier), MOST)
    return jnp.where(battle.trick_room > 0, -stat, stat)


def modify(value: Scalar, modifier: Scalar) -> Scalar:
    """Returns value * modifier / 4096 as `modify` rounds it, half down; the product is unsigned 32 bits."""
    product = jnp.asarray(value).astype(jnp.uint32) * jnp.asarray(modifier).astype(jnp.uint32)
    return ((product + np.uint32(2047)) >> np.uint32(12)).astype(jnp.int32)


def update_speeds(battle: Battle, when: Mask) -> None:
    """Refreshes the cached speed of both Pokemon on the field (`updateSpeed`); a fainted one keeps its own."""
    for side in (battle.own, battle.foe):
        side.put(when & jnp.logical_not(side.fainted), speed=action_speed(battle, side))
