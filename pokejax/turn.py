"""A decision point: from both sides' actions to the next request (`commitChoices`, `turnLoop`, `runAction`)."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from pokejax.core import Battle, Mask, Scalar, Side, settle
from pokejax.faint import check_win, faint_messages
from pokejax.items import lose_item
from pokejax.masks import SWITCHES, usable
from pokejax.move import locked_move, run_move
from pokejax.names import has_ability, has_item, is_move, move_id, move_value
from pokejax.requests import ask_switches, can_switch, end_turn, flag_fainted
from pokejax.residual import run_residuals
from pokejax.reveal import show_move
from pokejax.rng import draw
from pokejax.rules import Rules
from pokejax.sort import first_of_two
from pokejax.speed import update_speeds
from pokejax.switch import drawn_place, run_switch, switch_in
from pokejax.update import each_update, idle_update
from pokejax.vocabulary import FRZ, MOVE, SLP, SWITCH, WAIT

SWITCH_RANK = 1 << 24  # a switch goes before any move
PRIORITY_RANK = 1 << 16  # speeds are below it
BEFORE_TURN = ("counter", "focuspunch", "mirrorcoat", "pursuit")
"""Moves with a `beforeTurnCallback`, which gives their user the condition of the same name."""


def read_choice(side: Side, action: Scalar, when: Mask) -> None:
    """Turns a side's action, 0-9, into its kind, move id and place of the party (`choose`)."""
    asked_move, asked_switch = when & (side.request == MOVE), when & (side.request == SWITCH)
    switches = asked_switch | (asked_move & (action < SWITCHES))
    place: Any = jnp.int32(0)
    for position in range(1, 6):
        place = jnp.where(side.party.place[position] == action, position, place)
    chosen: Any = jnp.int32(0)
    for slot, move in enumerate(side.moves):
        chosen = jnp.where(action == SWITCHES + slot, move, chosen)
    free = usable(side)
    chosen = jnp.where(free[0] | free[1] | free[2] | free[3], chosen, move_id("struggle"))
    locked = locked_move(side)
    chosen = jnp.where(locked != 0, locked, chosen)
    side.put(when, action=jnp.where(switches, SWITCH, jnp.where(asked_move, MOVE, WAIT)))
    side.put(switches, action_place=place)
    moves = asked_move & jnp.logical_not(switches)
    side.put(moves, action_move=chosen, to_move=True, priority=move_value("priority", chosen))


def refuse(battle: Battle, actions: list[Scalar]) -> Mask:
    """Refuses the switches of Pokemon that are trapped without knowing it; the other side's choice stands.

    Returns:
        bool, whether a choice was refused: then nothing else happens at this decision point.
    """
    asked = [(side.request == MOVE) & (side.kept == 0) for side in (battle.own, battle.foe)]
    refused = [
        ask & (action < SWITCHES) & (side.trapped > 0)
        for side, action, ask in zip((battle.own, battle.foe), actions, asked, strict=True)
    ]
    stays = refused[0] | refused[1]
    for side, action, ask, no in zip((battle.own, battle.foe), actions, asked, refused, strict=True):
        side.put(no, trap_known=1)
        side.put(stays & ask & jnp.logical_not(no), kept=action + 1)
    return stays


def begin_turn(battle: Battle, when: Mask) -> Mask:
    """Sorts the two actions and runs what comes before them (BeforeTurn, `beforeTurnCallback`).

    Returns:
        bool, whether p2's action comes first.
    """
    ranks, early = [], []
    for side in (battle.own, battle.foe):
        moving = side.action == MOVE
        rank = jnp.where(moving, side.priority * PRIORITY_RANK, SWITCH_RANK) + side.speed
        ranks.append(rank)
        early.append(moving & is_move(side.action_move, *BEFORE_TURN))
    tie = when & (battle.own.speed == battle.foe.speed)
    draw(battle, 2, tie & early[0] & early[1], "queue tie of beforeTurnMove")
    second = first_of_two(battle, ranks[0], ranks[1], when, "queue tie")
    draw(battle, 2, tie, "eachEvent BeforeTurn")
    second = advance_berries(battle, second, ranks, when)
    idle_update(battle, when)
    for side, starts in ((battle.own, early[0]), (battle.foe, early[1])):
        for name in BEFORE_TURN:
            gets = when & starts & is_move(side.action_move, name) & jnp.logical_not(side.has(name))
            side.start(name, gets)
            if name == "focuspunch":
                show_move(side, move_id(name), gets)
        idle_update(battle, when & starts)
    return second


