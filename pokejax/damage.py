"""The damage of an attack in generation 4's order of roundings (`getDamage`, and `modifyDamage` of the gen4 mod)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from pokejax import enums
from pokejax.base_power import boosted, formula
from pokejax.boosts import stage_of
from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.matchup import effectiveness, immune
from pokejax.modifiers import ONE, chain, dex_number, facts_of, holds, species_fits
from pokejax.names import has_ability, has_item, has_type, is_move, tables, weather
from pokejax.rng import chance, draw
from pokejax.speed import modify, staged
from pokejax.use import Use
from pokejax.vocabulary import BRN, RAIN, SAND, SUN

PHYSICAL = enums.CATEGORIES.index("Physical")
FIRE, WATER = enums.TYPES.index("Fire"), enums.TYPES.index("Water")
ATK, DEF, SPA, SPD = range(4)  # enums.STATS
CRIT_ODDS = (0, 16, 8, 4, 3, 2)  # one in so many, by stage
ROLLS = 16
HALF, THREE_HALVES, TWICE = 2048, 6144, 8192  # factors in 4096ths
CONFUSION_POWER = 40


@dataclass(frozen=True)
class Attack:
    """What the damage depends on beside both Pokemon.

    Attributes:
        row: the move's row; that of "none" for the hit of confusion.
        move: int32, move id.
        type: int32, type index, 0 = typeless.
        power: int32, base power before its formula.
        category: int32, index in enums.CATEGORIES.
        ignore_ability: bool, Mold Breaker.
        scrappy: bool.
        can_crit: bool.
    """

    row: Any
    move: Scalar
    type: Scalar
    power: Scalar
    category: Scalar
    ignore_ability: Mask
    scrappy: Mask
    can_crit: Mask

    @classmethod
    def of(cls, use: Use) -> Attack:
        """Returns the attack of a move in use."""
        return cls(use.row, use.move, use.type, use.power, use.row.category, use.ignore_ability, use.scrappy, True)


def fixed_damage(source: Side, target: Side, attack: Attack) -> tuple[Scalar, Mask]:
    """Returns the damage of moves without the formula: their own rules, or the level.

    Returns:
        int32 HP, and bool, whether the move is one of them.
    """
    words, code = tables().codes["damage_formula"], attack.row.damage_formula_formula
    coat = is_move(attack.move, "mirrorcoat")
    kept = jnp.where(coat, source.has("mirrorcoat"), source.has("counter"))
    stored = jnp.where(coat, source.mirrorcoat_damage, source.counter_damage)
    amount = jnp.where(kept, jnp.maximum(stored, 1), 0)
    returned = jnp.where(source.flag("attackedThisTurn"), jnp.maximum(source.attacked_damage * 3 // 2, 1), 0)
    amount = jnp.where(code == words.index("metal_burst"), returned, amount)
    amount = jnp.where(code == words.index("half_of_target"), jnp.maximum(target.hp // 2, 1), amount)
    by_level = attack.row.damage_is_level != 0
    return jnp.where(by_level, source.level, amount), (code != 0) | by_level


def critical(battle: Battle, source: Side, target: Side, attack: Attack, when: Mask) -> Mask:
    """Draws whether an attack is critical; Battle Armor and Shell Armor forbid it after the draw."""
    ability, item = tables().abilities.row(source.ability), tables().items.row(source.item)
    number = dex_number(source.species)
    stage = attack.row.crit_ratio + ability.crit_stages_add
    fits = species_fits(item.crit_stages_species0, item.crit_stages_species1, number)
    stage = jnp.clip(stage + jnp.where(fits, item.crit_stages_add, 0), 0, len(CRIT_ODDS) - 1)
    odds: Any = jnp.int32(CRIT_ODDS[1])
    for place, one_in in enumerate(CRIT_ODDS):
        odds = jnp.where(stage == place, max(one_in, 1), odds)
    rolls = when & attack.can_crit & (stage > 0)
    crit = rolls & chance(battle, 1, odds, rolls, "getDamage critical")
    armored = has_ability(target, "battlearmor", "shellarmor") & jnp.logical_not(attack.ignore_ability)
    return crit & jnp.logical_not(armored)


def attack_stat(battle: Battle, source: Side, attack: Attack, crit: Mask) -> Scalar:
    """Returns Attack or Special Attack with stages and factors; a critical hit does not count lowered stages."""
    facts, physical = facts_of(battle, source), attack.category == PHYSICAL
    ability, item = tables().abilities.row(source.ability), tables().items.row(source.item)
    stats = []
    for stat in (ATK, SPA):
        stage = stage_of(source, stat, attack.ignore_ability)
        stats.append(staged(source.stats[stat], jnp.where(crit & (source.boosts[stat] < 0), 0, stage)))
    # Slow Start asks for the category of the move by its id, which the hit of confusion does not have.
    slowed = has_ability(source, "slowstart") & (source.slow_start > 0) & (attack.move != 0)
    number, first_number = dex_number(source.species), dex_number(source.base_species)
    atk = chain(ONE, ability.atk_mult_mod, holds(ability.atk_mult_when, facts))
    atk = chain(atk, HALF, slowed)
    fits = species_fits(item.atk_mult_species0, item.atk_mult_species1, number)
    atk = chain(atk, item.atk_mult_mod, holds(item.atk_mult_when, facts) & fits)
    fits = species_fits(item.spa_mult_species0, item.spa_mult_species1, first_number)
    spa = chain(ONE, item.spa_mult_mod, holds(item.spa_mult_when, facts) & fits)
    return jnp.where(physical, modify(stats[0], atk), modify(stats[1], spa))


def defense_stat(battle: Battle, target: Side, attack: Attack, crit: Mask) -> Scalar:
    """Returns Defense or Special Defense with stages and factors; a critical hit does not count raised stages."""
    facts, physical = facts_of(battle, target), attack.category == PHYSICAL
    ability, item = tables().abilities.row(target.ability), tables().items.row(target.item)
    works = jnp.logical_not(attack.ignore_ability)
    stats = []
    for stat in (DEF, SPD):
        stage = stage_of(target, stat, attack.ignore_ability)
        stats.append(staged(target.stats[stat], jnp.where(crit & (target.boosts[stat] > 0), 0, stage)))
    defense = modify(stats[0], chain(ONE, ability.def_mult_mod, holds(ability.def_mult_when, facts) & works))
    blown = is_move(attack.move, "explosion", "selfdestruct")
    defense = jnp.where(blown, jnp.maximum(defense // 2, 1), defense)
    sheltered = (weather(battle) == SAND) & has_type(target, "Rock")
    special = jnp.where(sheltered, modify(stats[1], THREE_HALVES), stats[1])
    factor = chain(ONE, ability.spd_mult_mod, holds(ability.spd_mult_when, facts) & works)
    fits = species_fits(item.spd_mult_species0, item.spd_mult_species1, dex_number(target.base_species))
    factor = chain(factor, item.spd_mult_mod, holds(item.spd_mult_when, facts) & fits)
    return jnp.where(physical, defense, modify(special, factor))


def last_factor(
    battle: Battle, source: Side, target: Side, attack: Attack, matchup: Scalar, crit: Mask, when: Mask
) -> Scalar:
    """Returns the chained factor of the event ModifyDamage; its handlers run in order of speed, and a tie draws."""
    ability, item = tables().abilities.row(source.ability), tables().items.row(source.item)
    guard = tables().abilities.row(target.ability)
    facts = {"super_effective": matchup > 0, "resisted": matchup < 0, "critical": crit}
    guards = holds(guard.foe_damage_mult_when, facts) & jnp.logical_not(attack.ignore_ability)
    has_own, has_guard = ability.damage_mult_when != 0, guard.foe_damage_mult_when != 0
    even = source.speed == target.speed
    tie = when & even & has_own & has_guard
    drawn = draw(battle, 2, tie, "tie: ModifyDamage") == 1
    first = (target.speed > source.speed) | (even & (drawn | jnp.logical_not(has_own)))
    middle = even & jnp.logical_not(first)
    last = target.speed < source.speed
    factor = chain(ONE, guard.foe_damage_mult_mod, guards & first)
    factor = chain(factor, ability.damage_mult_mod, holds(ability.damage_mult_when, facts))
    factor = chain(factor, guard.foe_damage_mult_mod, guards & middle)
    factor = chain(factor, item.damage_mult_mod, holds(item.damage_mult_when, facts))
    return chain(factor, guard.foe_damage_mult_mod, guards & last)


def before_roll(battle: Battle, source: Side, target: Side, attack: Attack, power: Scalar, crit: Mask) -> Scalar:
    """Returns the damage of the formula up to the random roll.

    Args:
        battle: the battle.
        source: the side that attacks.
        target: the side attacked.
        attack: the attack.
        power: int32, base power by the move's own formula.
        crit: bool, the hit is critical.
    """
    power = boosted(battle, source, target, attack.row, attack.type, power, attack.ignore_ability)
    offense = attack_stat(battle, source, attack, crit)
    defense = defense_stat(battle, target, attack, crit)
    damage = (2 * source.level // 5 + 2) * power * offense // jnp.maximum(defense, 1) // 50

    burnt = (source.status == BRN) & (attack.category == PHYSICAL) & jnp.logical_not(has_ability(source, "guts"))
    damage = jnp.where(burnt, modify(damage, HALF), damage)
    damage = jnp.where(source.has("flashfire") & (attack.type == FIRE), modify(damage, THREE_HALVES), damage)
    now = weather(battle)
    strong = ((now == RAIN) & (attack.type == WATER)) | ((now == SUN) & (attack.type == FIRE))
    weak = ((now == RAIN) & (attack.type == FIRE)) | ((now == SUN) & (attack.type == WATER))
    damage = modify(damage, jnp.where(strong, THREE_HALVES, jnp.where(weak, HALF, ONE))) + 2
    damage = jnp.where(crit, damage * 2, damage)
    return jnp.where(has_item(source, "lifeorb"), damage * 13 // 10, damage)


def after_roll(
    battle: Battle, source: Side, target: Side, attack: Attack, damage: Scalar, crit: Mask, when: Mask
) -> Scalar:
    """Returns the damage from the rolled one on: same type, the target's types, the event ModifyDamage.

    Args:
        battle: the battle.
        source: the side that attacks.
        target: the side attacked.
        attack: the attack.
        damage: int32, after the roll.
        crit: bool, the hit is critical.
        when: bool, where a tie of the handlers draws.
    """
    own_type = (source.types[0] == attack.type) | (source.types[1] == attack.type)
    own_type = own_type & jnp.logical_not(source.has("roost") & (attack.type == enums.TYPES.index("Flying")))
    stab = jnp.where(has_ability(source, "adaptability"), TWICE, THREE_HALVES)
    damage = jnp.where((attack.type != 0) & own_type, modify(damage, stab), damage)
    matchup = effectiveness(target, attack.type)
    for doublings in (1, 2):
        damage = jnp.where(matchup >= doublings, damage * 2, damage)
        damage = jnp.where(matchup <= -doublings, damage // 2, damage)
    return modify(damage, last_factor(battle, source, target, attack, matchup, crit, when))


def get_damage(battle: Battle, source: Side, target: Side, attack: Attack, when: Mask) -> tuple[Scalar, Mask]:
    """Computes the damage of one hit; draws the critical hit, then the roll.

    A Life Orb marks its holder here, unless a substitute takes the hit.

    Args:
        battle: the battle.
        source: the side that attacks.
        target: the side attacked; the same for the hit of confusion.
        attack: the attack.
        when: bool.

    Returns:
        int32 HP before the target's limits, and bool: there is damage (no immunity, no move without power).
    """
    reached = when & jnp.logical_not(immune(target, attack.type, attack.ignore_ability, attack.scrappy))
    fixed, is_fixed = fixed_damage(source, target, attack)
    power = formula(source, target, attack.row.bp_formula_formula, attack.power)
    rolled = reached & jnp.logical_not(is_fixed) & (power > 0)
    crit = critical(battle, source, target, attack, rolled)
    source.start(
        "lifeorb",
        rolled & has_item(source, "lifeorb") & jnp.logical_not(target.has("substitute")) & (source.hp > 0),
    )
    damage = before_roll(battle, source, target, attack, power, crit)
    damage = damage * (100 - draw(battle, ROLLS, rolled, "randomizer")) // 100
    damage = after_roll(battle, source, target, attack, damage, crit, rolled)
    return jnp.where(is_fixed, fixed, jnp.maximum(damage, 1)), reached & (is_fixed | rolled)


def confusion_damage(battle: Battle, when: Mask) -> Scalar:
    """Returns the HP that the acting side's confused Pokemon deals to itself: typeless, physical, never critical."""
    row = tables().moves.row(0)
    attack = Attack(row, 0, 0, CONFUSION_POWER, PHYSICAL, False, False, False)
    return get_damage(battle, battle.own, battle.own, attack, when)[0]
