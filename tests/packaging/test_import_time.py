"""Importing an environment package is light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# Seconds over gymnasium's own import, for one environment package; the best of several processes, since a busy machine
# only ever adds.
MAX_EXTRA_SECONDS = 0.15
NUM_PROCESSES = 5

HEAVY = ("jax", "jaxlib", "flax", "gymnax", "matplotlib", "orbax", "optax")


def run(program: str, root: Path) -> str:
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("package", ["twinenvs", "pong_jax", "halfcheetah_jax"])
def test_import_loads_nothing_heavy(package: str, root: Path) -> None:
    loaded = run(f"import sys, {package}; print(*(name for name in {HEAVY} if name in sys.modules))", root).split()
    assert loaded == []


def test_import_costs_little_over_gymnasium(root: Path) -> None:
    program = "import time, gymnasium; start = time.perf_counter(); import pong_jax; print(time.perf_counter() - start)"
    seconds = min(float(run(program, root)) for _ in range(NUM_PROCESSES))
    assert seconds <= MAX_EXTRA_SECONDS
