"""What follows a hit: effects on the user, secondary effects, what the target does to whoever touched it, recoil."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax import enums, harm, one_offs, volatiles
from pokejax.boosts import boost
from pokejax.core import Battle, Mask, Scalar
from pokejax.effects import changes, makes_contact
from pokejax.faint import faint_messages
from pokejax.names import has_ability, is_species, tables
from pokejax.reveal import show_ability, show_item
from pokejax.rng import chance, draw
from pokejax.status import cure, try_status
from pokejax.use import Use
from pokejax.vocabulary import FRZ

FIRE = enums.TYPES.index("Fire")
CURSE_STAGES = (1, 1, 0, 0, -1, 0, 0)
SECONDARIES = 2


def on_user(battle: Battle, use: Use, when: Mask) -> None:
    """Runs the move's effects on its user (`selfDrops`): stages draw a number, even if they are certain."""
    own, row = battle.own, use.row
    stages = [jnp.where(use.curse_self, c, s) for c, s in zip(CURSE_STAGES, changes(row, "self_boost"), strict=True)]
    drops = when & ((row.has_self_boosts != 0) | use.curse_self)
    draw(battle, 100, drops, "selfDrops")
    boost(battle, own, stages, drops, by_other=False)
    number = tables().condition_id
    volatiles.lock(battle, own, use.move, when & (row.self_volatile == number["lockedmove"]))
    volatiles.recharge(own, when & (row.self_volatile == number["mustrecharge"]))
    volatiles.plain(own, "roost", when & (row.self_volatile == number["roost"]))
    one_offs.rapid_spin(own, when & use.named("rapidspin"))


def secondaries(battle: Battle, use: Use, when: Mask, covered: Mask) -> None:
    """Runs the secondary effects, each with its draw; those on the target do nothing through a substitute.

    Args:
        battle: the battle.
        use: the move.
        when: bool.
        covered: bool, a substitute took the hit.
    """
    own, foe, row, number = battle.own, battle.foe, use.row, tables().condition_id
    dusted = has_ability(foe, "shielddust") & jnp.logical_not(use.ignore_ability) & jnp.logical_not(covered)
    graced = has_ability(own, "serenegrace") & jnp.logical_not(use.named("chatter"))
    for place in range(SECONDARIES):
        stages = changes(row, f"secondary{place}_self_boost")
        for_user: Any = False
        for stage in stages:
            for_user = for_user | (stage != 0)
        exists = when & (row.secondaries > place) & (for_user | jnp.logical_not(dusted))
        odds = jnp.asarray(getattr(row, f"secondary{place}_chance"))
        odds = jnp.where(graced, odds * 2, odds)
        odds = jnp.where(use.named("chatter") & jnp.logical_not(is_species(own.species, "chatot")), 0, odds)
        happens = exists & (draw(battle, 100, exists, "secondaries") < odds)
        on_foe = happens & jnp.logical_not(covered)
        lowers = changes(row, f"secondary{place}_boost")
        boost(battle, foe, lowers, on_foe, by_other=True, ignore_ability=use.ignore_ability)
        status, condition = getattr(row, f"secondary{place}_status"), getattr(row, f"secondary{place}_volatile")
        if place == 0:
            drawn = on_foe & use.named("triattack")
            kind = one_offs.tri_attack_status(draw(battle, 3, drawn, "triattack sample"))
            status = jnp.where(drawn, kind, status)
        struck = on_foe & (status != 0)
        freezes = bool((tables().moves.column(f"secondary{place}_status") == FRZ).any())
        ignores = use.ignore_ability
        try_status(battle, foe, own, status, struck, by_foe=True, ignore_ability=ignores, freezes=freezes)
        volatiles.flinch(foe, on_foe & (condition == number["flinch"]), use.ignore_ability)
        if (tables().moves.column(f"secondary{place}_volatile") == number["confusion"]).any():
            volatiles.confuse(battle, foe, on_foe & (condition == number["confusion"]), use.ignore_ability)
        boost(battle, own, stages, happens & for_user, by_other=False)


