"""The event Update: berries, cures by abilities, Trace and the end of attraction (`eachEvent("Update")`)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax.abilities import set_off, starting, trace
from pokejax.core import Battle, Mask, Side
from pokejax.items import eat_item
from pokejax.names import has_ability, has_item
from pokejax.reveal import show_ability
from pokejax.rng import draw
from pokejax.sort import first_of_two
from pokejax.status import cure
from pokejax.vocabulary import BRN, PAR, PSN, SLP, TOX

CURES = {
    "immunity": (PSN, TOX),
    "insomnia": (SLP,),
    "limber": (PAR,),
    "vitalspirit": (SLP,),
    "waterveil": (BRN,),
}
"""Statuses that an ability takes away from its owner."""


def each_update(battle: Battle, when: Mask, newcomer: bool = False) -> None:
    """Runs the event Update on both Pokemon on the field in order of speed; a tie draws.

    Args:
        battle: the battle.
        when: bool.
        newcomer: a Pokemon may have come in whose ability Trace copies only now; elsewhere a copy that would set
            something off sets the error flag.
    """
    when = when & battle.going
    own, foe = battle.own, battle.foe
    both = when & jnp.logical_not(own.fainted | foe.fainted)
    first_of_two(battle, own.speed, foe.speed, both, "eachEvent Update")  # the order is moot
    copied = [
        update(battle, side, other, when & jnp.logical_not(side.fainted)) for side, other in ((own, foe), (foe, own))
    ]
    if newcomer:  # at most one side copies, as Trace itself cannot be copied
        battle.swap(copied[1])
        set_off(battle, copied[0] | copied[1])
        battle.swap(copied[1])
    else:
        for side, copies in zip((own, foe), copied, strict=True):
            battle.fail("unmapped", copies & has_ability(side, *starting()))


def update(battle: Battle, side: Side, foe: Side, when: Mask) -> Mask:
    """Runs the event Update on a side's Pokemon; nothing of it reaches the other side.

    Returns:
        bool, whether Trace copied the foe's ability, whose Start is left to the caller.
    """
    standing = when & (side.hp > 0)
    end_attraction(side, foe, standing)
    cured: Any = False
    for ability, statuses in CURES.items():
        for status in statuses:
            cured = cured | (has_ability(side, ability) & (side.status == status))
    cure(side, standing & cured)
    clears = standing & has_ability(side, "owntempo") & side.has("confusion")
    show_ability(side, (standing & cured) | clears)
    side.end("confusion", clears)
    copied = trace(battle, side, foe, when & jnp.logical_not(side.switched))
    lum = has_item(side, "lumberry") & ((side.status != 0) | side.has("confusion"))
    chesto = has_item(side, "chestoberry") & (side.status == SLP)
    sitrus = has_item(side, "sitrusberry") & (side.hp <= side.max_hp // 2)
    eat_item(battle, side, standing & (lum | chesto | sitrus))
    return copied


def end_attraction(side: Side, foe: Side, when: Mask) -> None:
    """Ends the attraction to a Pokemon that is no longer on the field."""
    gone = side.has("attract") & (foe.fainted | (side.attract_by != foe.place + 1))
    side.end("attract", when & gone)


def idle_update(battle: Battle, when: Mask) -> None:
    """Draws what an Update draws at which nothing can change, because nothing has since the one before."""
    own, foe = battle.own, battle.foe
    both = when & battle.going & jnp.logical_not(own.fainted | foe.fainted)
    draw(battle, 2, both & (own.speed == foe.speed), "eachEvent Update")
    for side in (own, foe):
        draw(battle, 1, both & has_ability(side, "trace"), "trace randomFoe")
