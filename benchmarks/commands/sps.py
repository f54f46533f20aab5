"""Steps per second with random legal actions, beside the original's in the same run with --reference."""

from __future__ import annotations

import dataclasses
import itertools
import os
import pathlib

from benchmarks import display
from benchmarks.errors import FELL_SHORT, HELD, INPUT_MISSING, UsageError
from benchmarks.results_file import ResultsFile, Row
from benchmarks.speed import DEVICES, LEAST_REPEATS, OUTPUTS, measure
from benchmarks.targets import Target, target

__all__ = ["Sps", "measure", "run", "show"]

LARGEST_BATCH = 1 << 26


@dataclasses.dataclass(frozen=True)
class Sps:
    """Steps per second with random legal actions; ratios come from interleaved turns of one process."""

    env: str
    """Package of the environment, for example pong_jax."""
    num_envs: str | None = None
    """Batch sizes, separated by commas; by default those the environment is measured at."""
    case: str | None = None
    """What else to vary, separated by commas, for example cartridges; by default all that the environment has."""
    frameskip: str | None = None
    """Frames of a step, separated by commas; by default the values the environment is known for."""
    cores: int | None = None
    """Processor cores of both sides; by default all, or 1 where the original's loop runs on one."""
    device: str = "auto"
    """cpu, gpu, or auto for JAX's default."""
    outputs: str = "obs"
    """What each step writes: obs (observation, reward, terminal) or state (reward, terminal)."""
    precision: str | None = None
    """Arithmetic precision, for environments that offer a choice."""
    reference: bool = False
    """Interleave the original's own loop."""
    peers: str | None = None
    """Interleave other implementations, one a row: names separated by commas, or all."""
    repeats: int = LEAST_REPEATS
    """Timed turns of each side."""
    seconds: float = 0.5
    """Aimed length of one turn, in seconds."""
    json: pathlib.Path | None = None
    """Where to write the rows as JSON."""
    resume: bool = False
    """Keep the rows that --json holds and measure the missing ones."""


def run(flags: Sps) -> int:
    """Measures one row after the other; 2 if a device or a peer is missing, 1 if another row could not be measured."""
    environment = target(flags.env)
    environment.require_environment()
    batches = environment.batches if flags.num_envs is None else _numbers("--num-envs", flags.num_envs, LARGEST_BATCH)
    cases = _cases(flags, environment)
    frameskips = environment.frameskips if flags.frameskip is None else _numbers("--frameskip", flags.frameskip, 1024)
    cores = _check(flags, environment)
    peers = (None,) if flags.peers is None else _peers(flags.peers, environment)
    if flags.reference:
        environment.load("rival").require()
    results = ResultsFile("sps", flags.json, flags.resume)
    rows = []
    with display.progress("sps") as progress:
        task = progress.add_task("starting", total=None)
        for case, peer, frameskip, num_envs in itertools.product(cases, peers, frameskips, batches):
            identity = {
                "env": flags.env, "num_envs": num_envs, "frameskip": frameskip, "outputs": flags.outputs,
                "repeats": flags.repeats, "peer": peer, "precision": flags.precision, "skipped": None,
                **({"case": case} if case else {}),
            }  # fmt: skip
            row = results.find(**identity)
            if row is None:
                beside = "" if peer is None else f", beside {peer}"
                title = f"{case} {num_envs:,} environments, frameskip {frameskip}{beside}".strip()
                row = measure(
                    lambda line, title=title: progress.update(task, description=f"{title}: {line}"),
                    env=flags.env,
                    case=case,
                    num_envs=num_envs,
                    frameskip=frameskip,
                    outputs=flags.outputs,
                    cores=cores,
                    device=flags.device,
                    reference=flags.reference,
                    peer=peer,
                    precision=flags.precision,
                    repeats=flags.repeats,
                    seconds=flags.seconds,
                )
                results.add(row)
            rows.append(row)
    show(flags.env, rows)
    if any(row.get("missing") for row in rows):
        return INPUT_MISSING
    return FELL_SHORT if any(row["skipped"] for row in rows) else HELD


