"""The hit path against its assumptions about the tables, and rules of it that need no battle."""

import json
import re

import jax.numpy as jnp
import numpy as np
import pytest

from pokejax import core, effects, enums, hit, one_offs, state, tries, use, volatiles
from pokejax.tables import load_tables
from pokejax.vocabulary import FEMALE, MALE, PAR, SLP

SELF = {"self"}
FOES = {"normal", "any", "randomNormal", "allAdjacent", "allAdjacentFoes", "scripted"}
FULL = 200  # HP of the Pokemon in these tests


def targets(column):
    """Targets of the moves with something in a column."""
    moves = load_tables().moves
    return {enums.TARGETS[moves.column("target")[i]] for i in np.nonzero(moves.column(column))[0] if i}


def working(**values):
    battle = core.unpack(state.empty())
    for side in (battle.own, battle.foe):
        side.put(True, hp=FULL, max_hp=FULL, fainted=False, **values)
    return battle


def move(name):
    return load_tables().moves.id[name]


@pytest.mark.parametrize(
    ("column", "allowed"),
    [
        ("has_boosts", SELF),
        ("heal_num", SELF),
        ("heal_formula_formula", SELF),
        ("slot_condition", SELF),
        ("status", FOES),
        ("secondaries", FOES),
        ("force_switch", FOES),
        ("self_switch", FOES),
        ("side_condition", {"foeSide"}),
        ("weather", {"all"}),
        ("pseudo_weather", {"all"}),
    ],
)
def test_effects_fall_on_the_side_that_the_hit_path_gives_them_to(column, allowed):
    assert targets(column) <= allowed


def test_tables_hold_no_rule_without_code():
    tables = load_tables()
    moves = tables.moves
    assert not tables.unmapped("moves", hit.IMPLEMENTED).any()
    for column in ("drain_num", "fixed_damage"):
        assert not moves.column(column).any()
    for column in ("boost_accuracy", "boost_evasion", "self_boost_accuracy", "secondary0_boost_accuracy"):
        assert not moves.column(column).any()
    assert set(moves.column("multihit_max").tolist()) <= {0, 1, hit.MOST_HITS}
    assert moves.column("secondaries").max() == 2


def test_move_without_code_sets_the_error_flag(monkeypatch):
    lacking = hit.IMPLEMENTED - {"trick"}
    monkeypatch.setattr(hit, "IMPLEMENTED", lacking)
    assert bool(hit.unmapped(move("trick"))) and not bool(hit.unmapped(move("surf")))


@pytest.mark.parametrize(
    ("percent", "own", "foe", "rounded_up", "whole"),
    [
        (80, 0, 0, 80, True),
        (90, -1, 0, 68, False),
        (90, 3, 0, 180, True),
        (75, 0, 2, 45, True),
        (50, 1, 1, 50, False),  # 50 * 4/3 / 4/3 falls short of 50 in float64
        (100, -6, 6, 12, False),
    ],
)
def test_accuracy_stages_multiply_and_divide_by_thirds_in_float64(percent, own, foe, rounded_up, whole):
    assert hit.accuracy.staged_accuracies()[own + 6, foe + 6, percent] == 2 * rounded_up + whole


@pytest.mark.parametrize(("accuracy", "evasion", "misses_at"), [(0, 0, 80), (-6, 0, 27), (0, 6, 27), (-3, 0, 40)])
def test_stages_of_accuracy_and_evasion_decide_where_a_move_misses(monkeypatch, accuracy, evasion, misses_at):
    battle = working()
    battle.own.put(True, boosts=[0, 0, 0, 0, 0, accuracy, 0])
    battle.foe.put(True, boosts=[0, 0, 0, 0, 0, 0, evasion])
    one = use.intend(battle, jnp.int32(move("hydropump")), jnp.bool_(True))
    for roll in (misses_at - 1, misses_at):
        monkeypatch.setattr(hit.accuracy, "draw", lambda *_, roll=roll: roll)
        assert bool(hit.accuracy.hits(battle, one, jnp.bool_(True))) == (roll < misses_at)
    assert int(battle.err) == 0


@pytest.mark.parametrize(("before", "after"), [(0, 2), (2, 4), (4, 8), (8, 8)])
def test_stall_doubles_its_counter_up_to_eight(before, after):
    battle = working(stall_counter=before)
    battle.own.start("stall", before > 0)
    volatiles.stall(battle.own, jnp.bool_(True))
    assert (int(battle.own.stall_counter), int(battle.own.stall_turns)) == (after, 2)


