"""HP lost and gained, and the queue of faints (`damage`, `heal` and `faint` of `sim/pokemon` and `sim/battle`)."""

from __future__ import annotations

import jax.numpy as jnp

from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.names import has_ability


def faint(battle: Battle, target: Side, when: Mask, by_move: Mask = False) -> None:
    """Puts a Pokemon into the queue of faints.

    Args:
        battle: the battle.
        target: the side whose Pokemon on the field faints.
        when: bool.
        by_move: bool, a move of the other side's Pokemon is the cause (Destiny Bond asks).
    """
    when = when & jnp.logical_not(target.fainted) & (target.faint_order == 0)
    place = 1 + jnp.maximum(battle.own.faint_order, battle.foe.faint_order)
    target.put(when, hp=0, switch_flag=0, faint_order=place, faint_by_move=by_move)


def lose_hp(battle: Battle, target: Side, amount: Scalar, when: Mask, by_move: Mask = False) -> Scalar:
    """Takes HP away, at least 1 of a positive amount already rounded down, and queues a faint at 0.

    Args:
        battle: the battle.
        target: the side hurt.
        amount: int32, HP; 0 or less takes nothing.
        when: bool.
        by_move: see `faint`.

    Returns:
        int32, the HP lost, 0 where `when` is false.
    """
    when = when & (target.hp > 0) & (amount > 0)
    lost = jnp.where(when, jnp.minimum(amount, target.hp), 0)
    target.put(when, hp=target.hp - lost)
    faint(battle, target, when & (target.hp == 0), by_move)
    return lost


def hurt(battle: Battle, target: Side, amount: Scalar, when: Mask) -> Scalar:
    """Deals damage that is no move's: at least 1, and none to Magic Guard (`damage` with the event Damage).

    Args:
        battle: the battle.
        target: the side hurt.
        amount: int32, HP, rounded down.
        when: bool.

    Returns:
        int32, the HP lost.
    """
    blocked = has_ability(target, "magicguard")
    return lose_hp(battle, target, jnp.maximum(amount, 1), when & jnp.logical_not(blocked))


def heal(target: Side, amount: Scalar, when: Mask) -> Scalar:
    """Gives HP back, at least 1, up to the maximum (`heal` of `sim/battle`, without the event TryHeal).

    Args:
        target: the side healed.
        amount: int32, HP, rounded down.
        when: bool.

    Returns:
        int32, the HP gained; 0 if there was nothing to heal.
    """
    when = when & (target.hp > 0) & jnp.logical_not(target.fainted)
    gained = jnp.where(when, jnp.minimum(jnp.maximum(amount, 1), target.max_hp - target.hp), 0)
    target.put(when, hp=target.hp + gained)
    return gained
