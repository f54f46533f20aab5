"""Battles by the ten thousand, perft and the soak: what they count, how they go on, and that they see a fault."""

import base64
import json
from collections import Counter

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.oracles.showdown.process import Oracle
from benchmarks.parity import pokejax, pokejax_battles, pokejax_perft, pokejax_ranges, pokejax_soak
from benchmarks.parity.compare import Divergence
from benchmarks.parity.pokejax_replay import Tried
from pokejax import state, vocabulary

EXTRA = {"mismatches": 0, "error_flags": 0}


def quiet_state(**values):
    """A state in which nothing is wrong but what is given."""
    places = np.tile(np.arange(state.PARTY, dtype=np.uint8), (2, 1))
    return state.empty().replace(**{"place": places} | values)


def wrong(**values):
    return {name for name, found in pokejax_ranges.out_of_range(quiet_state(**values)).items() if bool(found)}


def test_every_field_has_a_range():
    assert set(pokejax_ranges.largest()) | set(pokejax_ranges.ANY) == set(state.BY_NAME)


def test_nothing_is_wrong_with_a_quiet_state():
    assert wrong() == set()


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"err": np.uint8(2)}, {"err"}),
        ({"weather": np.uint8(5)}, {"weather"}),
        ({"boosts": np.full((2, 7), -7, np.int8)}, {"boosts"}),
        ({"hp": np.ones((2, 6), np.uint16)}, {"hp above max_hp"}),
        ({"place": np.zeros((2, 6), np.uint8)}, {"places"}),
        ({"volatiles": np.array([0, 1 << len(vocabulary.VOLATILES)], np.uint32)}, {"volatiles"}),
        ({"taunt_turns": np.array([2, 0], np.uint8)}, {"taunt_turns without taunt"}),
        ({"taunt_turns": np.array([6, 0], np.uint8)}, {"taunt_turns", "taunt_turns without taunt"}),
    ],
)
def test_a_value_that_cannot_be_is_named(values, names):
    assert wrong(**values) == names


def test_soak_sums_counts_and_keeps_the_longest():
    seen = {"err": jnp.array([True, False, True]), "longest_turns": jnp.array([3, 9, 4])}
    assert {name: int(value) for name, value in pokejax_soak.gathered(seen).items()} == {"err": 2, "longest_turns": 9}


@pytest.fixture
def soaked(monkeypatch):
    """The soak with battles that never change, of which a part has what `found` says."""
    found = {"ended": 2, "ties": 1, "turns": 70, "longest_turns": 40, "longest_decision_points": 44, "err": 0, "hp": 0}
    monkeypatch.setattr(pokejax_soak, "started", lambda seed, count: quiet_state())
    monkeypatch.setattr(pokejax_soak, "compile_part", lambda: lambda states, key: (states, dict(found)))
    return found


def test_soak_goes_on_where_it_stood(soaked, tmp_path):
    path, points = tmp_path / "soak.json", pokejax_soak.PART * 8
    first = pokejax_soak.run(points, 5, 8, path, resume=False)
    assert (first["steps"], first["episodes"], first["passed"]) == (points, 2, True)
    soaked |= {"hp": 3, "longest_turns": 20}
    row = pokejax_soak.run(2 * points, 5, 8, path, resume=True)
    assert (row["parts"], row["episodes"], row["turns"], row["longest_turns"]) == (2, 4, 140, 40)
    assert row["wrong"] == {"hp": 3} and not row["passed"] and row["first_divergence"] == "part 1: hp"
    path.with_suffix(".npz").unlink()
    with pytest.raises(pokejax_soak.UsageError, match=r"soak\.npz.*is missing"):
        pokejax_soak.run(3 * points, 5, 8, path, resume=True)


@pytest.mark.parametrize("module", [pokejax_soak, pokejax_battles, pokejax_perft])
def test_another_engine_does_not_go_on(module, soaked, tmp_path, monkeypatch):
    path = tmp_path / "row.json"
    rows = {
        pokejax_soak: lambda: pokejax_soak.new_row(5, 8),
        pokejax_battles: lambda: pokejax_battles.new_row("random", 5),
        pokejax_perft: lambda: pokejax_perft.new_row(5),
    }
    path.write_text(json.dumps({"rows": [rows[module]() | {"source": "another"}]}))
    command = {pokejax_soak: "--decision-points", pokejax_battles: "--battles", pokejax_perft: "--leaves"}[module]
    arguments = [command, "9", "--seed", "5", "--json", str(path), "--resume"]
    assert module.main(arguments + ["--num-envs", "8"] * (module is pokejax_soak)) == 64


def test_shards_have_battles_of_their_own():
    asked = [pokejax_battles.asked(players, 3, shard) for players in pokejax.PLAYERS for shard in range(2)]
    assert len({battle["seed"] for battles in asked for battle in battles}) == 4 * pokejax_battles.SHARD
    assert pokejax_battles.asked("random", 3, 1) == asked[1]


