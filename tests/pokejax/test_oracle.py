import functools

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.oracles.showdown import process
from benchmarks.parity import pokejax_scenarios, pokejax_traces
from benchmarks.parity.pokejax_replay import rows_of, state_of_words
from pokejax import enums, hashing, state, tables
from pokejax.databuild import build, vocabulary

SEED = 11  # of battles that are long enough to meet most of what happens
GATE = 1_000  # battles that must replay alike before anything is compared with the oracle
SAME = ("actions", "hashes", "masks", "refused", "rng", "winner")

pytestmark = pytest.mark.oracle


@functools.cache
def _battles(count=4):
    return process.fresh_battles(count, SEED, ("mixed", "mixed"))


@pytest.fixture(scope="module")
def played(oracle):
    return list(oracle.play(_battles(), ["teams", "words"]))


def _same(left, right):
    return all(left[name] == right[name] for name in SAME)


def test_same_seed_and_teams_replay_alike(oracle, played):
    for first, second in zip(played, oracle.play(_battles()), strict=True):
        assert _same(first, second) and first["winner"]


def test_playing_ahead_keeps_the_order(oracle, played):
    chunks = list(process.play_ahead(_battles(), 3))
    assert [len(chunk) for chunk in chunks] == [3, 1]
    for first, second in zip(played, [battle for chunk in chunks for battle in chunk], strict=True):
        assert _same(first, second)


def test_given_actions_replay_what_the_players_chose(oracle, played):
    given = [{"seed": b["seed"], "teams": b["teams"], "actions": b["actions"]} for b in played]
    for first, second in zip(played, oracle.play(given), strict=True):
        assert _same(first, second)


def test_log_and_draw_log_change_nothing(oracle, played):
    for first, second in zip(played, oracle.play(_battles(), ["log", "draws"]), strict=True):
        assert _same(first, second)
        drawn = sum(len(draws) for draws in second["draws"])
        assert drawn > len(second["actions"]) and len(second["logs"]) == len(second["hashes"])


def test_draws_account_for_the_generator_state(oracle):
    (battle,) = oracle.play(_battles()[:1], ["draws"])
    for step in range(1, len(battle["rng"])):
        word = int(battle["rng"][step - 1], 16)
        for _ in battle["draws"][step]:
            word = (word * 0x5D588B656C078965 + 0x269EC3) % 2**64
        assert f"{word:016x}" == battle["rng"][step]


def test_other_seed_gives_another_battle(oracle, played):
    changed = dict(_battles()[0], seed=f"{int(_battles()[0]['seed'], 16) ^ 1:016x}")
    (battle,) = oracle.play([changed])
    assert battle["hashes"] != played[0]["hashes"]


def test_forced_draw_gives_its_result_at_its_site(oracle):
    (plain,) = oracle.play(_battles()[:1], ["draws"])
    wanted = next((site, n, result) for draws in plain["draws"] for site, n, result in draws if n > 2)
    site, n, result = wanted
    forced = dict(_battles()[0], force=[{"site": site, "result": (result + 1) % n}])
    (battle,) = oracle.play([forced], ["draws"])
    assert battle["unused"] == []
    assert next(d for draws in battle["draws"] for d in draws if d[0] == site)[2] == (result + 1) % n


def test_refused_choice_costs_neither_draw_nor_turn_and_narrows_the_mask(oracle):
    """Random players run into hidden traps now and then."""
    answers = oracle.play(process.fresh_battles(12, 1, ("random", "random")), ["words"])
    turn = state.word_names().index("turn")
    met = 0
    for battle in answers:
        for step, refused in enumerate(battle["refused"]):
            if not refused:
                continue
            met += 1
            assert battle["rng"][step] == battle["rng"][step - 1]
            assert battle["words"][step][turn] == battle["words"][step - 1][turn]
            for side in range(2):
                before, after = battle["masks"][step - 1][side], battle["masks"][step][side]
                if refused >> side & 1:
                    assert after == before & ~0b111111 and after, "the switches are gone, the moves stay"
                else:
                    assert after == 1, "the other side's choice is kept, and it waits"
    assert met > 0


def _words(battle, step=0):
    return dict(zip(state.word_names(), battle["words"][step].tolist(), strict=True))


def test_set_up_position_stands_in_the_state(oracle):
    setup = {
        "sides": [
            {"active": {"hp": [1, 3], "status": "par", "boosts": {"spe": 2}, "item": "leftovers"}},
            {"party": {"4": {"hp": 7}}, "conditions": {"spikes": 2}},
        ],
        "weather": "sandstorm",
    }
    plain = {"seed": "0000000000000001", "teams": [3, 4], "actions": []}
    (battle,) = oracle.play([plain | {"setup": setup}], ["words"])
    words, table = _words(battle), tables.load_tables()
    assert words["hp[0, 0]"] == words["max_hp[0, 0]"] // 3
    assert words["status[0, 0]"] == enums.STATUSES.index("par") and words["boosts[0, 4]"] == 2
    assert words["item[0, 0]"] == table.items.id["leftovers"]
    assert words["hp[1, 4]"] == 7 and words["spikes[1]"] == 2
    assert words["weather"] == enums.WEATHERS.index("sandstorm")


