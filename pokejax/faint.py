"""Faints and the end of a battle (`faintMessages`, `checkWin`)."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from pokejax import harm
from pokejax.abilities import end_ability
from pokejax.core import Battle, Mask, Scalar, Side, settle
from pokejax.slot import clear_volatile


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
    any_queued = when & ((battle.own.faint_order > 0) | (battle.foe.faint_order > 0))
    one_queued = (battle.own.faint_order > 0) ^ (battle.foe.faint_order > 0)
    both_stood = jnp.logical_not(battle.own.fainted | battle.foe.fainted)
    own_first = (battle.foe.faint_order == 0) | (
        (battle.own.faint_order > 0) & (battle.own.faint_order < battle.foe.faint_order)
    )
    before = battle.swapped
    battle.swap(jnp.logical_not(own_first))

    def one(_: int, battle: Battle) -> Battle:  # a Pokemon that Destiny Bond takes along follows the one that it took
        own, foe = battle.own, battle.foe
        handled = any_queued & (own.faint_order > 0)
        bond = handled & own.faint_by_move & own.has("destinybond") & (foe.hp > 0)
        harm.faint(battle, foe, bond)
        end_ability(battle, own, handled)
        clear_volatile(own, handled)
        own.put(handled, fainted=True, faint_order=0, faint_by_move=False, to_move=False)
        battle.swap(True)
        return settle(battle)

    battle.__dict__.update(jax.lax.fori_loop(0, 2, one, settle(battle)).__dict__)
    battle.face(before)
    bonded = one_queued & both_stood & battle.own.fainted & battle.foe.fainted
    check_win(battle, any_queued & (check | bonded))


def check_win(battle: Battle, when: Mask) -> None:
    """Ends the battle where a side has no Pokemon left; a tie where neither has."""
    own_left, foe_left = left(battle.own), left(battle.foe)
    own_wins = 1 + jnp.asarray(battle.swapped).astype(jnp.int32)
    result = jnp.where((own_left == 0) & (foe_left == 0), 3, jnp.where(foe_left == 0, own_wins, 3 - own_wins))
    battle.put(when & battle.going & ((own_left == 0) | (foe_left == 0)), result=result)
