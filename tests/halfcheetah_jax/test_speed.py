"""The rivals of HalfCheetah's speed measurement compute what they are said to compute."""

from __future__ import annotations

import importlib.util
import os

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed (extra `oracles`)")

from benchmarks import schema, speed
from benchmarks.action_tables import action_table
from benchmarks.errors import InputMissingError
from benchmarks.oracles import mujoco_speed
from benchmarks.oracles.halfcheetah_peers import PEERS
from benchmarks.oracles.mujoco import CheetahBatch
from benchmarks.oracles.mujoco_speed import EPISODE_STEPS, RolloutLoop
from benchmarks.parity.halfcheetah_players import rewards
from benchmarks.targets import target

pytestmark = pytest.mark.oracle

NUM_ENVS, PERIOD = 3, 10
# C's solver stops at a tolerance, so a step depends a little on its first guess, which a longer call hands on exactly.
SOLVER_TOLERANCE = 1e-6


@pytest.fixture(name="actions", scope="module")
def fixture_actions():
    return np.random.default_rng(0).uniform(-1.2, 1.2, (PERIOD, NUM_ENVS, 6)).astype(np.float32)


@pytest.mark.parametrize("steps_a_call", [1, 4])
def test_rollout_loop_writes_what_single_steps_give(actions, steps_a_call):
    loop, batch = RolloutLoop(NUM_ENVS, actions, 1, steps_a_call), CheetahBatch(NUM_ENVS)
    batch.load({"qpos": loop.qpos, "qvel": loop.qvel})
    steps = PERIOD + 3
    loop.run(steps)
    for step in range(steps):
        x = batch.qpos[:, 0].copy()
        batch.step(actions[step % PERIOD])
    # The calls end with the table and with the steps asked for.
    last = (steps - PERIOD - 1) % steps_a_call
    expected = np.concatenate([batch.qpos[:, 1:], batch.qvel], axis=-1)
    np.testing.assert_allclose(loop.observation[:, last], expected, rtol=0, atol=SOLVER_TOLERANCE)
    reward = sum(rewards(x, batch.qpos[:, 0], actions[(steps - 1) % PERIOD]))
    np.testing.assert_allclose(loop.reward[:, last], reward, rtol=0, atol=SOLVER_TOLERANCE)


def test_rollout_loop_starts_episodes_anew(actions):
    loop = RolloutLoop(NUM_ENVS, actions, 1, 16)
    loop.run(EPISODE_STEPS - 16)
    assert np.abs(loop.qpos).max() > 0.2
    loop.run(16)
    assert np.abs(loop.qpos).max() <= 0.1


def test_reference_runs_on_all_cores_of_the_process(actions):
    rivals = mujoco_speed.rivals(NUM_ENVS, {}, actions)
    threads = len(os.sched_getaffinity(0))
    assert all(name.startswith(f"{threads} thread") for name in rivals)
    assert len(rivals) == len(mujoco_speed.STEPS_A_CALL)


def test_table_has_fresh_box_actions_in_equal_pieces():
    env = target("halfcheetah_jax").make()
    for num_envs in (1, 100, 4096):
        table = action_table(env, num_envs)
        assert table.actions.dtype == np.float32 and table.actions.shape[1:] == (num_envs, 6)
        assert len(table.actions) % table.piece == 0
        assert -1 <= table.actions.min() < -0.99 and 0.99 < table.actions.max() <= 1
        assert len(np.unique(table.actions[:, 0, 0])) > 0.99 * len(table.actions)


@pytest.mark.parametrize("name", ["gymnasium", "gymnasium-async"])
def test_gymnasium_peer_steps_every_environment(name, actions, recwarn):
    for step in PEERS[name].rivals(NUM_ENVS, {}, actions).values():
        step(2)


@pytest.mark.parametrize("name", PEERS)
def test_absent_peer_says_what_to_install(name, actions, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    package = PEERS[name].packages[0][1]
    with pytest.raises(InputMissingError, match=f"the package {package} is not installed; pip install {package}"):
        PEERS[name].rivals(NUM_ENVS, {}, actions)


@pytest.mark.slow
def test_row_beside_the_original_holds_the_agreed_fields():
    row = speed.measure(env="halfcheetah_jax", num_envs=8, repeats=2, seconds=0.01, device="cpu", reference=True)
    assert row["skipped"] is None
    assert schema.missing_fields("sps", [row]) == []
    assert row["reference"] == mujoco_speed.NAME
    assert row["ratio_min"] <= row["ratio"] <= row["ratio_max"]


@pytest.mark.slow
def test_row_of_double_precision_is_that_of_larger_states():
    rows = [
        speed.measure(env="halfcheetah_jax", num_envs=8, repeats=1, seconds=0.01, device="cpu", precision=precision)
        for precision in ("float32", "float64")
    ]
    assert [row["skipped"] for row in rows] == [None, None]
    assert rows[1]["bytes_per_env"] > 1.8 * rows[0]["bytes_per_env"]