def show(env: str, rows: list[Row]) -> None:
    """Prints rows of `measure` as a table, rates in millions a second."""
    drawn = [
        {
            "case": row.get("case"),
            "envs": row["num_envs"],
            "frames": row["frameskip"],
            "device": row["device"],
            "cores": row["cores"],
            "M steps/s": row["sps"]
            and f"{row['sps'] / 1e6:.3g} ({row['sps_min'] / 1e6:.3g} to {row['sps_max'] / 1e6:.3g})",
            "rival": row["peer"] or row["reference"],
            "its M steps/s": row["reference_sps"] and f"{row['reference_sps'] / 1e6:.3g}",
            "ratio": row["ratio"] and f"{row['ratio']:.2f} ({row['ratio_min']:.2f} to {row['ratio_max']:.2f})",
            "compile s": row["compile_seconds"],
            "skipped": row["skipped"],
        }
        for row in rows
    ]
    display.table(f"{env}: steps per second, median of {rows[0]['repeats']} turns (lowest to highest)", drawn)


def _check(flags: Sps, environment: Target) -> int | None:
    """Checks the flags that need no measurement and returns the number of cores."""
    if flags.device not in DEVICES:
        raise UsageError(f"--device must be one of {', '.join(DEVICES)}, got {flags.device!r}.")
    if flags.outputs not in OUTPUTS:
        raise UsageError(f"--outputs must be one of {', '.join(OUTPUTS)}, got {flags.outputs!r}.")
    if flags.precision is not None and flags.precision not in environment.precisions:
        raise UsageError(
            f"--precision {flags.precision!r}: {flags.env} offers {', '.join(environment.precisions) or 'no choice'}."
        )
    if flags.repeats < 1:
        raise UsageError(f"--repeats must be at least 1, got {flags.repeats}.")
    if not flags.seconds > 0:
        raise UsageError(f"--seconds must be above 0, got {flags.seconds}.")
    if flags.reference and flags.peers is not None:
        raise UsageError("--reference and --peers are measured apart; leave one of them out.")
    written = getattr(environment.load("rival"), "COMPARABLE", ("obs",)) if flags.reference else ("obs",)
    if (flags.reference or flags.peers is not None) and flags.outputs not in written:
        raise UsageError("--reference and --peers need --outputs obs: the others always write their observations.")
    if flags.reference and flags.device == "gpu":
        raise UsageError("--reference compares on the same cores; use --device cpu, or leave --reference out.")
    single = flags.reference and not environment.threaded
    cores = flags.cores if flags.cores is not None else (1 if single else None)
    if single and cores != 1:
        raise UsageError(f"--reference needs --cores 1: the original's loop runs on one core, got {cores}.")
    if cores is not None:
        if not hasattr(os, "sched_setaffinity"):
            raise UsageError("--cores and --reference need an operating system that pins processes, such as Linux.")
        usable = len(os.sched_getaffinity(0))
        if not 1 <= cores <= usable:
            raise UsageError(f"--cores must lie between 1 and {usable}, the cores this process may use, got {cores}.")
    return cores


def _peers(text: str, environment: Target) -> tuple[str, ...]:
    """The peers named by --peers."""
    if environment.peers is None:
        raise UsageError(f"--peers: {environment.package} is measured beside its original only; use --reference.")
    known = tuple(environment.load("peers").PEERS)
    named = known if text == "all" else tuple(text.split(","))
    unknown = [name for name in named if name not in known]
    if unknown:
        raise UsageError(f"--peers {unknown[0]!r}: the peers of {environment.package} are all, {', '.join(known)}.")
    return named


def _cases(flags: Sps, environment: Target) -> tuple[str, ...]:
    if flags.case is None:
        return environment.cases
    cases = tuple(flags.case.split(","))
    for case in cases:
        if case not in environment.cases:
            known = ", ".join(filter(None, environment.cases)) or "none"
            raise UsageError(f"--case {case!r}: unknown for {flags.env}; the cases are {known}.")
    return cases


def _numbers(flag: str, text: str, largest: int) -> tuple[int, ...]:
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if not numbers or not all(1 <= number <= largest for number in numbers):
        raise UsageError(f"{flag} takes whole numbers between 1 and {largest}, separated by commas, got {text!r}.")
    return numbers
