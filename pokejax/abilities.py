"""What an ability does when its Pokemon comes in or gets it, and when it leaves (events Start and End)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from pokejax import enums
from pokejax.boosts import LOWEST, boost
from pokejax.core import Battle, Mask, Side
from pokejax.matchup import by_chart
from pokejax.names import has_ability, has_item, is_move, move_id, move_value, tables
from pokejax.reveal import show_ability, show_move
from pokejax.rng import draw
from pokejax.speed import staged
from pokejax.vocabulary import HAIL, RAIN, SAND, SUN
from pokejax.weather import follow_weather, set_weather, weather_changed

WEATHER_SETTERS = {"drizzle": RAIN, "drought": SUN, "sandstream": SAND, "snowwarning": HAIL}
SLOW_START_TURNS = 5
WARNING_POWER = 120  # what Forewarn counts for the moves that give damage back
PLAIN_POWER = 80  # what it counts for an attack without a power of its own


def notrace() -> tuple[str, ...]:
    """Returns the abilities that Trace does not copy."""
    flags, bit = tables().abilities.column("flags"), 1 << enums.ABILITY_FLAGS.index("notrace")
    return tuple(name for i, name in enumerate(tables().abilities.names, start=1) if flags[i] & bit)


def starting() -> tuple[str, ...]:
    """Returns the abilities whose Start changes the battle."""
    return (*WEATHER_SETTERS, "download", "intimidate", "slowstart", "forewarn", "truant", "flowergift", "forecast")


def trace(battle: Battle, side: Side, foe: Side, when: Mask) -> Mask:
    """Lets Trace copy the foe's ability; choosing among the foes draws even with one (event Update).

    A Pokemon that has just lost its last HP draws, too, but copies nothing.

    Returns:
        bool, whether it copied.
    """
    tries = when & has_ability(side, "trace") & (foe.hp > 0)
    draw(battle, 1, tries, "trace randomFoe")
    copies = tries & (side.hp > 0) & jnp.logical_not(has_ability(foe, *notrace()) | has_item(side, "griseousorb"))
    show_ability(side, copies)
    show_ability(foe, copies)
    side.put(copies, ability=foe.ability)
    return copies


def forewarn(battle: Battle, side: Side, foe: Side, when: Mask) -> None:
    """Draws which of the foe's strongest moves is announced; nothing else comes of it."""
    powers: list[Any] = []
    for move in foe.moves:
        power = move_value("base_power", move)
        power = jnp.where(is_move(move, "counter", "metalburst", "mirrorcoat"), WARNING_POWER, power)
        power = jnp.where((power == 0) & (move_value("category", move) != 0), PLAIN_POWER, power)
        powers.append(jnp.where(move == 0, 0, power))
    most = jnp.maximum(jnp.maximum(powers[0], powers[1]), jnp.maximum(powers[2], powers[3]))
    most = jnp.maximum(most, 1)
    count = sum((power == most).astype(jnp.int32) for power in powers)
    warns = when & has_ability(side, "forewarn") & (foe.hp > 0) & (count > 0)
    number = draw(battle, jnp.maximum(count, 1), warns, "forewarn")
    show_ability(side, warns)
    rank, named = jnp.int32(0), jnp.int32(0)
    for move, power in zip(foe.moves, powers, strict=True):
        strong = power == most
        named = jnp.where(strong & (rank == number), move, named)
        rank = rank + strong.astype(jnp.int32)
    show_move(foe, named, warns)


def anticipate(side: Side, foe: Side, when: Mask) -> None:
    """Lets Anticipation announce that an attack of the foe's would hit hard; Hidden Power passes for a Normal one."""
    danger: Any = False
    for move in foe.moves:
        danger = danger | ((move_value("category", move) != 0) & (move != 0) & by_chart(side, move_value("type", move)))
    show_ability(side, when & has_ability(side, "anticipation") & (foe.hp > 0) & danger)


def start_ability(battle: Battle, when: Mask) -> None:
    """Starts the ability of the acting side's Pokemon, Trace's copy included."""
    trace(battle, battle.own, battle.foe, when & (battle.own.hp > 0))
    set_off(battle, when)


def set_off(battle: Battle, when: Mask) -> None:
    """Runs the Start of the ability that the acting side's Pokemon has."""
    own, foe = battle.own, battle.foe
    when = when & (own.hp > 0)
    show_ability(own, when & (tables().abilities.row(own.ability).announce_on != 0))
    show_ability(own, when & has_ability(own, "slowstart"))
    own.put(when & has_ability(own, "slowstart"), slow_start=SLOW_START_TURNS)
    kind: Any = 0
    for name, weather in WEATHER_SETTERS.items():
        kind = jnp.where(has_ability(own, name), weather, kind)
    show_ability(own, set_weather(battle, kind, own, when & (kind > 0), by_ability=True))
    follow_weather(battle, own, when)
    shielded = foe.has("substitute") | (foe.has("substitutebroken") & (foe.broken_by == move_id("uturn")))
    scares = when & has_ability(own, "intimidate") & (foe.hp > 0) & jnp.logical_not(shielded)
    show_ability(own, scares)
    show_ability(foe, scares & has_ability(foe, "clearbody", "whitesmoke", "hypercutter") & (foe.boosts[0] > LOWEST))
    boost(battle, foe, [-1, 0, 0, 0, 0, 0, 0], scares, by_other=True)
    downloads = when & has_ability(own, "download") & (foe.hp > 0) & jnp.logical_not(foe.has("substitute"))
    defense, special = staged(foe.stats[1], foe.boosts[1]), staged(foe.stats[3], foe.boosts[3])
    to_special = (defense > 0) & (defense >= special)
    raised = to_special.astype(jnp.int32)
    show_ability(own, boost(battle, own, [1 - raised, 0, raised, 0, 0, 0, 0], downloads, by_other=False))
    anticipate(own, foe, when)
    forewarn(battle, own, foe, when)
    lazy = when & has_ability(own, "truant")  # got in mid-turn, it costs the next turn only if this one's move is over
    own.end("truant", lazy)
    own.start("truant", lazy & (own.active_turns > 0) & jnp.logical_not(own.to_move))


def end_abilities(battle: Battle, own_leaves: Mask, foe_leaves: Mask) -> None:
    """Ends the abilities of Pokemon that leave the field: the weather that one held back returns.

    Args:
        battle: the battle.
        own_leaves: bool, the acting side's Pokemon leaves.
        foe_leaves: bool, the foe's does.
    """
    own, foe = battle.own, battle.foe
    returns: Any = False
    for side, leaves, other, other_leaves in ((own, own_leaves, foe, foe_leaves), (foe, foe_leaves, own, own_leaves)):
        holds = leaves & has_ability(side, "airlock", "cloudnine")
        side.put(holds, ending=True)
        alone = leaves & other_leaves & (other.faint_order < side.faint_order)  # nobody is left to see the weather
        returns = returns | (holds & jnp.logical_not(alone))
    weather_changed(battle, returns)