def advance_berries(battle: Battle, second: Mask, ranks: list[Scalar], when: Mask) -> Mask:
    """Moves those up within their priority who will eat a Custap Berry; it is eaten when their turn comes.

    Args:
        battle: the battle, p1 acting.
        second: bool, p2's action comes first so far.
        ranks: int32, both actions' ranks.
        when: bool.

    Returns:
        bool, whether p2's action comes first.
    """
    both_move = when & (battle.own.action == MOVE) & (battle.foe.action == MOVE)
    for side in (battle.own, battle.foe):
        most = jnp.where(has_ability(side, "gluttony"), side.max_hp // 2, side.max_hp // 4)
        side.put(both_move & has_item(side, "custapberry") & (side.hp <= most), custap=True)
    own, foe = battle.own.custap, battle.foe.custap
    tie = own & foe & (ranks[0] == ranks[1])
    later_ahead = draw(battle, 2, tie, "insertChoice tie") == 0
    battle.fail("unmapped", tie & later_ahead)  # which berry was put in first hangs on the draw of BeforeTurn
    lifted = [rank + jnp.where(berry, PRIORITY_RANK // 2, 0) for rank, berry in zip(ranks, (own, foe), strict=True)]
    return jnp.where((own | foe) & (lifted[0] != lifted[1]), lifted[1] > lifted[0], second)


def pursues(battle: Battle) -> Mask:
    """Whether the foe's Pokemon strikes the acting side's, which leaves, with Pursuit (event FoeBeforeSwitchOut)."""
    own, foe = battle.own, battle.foe
    able = foe.has("pursuit") & foe.to_move & (foe.hp > 0) & (foe.status != FRZ) & (foe.status != SLP)
    able = able & jnp.logical_not(has_ability(foe, "truant") & foe.has("truant"))
    encored = foe.has("encore") & jnp.logical_not(is_move(foe.encore_move, "pursuit"))
    return able & jnp.logical_not(encored) & (own.hp > 0)


def run_action(battle: Battle, rules: Rules, when: Mask, entering: Mask) -> None:
    """Runs the acting side's action and what it sets off.

    Args:
        battle: the battle, the side whose action it is in the acting place.
        rules: the hit path.
        when: bool, whether there is an action, a move or a switch.
        entering: bool, whether instead a Pokemon that came in before is due its `runSwitch`.
    """
    own, foe = battle.own, battle.foe
    leaving = foe.switch_flag > 0  # U-turn has asked for its switch, and Pursuit comes before that
    moves = when & own.to_move & (own.hp > 0) & (own.action == MOVE)
    strikes_leaver = moves & leaving
    switches = when & (own.action == SWITCH)
    strikes_switch = switches & pursues(battle)
    own.put(switches, called_back=True)
    own.put(when, to_move=False)
    berry = moves & own.custap & has_item(own, "custapberry")
    lose_item(own, berry)
    battle.swap(strikes_switch)
    pursuit = strikes_switch | strikes_leaver
    move = jnp.where(pursuit, move_id("pursuit"), battle.own.action_move)
    last_move = battle.last_move
    run_move(battle, rules, move, moves | strikes_switch, pursuit)
    # Pursuit at a U-turn runs within the action of the U-turn, after its last move was noted.
    battle.put(strikes_leaver, active_move=battle.last_move, last_move=last_move)
    battle.swap(strikes_switch)
    acted = moves | switches
    faint_messages(battle, acted)
    check_win(battle, acted)
    foe = battle.foe

    drags = moves & foe.dragged & (foe.hp > 0) & battle.going
    battle.swap(drags)
    drawn = drawn_place(battle, drags)
    holds = has_ability(battle.own, "suctioncups") & jnp.logical_not(has_ability(battle.foe, "moldbreaker"))
    drags_in = drags & (drawn > 0) & jnp.logical_not(holds)
    battle.own.put(drags, dragged=False)
    comes = (switches & battle.going) | drags_in
    switch_in(battle, jnp.where(drags_in, drawn, battle.own.action_place), comes)
    done = acted & battle.going
    asked = ask_pending(battle, done)
    each_update(battle, done & jnp.logical_not(asked), newcomer=True)
    idle_update(battle, done & berry & jnp.logical_not(asked))  # the event that ate it was an action as well
    run_entry(battle, (comes | entering) & jnp.logical_not(asked), entering)
    battle.swap(drags)


def run_entry(battle: Battle, when: Mask, replaced: Mask) -> None:
    """Runs what the coming in of the acting side's Pokemon sets off, and what follows (`runSwitch` as an action).

    Args:
        battle: the battle.
        when: bool.
        replaced: bool, it replaces one that fainted or left by U-turn: it may end the queue, which shows the faints.
    """
    run_switch(battle, when)
    faint_messages(battle, when)
    rest = battle.own.to_move | battle.foe.to_move | battle.own.switched | battle.foe.switched
    flag_fainted(battle, when & replaced & battle.going & jnp.logical_not(rest | (battle.residual_due > 0)))
    asked = ask_pending(battle, when)
    each_update(battle, when & jnp.logical_not(asked))


def ask_pending(battle: Battle, when: Mask) -> Mask:
    """Asks for the switches that an action has called for, unless Pursuit comes first.

    Returns:
        bool, whether anything was asked or Pursuit is due: then no Update follows.
    """
    when = when & battle.going
    due: Any = False
    for _ in range(2):
        own = battle.own
        flagged = when & (own.switch_flag > 0)
        own.put(flagged & jnp.logical_not(can_switch(own)), switch_flag=0)
        out = flagged & (own.switch_flag > 0) & (own.hp > 0) & jnp.logical_not(own.flag("skipBeforeSwitchOut"))
        due = due | (out & pursues(battle))
        own.lift("skipBeforeSwitchOut", out)
        battle.swap(True)
    return ask_switches(battle, when & jnp.logical_not(due)) | due


def replace(battle: Battle, when: Mask) -> None:
    """Brings the replacements in that were asked for, or the first Pokemon of a battle's start."""
    battle.face(False)
    chosen = [when & (side.action == SWITCH) for side in (battle.own, battle.foe)]
    both = chosen[0] & chosen[1]
    speeds = [jnp.where(side.fainted, base_speed(battle, side), side.speed) for side in (battle.own, battle.foe)]
    second = first_of_two(battle, speeds[0], speeds[1], both, "instaswitch tie")
    battle.face(second)

    def one(_: Any, battle: Battle) -> Battle:
        own = battle.own
        switch_in(battle, own.action_place, when & (own.action == SWITCH), by_move=own.switch_flag == 2)
        battle.swap(True)
        return settle(battle)

    battle.__dict__.update(jax.lax.fori_loop(0, 2, one, settle(battle)).__dict__)


def base_speed(battle: Battle, side: Side) -> Scalar:
    """Returns the speed by which a fainted Pokemon's replacement is sorted: no modifier reaches it."""
    return jnp.where(battle.trick_room > 0, -side.base_stats[4], side.base_stats[4])


def entry_order(battle: Battle, when: Mask) -> Mask:
    """Returns whether p2's Pokemon is due first of two that came in; the one inserted into the queue later may draw."""
    battle.face(False)
    own, foe = battle.own, battle.foe
    both = when & own.switched & foe.switched
    tie = both & (own.speed == foe.speed)
    ahead = draw(battle, 2, tie, "insertChoice tie") == 0
    return jnp.where(tie, ahead, foe.speed > own.speed) & both


def advance(battle: Battle, rules: Rules, actions: list[Scalar]) -> None:
    """Plays one decision point.

    Args:
        battle: the battle, changed in place; p1 in the acting place.
        rules: the hit path.
        actions: int32, p1's and p2's action, legal ones; that of a side that waits is ignored.
    """
    actions = [
        jnp.where(side.kept > 0, side.kept - 1, action)
        for side, action in zip((battle.own, battle.foe), actions, strict=True)
    ]
    goes = battle.going & jnp.logical_not(refuse(battle, actions))
    turn = goes & (battle.own.request == MOVE)
    replacing = goes & jnp.logical_not(turn)
    for side, action in zip((battle.own, battle.foe), actions, strict=True):
        read_choice(side, action, goes)
        left_over = replacing & (side.pending != 0)
        side.put(left_over, to_move=True, action_move=side.pending, action=MOVE)
        side.put(goes, kept=0, pending=0, trap_known=0)
    for side in (battle.own, battle.foe):
        side.put(goes, request=WAIT)
    update_speeds(battle, goes)
    battle.put(goes & (battle.active_move > 0), last_move=battle.active_move)
    battle.put(goes, active_move=0)
    battle.put(turn, residual_due=1)
    play(battle, rules, turn, replacing, goes)


def play(battle: Battle, rules: Rules, turn: Mask, replacing: Mask, goes: Mask) -> None:
    """Runs the queue of a turn, or what is left of it after replacements, to the next request."""
    second = begin_turn(battle, turn)
    replace(battle, replacing)
    second_in = entry_order(battle, replacing)
    each_update(battle, replacing, newcomer=True)
    entering = [replacing & side.switched for side in (battle.own, battle.foe)]
    both_enter = entering[0] & entering[1]
    only_second = entering[1] & jnp.logical_not(entering[0])
    first = jnp.where(turn, second, second_in | only_second)

    def one(k: Any, battle: Battle) -> Battle:
        rest = battle.own.to_move | battle.foe.to_move  # what is left of the queue after a replacement in mid-turn
        left = jnp.where(battle.swapped, battle.own.to_move, battle.foe.to_move)
        then = jnp.where(turn | both_enter, jnp.logical_not(first), left)
        battle.face(jnp.where(k == 0, first, then))
        free = battle.going & (battle.own.request == WAIT) & (battle.foe.request == WAIT)
        enters = replacing & battle.own.switched & free
        acts = free & jnp.where(turn, True, (k == 1) & rest & jnp.logical_not(both_enter))
        run_action(battle, rules, acts & jnp.logical_not(enters), enters)
        return settle(battle)

    battle.__dict__.update(jax.lax.fori_loop(0, 2, one, settle(battle)).__dict__)
    battle.face(False)
    free = goes & battle.going & (battle.own.request == WAIT) & (battle.foe.request == WAIT)
    residual = free & (battle.residual_due > 0)
    run_residuals(battle, residual)
    battle.put(residual, residual_due=0, active_move=0)
    flag_fainted(battle, residual & battle.going)
    asked = ask_switches(battle, residual)
    each_update(battle, residual & jnp.logical_not(asked))
    end_turn(battle, free & jnp.logical_not(asked))
    finish(battle, goes)


def begin(battle: Battle) -> None:
    """Runs the start of a battle, both first Pokemon having come in."""
    second = entry_order(battle, True)
    each_update(battle, jnp.bool_(True))
    battle.face(second)

    def one(_: Any, battle: Battle) -> Battle:
        run_entry(battle, battle.own.switched & battle.going, jnp.bool_(True))
        battle.swap(True)
        return settle(battle)

    battle.__dict__.update(jax.lax.fori_loop(0, 2, one, settle(battle)).__dict__)
    battle.face(False)
    end_turn(battle, (battle.own.request == WAIT) & (battle.foe.request == WAIT))


def finish(battle: Battle, when: Mask) -> None:
    """Leaves what the next decision point needs of the queue; a battle that has ended asks for nothing."""
    battle.face(False)
    for side in (battle.own, battle.foe):
        side.put(when, pending=jnp.where(side.to_move, side.action_move, 0))  # a fainted Pokemon's stays in the queue
        side.put(when & jnp.logical_not(battle.going), request=WAIT)
    battle.put(when, time=battle.time + 1)
