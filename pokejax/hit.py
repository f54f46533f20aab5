"""The use of a move from its type to its last effect (`useMoveInner`, `trySpreadMoveHit` of generation 4).

docs/pokejax/HIT.md lists the order of events, draws and roundings.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import accuracy, after_hit, effects, harm, tries
from pokejax.core import Battle, Mask, Scalar, seldom, settle
from pokejax.damage import Attack, get_damage
from pokejax.faint import faint_messages
from pokejax.items import use_item
from pokejax.names import has_ability, tables
from pokejax.rng import draw
from pokejax.update import each_update, end_attraction, idle_update
from pokejax.use import Use, intend
from pokejax.vocabulary import SLP, SWITCH_FLAGS
from pokejax.volatiles import charge
from twinenvs.rare import rarely

MOST_HITS = 5
UTURN = SWITCH_FLAGS.index("uturn")
EFFECT_COLUMNS = (
    *("boost_", "has_boosts", "heal_num", "status", "volatile", "side_condition", "slot_condition", "pseudo_weather"),
    *("weather", "self_", "has_self_boosts", "secondaries", "force_switch"),
)
"""Beginnings of the names of the columns that hold a move's effects beside damage."""


IMPLEMENTED = frozenset(
    (
        *("accuracy_by_weather", "aromatherapy", "belly_drum", "bp_formula", "bp_mult", "brick_break", "bug_bite"),
        *("chatter", "counter_state", "curse", "damage_formula", "destiny_bond", "fake_out", "focus_punch", "haze"),
        *("heal_bell", "heal_formula", "healing_wish", "hidden_power_type", "high_jump_kick", "knock_off"),
        *("leech_seed", "metal_burst", "nothing", "pain_split", "plate_type", "protect", "pursuit", "rapid_spin"),
        *("refresh", "rest", "sleep_talk", "solar_beam", "struggle_type", "substitute", "sucker_punch", "transform"),
        *("tri_attack", "trick", "weather_ball", "yawn"),
    )
)
"""Families and one-offs of moves that the hit path carries out; a move that needs another sets the error flag."""


def unmapped(move: Scalar) -> Mask:
    """Whether a move needs a rule that the hit path does not have.

    No format has a draining move yet, or a move of several hits that does more than damage.
    """
    moves = tables().moves
    lacking = tables().unmapped("moves", IMPLEMENTED) | (moves.column("drain_num") != 0)
    lacking = lacking | ((moves.column("multihit_max") > 1) & does_more_than_damage())
    return jnp.asarray(lacking)[move] if lacking.any() else jnp.bool_(False)


def does_more_than_damage() -> np.ndarray:
    """Which moves have an effect beside damage: bool (entries + 1,), by move id."""
    moves = tables().moves
    more = np.array([False] + [name in tables().needs["moves"] for name in moves.names])
    for name in moves.columns:
        if name.startswith(EFFECT_COLUMNS):
            more = more | (moves.column(name) != 0)
    return more


def number_of_hits(battle: Battle, use: Use, when: Mask) -> Scalar:
    """Draws how often a move of 2 to 5 hits strikes, int32; Skill Link strikes most often, without a draw."""
    row = use.row
    varies = row.multihit_min != row.multihit_max
    skilled = has_ability(battle.own, "skilllink")
    rolls = when & varies & jnp.logical_not(skilled)
    number = draw(battle, 8, rolls, "hitStepMoveHitLoop sample")
    drawn = jnp.where(number < 3, 2, jnp.where(number < 6, 3, number - 2))
    return jnp.where(varies & jnp.logical_not(skilled), drawn, row.multihit_max)


