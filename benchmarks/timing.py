"""What a measurement needs to be read later: machine, versions, commit; and how repeats of rivals are interleaved."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import pathlib
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGES = (
    "jax", "jaxlib", "numpy", "flax", "gymnasium", "optax", "mujoco", "mujoco-mjx", "warp-lang", "brax", "envpool",
)  # fmt: skip


def machine_facts() -> dict[str, Any]:
    """The machine without its name: processor model, cores, memory, operating system, Python."""
    return {
        "processor": _processor(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Installed versions of the packages that decide a measurement."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str | None:
    """Short hash of the checkout's commit, with `+` where tracked files differ from it; None outside a checkout."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        # Files that a measurement itself writes do not make the measured code another one.
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!benchmarks/results", ":!docs")
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+" if changed else "")


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (OSError, ValueError):
        return None


@dataclasses.dataclass(frozen=True)
class Rates:
    """Rates of one rival over the repeats, in units a second, in the order in which they were taken."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle rate."""
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        """The lowest rate."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The highest rate."""
        return max(self.values)

    def ratio_to(self, other: Rates) -> Rates:
        """Repeat by repeat, this rival's rate over the other's of the same repeat."""
        return Rates(tuple(a / b for a, b in zip(self.values, other.values, strict=True)))


def interleave(
    rivals: Mapping[str, Callable[[], float]],
    repeats: int,
    report: Callable[[int], None] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Rates]:
    """Times rivals turn by turn, so that what disturbs the machine falls on all of them.

    The order is turned round in every other repeat. Each rival runs once before, untimed.

    Args:
        rivals: functions that do their work to the end and return how many units they did.
        repeats: timed turns of each rival, at least 1.
        report: called with the number of finished repeats.
        clock: seconds, for tests.

    Returns:
        The rates by rival.
    """
    for work in rivals.values():
        work()
    rates: dict[str, list[float]] = {name: [] for name in rivals}
    for repeat in range(repeats):
        order = list(rivals) if repeat % 2 == 0 else list(rivals)[::-1]
        for name in order:
            start = clock()
            units = rivals[name]()
            rates[name].append(units / (clock() - start))
        if report:
            report(repeat + 1)
    return {name: Rates(tuple(values)) for name, values in rates.items()}
