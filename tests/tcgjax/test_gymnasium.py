"""The id, the spaces and the adapters, and the parts of a long comparison that are kept."""

from __future__ import annotations

import json

import gymnasium
import numpy as np
import pytest

import tcgjax
from benchmarks.parity.tcgjax_shards import Shards, source_hash
from tcgjax import actions, observation_layout
from tcgjax.gymnasium import make_single
from twinenvs import registry
from twinenvs.testing import check_env

pytestmark = pytest.mark.timeout(1800)  # the step is long to compile on a busy machine


def test_the_id_is_registered_with_both_entry_points() -> None:
    assert registry.entry("TCGJax-v0").package == "tcgjax"
    spec = gymnasium.spec("TCGJax-v0")
    assert spec.entry_point == "tcgjax.gymnasium:make_single"
    assert spec.vector_entry_point == "tcgjax.gymnasium:make_vector"


@pytest.mark.parametrize("form", ["flat", "tokens"])
def test_the_adapter_has_the_environments_spaces(form) -> None:
    env = make_single(observation=form, deck="pikachu_ex")
    assert env.action_space.n == actions.NUM_ACTIONS
    if form == "flat":
        assert env.observation_space.shape == (len(observation_layout.names()),)
        assert np.array_equal(env.observation_space.low, np.array(observation_layout.bounds()[0], np.float32))
    else:
        assert set(observation_layout.TOKEN_IDS) < set(env.observation_space.spaces)


def test_random_legal_decks_are_offered() -> None:
    env = tcgjax.make(deck="random_legal")
    assert len(set(env.decks)) > 1000 and env.opponent_decks == ()
    assert env == tcgjax.make(deck="random_legal")


def test_kept_parts_count_for_their_source_alone(tmp_path) -> None:
    path, result = tmp_path / "parts.jsonl", {"steps": 3}
    Shards(path, "one").keep("part", result)
    same, other = Shards(path, "one"), Shards(path, "two")
    assert same.find("part") is None
    assert (same.resume(), other.resume()) == (1, 0)
    assert same.find("part") == result and other.find("part") is None
    assert json.loads(path.read_text())["source"] == "one"


def test_a_change_of_a_rule_changes_the_source(tmp_path) -> None:
    for name in ("engine.py", "players.py", "__main__.py"):
        (tmp_path / name).write_text("a")
    first = source_hash(tmp_path)
    (tmp_path / "players.py").write_text("b")
    assert source_hash(tmp_path) == first
    (tmp_path / "engine.py").write_text("b")
    assert source_hash(tmp_path) != first


@pytest.mark.slow
@pytest.mark.parametrize("form", ["flat", "tokens"])
def test_check_env_accepts_the_environment(form) -> None:
    check_env(tcgjax.make(deck="pikachu_ex", opponent_deck="weezing_arbok", observation=form))


@pytest.mark.slow
def test_a_vector_of_games_plays_on() -> None:
    env = gymnasium.make_vec("tcgjax:TCGJax-v0", num_envs=16, deck="pikachu_ex", opponent="random")
    _, info = env.reset(seed=1)
    rng, ended = np.random.default_rng(0), 0
    for _ in range(200):
        chosen = np.array([rng.choice(np.flatnonzero(mask)) for mask in info["action_mask"]])
        observations, _, terminated, _, info = env.step(chosen)
        assert env.observation_space.contains(observations)
        ended += int(terminated.sum())
    assert ended > 0
