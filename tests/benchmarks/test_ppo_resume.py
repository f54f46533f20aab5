from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import jax
import numpy as np
import pytest

from benchmarks.errors import InputMissingError, UsageError
from benchmarks.training.config import NetworkConfig
from benchmarks.training.metrics import WALL_CLOCK, MetricsFile, read_rows
from benchmarks.training.trainer import RunOptions, claim_folder
from tests.benchmarks.ppo_run import SEED, run_config, small_run

ROOT = pathlib.Path(__file__).parents[2]
UPDATES, CHECKPOINT_EVERY = 200, 20
LINES_BEFORE_KILL = 45  # two checkpoints, and lines after them that the resumed run must write again
PATIENCE = 200  # seconds until the child must have written its first lines


def start_run(spec):
    command = [sys.executable, "-m", "tests.benchmarks.ppo_run", json.dumps(spec)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def without_clock(rows):
    return [{name: value for name, value in row.items() if name not in WALL_CLOCK} for row in rows]


def bits(state):
    plain = jax.tree.map(
        lambda x: jax.random.key_data(x) if jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key) else x, state
    )
    return [np.asarray(leaf) for leaf in jax.tree.leaves(plain)]


@pytest.mark.slow
@pytest.mark.distributed
def test_killed_and_resumed_run_equals_an_uninterrupted_one_to_the_bit(tmp_path):
    spec = {"updates": UPDATES, "checkpoint_every": CHECKPOINT_EVERY, "recurrent": 8, "result": os.devnull}
    spec |= {"folder": str(tmp_path / "killed")}
    child = start_run(spec)
    lines = tmp_path / "killed" / "metrics.jsonl"
    deadline = time.monotonic() + PATIENCE
    while len(read_rows(lines)) < LINES_BEFORE_KILL and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    _, complaint = child.communicate()
    assert child.returncode == -signal.SIGKILL, complaint
    survived = len(read_rows(lines))
    assert LINES_BEFORE_KILL <= survived < UPDATES

    resumed = small_run({**spec, "resume": True})
    whole = small_run({**spec, "folder": str(tmp_path / "whole")})
    assert resumed.timesteps < whole.timesteps  # it did go on from a checkpoint
    for a, b in zip(bits(resumed.state), bits(whole.state), strict=True):
        np.testing.assert_array_equal(a, b)
    assert without_clock(read_rows(lines)) == without_clock(read_rows(tmp_path / "whole" / "metrics.jsonl"))
    assert [row["update"] for row in read_rows(lines)] == list(range(1, UPDATES + 1))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of two updates: its specification and its last state."""
    spec = {"updates": 2, "folder": str(tmp_path_factory.mktemp("finished")), "resume": True}
    return spec, bits(small_run(spec).state)


def test_finished_run_resumed_does_nothing_and_keeps_its_metrics(finished):
    spec, state = finished
    again = small_run(spec)
    assert again.timesteps == 0
    assert [row["update"] for row in read_rows(pathlib.Path(spec["folder"]) / "metrics.jsonl")] == [1, 2]
    for a, b in zip(state, bits(again.state), strict=True):
        np.testing.assert_array_equal(a, b)


def test_folder_of_another_run_is_refused(finished):
    folder = pathlib.Path(finished[0]["folder"])
    config = run_config(finished[0])
    with pytest.raises(UsageError, match="already holds a run; pass --resume"):
        claim_folder(folder, config, RunOptions(seed=SEED))
    other = dataclasses.replace(config, network=NetworkConfig((4,)))
    with pytest.raises(UsageError, match=r"other settings \(network\)"):
        claim_folder(folder, other, RunOptions(seed=SEED, resume=True))


def test_unreadable_checkpoint_is_one_sentence_with_the_next_step(finished, tmp_path):
    folder = tmp_path / "damaged"
    shutil.copytree(finished[0]["folder"], folder)
    for path in (folder / "checkpoints" / "2").rglob("*"):
        if path.is_file():
            path.write_bytes(b"not a checkpoint")
    with pytest.raises(InputMissingError, match=r"checkpoint after 2 updates .* cannot be read .*; delete that folder"):
        small_run({**finished[0], "folder": str(folder)})


def test_metrics_file_drops_lines_after_the_checkpoint_and_a_line_cut_short(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"update": 1}\n{"update": 2}\n{"update": 3}\n{"upda')
    file = MetricsFile(path, 2)
    file.append({"update": 3, "again": True})
    assert read_rows(path) == [{"update": 1}, {"update": 2}, {"update": 3, "again": True}]
