import dataclasses
import json
import subprocess
import sys

import jax
import numpy as np
import pytest

from benchmarks import action_tables, schema, speed
from benchmarks.action_tables import action_table
from benchmarks.commands import sps
from benchmarks.commands.sps import Sps, run
from benchmarks.errors import FELL_SHORT, HELD, INPUT_MISSING, InputMissingError, UsageError
from benchmarks.oracles import puffer_pong_speed
from benchmarks.results_file import read_rows
from benchmarks.speed import Request
from benchmarks.targets import target

NUM_ENVS = 64
MEASURED = {"skipped": None, "sps": 1.0, "sps_min": 1.0, "sps_max": 1.0}


@pytest.fixture(scope="module")
def env():
    return target("pong_jax").make(frameskip=8)


@pytest.fixture(autouse=True)
def short_tables(monkeypatch):
    monkeypatch.setattr(action_tables, "DISCRETE_BYTES", 1)


def compiled(env, outputs):
    table = action_table(env, NUM_ENVS)
    return speed._compile(env, Request("pong_jax", NUM_ENVS, frameskip=8, outputs=outputs), table), table.actions


def test_timed_program_is_the_public_step(env):
    (rollout, _), actions = compiled(env, "obs")
    state = rollout.carry[0]
    step = jax.jit(jax.vmap(lambda s, a: env.step(jax.random.key(0), s, a)))
    expected = (None, jax.tree.map(np.array, state))
    for action in np.concatenate([actions, actions]):
        expected = step(expected[1], action)
    rollout.run(2 * len(actions))
    state, (observation, reward, terminated), count = rollout.carry
    np.testing.assert_array_equal(observation, expected[0])
    np.testing.assert_array_equal(reward, expected[2])
    np.testing.assert_array_equal(terminated, expected[3])
    np.testing.assert_array_equal(state.ball_x, expected[1].ball_x)
    assert int(count) == 2 * len(actions)


@pytest.mark.parametrize(("outputs", "written"), [("obs", True), ("state", False)])
def test_observations_are_written_inside_the_loop_if_asked(env, outputs, written):
    (_, program), _ = compiled(env, outputs)
    carried = [line for line in program.as_text().splitlines() if " while(" in line]
    assert carried
    assert any(f"f32[{NUM_ENVS},8]" in line for line in carried) == written


def test_actions_are_legal_and_repeat_for_both_sides(env):
    first, second = action_table(env, NUM_ENVS).actions, action_table(env, NUM_ENVS).actions
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.uint8
    assert set(np.unique(first)) == {0, 1, 2}
    assert first.shape == (action_tables.SHORTEST_PERIOD, NUM_ENVS)


def test_rows_hold_the_agreed_fields(tmp_path, capsys):
    path = tmp_path / "sps.json"
    flags = Sps("pong_jax", num_envs=str(NUM_ENVS), frameskip="8", repeats=2, seconds=0.01, device="cpu", json=path)
    assert run(flags) == HELD
    (row,) = read_rows(path)
    assert schema.missing_fields("sps", [row]) == []
    assert row["sps_min"] <= row["sps"] <= row["sps_max"]
    assert row["frames_per_second"] == 8 * row["sps"]
    assert row["ratio"] is None
    assert row["skipped"] is None
    assert row["compile_seconds"] > 0
    assert row["peak_bytes"] > NUM_ENVS * row["bytes_per_env"]
    assert "steps per second" in capsys.readouterr().out


def test_resumed_rows_are_not_measured_again(tmp_path, monkeypatch):
    path = tmp_path / "sps.json"
    flags = {"env": "pong_jax", "num_envs": "64", "frameskip": "8", "repeats": 2, "device": "cpu", "json": path}
    measured = []

    def fake(report, **request):
        measured.append(request["num_envs"])
        return speed.skipped_row(Request(**request), "x") | MEASURED

    monkeypatch.setattr(sps, "measure", fake)
    assert run(Sps(**flags)) == HELD
    assert run(Sps(**{**flags, "num_envs": "64,128"}, resume=True)) == HELD
    assert measured == [64, 128]


def test_interrupted_rows_are_kept(tmp_path, monkeypatch):
    path = tmp_path / "sps.json"

    def fake(report, **request):
        if request["num_envs"] == 128:
            raise KeyboardInterrupt
        return speed.skipped_row(Request(**request), "x") | MEASURED

    monkeypatch.setattr(sps, "measure", fake)
    with pytest.raises(KeyboardInterrupt):
        run(Sps("pong_jax", num_envs="64,128", frameskip="8", json=path))
    assert [row["num_envs"] for row in read_rows(path)] == [64]