def test_given_sets_are_played(oracle):
    names = ("Haunter", "Abra", "Machop", "Geodude", "Seel", "Onix")
    team = [{"species": name, "ability": "Levitate", "moves": ["tackle"], "level": 50, "gender": "M"} for name in names]
    asked = {"seed": "0000000000000001", "sets": [team, team], "actions": []}
    with pytest.raises(process.OracleError, match="haunter is not in the vocabulary"):
        list(oracle.play([asked]))
    known = ("Gengar", "Alakazam", "Machamp", "Golem", "Dewgong", "Steelix")
    team = [one | {"species": name, "moves": ["psychic"]} for one, name in zip(team, known, strict=True)]
    (battle,) = oracle.play([asked | {"sets": [team, team]}], ["words"])
    assert _words(battle)["base_species[1, 0]"] == tables.load_tables().species.id["gengar"]
    assert _words(battle)["level[0, 5]"] == 50


def test_changed_positions_keep_every_invariant_of_the_state(oracle):
    asked = [battle | {"perturb": i} for i, battle in enumerate(_battles(3))]
    statuses = set()
    for battle in oracle.play(asked, ["words"], 40):
        assert len(battle["before"]) == len(battle["actions"]) == len(battle["damages"])
        before = state_of_words(battle["before"])
        assert (before.hp <= before.max_hp).all() and (abs(before.boosts) <= 6).all()
        assert (battle["before"][:, : battle["words"].shape[1]] != battle["words"][:-1]).any(), "nothing was changed"
        statuses |= set(before.status.ravel().tolist())
    assert len(statuses) > 3


def test_coverage_counts_the_callbacks_that_ran(oracle):
    oracle.count_coverage()
    scenario = next(one for one in pokejax_scenarios.read() if one["covers"] == "moves.haze")
    asked = [{key: scenario[key] for key in ("seed", "teams", "actions")}]
    (battle,) = oracle.play(asked, ["coverage"])
    calls, branches, ran = battle["coverage"]["moves.haze.onHitField"]
    assert calls > 0 and 0 <= ran <= branches
    assert set(battle["coverage"]) <= pokejax_scenarios.callbacks_of_format()


def test_illegal_action_is_an_error_that_names_it(oracle, played):
    mask = played[0]["masks"][0][0]
    illegal = next(a for a in range(10) if not mask >> a & 1)
    with pytest.raises(process.OracleError, match=f"action {illegal} of side 0 is not legal"):
        list(oracle.play([{"seed": played[0]["seed"], "teams": played[0]["teams"], "actions": [[illegal, 6]]}]))


def test_words_of_a_state_return_as_that_state(played):
    words = np.array(played[0]["words"])
    states = state_of_words(words)
    for step in (0, len(words) // 2, len(words) - 1):
        one = type(states)(**{f.name: getattr(states, f.name)[step] for f in state.FIELDS})
        assert state.words(one).tolist() == words[step].tolist()


def test_hash_agrees_in_node_numpy_and_jax(played):
    for battle in played[:2]:
        words = np.array(battle["words"]).astype(np.int64).astype(np.uint32)
        assert [hashing.to_hex(h) for h in hashing.hash_words(words)] == battle["hashes"]
        assert [hashing.to_hex(h) for h in hashing.hash_words(jnp.asarray(words), jnp)] == battle["hashes"]
        states = state_of_words(np.array(battle["words"]))
        for step in (0, len(words) - 1):
            one = type(states)(**{f.name: getattr(states, f.name)[step] for f in state.FIELDS})
            assert hashing.to_hex(hashing.hash_state(one)) == battle["hashes"][step]


def test_pool_rows_are_the_teams_of_their_numbers(oracle):
    pool = tables.load_teams()
    numbers = [[0, 1], [len(pool) - 1, 77]]
    asked = [{"seed": "00000000000000aa", "teams": pair, "actions": []} for pair in numbers]
    rows = rows_of(list(oracle.play(asked, ["teams"])), oracle.format)
    assert (rows == pool[np.array(numbers)]).all()


def test_recorded_traces_are_what_showdown_plays(oracle):
    recorded = pokejax_traces.read()[:2]
    given = [{"seed": b["seed"], "teams": b["teams"], "actions": b["actions"]} for b in recorded]
    for first, second in zip(recorded, oracle.play(given), strict=True):
        assert first["hashes"] == second["hashes"] and first["masks"] == second["masks"] and second["winner"]


def test_builder_writes_the_shipped_tables_again(oracle, tmp_path):
    build.build(oracle.format, tmp_path, pool=4, extra_teams=0, report=print)
    shipped = tables.DATA
    name = f"{oracle.format}.json"
    assert (tmp_path / name).read_bytes() == (shipped / name).read_bytes()
    with (
        np.load(tmp_path / f"{oracle.format}_tables.npz") as new,
        np.load(shipped / f"{oracle.format}_tables.npz") as old,
    ):
        assert set(new.files) == set(old.files)
        assert all((new[array] == old[array]).all() for array in new.files)
    with np.load(tmp_path / f"{oracle.format}_teams.npz") as new:
        assert (new["teams"] == tables.load_teams()[:4]).all()


def test_teams_of_a_number_are_the_same_from_any_start(oracle):
    first = list(vocabulary.read_teams(oracle.format, 5, 2))
    assert list(vocabulary.read_teams(oracle.format, 6, 1)) == first[1:]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_gate_of_battles_replays_alike(oracle):
    for seed in range(0, GATE, 50):
        battles = process.fresh_battles(50, 1_000_000 + seed, ("mixed", "mixed"))
        for first, second in zip(oracle.play(battles), oracle.play(battles), strict=True):
            assert _same(first, second)
