"""The rules of poke-env's SimpleHeuristicsPlayer, for every choice that it would make from the same knowledge.

poke-env 0.16 (MIT, see THIRD_PARTY_NOTICES.md) is the source of the rules and of their numbers, what looks odd in them
included: its rule for setting up compares a move's target with a word and so never holds, hence there is none here. It
computes in double precision and lets the first of equal values win, so this does, too: two moves whose scores differ by
rounding alone are told apart as there.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import enums
from pokejax import state as layout
from pokejax.base_power import HIDDEN_POWER
from pokejax.tables import load_tables
from pokejax.view import FOE, OWN, View

SPEED_TIER = 0.1  # of the worth of a matchup, for the higher base Speed
HP_SHARE = 0.4  # of the worth of a matchup, for all HP
SWITCH_BELOW = -2.0  # worth of a matchup
LOWEST_STAGE = -3  # of a stat, from which on a switch is considered
FEWEST_FOES = 3  # left, for hazards to be worth a turn
SAME_TYPE = 1.5
HITS_OF_2_TO_5 = (2 + 3) / 3 + (4 + 5) / 6
BASE_STATS = ("base_atk", "base_def", "base_spa", "base_spd", "base_spe")
ATK, DEF, SPA, SPD, SPE = range(len(enums.STATS))


class MoveFacts(NamedTuple):
    """What the rules read of moves, by move number, (moves + 1, ...)."""

    power: np.ndarray  # float64, printed base power
    accuracy: np.ndarray  # float64, 0 to 1
    hits: np.ndarray  # float64, expected
    physical: np.ndarray  # bool


@functools.cache
def _moves() -> MoveFacts:
    moves = load_tables().moves
    power = moves.column("base_power").astype(np.float64)
    power[moves.id["hiddenpower"]] = HIDDEN_POWER
    least, most = moves.column("multihit_min"), moves.column("multihit_max")
    accuracy = np.where(moves.column("accuracy") == 0, 100, moves.column("accuracy"))
    return MoveFacts(
        power=power,
        accuracy=accuracy / 100,
        hits=np.where(most <= 1, 1.0, np.where(least == most, most, HITS_OF_2_TO_5)),
        physical=moves.column("category") == enums.CATEGORIES.index("Physical"),
    )


@functools.cache
def _chart() -> np.ndarray:
    """Multipliers by attacking and defending type: float64 (types, types)."""
    tables = load_tables()
    return np.where(tables.immunity != 0, 0.0, 2.0**tables.effectiveness)


@functools.cache
def _species() -> np.ndarray:
    """Base stats and types: int32 (species + 1, 7)."""
    species = load_tables().species
    return np.stack([species.column(name) for name in (*BASE_STATS, "type0", "type1")], axis=1).astype(np.int32)


class _Pokemon(NamedTuple):
    """What the rules read of a Pokemon, or of six at once: one array axis in front, then."""

    base: Any  # int32 (..., 5), base stats
    types: Any  # int32 (..., 2), 0 = none
    health: Any  # float64 (...), HP left as a share


def _known(species: Any, types: Any, health: Any) -> _Pokemon:
    facts = jnp.asarray(_species())[species]
    return _Pokemon(facts[..., :5], facts[..., 5:] if types is None else types, health)


def _multiplier(kind: Any, target: _Pokemon) -> Any:
    """By how much attacks of a type hit: float64."""
    chart = jnp.asarray(_chart())
    factors = [jnp.where(target.types[..., i] > 0, chart[kind, target.types[..., i]], np.float64(1)) for i in range(2)]
    return factors[0] * factors[1]


def _best_multiplier(source: _Pokemon, target: _Pokemon) -> Any:
    """The higher multiplier of the source's own types: float64."""
    found = [jnp.where(source.types[..., i] > 0, _multiplier(source.types[..., i], target), -jnp.inf) for i in range(2)]
    return jnp.maximum(*found)


def _matchup(one: _Pokemon, other: _Pokemon) -> Any:
    """The worth of a Pokemon against another: float64, summed in poke-env's order."""
    score = _best_multiplier(one, other) - _best_multiplier(other, one)
    ours, theirs = one.base[..., SPE], other.base[..., SPE]
    score = jnp.where(ours > theirs, score + SPEED_TIER, jnp.where(theirs > ours, score - SPEED_TIER, score))
    return score + one.health * HP_SHARE - other.health * HP_SHARE


def _estimate(base: Any, stage: Any) -> Any:
    """A stat with its stages as poke-env estimates it, where one stage up counts like two: float64."""
    stage = stage.astype(jnp.float64)
    factor = jnp.where(stage > 1, (2 + stage) / 2, 2 / (2 - jnp.minimum(stage, 1)))
    return (2 * base + 31 + 5).astype(jnp.float64) * factor


