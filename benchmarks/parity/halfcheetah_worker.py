"""One group of HalfCheetah's checks in a process of its own, since JAX chooses float64 when it starts.

Runs as `python -m benchmarks.parity.halfcheetah_worker GROUP SEED EPISODES`: lines of progress, then the outcomes as
one line of JSON.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import timing
from benchmarks.parity.checks import Outcome
from benchmarks.parity.compare import Divergence, Tally

# Groups: module, function, whether in float64.
GROUPS = {
    "terms": ("halfcheetah_terms", "terms", True),
    "substep": ("halfcheetah_terms", "substep", True),
    "exact": ("halfcheetah_steps", "exact_steps", True),
    "single": ("halfcheetah_steps", "single_steps", False),
    "episodes": ("halfcheetah_steps", "whole_episodes", False),
}


def measure(group: str, seed: int, episodes: int, report: Callable[[int], None]) -> dict[str, Outcome]:
    """Runs a group: its outcomes by name.

    Raises:
        RuntimeError: the process failed; the message is the last line it wrote.
    """
    wide = GROUPS[group][2]
    environment = {**os.environ, "JAX_ENABLE_X64": "1" if wide else "0", "TWINENVS_PROGRESS": "0"}
    worker = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.parity.halfcheetah_worker", group, str(seed), str(episodes)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=timing.ROOT,
    )
    try:
        assert worker.stdout is not None
        last = ""
        for line in worker.stdout:
            if last:
                report(int(last))
            last = line
        _, complaint = worker.communicate()
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait()
    if worker.returncode:
        lines = complaint.strip().splitlines() or [f"it ended with status {worker.returncode}"]
        raise RuntimeError(f"the process of the group {group!r} failed: {lines[-1]}")
    return {name: _outcome(fields) for name, fields in json.loads(last).items()}


def _outcome(fields: dict[str, Any]) -> Outcome:
    tally = fields.pop("tally")
    first = tally.pop("first")
    if first is not None:
        first["index"] = tuple(first["index"])
    return Outcome(Tally(**tally, first=None if first is None else Divergence(**first)), **fields)


def _main(group: str, seed: str, episodes: str) -> None:
    import importlib

    module, function, _ = GROUPS[group]
    run = getattr(importlib.import_module(f"benchmarks.parity.{module}"), function)
    outcomes = run(int(seed), int(episodes), lambda steps: print(steps, flush=True))
    print(json.dumps({name: dataclasses.asdict(outcome) for name, outcome in outcomes.items()}), flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