@pytest.fixture
def played(monkeypatch):
    """Shards of two battles each, of which the third has a difference."""

    def shards(players, seed, first):
        for shard in range(first, 9):
            battle = {"turns": 30 + shard, "sites": {"crit": 2, "tie": 1}}
            yield [battle, battle | {"turns": 1000}], {"moves.toxic.onHit": shard}

    def follow(battles, outcome):
        outcome.steps, outcome.episodes, outcome.draws = 60, 2, 6
        outcome.extra["turns"] = sum(battle["turns"] for battle in battles)
        if battles[0]["turns"] == 32:
            outcome.tally.mismatches, outcome.tally.first = 1, Divergence(4, 1, "hp", (), 3.0, 5.0)
            outcome.case = {"seed_hex": "00"}

    monkeypatch.setattr(pokejax_battles, "played", shards)
    monkeypatch.setattr(pokejax, "follow", follow)


def test_battles_go_on_and_count_each_shard_once(played, tmp_path):
    path, reached = tmp_path / "row.json", tmp_path / "reached.json"
    first = pokejax_battles.run("random", 3, 7, path, False, pokejax_battles.Reached(reached))
    assert (first["shards"], first["episodes"], first["turn_limit"], first["passed"]) == (2, 4, 2, True)
    path.write_text(json.dumps({"rows": [first | {"shards": 1, "episodes": 2}]}))  # cut off before it was written
    row = pokejax_battles.run("random", 6, 7, path, True, pokejax_battles.Reached(reached))
    assert (row["shards"], row["episodes"], row["mismatches"], row["passed"]) == (3, 6, 1, False)
    assert "hp is 3.0 here and 5.0" in row["first_divergence"]
    (case,) = tmp_path.glob("pokejax_battles*.json")
    assert json.loads(case.read_text())["seed_hex"] == "00"
    kept = json.loads(reached.read_text())["random, seed 7"]
    assert kept == {"shards": 3, "calls": {"moves.toxic.onHit": 3}, "draws": {"crit": 12, "tie": 6}}
    calls, draws = pokejax_battles.Reached(reached).rare(7)
    assert draws == {"tie": 6} and calls["moves.toxic.onHit"] == 3 and 0 in calls.values()


def answer_of(count):
    words = np.zeros(pokejax_perft.WORDS, "<i4").tobytes()
    text = base64.b64encode(words).decode()
    position = {"step": 12, "before": text, "after": [text] * count}
    position |= {"actions": [[6, k] for k in range(count)], "generators": [0] * count, "masks": [[1, 1]] * count}
    return {"seed": "ab", "teams": [1, 2], "positions": [position], "uncopied": 1}


def test_perft_sets_the_generator_and_names_the_first_leaf_that_differs(monkeypatch):
    leaves = pokejax_perft.leaves_of([answer_of(2), answer_of(3)], [[1, 2, 3, 4]])
    assert leaves.before[:, :2].tolist() == [[0x10002, 0x30004]] * 5 and leaves.after.shape == (5, pokejax_perft.WORDS)
    after = leaves.after.copy()
    after[3, 2] = 9
    tried = Tried(after, leaves.masks, np.zeros(5, np.int32))
    monkeypatch.setattr(pokejax, "engine", lambda: None)
    monkeypatch.setattr(pokejax, "draws_of", lambda before, after: [2] * len(before))
    monkeypatch.setattr(pokejax_perft, "try_decisions", lambda *_: tried)
    row = pokejax_perft.new_row(7)
    pokejax_perft.add(row, [answer_of(2), answer_of(3)], leaves)
    figures = (row["steps"], row["positions"], row["uncopied"], row["draws"], row["mismatches"])
    assert figures == (5, 2, 2, 10, 1)
    assert "actions [6, 1], generator 0001000200030004: turn 9 here, 0 there" in row["first_divergence"]


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        (pokejax_soak, ["--num-envs", "0"]),
        (pokejax_battles, ["--battles", "-1"]),
        (pokejax_battles, ["--players", "nobody"]),
        (pokejax_perft, ["--leaves", "0"]),
    ],
)
def test_bad_usage_is_refused_in_a_sentence(module, arguments, capsys):
    assert module.main(arguments) == 64
    assert capsys.readouterr().err


@pytest.mark.oracle
def test_copies_of_a_battle_go_on_like_the_battle(oracle):
    (battle,) = pokejax.fresh_battles(1, 31, ("mixed", "mixed"))
    (answer,) = oracle.perft([battle], 40, [[1, 2, 3, 4]])
    assert answer["positions"] and answer["uncopied"] == 0
    (again,) = oracle.play([battle], ["words"])
    leaves = pokejax_perft.leaves_of([answer], [[1, 2, 3, 4]])
    first = answer["positions"][0]
    before = pokejax_perft.decode_words([first["before"]])[0, : pokejax_perft.WORDS]
    assert before.tolist() == again["words"][first["step"]].tolist()
    assert len({after.tobytes() for after in leaves.after}) > 1


@pytest.mark.oracle
def test_counted_calls_and_draws_are_those_of_the_battle(oracle):
    asked = pokejax.fresh_battles(1, 32, ("random", "random"))
    (logged,) = oracle.play(asked, ["draws"])
    with Oracle() as counting:
        counting.count_coverage()
        counting.ran()
        (counted,) = counting.play(asked, ["sites"])
        calls = counting.ran()
        assert calls and all(count[0] > 0 for count in calls.values()) and not counting.ran()
    assert counted["hashes"] == logged["hashes"]
    assert counted["sites"] == Counter(site for draws in logged["draws"] for site, *_ in draws)
