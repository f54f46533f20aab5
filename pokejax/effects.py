"""What a move does beside its damage (`runMoveEffects`), and moves at the field or a side (`tryMoveHit`).

The effects of generation 4's moves fall on fixed sides: boosts, healing, Protect and Substitute on the user; statuses,
Taunt and the like on the foe. `tests/pokejax/test_hit.py` checks that the tables hold nothing else.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax import enums, harm, one_offs, volatiles
from pokejax.boosts import boost
from pokejax.core import Battle, Mask
from pokejax.faint import left
from pokejax.modifiers import has_flag
from pokejax.names import has_ability, tables
from pokejax.reveal import show_ability
from pokejax.status import immune_by_ability, try_status
from pokejax.use import Use
from pokejax.weather import set_weather

TRICK_ROOM_TURNS = 5
WISH_TURNS = 2
MOST_SPIKES, MOST_TOXIC_SPIKES = 3, 2


def changes(row: Any, prefix: str) -> list[Any]:
    """Returns the stages of a group of columns, by enums.BOOSTS."""
    return [getattr(row, f"{prefix}_{stat}") for stat in enums.BOOSTS]


def at_sides(battle: Battle, use: Use, when: Mask) -> Mask:
    """Runs a move at the field or a side; nothing but its effect happens.

    Returns:
        bool, whether it worked.
    """
    own, foe, row = battle.own, battle.foe, use.row
    when = when & use.to_sides
    done = set_weather(battle, row.weather, own, when & (row.weather != 0), by_ability=False)
    room = when & use.named("trickroom")
    battle.put(room, trick_room=jnp.where(battle.trick_room > 0, 0, TRICK_ROOM_TURNS))
    hazes = when & use.named("haze")
    one_offs.haze(battle, hazes)
    spikes = when & use.named("spikes") & (foe.spikes < MOST_SPIKES)
    foe.put(spikes, spikes=foe.spikes + 1)
    poison = when & use.named("toxicspikes") & (foe.toxic_spikes < MOST_TOXIC_SPIKES)
    foe.put(poison, toxic_spikes=foe.toxic_spikes + 1)
    cures = when & use.named("aromatherapy", "healbell")
    one_offs.cure_party(battle, use.named("aromatherapy"), cures)
    return done | room | hazes | spikes | poison | cures


def on_hit(battle: Battle, use: Use, when: Mask) -> Mask:
    """Runs the effects of one hit at the user or the foe that no substitute took.

    Args:
        battle: the battle.
        use: the move.
        when: bool.

    Returns:
        bool, whether a move without damage failed: all that it would do was refused.
    """
    own, foe, row = battle.own, battle.foe, use.row
    failed: Any = jnp.bool_(False)

    raises = when & (row.has_boosts != 0)
    failed = failed | (raises & jnp.logical_not(boost(battle, own, changes(row, "boost"), raises, by_other=False)))

    heals = when & (row.heal_num != 0)
    full = own.hp >= own.max_hp
    harm.heal(own, own.max_hp * row.heal_num // jnp.maximum(row.heal_den, 1), heals & jnp.logical_not(full))
    failed = failed | (heals & full)

    gives = when & (row.status != 0)
    proof = gives & (foe.status == 0) & immune_by_ability(foe, row.status, use.ignore_ability)
    show_ability(foe, proof & (foe.hp > 0))
    given = try_status(battle, foe, own, row.status, gives, by_foe=True, ignore_ability=use.ignore_ability)
    failed = failed | (gives & jnp.logical_not(given))

    for name, added in (
        ("encore", volatiles.encore(battle, foe, when & use.named("encore"))),
        ("taunt", volatiles.taunt(battle, foe, when & use.named("taunt"))),
        ("yawn", volatiles.yawn(battle, foe, when & use.named("yawn"), use.ignore_ability)),
        ("leechseed", volatiles.plain(foe, "leechseed", when & use.named("leechseed"))),
        ("destinybond", volatiles.plain(own, "destinybond", when & use.named("destinybond"))),
    ):
        failed = failed | (when & use.named(name) & jnp.logical_not(added))

    protects = when & use.named("protect")
    own.start("protect", protects)
    volatiles.stall(own, protects)

    curses = when & use.named("curse") & jnp.logical_not(use.curse_self) & jnp.logical_not(use.curse_void)
    volatiles.plain(foe, "curse", curses)
    harm.lose_hp(battle, own, jnp.maximum(own.max_hp // 2, 1), curses)

    doubles = when & use.named("substitute")
    own.start("substitute", doubles)
    own.put(doubles, substitute_hp=own.max_hp // 4)
    harm.lose_hp(battle, own, jnp.maximum(own.max_hp // 4, 1), doubles)

    wishes = when & use.named("wish")
    failed = failed | (wishes & (own.wish != 0))
    own.put(wishes & (own.wish == 0), wish=WISH_TURNS)
    gives_up = when & use.named("healingwish")
    own.put(gives_up & (own.healing_wish == 0), healing_wish=1)
    harm.faint(battle, own, gives_up)

    failed = failed | ((row.force_switch != 0) & when & (left(foe) <= 1))

    rests = when & use.named("rest")
    failed = failed | (rests & jnp.logical_not(one_offs.rest(battle, rests)))
    drums = when & use.named("bellydrum")
    failed = failed | (drums & jnp.logical_not(one_offs.belly_drum(battle, drums)))
    refreshes = when & use.named("refresh")
    failed = failed | (refreshes & jnp.logical_not(one_offs.refresh(battle, refreshes)))
    swaps = when & use.named("trick", "switcheroo")
    swapped = one_offs.trick(battle, swaps, use.named("switcheroo"), use.ignore_ability)
    failed = failed | (swaps & jnp.logical_not(swapped))
    copies = when & use.named("transform")
    failed = failed | (copies & jnp.logical_not(one_offs.transform(battle, copies)))
    words = tables().codes["heal_formula"]
    one_offs.heal_by_weather(battle, when & (row.heal_formula_formula == words.index("by_weather")))
    one_offs.pain_split(battle, when & use.named("painsplit"))
    one_offs.bug_bite(battle, when & use.named("bugbite"), use.ignore_ability)

    foe.lift("lostFocus", when & use.to_foe & jnp.logical_not(use.is_status) & foe.has("focuspunch"))
    return failed


def drag(battle: Battle, use: Use, when: Mask) -> None:
    """Marks the foe to be dragged out by Roar and Whirlwind; Suction Cups holds on."""
    own, foe = battle.own, battle.foe
    holds_on = has_ability(foe, "suctioncups") & jnp.logical_not(use.ignore_ability)
    drags = when & (use.row.force_switch != 0) & (own.hp > 0) & (foe.hp > 0) & (left(foe) > 1)
    show_ability(foe, drags & holds_on)
    foe.put(drags & jnp.logical_not(holds_on), dragged=True)


def makes_contact(use: Use) -> Mask:
    """Whether the move touches its target."""
    return has_flag(use.row, "contact")
