"""Reading a learned policy without the training harness, and that it plays as the harness plays it."""

from __future__ import annotations

import json
import pathlib

import jax
import numpy as np
import pytest

from pokejax import features, learned, observation_layout, players

POSITIONS = pathlib.Path(__file__).parent / "data" / "poke_env_choices.npz"
MOST_BYTES = 1_000_000  # of the shipped policy, so that the package stays small


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """An untrained policy as the harness writes one: (its files, the harness's own)."""
    policy_file = pytest.importorskip(
        "benchmarks.training.policy_file", reason="the training harness is not installed (extra `train`)"
    )
    from benchmarks.training.agent import Agent
    from benchmarks.training.config import NetworkConfig
    from twinenvs import spaces

    agent = Agent(NetworkConfig((8, 8), activation="relu"), spaces.Discrete(10), len(features.names()), True)
    params = agent.init(jax.random.key(0))
    noise = jax.random.split(jax.random.key(1), len(jax.tree.leaves(params)))
    leaves, shape = jax.tree.flatten(params)
    drawn = [leaf + abs(jax.random.normal(key, leaf.shape)) for leaf, key in zip(leaves, noise, strict=True)]
    policy = policy_file.Policy(agent, jax.tree.unflatten(shape, drawn), "pokejax", {})
    path = tmp_path_factory.mktemp("policy") / "some"
    policy_file.save_policy(path, policy)
    return path, policy


@pytest.mark.slow  # the parts that it compares have fast tests of their own
def test_learned_policy_plays_as_in_the_harness(written):
    path, policy = written
    with np.load(POSITIONS, allow_pickle=False) as arrays:
        seen = {part: arrays[part][:64] for part in (*observation_layout.PARTS, "mask")}
    keys = jax.random.split(jax.random.key(2), 64)
    play = learned.policy(path)

    def both(one, key):
        mask = one["mask"] > 0
        return play(None, one, mask, key), policy.act(policy.params, features.flat(one), mask, key)

    ours, theirs = jax.device_get(jax.jit(jax.vmap(both))(seen, keys))
    np.testing.assert_array_equal(ours, theirs)
    assert (seen["mask"][np.arange(64), ours] > 0).all()
    assert len(set(ours.tolist())) > 2


def test_policy_of_another_observation_is_refused(written, tmp_path):
    path, _ = written
    facts = json.loads(path.with_suffix(".json").read_text())
    (tmp_path / "other.json").write_text(json.dumps(facts | {"features": 3}))
    (tmp_path / "other.safetensors").write_bytes(path.with_suffix(".safetensors").read_bytes())
    with pytest.raises(learned.PolicyFileError, match="on 3 features"):
        learned.policy(tmp_path / "other")


def test_broken_policy_file_is_named(written, tmp_path):
    path, _ = written
    with pytest.raises(learned.PolicyFileError, match="No policy can be read from missing"):
        learned.read(tmp_path / "missing")
    (tmp_path / "cut.json").write_text(path.with_suffix(".json").read_text())
    (tmp_path / "cut.safetensors").write_bytes(path.with_suffix(".safetensors").read_bytes()[:200])
    with pytest.raises(learned.PolicyFileError, match="No policy can be read from cut"):
        learned.read(tmp_path / "cut")


def test_shipped_policy_is_small_and_of_this_observation():
    files = [players.TRAINED.with_suffix(suffix) for suffix in (".json", ".safetensors")]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    learned.policy(players.TRAINED)


@pytest.mark.slow  # compiles the flat observation
def test_shipped_policy_chooses_legally_and_not_always_the_same():
    with np.load(POSITIONS, allow_pickle=False) as arrays:
        seen = {part: arrays[part][:64] for part in (*observation_layout.PARTS, "mask")}
    keys = jax.random.split(jax.random.key(5), 64)
    play = jax.jit(jax.vmap(lambda one, key: players.play_trained(None, one, one["mask"] > 0, key)))
    chosen = np.asarray(play(seen, keys))
    assert (seen["mask"][np.arange(64), chosen] > 0).all()
    assert len(set(chosen.tolist())) > 2