def test_missing_device_is_a_skipped_row_and_status_2(tmp_path, capsys):
    if jax.default_backend() == "gpu":
        pytest.skip("a GPU is there, so nothing is missing")
    path = tmp_path / "sps.json"
    assert run(Sps("pong_jax", num_envs="64", frameskip="1", device="gpu", json=path)) == INPUT_MISSING
    (row,) = read_rows(path)
    assert row["skipped"] == speed.NO_GPU
    assert row["sps"] is None
    assert schema.missing_fields("sps", [row]) == []


def test_measurement_that_fails_is_a_skipped_row_with_its_reason():
    row = speed.measure(env="pong_jax", num_envs=8, frameskip=0, repeats=1, device="cpu")
    assert "frameskip" in row["skipped"]
    assert row["sps"] is None


def test_failed_rows_fall_short(monkeypatch, capsys):
    monkeypatch.setattr(sps, "measure", lambda report, **request: speed.skipped_row(Request(**request), "full"))
    assert run(Sps("pong_jax", num_envs="64", frameskip="1")) == FELL_SHORT


@pytest.mark.oracle
def test_reference_runs_in_the_same_turns():
    try:
        puffer_pong_speed.require()
    except InputMissingError as missing:
        pytest.skip(str(missing))
    row = speed.measure(
        env="pong_jax", num_envs=64, frameskip=8, repeats=3, seconds=0.01, cores=1, device="cpu", reference=True
    )
    assert row["skipped"] is None
    assert row["cores"] == 1
    assert row["reference"] == puffer_pong_speed.NAME
    assert row["reference_flags"] in {" ".join(flags) for flags in puffer_pong_speed.SPEED_FLAGS}
    assert row["ratio_min"] <= row["ratio"] <= row["ratio_max"]
    assert row["reference_sps"] > 0


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"env": "pong_jax", "peers": "all"}, "--peers: pong_jax is measured beside its original only"),
        ({"env": "halfcheetah_jax", "peers": "mjx,dart"}, "--peers 'dart': the peers of halfcheetah_jax are all, gymn"),
        ({"env": "halfcheetah_jax", "peers": "mjx", "reference": True}, "--reference and --peers are measured apart"),
        ({"env": "halfcheetah_jax", "peers": "mjx", "outputs": "state"}, "--peers need --outputs obs"),
        ({"env": "halfcheetah_jax", "precision": "float16"}, "halfcheetah_jax offers float32, float64"),
        ({"env": "pong_jax", "reference": True, "cores": 2}, "the original's loop runs on one core, got 2"),
    ],
)
def test_flags_that_do_not_fit_are_one_sentence(flags, sentence):
    with pytest.raises(UsageError, match=sentence):
        run(Sps(**flags))


def test_absent_peer_is_a_skipped_row_and_status_2(monkeypatch, tmp_path, capsys):
    path = tmp_path / "sps.json"
    missing = "EnvPool: the package envpool is not installed; pip install envpool."
    monkeypatch.setattr(sps, "measure", lambda _, **request: speed.skipped_row(Request(**request), missing, True))
    flags = Sps("halfcheetah_jax", num_envs="8", peers="envpool", json=path)
    assert run(flags) == INPUT_MISSING
    (row,) = read_rows(path)
    assert (row["peer"], row["reference"], row["skipped"]) == ("envpool", "EnvPool", missing)
    assert schema.missing_fields("sps", [row]) == []


def test_environments_divided_among_cores_are_all_stepped():
    script = """
import json, sys
import numpy as np
from benchmarks import action_tables, speed
from benchmarks.sharding import one_device_per_core
action_tables.DISCRETE_BYTES = 1
one_device_per_core(8, 2)
import jax
assert jax.local_device_count() == 2
import pong_jax
env = pong_jax.make()
table = action_tables.action_table(env, 8)
rollout, _ = speed._compile(env, speed.Request("pong_jax", 8), table)
rollout.run(len(table.actions))
state, (observation, reward, terminated), count = rollout.carry
assert {len(leaf.sharding.device_set) for leaf in jax.tree.leaves(state)} == {2}
print(json.dumps([int(count), np.asarray(state.time).tolist(), list(observation.shape), len(table.actions)]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    count, time, shape, period = json.loads(done.stdout)
    assert count == period
    assert time == [period] * 8
    assert shape == [8, 8]


def test_error_without_words_is_still_a_reason(monkeypatch, capsys):
    def fails(request):
        raise AssertionError

    monkeypatch.setattr(speed, "measure_here", fails)
    assert speed._main(json.dumps(dataclasses.asdict(Request("pong_jax", 1)))) == 1
    assert capsys.readouterr().out == "skipped: AssertionError: no message\n"