def one_hit(battle: Battle, use: Use, when: Mask, *, further: bool = False) -> tuple[Mask, Scalar, Mask]:
    """Runs one hit at the user or the foe (`spreadMoveHit`).

    Args:
        battle: the battle.
        use: the move.
        when: bool.
        further: whether it is the second or a later hit of its move, which does nothing but damage; see `unmapped`.

    Returns:
        bool, whether the hit failed; int32, HP that the target lost; bool, whether the foe itself took damage.
    """
    own, foe = battle.own, battle.foe
    refused = jnp.bool_(False) if further else tries.own_rule_fails(battle, use, when)
    go = when & jnp.logical_not(refused)
    covered = go & use.to_foe & foe.has("substitute") & jnp.logical_not(use.flag("bypasssub"))
    attacks = go & use.to_foe & jnp.logical_not(use.is_status)
    amount, deals = get_damage(battle, own, foe, Attack.of(use), attacks)
    deals = deals & attacks

    blunted = covered & deals
    # Metal Burst's damage is cut off only at the HP of a Pokemon: a substitute loses, and may keep, half a point.
    odd = (use.named("metalburst") & own.flag("attackedThisTurn")).astype(jnp.int32) * (own.attacked_damage % 2)
    halves = 2 * foe.substitute_hp + foe.substitute_half
    at_substitute = jnp.minimum(2 * amount + odd, halves)
    foe.put(blunted, substitute_hp=(halves - at_substitute) // 2, substitute_half=(halves - at_substitute) % 2)
    breaks = blunted & (at_substitute == halves)
    foe.end("substitute", breaks)
    foe.start("substitutebroken", breaks)
    foe.put(breaks, broken_by=use.move)
    after_hit.recoil(battle, use, at_substitute // 2, blunted)

    strikes = deals & jnp.logical_not(covered)
    saved = strikes & foe.has("focussash") & (amount >= foe.hp) & (foe.hp > 0)
    foe.lift("sashActivated", saved)
    amount = jnp.where(saved, foe.hp - 1, amount)
    lost = harm.lose_hp(battle, foe, amount, strikes, by_move=True)
    lost = jnp.where(strikes, lost, 0)

    failed = jnp.bool_(False) if further else effects.on_hit(battle, use, go & jnp.logical_not(covered))
    failed = refused | (failed & jnp.logical_not(deals)) | (attacks & jnp.logical_not(covered | deals))
    present = go & jnp.logical_not(failed) & (jnp.logical_not(covered) | deals)
    if not further:
        own.put(present & (use.row.self_switch != 0) & (own.hp > 0), switch_flag=UTURN)
        after_hit.on_user(battle, use, present)
        after_hit.secondaries(battle, use, present, covered)
        effects.drag(battle, use, present & jnp.logical_not(covered))
    after_hit.answers(battle, use, lost, strikes & present)
    return failed, lost, strikes & present


def hit_loop(battle: Battle, use: Use, when: Mask) -> Mask:
    """Strikes as often as the move does, with the event Update after each hit (`hitStepMoveHitLoop`).

    Returns:
        bool, whether it struck at all.
    """
    count = number_of_hits(battle, use, when)

    goes = jnp.asarray(when) & (count > 0) & (use.to_self | (battle.foe.hp > 0))
    failed, lost, direct = one_hit(battle, use, goes)
    goes = goes & jnp.logical_not(failed)
    landed, total, struck = goes, jnp.where(goes, lost, 0), goes & direct
    each_update(battle, goes)

    def again(carried: tuple[Any, ...]) -> Any:
        return carried[1]

    def strike(carried: tuple[Any, ...]) -> tuple[Any, ...]:
        battle, goes, hit, landed, total, last, struck = carried
        own, foe = battle.own, battle.foe
        goes = goes & (own.status != SLP) & (use.to_self | (foe.hp > 0))
        failed, lost, direct = one_hit(battle, use, goes, further=True)
        goes = goes & jnp.logical_not(failed)
        landed, total = landed | goes, total + jnp.where(goes, lost, 0)
        last, struck = jnp.where(goes, lost, last), jnp.where(goes, direct, struck)
        each_update(battle, goes)
        hit = hit + 1
        goes = goes & (battle.own.hp > 0) & (hit < count)
        return settle((battle, goes, hit, landed, total, last, struck))

    def further(when: Mask, values: tuple[Any, ...]) -> tuple[Any, ...]:
        battle, *counts = values
        battle, _, _, *counts = jax.lax.while_loop(again, strike, settle((battle, when, 1, *counts)))
        return battle, *counts

    again_due = goes & (battle.own.hp > 0) & (count > 1)
    struck_at = rarely(further, again_due, settle((battle, landed, total, total, struck)))
    battle.__dict__.update(struck_at[0].__dict__)
    landed, total, last, struck = struck_at[1:]

    faint_messages(battle, landed, check=battle.own.hp == 0)
    after_hit.recoil(battle, use, total, landed)
    foe = battle.foe
    remembers = landed & struck & jnp.logical_not(foe.fainted)
    foe.put(remembers, attacked_damage=last, attacked_by=battle.own.place + 1)
    foe.lift("attackedThisTurn", remembers)
    each_update(battle, landed)
    over = landed & jnp.logical_not(battle.going)  # the user's faint ended the battle, and Update still runs
    for side, other in ((battle.own, battle.foe), (battle.foe, battle.own)):
        end_attraction(side, other, over & (side.hp > 0) & jnp.logical_not(side.fainted))
    foe = battle.foe
    reached = struck | (use.is_status & jnp.logical_not(foe.has("substitute")))
    ends_sash = landed & use.to_foe & foe.has("focussash") & reached & (foe.hp > 0)
    use_item(battle, foe, ends_sash & foe.flag("sashActivated"))
    foe.end("focussash", ends_sash)
    return landed


def crash(battle: Battle, use: Use, when: Mask) -> None:
    """Hurts the user of High Jump Kick that did not hit by half the damage it would have dealt (MoveFail).

    The most it can be, and what an immune target costs, is half of the target's full HP.
    """
    own, foe = battle.own, battle.foe
    amount, deals = get_damage(battle, own, foe, Attack.of(use), when)
    amount = jnp.where(deals, amount, foe.max_hp)
    cost = jnp.minimum(jnp.maximum(amount // 2, 1), foe.max_hp // 2)  # nothing, where the target has a single HP
    harm.lose_hp(battle, own, cost, when & (cost > 0))


def use_move(battle: Battle, move: Scalar, when: Mask, called: Mask = False) -> Mask:
    """Uses a move with the acting side's Pokemon on the foe's.

    Args:
        battle: the battle.
        move: int32, move id.
        when: bool.
        called: bool, Sleep Talk calls the move; the end of Sleep Talk itself then follows.

    Returns:
        bool, whether the move did something.
    """
    when = jnp.asarray(when) & jnp.logical_not(battle.own.fainted) & (battle.own.hp > 0)
    use = intend(battle, move, when)
    battle.fail("unmapped", when & unmapped(move))
    charging = when & use.named("solarbeam")
    go = jnp.where(charging, charge(battle, charging), when)
    present = use.to_sides | use.to_self | jnp.logical_not(battle.foe.fainted)
    aimed = go & present
    harm.faint(battle, battle.own, aimed & use.named("explosion", "selfdestruct"))
    tried = tries.may_try(battle, use, aimed)
    done = effects.at_sides(battle, use, tried)
    hitting = tried & jnp.logical_not(use.to_sides)
    hitting = tries.reaches(battle, use, hitting)
    hitting = accuracy.hits(battle, use, hitting)
    hitting = tries.takes(battle, use, hitting)
    hitting = tries.gets_through(battle, use, hitting)
    landed = hit_loop(battle, use, hitting)
    crashes = aimed & use.named("highjumpkick") & jnp.logical_not(landed)
    seldom(battle, crashes, lambda battle, when: crash(battle, use, when))
    after_hit.life_orb(battle, landed | done)
    finish_call(battle, when & called)
    return landed | done


def finish_call(battle: Battle, when: Mask) -> None:
    """Ends Sleep Talk after the move that it called: it struck its user, so that the event Update runs twice more."""
    idle_update(battle, when)
    faint_messages(battle, when, check=battle.own.hp == 0)
    idle_update(battle, when)
    after_hit.life_orb(battle, when)
