"""Stages of stats and their blockers (`boost` of `sim/battle`, event TryBoost)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.names import has_ability

LOWEST, HIGHEST = -6, 6


def stage_of(side: Side, index: int, ignore_ability: Mask) -> Scalar:
    """Returns a stage as an event ModifyBoost leaves it: Simple doubles it; int32, -6 to 6."""
    doubles = has_ability(side, "simple") & jnp.logical_not(ignore_ability)
    return jnp.clip(jnp.where(doubles, 2 * side.boosts[index], side.boosts[index]), LOWEST, HIGHEST)


def boost(
    battle: Battle, target: Side, changes: list[Scalar], when: Mask, by_other: Mask, ignore_ability: Mask = False
) -> Mask:
    """Changes the stages of a Pokemon on the field, within -6 and 6.

    Args:
        battle: the battle.
        target: the side whose stages change.
        changes: int32 each, by enums.BOOSTS.
        when: bool.
        by_other: bool, the source is not the target itself: then abilities may block what lowers a stage.
        ignore_ability: bool, Mold Breaker is at work.

    Returns:
        bool, whether a stage changed.
    """
    when = when & (target.hp > 0)
    guarded = by_other & jnp.logical_not(ignore_ability)
    blocks_all = guarded & has_ability(target, "clearbody", "whitesmoke")
    blocked: list[Any] = [blocks_all] * 7
    blocked[0] = blocks_all | (guarded & has_ability(target, "hypercutter"))
    blocked[5] = blocks_all | (guarded & has_ability(target, "keeneye"))
    new = [
        jnp.where(stop & (change < 0), old, jnp.clip(old + change, LOWEST, HIGHEST))
        for old, change, stop in zip(target.boosts, changes, blocked, strict=True)
    ]
    changed: Any = False
    for old, value in zip(target.boosts, new, strict=True):
        changed = changed | (old != value)
    target.put(when, boosts=new)
    return when & changed
