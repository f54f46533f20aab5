"""Faints and the end of a battle (`faintMessages`, `checkWin`)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax import harm
from pokejax.abilities import end_abilities
from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.formes import forget_copy
from pokejax.slot import kept_points


def left(side: Side) -> Scalar:
    """Returns how many of a side's Pokemon have not fainted (`pokemonLeft`), int32."""
    bench = jnp.sum((side.party.hp[1:] > 0).astype(jnp.int32))
    return bench + jnp.logical_not(side.fainted).astype(jnp.int32)


def faint_messages(battle: Battle, when: Mask, check: Mask = True) -> None:
    """Handles the queue of faints in its order, Destiny Bond included, then looks for a winner.

    Args:
        battle: the battle.
        when: bool.
        check: bool, whether to look for a winner; if Destiny Bond took a Pokemon along it is done anyway.
    """
    when = when & battle.going
    own, foe = battle.own, battle.foe
    any_queued = when & ((own.faint_order > 0) | (foe.faint_order > 0))
    bonded: Any = False
    for side, other in ((own, foe), (foe, own)):
        taken = any_queued & (side.faint_order > 0) & side.faint_by_move & side.has("destinybond")
        taken = taken & (other.hp > 0) & (other.faint_order == 0)
        harm.faint(battle, other, taken)
        bonded = bonded | taken
    queued = [any_queued & (side.faint_order > 0) for side in (own, foe)]
    end_abilities(battle, queued[0], queued[1])
    for side, here in zip((own, foe), queued, strict=True):
        leave_by_faint(side, here)
    check_win(battle, any_queued & (check | bonded))


def leave_by_faint(side: Side, when: Mask) -> None:
    """Marks a Pokemon as fainted and takes from it what could still be felt of its being on the field."""
    forget_copy(side, when)
    side.put(when, base_pp=kept_points(side), fainted=True, faint_order=0, faint_by_move=False)
    side.put(when & side.flag("transformed"), pp=side.base_pp)  # the copied moves go, its own keep their PP
    side.put(when, volatiles=0, slot_flags=0, ability=side.base_ability, speed=side.base_stats[4])


def check_win(battle: Battle, when: Mask) -> None:
    """Ends the battle where a side has no Pokemon left; a tie where neither has."""
    own_left, foe_left = left(battle.own), left(battle.foe)
    own_wins = 1 + jnp.asarray(battle.swapped).astype(jnp.int32)
    result = jnp.where((own_left == 0) & (foe_left == 0), 3, jnp.where(foe_left == 0, own_wins, 3 - own_wins))
    battle.put(when & battle.going & ((own_left == 0) | (foe_left == 0)), result=result)