def answers(battle: Battle, use: Use, amount: Scalar, when: Mask) -> None:
    """Runs what follows the damage of a hit: Knock Off, then the target's abilities and conditions (DamagingHit).

    Args:
        battle: the battle.
        use: the move.
        amount: int32, HP that the target lost.
        when: bool, the foe itself was hit.
    """
    own, foe = battle.own, battle.foe
    one_offs.knock_off(own, foe, when & use.named("knockoff"), use.ignore_ability)
    row = tables().abilities.row(foe.ability)
    touched = when & makes_contact(use)
    stings = jnp.where(row.contact_damage_only_fainted != 0, foe.hp == 0, amount > 0)
    stung = touched & (row.contact_damage_den != 0) & stings
    lost = harm.hurt(battle, own, own.max_hp // jnp.maximum(row.contact_damage_den, 1), stung)
    show_ability(foe, stung & (lost > 0))
    # Aftermath's victim leaves at once, before the Pokemon that it knocked out.
    blown = stung & (row.contact_damage_only_fainted != 0) & (own.hp == 0) & (own.faint_order > 0)
    own.put(blown, faint_order=1)
    foe.put(blown & (foe.faint_order > 0), faint_order=2)
    faint_messages(battle, blown)

    own, foe = battle.own, battle.foe
    cure(foe, when & (use.type == FIRE) & (foe.status == FRZ) & (foe.hp > 0) & jnp.logical_not(use.is_status))
    for name, category in (("counter", 1), ("mirrorcoat", 2)):
        remembers = when & foe.has(name) & (use.row.category == category)
        foe.put(remembers, **{f"{name}_damage": 2 * amount})
        foe.lift(f"{name}Hit", remembers)
    touched = touched & (amount > 0)
    status_odds, status_of = row.contact_status_num, jnp.maximum(row.contact_status_den, 1)
    rolls = touched & (row.contact_status_num != 0)
    caught = rolls & chance(battle, status_odds, status_of, rolls, "contact status")
    show_ability(foe, try_status(battle, own, foe, row.contact_status_status, caught, by_foe=True))
    rolls = touched & (row.contact_volatile_num != 0)
    charmed = rolls & chance(
        battle, row.contact_volatile_num, jnp.maximum(row.contact_volatile_den, 1), rolls, "contact volatile"
    )
    show_ability(foe, volatiles.attract(own, foe, charmed))
    same = (foe.types[0] == use.type) | (foe.types[1] == use.type)
    same = same & jnp.logical_not(foe.has("roost") & (use.type == enums.TYPES.index("Flying")))
    colors = when & has_ability(foe, "colorchange") & (amount > 0) & (foe.hp > 0) & (use.type != 0)
    show_ability(foe, colors & jnp.logical_not(same))
    foe.put(colors & jnp.logical_not(same), types=[use.type, 0], type_unknown=0)


def recoil(battle: Battle, use: Use, amount: Scalar, when: Mask) -> None:
    """Hurts the user for the damage it dealt (`applyRecoilDamage`); Struggle costs a quarter of the HP.

    Args:
        battle: the battle.
        use: the move.
        amount: int32, HP dealt; 0 costs nothing.
        when: bool.
    """
    own, row = battle.own, use.row
    pays = when & (amount > 0)
    share = jnp.maximum(amount * row.recoil_num // jnp.maximum(row.recoil_den, 1), 1)
    harm.hurt(battle, own, share, pays & (row.recoil_num != 0) & jnp.logical_not(has_ability(own, "rockhead")))
    harm.lose_hp(battle, own, jnp.maximum(own.max_hp // 4, 1), pays & (row.struggle_recoil != 0))


def life_orb(battle: Battle, when: Mask) -> None:
    """Takes the Life Orb's tenth at the end of a move that worked (AfterMoveSecondarySelf)."""
    own = battle.own
    pays = when & own.has("lifeorb")
    show_item(own, harm.hurt(battle, own, own.max_hp // 10, pays) > 0)
    own.end("lifeorb", pays & (own.hp > 0))