@pytest.mark.parametrize(("mine", "theirs", "falls"), [(MALE, FEMALE, True), (FEMALE, MALE, True), (MALE, MALE, False)])
def test_attract_needs_the_other_gender(mine, theirs, falls):
    battle = working()
    battle.own.put(True, gender=mine)
    battle.foe.put(True, gender=theirs, place=3)
    volatiles.attract(battle.own, battle.foe, jnp.bool_(True))
    assert bool(battle.own.has("attract")) == falls
    assert int(battle.own.attract_by) == (4 if falls else 0)


@pytest.mark.parametrize(("mine", "theirs", "mean"), [(10, 31, 20), (1, 0, 0), (FULL, 100, 150)])
def test_pain_split_gives_both_the_mean(mine, theirs, mean):
    battle = working()
    battle.own.put(True, hp=mine)
    battle.foe.put(True, hp=theirs)
    one_offs.pain_split(battle, jnp.bool_(True))
    expected = (mean, mean) if theirs else (mine, theirs)  # nobody shares with the fainted
    assert (int(battle.own.hp), int(battle.foe.hp)) == expected


@pytest.mark.parametrize(("is_switcheroo", "was_knocked_off", "swaps"), [
    (False, False, True), (True, False, True), (False, True, False), (True, True, True),
])  # fmt: skip
def test_trick_asks_for_an_item_that_was_knocked_off_and_switcheroo_does_not(is_switcheroo, was_knocked_off, swaps):
    battle = working()
    battle.own.put(True, item=3)
    battle.foe.put(was_knocked_off, flags=one_offs.KNOCKED_OFF)
    assert bool(one_offs.trick(battle, jnp.bool_(True), is_switcheroo, False)) == swaps
    assert (int(battle.own.item), int(battle.foe.item)) == ((0, 3) if swaps else (3, 0))


def test_heal_bell_leaves_soundproof_members_out_and_aromatherapy_does_not():
    soundproof = load_tables().abilities.id["soundproof"]
    for everyone, left in ((False, [PAR, 0]), (True, [0, 0])):
        battle = working()
        bench = battle.own.bench
        bench.hp, bench.status = [FULL] * core.BENCH, [PAR] * core.BENCH
        battle.reserves[0].base_ability = [soundproof, 0, 0, 0, 0]
        battle.own.put(True, status=SLP)
        one_offs.cure_party(battle, everyone, jnp.bool_(True))
        assert [int(status) for status in bench.status[:2]] == left and int(battle.own.status) == 0


@pytest.mark.parametrize(("layers", "after", "works"), [(0, 1, True), (2, 3, True), (3, 3, False)])
def test_spikes_lie_in_at_most_three_layers(layers, after, works):
    battle = working()
    battle.foe.put(True, spikes=layers)
    one = use.intend(battle, jnp.int32(move("spikes")), jnp.bool_(True))
    assert bool(effects.at_sides(battle, one, jnp.bool_(True))) == works
    assert int(battle.foe.spikes) == after


@pytest.mark.parametrize(("name", "flags", "tried"), [("fakeout", {}, True), ("fakeout", {"move_actions": 2}, False)])
def test_fake_out_works_on_the_first_move_only(name, flags, tried):
    battle = working(**flags)
    one = use.intend(battle, jnp.int32(move(name)), jnp.bool_(True))
    assert bool(tries.may_try(battle, one, jnp.bool_(True))) == tried


def test_crash_costs_half_of_the_full_hp_of_an_immune_target(root):
    """A battle in which Showdown and the engine were apart: the log is Showdown's."""
    name = "pokejax_battles_gen4randombattle_random_seed20261123.json"
    log = json.loads((root / "tests" / "regressions" / name).read_text())["log"]
    target = int(next(line for line in log if line.startswith("|switch|p2a: Mismagius")).rsplit("/", 1)[1])
    crashed = next(line for line in log if line.startswith("|-damage|p1a: Medicham|"))
    left, full = (int(part) for part in re.findall(r"\d+", crashed.split("|")[3]))
    before = 185  # what Showdown's Medicham had
    battle = working()
    battle.own.put(True, hp=before, max_hp=full)
    battle.foe.put(True, hp=target, max_hp=target, types=[enums.TYPES.index("Ghost"), 0])
    one = use.intend(battle, jnp.int32(move("highjumpkick")), jnp.bool_(True))
    hit.crash(battle, one, jnp.bool_(True))
    assert int(battle.own.hp) == left
