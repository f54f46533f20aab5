import json

import numpy as np
import pytest

from benchmarks.parity import pokejax_traces
from benchmarks.parity.pokejax_engine import Engine
from benchmarks.parity.pokejax_replay import Decisions, differing_words, replay, try_decisions
from pokejax.tables import load_teams

BATCH = 128  # that of `verify`, so that both find the same compiled programs in the cache


@pytest.fixture(scope="module")
def engine():
    return Engine()


@pytest.mark.timeout(900)  # compiles the whole step
def test_engine_plays_the_recorded_battles_as_showdown_did(engine):
    battles = pokejax_traces.read()
    teams = load_teams()[np.array([battle["teams"] for battle in battles])]
    assert list(replay(engine, battles, teams, BATCH)) == []


@pytest.mark.timeout(900)
def test_engine_makes_of_single_decisions_what_showdown_did(engine):
    files = sorted(pokejax_traces.REGRESSIONS.glob("pokejax_*.json"))
    kept = [case for case in map(json.loads, (file.read_text() for file in files)) if "before" in case]
    assert kept
    columns = [np.array([case[name] for case in kept]) for name in ("before", "actions", "after", "masks")]
    decisions = Decisions(*columns, damages=0)
    tried = try_decisions(engine, decisions, BATCH)
    assert [differing_words(*pair) for pair in zip(tried.after, decisions.after, strict=True)] == [[]] * len(kept)
    assert tried.is_equal(decisions).all()
