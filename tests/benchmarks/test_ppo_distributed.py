from __future__ import annotations

import json
import os
import pathlib
import socket
import subprocess
import sys

import jax
import numpy as np
import pytest

from benchmarks.errors import UsageError
from benchmarks.training import mesh
from tests.benchmarks.ppo_run import small_run

ROOT = pathlib.Path(__file__).parents[2]
UPDATES = 4
SAME = 1e-4  # sums over environments in another order, grown through a few updates of Adam at a rate of 1e-2
PATIENCE = 280  # seconds
QUICK_COMPILE = "--xla_backend_optimization_level=0"  # most of these tests' time is compiling

pytestmark = pytest.mark.distributed


def start(spec, flags="", module="tests.benchmarks.ppo_run"):
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": f"{QUICK_COMPILE} {flags}"}
    command = [sys.executable, "-m", module, json.dumps(spec)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def finish(child):
    _, complaint = child.communicate(timeout=PATIENCE)
    assert child.returncode == 0, complaint[-2000:]


def learned(path):
    with np.load(path) as saved:
        leaves = [saved[name] for name in sorted(saved.files) if name.startswith("arr_")]
        return leaves, saved["returns"], int(saved["devices"])


@pytest.fixture(scope="module")
def alone():
    """The same run on one device."""
    result = small_run({"updates": UPDATES, "blocks": 8})
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(result.state.agent)]
    order = sorted(range(len(leaves)), key=lambda index: f"arr_{index}")
    return [leaves[index] for index in order], np.array([row["return_mean"] for row in result.rows])


@pytest.mark.slow
def test_environments_sharded_over_eight_devices_learn_the_same(tmp_path, alone):
    spec = {"updates": UPDATES, "blocks": 8, "result": str(tmp_path / "sharded.npz")}
    finish(start(spec, "--xla_force_host_platform_device_count=8"))
    leaves, returns, devices = learned(spec["result"])
    assert devices == 8
    for a, b in zip(leaves, alone[0], strict=True):
        np.testing.assert_allclose(a, b, atol=SAME)
    np.testing.assert_allclose(returns, alone[1], rtol=SAME)


@pytest.mark.slow
def test_two_processes_learn_the_same_as_one(tmp_path, alone):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    specs = [
        {
            "updates": UPDATES,
            "blocks": 8,
            "coordinator": f"127.0.0.1:{port}",
            "number": 2,
            "index": index,
            "result": str(tmp_path / f"{index}.npz"),
        }
        for index in range(2)
    ]
    children = [start(spec) for spec in specs]
    try:
        for child in children:
            finish(child)
    finally:
        for child in children:
            child.kill()
    first, second = (learned(spec["result"]) for spec in specs)
    assert first[2] == second[2] == 2
    for a, b in zip(first[0], second[0], strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(first[0], alone[0], strict=True):
        np.testing.assert_allclose(a, b, atol=SAME)


@pytest.mark.slow  # compiles for two devices
def test_rollout_over_two_devices_brings_no_environments_together(tmp_path):
    # The body's step is a loop over blocks of a batch, which the compiler alone would gather on every device.
    spec = {"devices": 2, "program": str(tmp_path / "program.txt")}
    finish(start(spec, "--xla_force_host_platform_device_count=2", "tests.benchmarks.ppo_collect"))
    program = (tmp_path / "program.txt").read_text()
    assert "num_partitions=2" in program
    assert [line.strip()[:200] for line in program.splitlines() if " all-gather" in line] == []


def test_more_devices_than_present_are_refused():
    with pytest.raises(UsageError, match=r"devices must lie in 1 .. \d+, the devices present, got 999"):
        mesh.make_mesh(8, 999)


def test_process_outside_the_number_of_processes_is_refused():
    with pytest.raises(UsageError, match=r"process_id must lie in 0 .. 1, got 2"):
        mesh.Processes("127.0.0.1:1", 2, 2)
