"""Whether a move hits (`hitStepAccuracy` of generation 4, events ModifyAccuracy and Accuracy)."""

from __future__ import annotations

import jax.numpy as jnp

from pokejax.core import Battle, Mask
from pokejax.modifiers import ONE, chain, facts_of, holds
from pokejax.names import has_ability, tables
from pokejax.rng import draw
from pokejax.speed import modify
from pokejax.use import Use

EVASION_PRIORITIES = (8, 6)  # Sand Veil and Snow Cloak, Tangled Feet; Compound Eyes (9) comes before them


def hits(battle: Battle, use: Use, when: Mask) -> Mask:
    """Draws whether the acting side's move hits; a move that cannot miss draws nothing.

    No move of the format changes the stages of accuracy or evasion, so a stage sets the error flag.

    Returns:
        bool, `when` without the misses.
    """
    own, foe = battle.own, battle.foe
    can_miss = when & (use.accuracy != 0)
    battle.fail("unmapped", can_miss & ((own.boosts[5] != 0) | (foe.boosts[6] != 0)))
    eyes = tables().abilities.row(own.ability).accuracy_mult_mod
    row, facts = tables().abilities.row(foe.ability), facts_of(battle, foe)
    veiled = holds(row.evasion_mult_when, facts) & jnp.logical_not(use.ignore_ability)
    modifier = chain(ONE, eyes, True)
    for priority in EVASION_PRIORITIES:
        modifier = chain(modifier, row.evasion_mult_mod, veiled & (row.evasion_mult_priority == priority))
    accuracy = modify(use.accuracy, modifier)
    both_sure = has_ability(own, "noguard") & has_ability(foe, "noguard") & (own.speed == foe.speed)
    draw(battle, 2, when & both_sure & jnp.logical_not(foe.fainted), "tie: Accuracy")
    rolls = can_miss & jnp.logical_not(has_ability(own, "noguard") | has_ability(foe, "noguard"))
    missed = rolls & (draw(battle, 100, rolls, "hitStepAccuracy") >= accuracy)
    return when & jnp.logical_not(missed)
