"""The damage of an attack: its roundings against exact fractions, the type chart, and Showdown's recorded answers."""

import fractions
import pathlib

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.parity import pokejax_damage
from pokejax import core, enums, matchup, modifiers, speed, state
from pokejax.tables import load_tables

RECORDED = pathlib.Path(__file__).parent / "data" / "gen4randombattle_damage.npz"
LEAST_MOVES = 100  # different moves among the recorded cases, far below what their number gives


def working(**values):
    """The working form of a state that is empty but for some values of the foe's Pokemon on the field."""
    battle = core.unpack(state.empty())
    battle.foe.put(True, fainted=False, **values)
    return battle


def nearest(value: fractions.Fraction, *, half_up: bool) -> int:
    floor = value.numerator // value.denominator
    rest = value - floor
    return floor + (rest > fractions.Fraction(1, 2) or (half_up and rest == fractions.Fraction(1, 2)))


@pytest.mark.parametrize("factor", [2048, 3072, 3276, 4096, 4915, 5324, 5325, 6144, 8192])
def test_modify_rounds_a_half_down_and_chain_a_half_up(factor):
    values = np.array([1, 2, 3, 5, 7, 99, 255, 1001, 4095, 4097, 6145, 12288, 49151])
    exact = [fractions.Fraction(int(v) * factor, modifiers.ONE) for v in values]
    modified = np.asarray(speed.modify(values, factor)).tolist()
    assert modified == [nearest(x, half_up=False) for x in exact]
    chained = np.asarray(modifiers.chain(values, factor, True)).tolist()
    assert chained == [nearest(x, half_up=True) for x in exact]


def test_chain_leaves_the_modifier_alone_where_the_mask_is_off():
    assert int(modifiers.chain(5324, 6144, jnp.bool_(False))) == 5324


@pytest.mark.parametrize(
    "types", [("Water", ""), ("Flying", ""), ("Ghost", "Poison"), ("Rock", "Steel"), ("Bug", "Bug")]
)
@pytest.mark.parametrize("roost", [False, True])
def test_matchup_equals_the_chart(types, roost):
    tables = load_tables()
    numbers = [enums.TYPES.index(name) for name in types]
    battle = working(types=numbers)
    battle.foe.start("roost", roost)
    counted = {n for n in numbers if n and not (roost and n == matchup.FLYING)}
    for attacking in range(len(enums.TYPES)):
        doublings = sum(int(tables.effectiveness[attacking, n]) for n in counted)
        assert int(matchup.effectiveness(battle.foe, attacking)) == doublings
        proof = attacking != 0 and any(tables.immunity[attacking, n] for n in counted)
        proof = matchup.FLYING in counted if attacking == matchup.GROUND else proof
        assert bool(matchup.immune(battle.foe, attacking, False, False)) == proof


@pytest.mark.parametrize(("mold_breaker", "proof"), [(False, True), (True, False)])
def test_levitate_stops_ground_attacks_but_not_mold_breaker(mold_breaker, proof):
    battle = working(types=[enums.TYPES.index("Steel"), 0], ability=load_tables().abilities.id["levitate"])
    assert bool(matchup.immune(battle.foe, matchup.GROUND, mold_breaker, False)) == proof


def test_scrappy_reaches_ghosts_with_normal_and_fighting_only():
    battle = working(types=[enums.TYPES.index("Ghost"), 0])
    stopped = [t for t in range(len(enums.TYPES)) if bool(matchup.immune(battle.foe, t, False, False))]
    assert sorted(stopped) == sorted([matchup.NORMAL, matchup.FIGHTING])
    assert not any(bool(matchup.immune(battle.foe, t, False, True)) for t in stopped)


def test_generators_are_critical_or_not_with_each_roll():
    states = pokejax_damage.seeds(np.random.default_rng(3))
    firsts = [(s * pokejax_damage.MULTIPLIER + pokejax_damage.INCREMENT) % pokejax_damage.WORD for s in states]
    rolls = [(s * pokejax_damage.MULTIPLIER + pokejax_damage.INCREMENT) % pokejax_damage.WORD >> 60 for s in firsts]
    assert rolls == [*range(pokejax_damage.ROLLS)] * 2
    critical = [[(s >> 32) * n >> 32 == 0 for s in firsts] for n in (16, 8, 4, 3, 2)]
    assert all(odds == [True] * pokejax_damage.ROLLS + [False] * pokejax_damage.ROLLS for odds in critical)


@pytest.fixture(scope="module")
def recorded():
    return pokejax_damage.recorded(RECORDED)


def test_recorded_cases_hold_many_moves_and_both_outcomes(recorded):
    assert len(set(recorded.moves.tolist())) > LEAST_MOVES
    assert (recorded.original["damage"] > 0).any() and (recorded.original["damage"] == pokejax_damage.NONE).any()
    assert set(np.unique(recorded.original["hits"]).tolist()) == {0, 1}


@pytest.mark.slow  # compiles the damage for itself; the recorded battles of the fast tests run through the same code
def test_damage_accuracy_and_draws_equal_showdowns_recorded_answers(recorded):
    assert recorded.differing(pokejax_damage.compile_engine()) == {}
