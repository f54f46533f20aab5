"""What can stop a move before it hits: its own conditions, protection, abilities (events Try, PrepareHit, TryHit)."""

from __future__ import annotations

import jax.numpy as jnp

from pokejax import enums, harm
from pokejax.boosts import boost
from pokejax.core import Battle, Mask
from pokejax.faint import left
from pokejax.matchup import GROUND, effectiveness, immune
from pokejax.names import has_ability, has_item, has_type, tables
from pokejax.reveal import show_ability
from pokejax.rng import chance
from pokejax.use import Use
from pokejax.vocabulary import FRZ, SLP

FIRE = enums.TYPES.index("Fire")


def may_try(battle: Battle, use: Use, when: Mask) -> Mask:
    """Runs the events Try and PrepareHit of the acting side's move; Protect draws if it was used in a row.

    Returns:
        bool, `when` without the moves that fail.
    """
    own, foe = battle.own, battle.foe
    failed = use.named("fakeout") & (own.move_actions > 1)
    attacks = foe.to_move & jnp.logical_not(foe.fainted) & (tables().moves.row(foe.action_move).category != 0)
    failed = failed | (use.named("suckerpunch") & jnp.logical_not(attacks & jnp.logical_not(foe.has("mustrecharge"))))
    failed = failed | (use.named("counter") & jnp.logical_not(own.flag("counterHit")))
    failed = failed | (use.named("mirrorcoat") & jnp.logical_not(own.flag("mirrorcoatHit")))
    failed = failed | (use.named("metalburst") & jnp.logical_not(own.flag("attackedThisTurn")))
    failed = failed | (use.named("focuspunch") & own.flag("lostFocus"))
    awake = has_ability(own, "insomnia", "vitalspirit")
    failed = failed | (use.named("rest") & ((own.status == SLP) | (own.hp == own.max_hp) | awake))
    unrested = when & use.named("rest") & awake & (own.status != SLP) & (own.hp < own.max_hp)
    show_ability(own, unrested)
    own.end("destinybond", when & use.named("destinybond"))
    protects = when & use.named("protect")
    waits = protects & jnp.logical_not(foe.to_move)
    stalls = protects & foe.to_move & own.has("stall")
    kept = chance(battle, 1, jnp.maximum(own.stall_counter, 1), stalls, "stall onStallMove")
    return when & jnp.logical_not(failed | waits | (stalls & jnp.logical_not(kept)))


def reaches(battle: Battle, use: Use, when: Mask) -> Mask:
    """Whether the move's type affects the foe (`hitStepTypeImmunity`)."""
    proof = immune(battle.foe, use.type, use.ignore_ability, use.scrappy) & (use.row.ignore_immunity == 0)
    floats = (
        (use.type == GROUND) & has_ability(battle.foe, "levitate") & jnp.logical_not(has_type(battle.foe, "Flying"))
    )
    show_ability(battle.foe, when & proof & use.to_foe & floats)
    return when & jnp.logical_not(proof & use.to_foe)


def takes(battle: Battle, use: Use, when: Mask) -> Mask:
    """Whether the move's own rule lets it affect the foe (`hitStepTryImmunity`)."""
    proof = use.named("leechseed") & has_type(battle.foe, "Grass")
    proof = proof | (use.named("trick", "switcheroo") & has_ability(battle.foe, "stickyhold"))
    return when & jnp.logical_not(proof)


def gets_through(battle: Battle, use: Use, when: Mask) -> Mask:
    """Runs the event TryHit on the foe: Protect, abilities that absorb or block, then the Focus Sash.

    Returns:
        bool, `when` without what is stopped.
    """
    own, foe = battle.own, battle.foe
    at_foe = when & use.to_foe
    protected = at_foe & foe.has("protect") & use.flag("protect")
    own.put(protected & own.has("lockedmove") & (own.locked_true >= 2), locked_turns=2)
    go = at_foe & jnp.logical_not(protected)

    words = tables().codes["absorb"]
    row = tables().abilities.row(foe.ability)
    exposed = go & jnp.logical_not(use.ignore_ability)
    absorbs = exposed & (row.absorb_effect != 0) & (row.absorb_type == use.type)
    absorbs = absorbs & jnp.logical_not((row.absorb_effect == words.index("flash_fire")) & (foe.status == FRZ))
    harm.heal(foe, foe.max_hp // 4, absorbs & (row.absorb_effect == words.index("heal_quarter")))
    speeds_up = absorbs & (row.absorb_effect == words.index("raise_speed"))
    boost(battle, foe, [0, 0, 0, 0, 1, 0, 0], speeds_up, by_other=False)
    foe.start("flashfire", absorbs & (row.absorb_effect == words.index("flash_fire")))
    deaf = exposed & (row.sound_immune_on != 0) & use.flag("sound")
    hard = effectiveness(foe, use.type) > 0
    harmless = jnp.logical_not(hard & jnp.logical_not(immune(foe, use.type, use.ignore_ability, use.scrappy)))
    wonder = exposed & has_ability(foe, "wonderguard") & harmless & (use.type != 0)
    wonder = wonder & jnp.logical_not(use.is_status | use.named("firefang"))
    show_ability(foe, absorbs | deaf | wonder)
    go = go & jnp.logical_not(absorbs | deaf | wonder)
    foe.start("focussash", go & has_item(foe, "focussash") & (foe.hp == foe.max_hp) & (foe.hp > 0))
    return jnp.where(use.to_foe, go, when)


def own_rule_fails(battle: Battle, use: Use, when: Mask) -> Mask:
    """Whether the move's own TryHit stops this hit."""
    own, foe = battle.own, battle.foe
    failed = use.named("substitute") & (own.has("substitute") | (own.hp * 4 <= own.max_hp) | (own.max_hp == 1))
    failed = failed | (use.named("healingwish") & (left(own) <= 1))
    failed = failed | (use.named("yawn") & (foe.status != 0))
    cursed = foe.has("curse") & jnp.logical_not(use.curse_self) & jnp.logical_not(use.curse_void)
    return when & (failed | (use.named("curse") & cursed))
