"""Compares an environment with its original, step by step, on a range of seeds of the caller's choice."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Any

from benchmarks import display
from benchmarks.errors import FELL_SHORT, HELD, INPUT_MISSING, UsageError
from benchmarks.parity.checks import row_of, write_case
from benchmarks.results_file import ResultsFile, Row
from benchmarks.targets import target
from benchmarks.timing import ROOT

LEVELS = (1, 2, 3)


@dataclasses.dataclass(frozen=True)
class Verify:
    """Compares an environment with its original: transitions (1), rounds (2), whole episodes (3)."""

    env: str
    """Package of the environment, for example pong_jax."""
    episodes: int = 200
    """Episodes of each form of the game, shared between its players."""
    seed: int = 0
    """Seed of streams, players and set states; any seed must do."""
    level: int | None = None
    """Only this level, 1 to 3; all of them by default."""
    rom: pathlib.Path | None = None
    """A test cartridge of yours, or a folder of them, to judge in place of the comparison."""
    expect: str | None = None
    """By which suite's rule --rom is judged, for example mooneye."""
    reference: pathlib.Path | None = None
    """Picture, or folder of pictures, for --rom; by default looked for beside each cartridge."""
    max_seconds: float | None = None
    """Emulated seconds after which a cartridge of --rom has timed out; by default the suite's own limit."""
    json: pathlib.Path | None = None
    """Where to write the rows as JSON."""
    resume: bool = False
    """Keep the rows of --json that belong to this seed and number of episodes."""
    regressions: pathlib.Path = ROOT / "tests" / "regressions"
    """Folder for the first diverging transition of a check that fails."""
    write_fidelity: bool = False
    """Write the environment's fidelity.json from the rows, if all levels passed."""


def run(flags: Verify) -> int:
    """Runs the checks; held if every one of them found nothing."""
    if flags.episodes < 1:
        raise UsageError(f"--episodes must be at least 1, got {flags.episodes}.")
    if flags.seed < 0:
        raise UsageError(f"--seed must be 0 or more, got {flags.seed}.")
    if flags.level not in (None, *LEVELS):
        raise UsageError(f"--level must be one of {', '.join(map(str, LEVELS))}, got {flags.level}.")
    if flags.write_fidelity and flags.level is not None:
        raise UsageError("--write-fidelity needs all levels; leave --level out.")
    environment = target(flags.env)
    if flags.rom is not None or flags.expect is not None:
        return _judge(flags, environment.load("suites"))
    parity = environment.load("parity")
    parity.require()
    if flags.resume and hasattr(parity, "resume"):
        parity.resume()
    results = ResultsFile("verify", flags.json, flags.resume)
    chosen = [check for check in parity.checks() if flags.level in (None, check.level)]
    rows: list[Row] = []
    with display.progress("verify") as progress:
        for check in chosen:
            identity = {"check": check.name, "seed": flags.seed, "episodes_asked": flags.episodes}
            row = results.find(env=flags.env, **identity)
            if row is None:
                task = progress.add_task(check.name, total=None)
                outcome = check.run(
                    flags.seed,
                    flags.episodes,
                    lambda steps, task=task, name=check.name: progress.update(
                        task, description=f"{name}: {steps:,} steps"
                    ),
                )
                progress.remove_task(task)
                row = results.add(row_of(flags.env, parity, check, outcome, flags.seed, flags.episodes))
                path = write_case(flags.regressions, flags.env, check, outcome, flags.seed)
                if path is not None:
                    progress.console.print(f"{check.name}: {row['first_divergence']}; kept as {path}")
            rows.append(row)
    columns = ("level", "check", "steps", "episodes", "agent_wins", "mismatches", "max_error", "passed")
    display.table(f"{flags.env} against {parity.ORACLE} {parity.ORACLE_VERSION}, seed {flags.seed}", rows, columns)
    passed = all(row["passed"] for row in rows)
    if flags.write_fidelity:
        if not passed:
            raise UsageError("--write-fidelity writes passing results only; some check failed, see the table.")
        write_fidelity(flags, rows)
    return HELD if passed else FELL_SHORT


def _judge(flags: Verify, suites: Any) -> int:
    """Judges test cartridges; held if all that could be judged passed, input missing if none could."""
    if flags.rom is None or flags.expect is None:
        raise UsageError("--rom and --expect belong together: the cartridges, and by which suite's rule to judge them.")
    if flags.max_seconds is not None and not flags.max_seconds > 0:
        raise UsageError(f"--max-seconds must be above 0, got {flags.max_seconds}.")
    verdicts = suites.judge_all(flags.rom, flags.expect, flags.max_seconds, flags.reference)
    results = ResultsFile("verify-suite", flags.json)
    rows = []
    with display.progress("verify") as progress:
        task = progress.add_task("starting", total=None)
        for path, found in verdicts:
            progress.update(task, description=path.name)
            name = path.name if path == flags.rom else path.relative_to(flags.rom).as_posix()
            row = {
                "env": flags.env,
                "check": name,
                "expect": flags.expect,
                "verdict": found.verdict.value,
                "reason": found.reason,
                "seconds": found.seconds,
                "passed": found.is_passed,
                "skipped": None if found.is_judged else found.reason,
            }
            rows.append(results.add(row))
    display.table(f"{flags.env}: {flags.expect}", rows, ("check", "verdict", "reason", "seconds"))
    judged = [row for row in rows if row["skipped"] is None]
    print(f"{sum(row['passed'] for row in judged)} of {len(judged)} judged cartridges passed, {len(rows)} in all.")
    if not judged:
        return INPUT_MISSING
    return HELD if all(row["passed"] for row in judged) else FELL_SHORT


def write_fidelity(flags: Verify, rows: list[Row]) -> None:
    """Writes the environment's fidelity.json, a digest of the rows that the package carries with it."""
    kept = ("check", "claim", "level", "steps", "episodes", "draws", "mismatches", "max_error", "bound")
    content = {
        "env": flags.env,
        "oracle": rows[0]["oracle"],
        "oracle_version": rows[0]["oracle_version"],
        "command": f"python -m benchmarks verify --env {flags.env} --episodes {flags.episodes} --seed {flags.seed}",
        "steps": sum(row["steps"] for row in rows),
        "mismatches": sum(row["mismatches"] for row in rows),
        "checks": [{key: row[key] for key in kept} for row in rows],
    }
    (ROOT / flags.env / "fidelity.json").write_text(json.dumps(content, indent=1) + "\n")
