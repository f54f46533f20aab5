"""The end of a turn: every effect of the event Residual, in the order of Showdown's sort (`fieldEvent`).

Each effect that is there is a handler with an order, the speed of its Pokemon and a suborder; ties draw. The sort is
run as it is, because which ties there are depends on all that is on the field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import harm
from pokejax.boosts import boost
from pokejax.core import Battle, Mask, Side, settle
from pokejax.faint import faint_messages
from pokejax.move import points
from pokejax.names import has_ability, has_item, has_type, is_guarded, tables, weather_works
from pokejax.reveal import show_ability, show_item
from pokejax.rng import chance, draw_between
from pokejax.sort import LAST, first_of_two, speed_sort
from pokejax.speed import update_speeds
from pokejax.status import cure, try_status
from pokejax.vocabulary import BRN, HAIL, PSN, RAIN, SAND, SLP, SUN, TOX, VOLATILE_DURATION
from pokejax.weather import clear_weather

NO_ORDER = 31  # behind every order that is given
CONDITION, SLOT, FIELD, ABILITY = 2, 3, 5, 7  # suborders of handlers that give none, by kind
MOST_HANDLERS = 16
MOST_SPEED = 16384


@dataclass(frozen=True)
class Handler:
    """One effect of a side in the sort: its name, order and suborder."""

    name: str
    order: int
    suborder: int


# In the order in which Showdown collects them from a side: status, volatiles, ability, item, slot conditions.
HANDLERS = (
    Handler("status", 10, 6),
    Handler("curse", 10, 8),
    Handler("encore", 10, 14),
    Handler("leechseed", 10, 5),
    Handler("taunt", 10, 15),
    Handler("yawn", 10, 19),
    Handler("lockedmove", NO_ORDER, CONDITION),
    Handler("mustrecharge", NO_ORDER, CONDITION),
    Handler("stall", NO_ORDER, CONDITION),
    Handler("twoturnmove", NO_ORDER, CONDITION),
    *(Handler(name, 25 if name == "roost" else NO_ORDER, CONDITION) for name in VOLATILE_DURATION),
    Handler("shedskin", 10, 3),
    Handler("speedboost", 10, 3),
    Handler("baddreams", 10, 10),
    Handler("slowstart", 28, 2),
    Handler("truant", NO_ORDER, ABILITY),
    Handler("leftovers", 10, 4),
    Handler("blacksludge", 10, 4),
    Handler("toxicorb", 10, 20),
    Handler("wish", 7, SLOT),
    Handler("healingwish", NO_ORDER, SLOT),
)
INDEX = {handler.name: i for i, handler in enumerate(HANDLERS)}
ABILITIES = ("shedskin", "speedboost", "baddreams", "slowstart", "truant")
ITEMS = ("leftovers", "blacksludge", "toxicorb")
TRICK_ROOM, WEATHER, FIRST = 0, 1, 2
"""Numbers of the field's handlers, and of the first of p1; p2's follow."""


def present(side: Side) -> list[Mask]:
    """Returns which handlers a side has, bool each, in the order of HANDLERS."""
    found: list[Mask] = []
    for handler in HANDLERS:
        name = handler.name
        if name == "status":
            found.append((side.status == BRN) | (side.status == PSN) | (side.status == TOX))
        elif name in ABILITIES:
            found.append(has_ability(side, name))
        elif name in ITEMS:
            found.append(has_item(side, name))
        elif name in ("wish", "healingwish"):
            found.append((side.wish if name == "wish" else side.healing_wish) > 0)
        else:
            found.append(side.has(name))
    return found


def handler_order(battle: Battle, when: Mask) -> tuple[jax.Array, jax.Array]:
    """Sorts the handlers that are there.

    Returns:
        int32 (MOST_HANDLERS,) numbers of the handlers in order, and int32 () how many.
    """
    flags: list[Any] = [battle.trick_room > 0, battle.weather > 0]
    keys: list[Any] = [sort_key(13, jnp.int32(0), FIELD), sort_key(8, jnp.int32(0), FIELD)]
    for side in (battle.own, battle.foe):
        flags += present(side)
        keys += [sort_key(handler.order, side.speed, handler.suborder) for handler in HANDLERS]
    there = jnp.stack([jnp.asarray(flag) for flag in flags])
    rank = jnp.cumsum(there.astype(jnp.int32)) - 1
    count = jnp.sum(there.astype(jnp.int32))
    places = (rank[None, :] == jnp.arange(MOST_HANDLERS)[:, None]) & there[None, :]
    number = jnp.sum(jnp.where(places, jnp.arange(len(flags), dtype=jnp.int32)[None, :], 0), axis=1)
    key = jnp.sum(jnp.where(places, jnp.stack(keys)[None, :], 0), axis=1)
    key = jnp.where(jnp.arange(MOST_HANDLERS) < count, key, LAST)
    battle.fail("overflow", when & (count > MOST_HANDLERS))
    items = speed_sort(battle, key, when, "residual sort")
    lanes = (items[:, None] == jnp.arange(MOST_HANDLERS)[None, :]).astype(jnp.int32)
    return jnp.sum(lanes * number[None, :], axis=1), count


def sort_key(order: int, speed: Any, suborder: int) -> Any:
    """Returns one number that ranks a handler by order, then speed from the highest, then suborder."""
    return (np.int32(order) << np.int32(20)) + ((MOST_SPEED - speed) << 5) + suborder


def run_residuals(battle: Battle, when: Mask) -> None:
    """Runs the residual action on both sides (`runAction` of "residual")."""
    when = when & battle.going
    battle.face(False)
    update_speeds(battle, when)
    order, count = handler_order(battle, when)

    def one(i: Any, battle: Battle) -> Battle:
        number = jnp.sum(jnp.where(jnp.arange(MOST_HANDLERS) == i, order, 0))
        now = when & (i < count) & battle.going
        battle.face(number >= FIRST + len(HANDLERS))
        local = jnp.where(number < FIRST, -1, (number - FIRST) % len(HANDLERS))
        field_handler(battle, now & (number == TRICK_ROOM), now & (number == WEATHER))
        side_handler(battle, local, now)
        faint_messages(battle, now)
        return settle(battle)

    battle.__dict__.update(jax.lax.fori_loop(0, MOST_HANDLERS, one, settle(battle)).__dict__)
    battle.face(False)


def field_handler(battle: Battle, trick_room: Mask, weather: Mask) -> None:
    """Counts Trick Room or the weather down, or lets the weather work on both Pokemon, in order of speed."""
    battle.put(trick_room, trick_room=battle.trick_room - 1)
    passing = weather & (battle.weather_turns > 0)
    battle.put(passing, weather_turns=battle.weather_turns - 1)
    over = passing & (battle.weather_turns == 0)
    clear_weather(battle, over)
    works = weather_works(battle)
    hurting = (battle.weather == SAND) | (battle.weather == HAIL)
    runs = weather & jnp.logical_not(over) & (works | jnp.logical_not(hurting))
    both = runs & jnp.logical_not(battle.own.fainted | battle.foe.fainted)
    foe_first = first_of_two(battle, battle.own.speed, battle.foe.speed, both, "eachEvent Weather")
    own, foe = battle.own, battle.foe
    for side in (own, foe):
        weather_tick(battle, side, runs & works & jnp.logical_not(side.fainted))
    turned = foe_first & (own.faint_order > 0) & (foe.faint_order > 0)  # the faster one faints first
    own.put(turned, faint_order=2)
    foe.put(turned, faint_order=1)


def weather_tick(battle: Battle, side: Side, when: Mask) -> None:
    """Lets the weather work on one Pokemon (event Weather)."""
    kind = battle.weather
    safe = jnp.where(kind == SAND, is_guarded(side, "sandstorm") | has_ability(side, "sandveil"), False)
    safe = safe | jnp.where(kind == HAIL, is_guarded(side, "hail") | has_ability(side, "snowcloak"), False)
    harm.hurt(battle, side, side.max_hp // 16, when & ((kind == SAND) | (kind == HAIL)) & jnp.logical_not(safe))
    dry = when & has_ability(side, "dryskin")
    gained = harm.heal(side, side.max_hp // 8, dry & (kind == RAIN))
    lost = harm.hurt(battle, side, side.max_hp // 8, dry & (kind == SUN))
    washed = when & has_ability(side, "hydration") & (kind == RAIN) & (side.hp > 0)
    show_ability(side, (gained > 0) | (lost > 0) | (washed & (side.status != 0)))
    cure(side, washed)


def side_handler(battle: Battle, local: Any, when: Mask) -> None:
    """Runs one handler of the acting side, if what it belongs to is still there.

    Args:
        battle: the battle.
        local: int32, index in HANDLERS, -1 for none.
        when: bool.
    """
    own, foe = battle.own, battle.foe
    still: Any = False
    for i, there in enumerate(present(own)):
        still = still | ((local == i) & there)
    when = when & still
    standing = when & jnp.logical_not(own.fainted)

    def runs(name: str) -> Mask:
        return standing & (local == INDEX[name])

    sixteenth, eighth = own.max_hp // 16, own.max_hp // 8
    hurt_by_status(battle, runs("status"))
    harm.hurt(battle, own, own.max_hp // 4, runs("curse"))
    leech(battle, runs("leechseed") & jnp.logical_not(foe.fainted) & (foe.hp > 0))

    sludge = runs("blacksludge")
    poison = has_type(own, "Poison")
    gained = harm.heal(own, sixteenth, runs("leftovers") | (sludge & poison))
    lost = harm.hurt(battle, own, eighth, sludge & jnp.logical_not(poison))
    show_item(own, (gained > 0) | (lost > 0))

    sheds = runs("shedskin") & (own.hp > 0) & (own.status != 0)
    shed = chance(battle, 33, 100, sheds, "shedskin") & sheds
    cure(own, shed)
    quickens = runs("speedboost") & (own.active_turns > 0)
    faster = boost(battle, own, [0, 0, 0, 0, 1, 0, 0], quickens, by_other=False)
    dreams = runs("baddreams") & (own.hp > 0) & (foe.hp > 0) & (foe.status == SLP)
    show_ability(own, shed | faster | (harm.hurt(battle, foe, foe.max_hp // 8, dreams) > 0))
    own.add(runs("slowstart") & (own.active_turns > 0) & (own.slow_start > 0), slow_start=-1)
    lazy, loafed = runs("truant"), own.has("truant")
    own.end("truant", lazy & loafed)
    own.start("truant", lazy & jnp.logical_not(loafed))

    count_down(battle, runs)
    own.add(when & (local == INDEX["healingwish"]), healing_wish=-1)
    wishing = when & (local == INDEX["wish"])
    own.add(wishing, wish=-1)
    harm.heal(own, own.max_hp // 2, wishing & (own.wish == 0))


def hurt_by_status(battle: Battle, when: Mask) -> None:
    """Deals the damage of burn and poison to the acting side's Pokemon; Poison Heal turns poison into HP."""
    own = battle.own
    toxic, eighth = own.status == TOX, own.max_hp // 8
    own.put(when & toxic, status_time=jnp.minimum(own.status_time + 1, 15))
    damage = jnp.where(toxic, jnp.maximum(own.max_hp // 16, 1) * own.status_time, eighth)
    heals = when & (own.status != BRN) & has_ability(own, "poisonheal")
    show_ability(own, harm.heal(own, eighth, heals) > 0)
    harm.hurt(battle, own, damage, when & jnp.logical_not(heals))


def leech(battle: Battle, when: Mask) -> None:
    """Takes an eighth of the acting side's HP for the foe; Liquid Ooze makes it harm."""
    own, foe = battle.own, battle.foe
    lost = harm.hurt(battle, own, own.max_hp // 8, when)
    ooze = has_ability(own, "liquidooze")
    harm.heal(foe, lost, when & (lost > 0) & jnp.logical_not(ooze))
    show_ability(own, harm.hurt(battle, foe, lost, when & (lost > 0) & ooze) > 0)


def count_down(battle: Battle, runs: Any) -> None:
    """Counts the acting side's conditions down, and ends those whose time is over."""
    own, foe = battle.own, battle.foe
    for name in VOLATILE_DURATION:
        own.end(name, runs(name) & (own.hp > 0))
    for name, turns in (("stall", "stall_turns"), ("mustrecharge", "recharge_turns"), ("taunt", "taunt_turns")):
        own.add(runs(name), **{turns: -1})
        own.end(name, runs(name) & (getattr(own, turns) == 0))
    charging = runs("twoturnmove")
    own.add(charging, charge_turns=-1)
    done = charging & (own.charge_turns == 0)
    own.end("solarbeam", done)
    own.end("twoturnmove", done)

    encored = runs("encore")
    own.add(encored, encore_turns=-1)
    own.end("encore", encored & ((own.encore_turns == 0) | (points(own, own.encore_move) == 0)))

    locked = runs("lockedmove")
    own.add(locked, locked_turns=-1)
    over = locked & (own.locked_turns == 0)
    tired = over & (own.locked_true <= 1) & (own.hp > 0)
    asleep = locked & jnp.logical_not(over) & (own.status == SLP)
    own.add(locked & jnp.logical_not(over | asleep), locked_true=-1)
    own.end("lockedmove", over | asleep)
    confuse(battle, tired)

    drowsy = runs("yawn")
    by_foe = own.yawn_by_foe > 0
    own.add(drowsy, yawn_turns=-1)
    sleeps = drowsy & (own.yawn_turns == 0)
    own.end("yawn", sleeps)
    orb = runs("toxicorb")
    status = jnp.where(orb, TOX, SLP)
    given = try_status(battle, own, foe, status, sleeps | orb, by_foe=by_foe & jnp.logical_not(orb))
    show_item(own, given & orb)


def confuse(battle: Battle, when: Mask) -> None:
    """Confuses the acting side's Pokemon by its own fatigue, for 1 to 4 turns that it may act."""
    own = battle.own
    starts = when & jnp.logical_not(own.has("confusion") | has_ability(own, "owntempo"))
    turns = draw_between(battle, 2, 6, starts, "confusion onStart")
    own.start("confusion", starts)
    own.put(starts, confusion_time=turns)


assert set(ABILITIES) <= set(tables().abilities.names)
