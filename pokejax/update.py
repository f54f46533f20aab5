"""The event Update: berries, cures by abilities, Trace and the end of attraction (`eachEvent("Update")`)."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from pokejax.abilities import starting, trace
from pokejax.core import Battle, Mask, settle
from pokejax.items import eat_item
from pokejax.names import has_ability, has_item
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


def each_update(battle: Battle, when: Mask) -> None:
    """Runs the event Update on both Pokemon on the field in order of speed; a tie draws."""
    when, before = when & battle.going, battle.swapped
    battle.face(False)
    both = when & jnp.logical_not(battle.own.fainted | battle.foe.fainted)
    foe_first = first_of_two(battle, battle.own.speed, battle.foe.speed, both, "eachEvent Update")
    battle.face(foe_first)

    def one(_: int, battle: Battle) -> Battle:
        update(battle, when & jnp.logical_not(battle.own.fainted))
        battle.swap(True)
        return settle(battle)

    updated = jax.lax.fori_loop(0, 2, one, settle(battle))
    battle.__dict__.update(updated.__dict__)
    battle.face(before)


def update(battle: Battle, when: Mask) -> None:
    """Runs the event Update on the acting side's Pokemon."""
    own, foe = battle.own, battle.foe
    gone = own.has("attract") & (foe.fainted | (own.attract_by != foe.place + 1))
    own.end("attract", when & (own.hp > 0) & gone)
    for ability, statuses in CURES.items():
        held = when & (own.hp > 0) & has_ability(own, ability)
        for status in statuses:
            cure(own, held & (own.status == status))
    own.end("confusion", when & (own.hp > 0) & has_ability(own, "owntempo"))
    copied = trace(battle, own, foe, when & jnp.logical_not(own.switched))
    battle.fail("unmapped", copied & has_ability(own, *starting()))  # what the copy sets off is coded at switch-in only
    lum = has_item(own, "lumberry") & ((own.status != 0) | own.has("confusion"))
    chesto = has_item(own, "chestoberry") & (own.status == SLP)
    sitrus = has_item(own, "sitrusberry") & (own.hp <= own.max_hp // 2)
    eat_item(battle, own, when & (lum | chesto | sitrus))


def idle_update(battle: Battle, when: Mask) -> None:
    """Draws what an Update draws at which nothing can change, because nothing has since the one before."""
    own, foe = battle.own, battle.foe
    both = when & battle.going & jnp.logical_not(own.fainted | foe.fainted)
    draw(battle, 2, both & (own.speed == foe.speed), "eachEvent Update")
    for side in (own, foe):
        draw(battle, 1, both & has_ability(side, "trace"), "trace randomFoe")
