"""What can keep a Pokemon from its move (event BeforeMove), in order of priority."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax import harm
from pokejax.boosts import boost
from pokejax.core import Battle, Mask
from pokejax.names import has_ability, is_move
from pokejax.reveal import show_ability, show_move
from pokejax.rng import chance
from pokejax.rules import Rules
from pokejax.status import cure
from pokejax.vocabulary import FRZ, PAR, SLP


def before_move(battle: Battle, rules: Rules, move: Any, row: Any, when: Mask) -> Mask:
    """Runs the gates before the acting side's move.

    Args:
        battle: the battle.
        rules: the hit path, which deals the damage of confusion.
        move: int32, move id.
        row: the move's row.
        when: bool.

    Returns:
        bool, whether the Pokemon may go on with its move.
    """
    own = battle.own
    recharging = when & own.has("mustrecharge")  # priority 11
    own.end("mustrecharge", recharging)
    own.end("truant", recharging)
    go = when & jnp.logical_not(recharging)

    asleep = go & (own.status == SLP)  # priority 10
    left = jnp.maximum(own.status_time - 1 - has_ability(own, "earlybird").astype(jnp.int32), 0)
    own.put(asleep, status_time=left)
    wakes = asleep & (left == 0)
    cure(own, wakes)
    go = go & jnp.logical_not(asleep & jnp.logical_not(wakes) & (row.sleep_usable == 0))

    frozen = go & (own.status == FRZ)
    thaws = chance(battle, 1, 5, frozen, "frz onBeforeMove") & frozen
    cure(own, thaws)
    go = go & jnp.logical_not(frozen & jnp.logical_not(thaws | rules.defrosts(row)))

    loafs = go & has_ability(own, "truant") & own.has("truant")  # priority 9
    show_ability(own, loafs)
    go = go & jnp.logical_not(loafs)

    flinches = go & own.has("flinch")  # priority 8
    steadies = flinches & has_ability(own, "steadfast")
    show_ability(own, boost(battle, own, [0, 0, 0, 0, 1, 0, 0], steadies, by_other=False))
    go = go & jnp.logical_not(flinches)

    taunted = go & own.has("taunt") & (row.category == 0)  # priority 5
    show_move(own, move, taunted)
    go = go & jnp.logical_not(taunted)

    confused = go & own.has("confusion")  # priority 3
    own.add(confused, confusion_time=-1)
    over = confused & (own.confusion_time == 0)
    own.end("confusion", over)
    confused = confused & jnp.logical_not(over)
    lucky = chance(battle, 1, 2, confused, "confusion onBeforeMove")
    hits_itself = confused & jnp.logical_not(lucky)
    harm.lose_hp(battle, own, rules.confusion_damage(battle, hits_itself), hits_itself)
    go = go & jnp.logical_not(hits_itself)

    attracted = go & own.has("attract")  # priority 2
    go = go & jnp.logical_not(chance(battle, 1, 2, attracted, "attract onBeforeMove") & attracted)

    paralysed = go & (own.status == PAR) & jnp.logical_not(has_ability(own, "magicguard"))  # priority 1
    go = go & jnp.logical_not(chance(battle, 1, 4, paralysed, "par onBeforeMove") & paralysed)

    own.end("destinybond", go & jnp.logical_not(is_move(move, "destinybond")))  # priority -1
    stopped = when & jnp.logical_not(go) & (own.hp > 0)  # event MoveAborted
    own.end("destinybond", stopped)
    own.end("solarbeam", stopped & own.has("twoturnmove"))
    own.end("twoturnmove", stopped)
    return go