def choose(view: View, action_mask: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The choice from a view.

    Args:
        view: the player's view.
        action_mask: bool (10,).

    Returns:
        int32 (), the action, and bool (), whether the rules say one; else poke-env's player chooses at random.
    """
    with jax.enable_x64(True):
        action, decided = _choose(view, action_mask)
        return action.astype(jnp.int32), decided


def _choose(view: View, action_mask: jax.Array) -> tuple[Any, Any]:
    left, whole = (values.astype(jnp.float64) for values in view.fraction())
    health = left / whole
    base_species = view.at_hand("species")
    now = jnp.where(view.now("species") > 0, view.now("species"), base_species)
    shown = jnp.stack([view.now("type0"), view.now("type1")], axis=-1)
    usual = jnp.asarray(_species())[now][:, 5:]
    # What Transform copies has the types of its species there, even where a plate had changed them.
    changed = (view.now("species") > 0) & (view.now("transformed") == 0)
    types = jnp.where(changed[:, None], shown, usual)
    here = [health[side][view.standing[side]] for side in (OWN, FOE)]
    active, foe = (_known(now[side], types[side], here[side]) for side in (OWN, FOE))
    bench = _known(view.team("species")[OWN], None, health[OWN])

    can_move, can_switch = action_mask[layout.PARTY :], action_mask[: layout.PARTY]
    can_switch = can_switch & (view.field("request") > 0)
    matchups = _matchup(bench, foe)
    stages = [jnp.stack([view.now(f"boost_{stat}")[side] for stat in enums.BOOSTS]) for side in (OWN, FOE)]
    mine = jnp.stack([view.at_hand(stat)[OWN] for stat in enums.STATS])

    pressed = (stages[OWN][DEF] <= LOWEST_STAGE) | (stages[OWN][SPD] <= LOWEST_STAGE)
    pressed = pressed | ((stages[OWN][ATK] <= LOWEST_STAGE) & (mine[ATK] >= mine[SPA]))
    pressed = pressed | ((stages[OWN][SPA] <= LOWEST_STAGE) & (mine[ATK] <= mine[SPA]))
    here_worth = _matchup(active, foe)
    leaves = jnp.any(can_switch & (matchups > 0)) & (pressed | (here_worth < SWITCH_BELOW))
    fights = jnp.any(can_move) & jnp.logical_not(leaves & jnp.any(can_switch))

    moves = jnp.stack([view.now(f"move{i}")[OWN] for i in range(layout.MOVES)])
    hazard, has_hazard = _first(can_move & _is_hazard(view, moves))
    hit = _best(_scores(view, moves, active, foe, stages), can_move, np.arange(layout.MOVES))
    slot = jnp.where(has_hazard, hazard, hit)

    switch = _best(matchups, can_switch, view.team("listed")[OWN])
    action = jnp.where(fights, layout.PARTY + slot, switch)
    return action, (fights | jnp.any(can_switch)) & (base_species[FOE] > 0)


def _best(values: Any, allowed: Any, order: Any) -> Any:
    """The place of the highest of the allowed values, the first in `order` of equal ones: int32 ().

    Compared one by one, since JAX lowers its reductions after the double precision of this module has been left.
    """
    best, found = jnp.int32(0), jnp.asarray(False)
    top, rank = values[0], order[0]
    for place in range(allowed.shape[0]):
        ahead = (values[place] > top) | ((values[place] == top) & (order[place] < rank))
        takes = allowed[place] & (ahead | jnp.logical_not(found))
        best, found = jnp.where(takes, np.int32(place), best), found | allowed[place]
        top, rank = jnp.where(takes, values[place], top), jnp.where(takes, order[place], rank)
    return best


def _first(flags: Any) -> tuple[Any, Any]:
    place = jnp.int32(0)
    for later in reversed(range(flags.shape[0])):
        place = jnp.where(flags[later], np.int32(later), place)
    return place, jnp.any(flags)


def _is_hazard(view: View, moves: jax.Array) -> Any:
    """Which moves lay hazards where there are none of the kind, or clear the own side: bool (4,)."""
    number = load_tables().moves.id
    worth_it = view.field("foe_left") >= FEWEST_FOES
    lays = (moves == number["spikes"]) & (view.field("foe_spikes") == 0)
    lays = lays | ((moves == number["toxicspikes"]) & (view.field("foe_toxic_spikes") == 0))
    littered = (view.field("own_spikes") > 0) | (view.field("own_toxic_spikes") > 0)
    clears = (moves == number["rapidspin"]) & littered & (view.field("own_left") >= 2)
    return (worth_it & lays) | clears


def _scores(view: View, moves: jax.Array, active: _Pokemon, foe: _Pokemon, stages: Any) -> Any:
    """A rough damage of every move: float64 (4,), multiplied in poke-env's order."""
    facts, tables = _moves(), load_tables()
    ratios = [
        _estimate(active.base[attack], stages[OWN][attack]) / _estimate(foe.base[defense], stages[FOE][defense])
        for attack, defense in ((ATK, DEF), (SPA, SPD))
    ]
    kind = jnp.asarray(tables.moves.column("type"))[moves]
    kind = jnp.where(moves == tables.moves.id["hiddenpower"], view.at_hand("hidden_power")[OWN], kind)
    same = jnp.any((active.types == kind[:, None]) & (kind[:, None] > 0), axis=1)
    score = jnp.asarray(facts.power)[moves] * jnp.where(same, SAME_TYPE, 1.0)
    score = score * jnp.where(jnp.asarray(facts.physical)[moves], ratios[0], ratios[1])
    score = score * jnp.asarray(facts.accuracy)[moves] * jnp.asarray(facts.hits)[moves]
    return score * _multiplier(kind, foe)
