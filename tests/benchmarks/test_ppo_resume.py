from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import jax
import numpy as np
import pytest

from benchmarks.errors import InputMissingError, UsageError
from benchmarks.training.metrics import WALL_CLOCK, MetricsFile, read_rows
from tests.benchmarks.ppo_run import small_run

ROOT = pathlib.Path(__file__).parents[2]
UPDATES = 20
LINES_BEFORE_KILL = 3
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


@pytest.mark.distributed
def test_killed_and_resumed_run_equals_an_uninterrupted_one_to_the_bit(tmp_path):
    spec = {"updates": UPDATES, "recurrent": 8, "folder": str(tmp_path / "killed"), "result": os.devnull}
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


def test_finished_run_resumed_does_nothing_and_keeps_its_metrics(tmp_path):
    spec = {"updates": 2, "folder": str(tmp_path), "resume": True}
    first = small_run(spec)
    again = small_run(spec)
    assert again.timesteps == 0
    assert [row["update"] for row in read_rows(tmp_path / "metrics.jsonl")] == [1, 2]
    for a, b in zip(bits(first.state), bits(again.state), strict=True):
        np.testing.assert_array_equal(a, b)


def test_unreadable_checkpoint_is_one_sentence_with_the_next_step(tmp_path):
    spec = {"updates": 2, "folder": str(tmp_path), "resume": True}
    small_run(spec)
    damaged = [path for path in (tmp_path / "checkpoints" / "2").rglob("*") if path.is_file()]
    for path in damaged:
        path.write_bytes(b"not a checkpoint")
    with pytest.raises(InputMissingError, match=r"checkpoint after 2 updates .* cannot be read .*; delete that folder"):
        small_run(spec)


def test_folder_of_another_run_is_refused(tmp_path):
    small_run({"updates": 1, "folder": str(tmp_path)})
    with pytest.raises(UsageError, match="already holds a run; pass --resume"):
        small_run({"updates": 1, "folder": str(tmp_path)})
    with pytest.raises(UsageError, match=r"other settings \(network\)"):
        small_run({"updates": 1, "recurrent": 4, "folder": str(tmp_path), "resume": True})


def test_metrics_file_drops_lines_after_the_checkpoint_and_a_line_cut_short(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"update": 1}\n{"update": 2}\n{"update": 3}\n{"upda')
    file = MetricsFile(path, 2)
    file.append({"update": 3, "again": True})
    assert read_rows(path) == [{"update": 1}, {"update": 2}, {"update": 3, "again": True}]
