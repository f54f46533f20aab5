"""Whether a move hits (`hitStepAccuracy` of generation 4, events ModifyAccuracy and Accuracy)."""

from __future__ import annotations

import functools

import jax.numpy as jnp
import numpy as np

from pokejax import enums
from pokejax.boosts import HIGHEST, LOWEST, stage_of
from pokejax.core import Battle, Mask
from pokejax.modifiers import ONE, chain, facts_of, holds
from pokejax.names import has_ability, tables
from pokejax.rng import draw
from pokejax.speed import modify
from pokejax.use import Use

EVASION_PRIORITIES = (8, 6)  # Sand Veil and Snow Cloak, Tangled Feet; Compound Eyes (9) comes before them


STAGES = HIGHEST - LOWEST + 1
THIRDS = (1, 4 / 3, 5 / 3, 2, 7 / 3, 8 / 3, 3)  # what a stage of +n multiplies by and -n divides by
MOST = 100  # percent
ACCURACY, EVASION = enums.BOOSTS.index("accuracy"), enums.BOOSTS.index("evasion")


@functools.cache
def staged_accuracies() -> np.ndarray:
    """Accuracies after the stages of accuracy and evasion, computed in float64 as Showdown does.

    The product's last bits matter: one that is not whole is no longer changed by ModifyAccuracy, for `runEvent` applies
    the factors of an event to whole numbers only, and 50 * 4/3 / 4/3 is not whole.

    Returns:
        int32 (13, 13, 101), by the stages + 6 and percent: twice the least whole number that is no smaller, for a roll
        misses from there on, and 1 more if the product is whole.
    """
    coded = np.zeros((STAGES, STAGES, MOST + 1), np.int32)
    percent = np.arange(MOST + 1, dtype=np.float64)
    for own in range(LOWEST, HIGHEST + 1):
        aimed = percent * THIRDS[own] if own > 0 else percent / THIRDS[-own]
        for foe in range(LOWEST, HIGHEST + 1):
            seen = aimed / THIRDS[foe] if foe > 0 else aimed * THIRDS[-foe]
            whole = seen == np.floor(seen)
            coded[own - LOWEST, foe - LOWEST] = 2 * np.ceil(seen).astype(np.int32) + whole
    return coded


def hits(battle: Battle, use: Use, when: Mask) -> Mask:
    """Draws whether the acting side's move hits; a move that cannot miss draws nothing.

    Returns:
        bool, `when` without the misses.
    """
    own, foe = battle.own, battle.foe
    can_miss = when & (use.accuracy != 0)
    own_stage = stage_of(own, ACCURACY, False) - LOWEST
    foe_stage = stage_of(foe, EVASION, use.ignore_ability) - LOWEST
    coded = jnp.asarray(staged_accuracies())[own_stage, foe_stage, use.accuracy]
    staged, whole = coded >> 1, (coded & 1) == 1
    eyes = tables().abilities.row(own.ability).accuracy_mult_mod
    row, facts = tables().abilities.row(foe.ability), facts_of(battle, foe)
    veiled = holds(row.evasion_mult_when, facts) & jnp.logical_not(use.ignore_ability)
    modifier = chain(ONE, eyes, True)
    for priority in EVASION_PRIORITIES:
        modifier = chain(modifier, row.evasion_mult_mod, veiled & (row.evasion_mult_priority == priority))
    accuracy = jnp.where(whole, modify(staged, modifier), staged)
    own_sure = has_ability(own, "noguard") & (own.hp > 0)  # not of a user that Explosion has cost its HP
    foe_sure = has_ability(foe, "noguard")
    tie = own_sure & foe_sure & (own.speed == foe.speed) & jnp.logical_not(foe.fainted)
    draw(battle, 2, when & tie, "tie: Accuracy")
    rolls = can_miss & jnp.logical_not(own_sure | foe_sure)
    missed = rolls & (draw(battle, 100, rolls, "hitStepAccuracy") >= accuracy)
    return when & jnp.logical_not(missed)
