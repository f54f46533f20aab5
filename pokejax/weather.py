"""Weather: setting it, and the formes that follow it (`setWeather`, event WeatherChange)."""

from __future__ import annotations

import jax.numpy as jnp

from pokejax import enums
from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.names import has_ability, has_item, is_species, tables, weather
from pokejax.reveal import show_ability
from pokejax.sort import first_of_two
from pokejax.vocabulary import HAIL, RAIN, SUN

CASTFORM = {SUN: ("castformsunny", "Fire"), RAIN: ("castformrainy", "Water"), HAIL: ("castformsnowy", "Ice")}
"""Castform's formes and their types by weather."""


def set_weather(battle: Battle, kind: Scalar, side: Side, when: Mask, by_ability: bool) -> Mask:
    """Sets the weather, by a move for 5 turns, or 8 of rain with a Damp Rock, and by an ability for good.

    Args:
        battle: the battle.
        kind: int32, index in enums.WEATHERS.
        side: whose Pokemon sets it.
        when: bool.
        by_ability: whether an ability does.

    Returns:
        bool, whether it was set: not if it is there already, except that an ability makes a passing weather endless.
    """
    same = battle.weather == kind
    refused = same & (battle.weather_turns == 0) if by_ability else same
    done = when & jnp.logical_not(refused)
    turns = jnp.where((kind == RAIN) & has_item(side, "damprock"), 8, 5)
    battle.put(done, weather=kind, weather_turns=0 if by_ability else turns, weather_since=battle.turn)
    weather_changed(battle, done)
    return done


def clear_weather(battle: Battle, when: Mask) -> None:
    """Ends the weather."""
    when = when & (battle.weather != 0)
    battle.put(when, weather=0, weather_turns=0, weather_since=0)
    weather_changed(battle, when)


def weather_changed(battle: Battle, when: Mask) -> None:
    """Lets both Pokemon on the field follow the weather, in order of speed; a tie draws (`eachEvent`)."""
    both = when & jnp.logical_not(battle.own.fainted | battle.foe.fainted)
    first_of_two(battle, battle.own.speed, battle.foe.speed, both, "eachEvent WeatherChange")  # the order is moot
    for side in (battle.own, battle.foe):
        follow_weather(battle, side, when & jnp.logical_not(side.fainted))


def follow_weather(battle: Battle, side: Side, when: Mask) -> None:
    """Changes the forme of a Castform with Forecast or a Cherrim with Flower Gift."""
    now, species = weather(battle), tables().species.id
    when = when & jnp.logical_not(side.flag("transformed"))
    castform = when & has_ability(side, "forecast") & is_species(side.base_species, "castform")
    forme, kind = jnp.int32(species["castform"]), jnp.int32(enums.TYPES.index("Normal"))
    for which, (name, element) in CASTFORM.items():
        forme = jnp.where(now == which, species[name], forme)
        kind = jnp.where(now == which, enums.TYPES.index(element), kind)
    changes = castform & (side.species != forme)
    # The formes share their base stats, so that only the species, the types and the cached speed change.
    show_ability(side, changes)
    side.put(changes, species=forme, types=[kind, 0], speed=side.stats[4])
    cherrim = when & has_ability(side, "flowergift") & is_species(side.base_species, "cherrim") & (side.hp > 0)
    bloom = jnp.where(now == SUN, species["cherrimsunshine"], species["cherrim"])
    changes = cherrim & (side.species != bloom)
    show_ability(side, changes)
    side.put(changes, species=bloom, types=[enums.TYPES.index("Grass"), 0], speed=side.stats[4])
