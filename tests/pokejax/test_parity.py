import contextlib
import json

import numpy as np
import pytest

from benchmarks.parity import pokejax, pokejax_replay, pokejax_scenarios, pokejax_traces
from benchmarks.parity.pokejax_engine import Look
from pokejax import state
from pokejax.tables import load_tables

NUM_RECORDED = 64


class _FromTraces:
    """An engine that answers with the recorded hashes and masks, and with one wrong value where it is told to."""

    def __init__(self, battles, wrong=None):
        self.by_seed = {pokejax_replay.words_of_hex(b["seed"]): b for b in battles}
        self.wrong = wrong  # (seed, step, what)

    def start(self, seeds, teams):
        self.step_now = 0
        self.batch = [self.by_seed[(int(seed[0]), int(seed[1]))] for seed in seeds]
        return None, self._look()

    def step(self, state, actions):
        self.step_now += 1
        for battle, pair in zip(self.batch, actions, strict=True):
            if self.step_now <= len(battle["actions"]):
                assert battle["actions"][self.step_now - 1] == pair.tolist()
        return None, self._look()

    def _look(self):
        at = [min(self.step_now, len(b["hashes"]) - 1) for b in self.batch]
        hashes = np.array([pokejax_replay.words_of_hex(b["hashes"][i]) for b, i in zip(self.batch, at, strict=True)])
        masks = np.array([b["masks"][i] for b, i in zip(self.batch, at, strict=True)])
        errors = np.zeros(len(self.batch), int)
        for k, battle in enumerate(self.batch):
            if self.wrong and (battle["seed"], self.step_now) == self.wrong[:2]:
                what = self.wrong[2]
                hashes[k, 1] ^= what == "state"
                masks[k, 0] ^= (what == "masks") * 2
                errors[k] = what == "err"
        return Look(hashes, masks, errors, None)


@pytest.fixture(scope="module")
def recorded():
    """The recorded battles, one of each seed, by which the engine of the tests knows them."""
    by_seed = {}
    for battle in pokejax_traces.read():
        by_seed.setdefault(battle["seed"], battle)
    return list(by_seed.values())


def _replay(engine, battles, batch=7):
    teams = np.zeros((len(battles), 2, 6, 20), np.int16)
    return list(pokejax_replay.replay(engine, battles, teams, batch))


def test_recorded_battles_are_whole():
    recorded = pokejax_traces.read()
    assert len(recorded) == NUM_RECORDED + len(pokejax_traces.regressions()) > NUM_RECORDED
    for number, battle in enumerate(recorded):
        fewest = 10 if number < NUM_RECORDED else 1  # the others end at the decision that once went wrong
        assert len(battle["hashes"]) == len(battle["masks"]) == len(battle["actions"]) + 1 > fewest
        for (one, two), (left, right) in zip(battle["masks"], battle["actions"], strict=False):
            assert one >> left & 1 and two >> right & 1


def test_equal_engine_has_no_difference(recorded):
    assert _replay(_FromTraces(recorded), recorded) == []


@pytest.mark.parametrize("what", ["state", "masks", "err"])
@pytest.mark.parametrize("place", [0, 9, -1])
def test_one_wrong_value_is_found_where_it_stands(recorded, what, place):
    battle = recorded[5]
    step = place % len(battle["hashes"])
    (found,) = _replay(_FromTraces(recorded, (battle["seed"], step, what)), recorded)
    assert (found.battle, found.step, found.what) == (5, step, what)
    assert found.ours != found.original


@pytest.fixture
def followed(recorded, monkeypatch):
    """Runs the check of battles with the recorded battles in place of the oracle, and an engine that may be wrong."""

    def run(wrong=None):
        answers = [
            battle
            | {"ended": True, "winner": "one", "turns": 3, "refused": [0, 1], "rng": ["0" * 16, f"{0x269EC3:016x}"]}
            for battle in recorded[:8]
        ]
        monkeypatch.setattr(pokejax, "play_ahead", lambda asked, chunk, want: iter([answers[:5], answers[5:]]))
        monkeypatch.setattr(pokejax, "rows_of", lambda played, form: np.zeros((len(played), 2, 6, 20), np.int16))
        monkeypatch.setattr(pokejax, "engine", lambda: _FromTraces(recorded, wrong))
        monkeypatch.setattr(pokejax, "Oracle", lambda form: contextlib.nullcontext())
        monkeypatch.setattr(pokejax, "explain", lambda oracle, battle, teams, found, tally: {"step": found.step})
        return answers, pokejax.battles("random", 5, 16, lambda steps: None)

    return run


