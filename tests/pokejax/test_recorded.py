import numpy as np
import pytest

from benchmarks.parity import pokejax_traces
from benchmarks.parity.pokejax_engine import Engine
from benchmarks.parity.pokejax_replay import replay
from pokejax.tables import load_teams

BATCH = 128  # that of `verify`, so that both find the same compiled programs in the cache


@pytest.mark.timeout(900)  # compiles the whole step
def test_engine_plays_the_recorded_battles_as_showdown_did():
    battles = pokejax_traces.read()
    teams = load_teams()[np.array([battle["teams"] for battle in battles])]
    assert list(replay(Engine(), battles, teams, BATCH)) == []