def test_check_of_battles_counts_what_was_compared(followed):
    answers, outcome = followed()
    assert outcome.tally.mismatches == 0 and outcome.complete and outcome.case is None
    assert outcome.steps == sum(len(battle["hashes"]) for battle in answers)
    assert (outcome.episodes, outcome.draws, outcome.agent_wins) == (8, 8, 8)
    assert outcome.extra == {"format": pokejax.FORMAT, "refused": 8, "error_flags": 0, "turns": 24}


@pytest.mark.parametrize(("what", "flags"), [("state", 0), ("err", 1)])
def test_check_of_battles_reports_a_difference(followed, recorded, what, flags):
    _, outcome = followed((recorded[6]["seed"], 4, what))
    assert outcome.tally.mismatches == 1 and outcome.extra["error_flags"] == flags
    assert outcome.case == {"step": 4}


def test_check_of_battles_is_not_complete_without_all_of_them(followed, monkeypatch):
    monkeypatch.setattr(pokejax, "PLAYERS", {"random": ("random", "random")})
    _, outcome = followed()
    assert not outcome.complete, "8 of 16 battles"


def test_changed_layout_makes_the_traces_stale(monkeypatch):
    changed = {**state.layout(), "words": 1}
    monkeypatch.setattr(state, "layout", lambda: changed)
    with pytest.raises(pokejax_traces.StaleTracesError, match="pokejax_traces"):
        pokejax_traces.read()


def test_traces_survive_writing_and_reading(recorded, tmp_path):
    pokejax_traces.write(recorded[:3], tmp_path / "few.npz")
    assert pokejax_traces.read(tmp_path / "few.npz") == recorded[:3]


def test_draws_between_counts_the_steps_of_the_generator():
    word, states = 0x0123456789ABCDEF, []
    for _ in range(4):
        states.append(f"{word:016x}")
        word = (word * 0x5D588B656C078965 + 0x269EC3) % 2**64
    assert [pokejax.draws_between(states[0], one) for one in states] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="not reached"):
        pokejax.draws_between(states[1], states[0])


def test_words_of_a_state_and_back_keep_every_value():
    rng = np.random.default_rng(3)
    ranges = [(np.iinfo(f.dtype), int(np.prod(f.shape, dtype=int))) for f in state.HASHED]
    words = np.concatenate([rng.integers(i.min, int(i.max) + 1, (5, size)) for i, size in ranges], axis=1)
    assert (pokejax_replay.words_of_states(pokejax_replay.state_of_words(words)) == words).all()
    changed = words.copy()
    changed[2, 7] ^= 1
    (word,) = pokejax_replay.differing_words(words[2], changed[2])
    assert word == pokejax_replay.Word(state.word_names()[7], int(words[2, 7]), int(changed[2, 7]))


def test_decision_with_any_difference_is_not_equal():
    rng = np.random.default_rng(4)
    after, masks = rng.integers(0, 9, (3, 6)), rng.integers(1, 9, (3, 2))
    decisions = pokejax_replay.Decisions(after, masks, after, masks, 0)
    tried = pokejax_replay.Tried(after.copy(), masks.copy(), np.zeros(3, int))
    assert tried.is_equal(decisions).all()
    for field, place in (("after", (1, 5)), ("masks", (1, 1)), ("errors", (1,))):
        wrong = getattr(tried, field).copy()
        wrong[place] += 1
        changed = tried._replace(**{field: wrong})
        assert changed.is_equal(decisions).tolist() == [True, False, True]


def test_scenarios_cover_every_entry_and_name_what_never_ran():
    content = json.loads((pokejax_scenarios.FOLDER / f"{pokejax_scenarios.FORMAT}.json").read_text())
    expected = pokejax_scenarios.callbacks_of_format()
    assert set(content["never_called"]) == expected - set(content["callbacks"])
    assert len(content["never_called"]) < len(expected) / 10
    covered = {name for one in pokejax_scenarios.read() for name in one["covers"].split()}
    names = {f"{kind}.{name}" for kind in pokejax_scenarios.KINDS for name in getattr(load_tables(), kind).names}
    assert names - covered == {"moves.recharge", "moves.struggle"}


def test_scenarios_survive_writing_and_reading(tmp_path):
    kept, counts = pokejax_scenarios.read()[:3], pokejax_scenarios.read_counts()
    pokejax_scenarios.write(tmp_path, kept, counts)
    assert pokejax_scenarios.read(tmp_path) == kept and pokejax_scenarios.read_counts(tmp_path) == counts


def test_counts_of_battles_add_up_and_keep_the_widest_branches():
    total = {}
    pokejax_scenarios.add_counts(total, {"moves.x.onHit": [2, 3, 1]})
    pokejax_scenarios.add_counts(total, {"moves.x.onHit": [1, 2, 2], "moves.y.onHit": [1, 0, 0]})
    assert total == {"moves.x.onHit": [3, 3, 2], "moves.y.onHit": [1, 0, 0]}
    assert pokejax_scenarios.worth(total, "moves", "x") == 3
