"""Seeds faults into a copy of the checkout, one at a time, and requires the tests to notice each.

The faults are data: `tests/mutants/<package>.toml` holds a list `[[mutant]]` of tables with these keys.

    name     what to call it, unique in the file
    file     path in the checkout
    find     text that stands exactly once in that file
    replace  what to put there
    why      what would go wrong unnoticed
    tests    arguments of pytest; or
    cargo    arguments of cargo, run in emurust/rust

Every selection of tests is first run on the unchanged copy, where it must pass. Exit status: 0 every fault was noticed,
1 one was not (or its table is wrong), 2 some could not be tried since cargo is missing, 64 bad usage.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HELD, FELL_SHORT, MISSING, BAD_USAGE = 0, 1, 2, 64
TIMEOUT_SECONDS = 900  # A fault may make a program run for ever; that is noticed, too.

NOT_COPIED = (".git", ".venv*", "target", "build", "dist", "site", "runs", "*.egg-info", "__pycache__", ".*_cache")
PYTEST_TESTS_FAILED = 1  # pytest's other exit codes say that the tests did not run.
CARGO_TESTS_FAILED = 101

CAUGHT, SURVIVED, BROKEN, SKIPPED = "caught", "SURVIVED", "BROKEN", "SKIPPED"


class MutantError(Exception):
    """A table of a fault that cannot be used; the message is for the reader."""


class StaleMutantError(MutantError):
    """A fault that no longer fits the sources."""


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One fault, as its table gives it."""

    package: str
    name: str
    file: str
    find: str
    replace: str
    why: str
    tests: tuple[str, ...] = ()
    cargo: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """How the fault is named on the command line and in the table."""
        return f"{self.package}/{self.name}"

    def selection(self) -> tuple[str, ...]:
        """The command that must notice it, without the interpreter."""
        return ("cargo", *self.cargo) if self.cargo else ("pytest", *self.tests)

    def applied(self, root: Path) -> str:
        """The file's text with the fault in it."""
        path = root / self.file
        if not path.is_file():
            raise StaleMutantError(f"{self.label}: there is no file {self.file}; correct `file`.")
        text = path.read_text()
        count = text.count(self.find)
        if count != 1:
            raise StaleMutantError(f"{self.label}: `find` stands {count} times in {self.file}, not once; correct it.")
        return text.replace(self.find, self.replace)

    def fingerprint(self, root: Path) -> str:
        """Changes with the fault, the faulty file and the tests' own files."""
        paths = [self.file, *(argument.split("::")[0] for argument in self.tests)]
        digest = hashlib.sha256(json.dumps(dataclasses.asdict(self)).encode())
        for path in paths:
            for file in sorted((root / path).rglob("*.py")) if (root / path).is_dir() else [root / path]:
                digest.update(file.read_bytes() if file.is_file() else b"")
        return digest.hexdigest()


def read_mutants(folder: Path) -> list[Mutant]:
    """All faults of a folder.

    Raises:
        MutantError: a table lacks a key, has an unknown one, or two have the same name.
    """
    found = []
    for path in sorted(folder.glob("*.toml")):
        for table in tomllib.loads(path.read_text()).get("mutant", []):
            lists = {key: tuple(value) for key, value in table.items() if key in ("tests", "cargo")}
            try:
                mutant = Mutant(path.stem, **{**table, **lists})
            except TypeError as error:
                name = table.get("name", "a fault without a name")
                raise MutantError(f"{path.name}, {name}: {str(error).split('__init__() ')[-1]}.") from None
            if bool(mutant.tests) == bool(mutant.cargo):
                raise MutantError(f"{mutant.label}: give either `tests` or `cargo`.")
            if mutant.find == mutant.replace:
                raise MutantError(f"{mutant.label}: `replace` is the same as `find`.")
            found.append(mutant)
    labels = [mutant.label for mutant in found]
    for label in labels:
        if labels.count(label) > 1:
            raise MutantError(f"two faults are named {label}; rename one.")
    return found


class Copy:
    """A copy of the checkout in which tests run with one fault at a time."""

    def __init__(self, root: Path, to: Path) -> None:
        self.root = Path(shutil.copytree(root, to, ignore=shutil.ignore_patterns(*NOT_COPIED)))

    def run(self, selection: tuple[str, ...]) -> tuple[str, str]:
        """Runs tests: ("passed", "failed" or "unusable", their last words)."""
        if selection[0] == "cargo":
            command, folder = ["cargo", *selection[1:]], self.root / "emurust" / "rust"
        else:
            options = ["-x", "-q", "-p", "no:cacheprovider"]
            command, folder = [sys.executable, "-m", "pytest", *options, *selection[1:]], self.root
        # No bytecode: a fault of the same length within the same second would be taken for the old file.
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.root),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CARGO_NET_OFFLINE": "true",
        }
        try:
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
            )
        except subprocess.TimeoutExpired:
            return "failed", f"no end within {TIMEOUT_SECONDS} s"
        except OSError as error:
            return "unusable", str(error)
        words = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        failed = CARGO_TESTS_FAILED if selection[0] == "cargo" else PYTEST_TESTS_FAILED
        if done.returncode == 0:
            return "passed", words
        return "failed" if done.returncode == failed else "unusable", words

    def judge(self, mutant: Mutant) -> tuple[str, str]:
        """Applies one fault, runs its tests and takes the fault out again: (verdict, last words)."""
        path = self.root / mutant.file
        text = path.read_text()
        path.write_text(mutant.applied(self.root))
        try:
            outcome, words = self.run(mutant.selection())
        finally:
            path.write_text(text)
        return {"passed": SURVIVED, "failed": CAUGHT, "unusable": BROKEN}[outcome], words


class Report:
    """The rows so far, on the terminal and in a file that survives an interruption."""

    def __init__(self, path: Path | None, is_resumed: bool) -> None:
        self.path = path
        self.rows: list[dict] = []
        self.earlier: dict[str, dict] = {}
        if is_resumed and path is not None and path.is_file():
            rows = json.loads(path.read_text())["rows"]
            self.earlier = {row["fingerprint"]: row for row in rows if row["verdict"] == CAUGHT}

    def add(self, mutant: Mutant, fingerprint: str, verdict: str, seconds: float, words: str) -> None:
        """Prints and keeps one verdict."""
        self.rows.append(
            {
                "package": mutant.package,
                "mutant": mutant.name,
                "file": mutant.file,
                "why": mutant.why,
                "verdict": verdict,
                "seconds": round(seconds, 1),
                "fingerprint": fingerprint,
            }
        )
        print(f"{verdict:9} {seconds:6.1f} s  {mutant.label}: {mutant.why}", flush=True)
        if verdict != CAUGHT:
            print("\n".join(f"    {line}" for line in words.splitlines()), flush=True)
        self.write()

    def write(self) -> None:
        """Writes the file, if one is wanted."""
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps({"command": "mutants", "rows": self.rows}, indent=1) + "\n")


def judge_all(mutants: Sequence[Mutant], root: Path, jobs: int, report: Report) -> None:
    """Judges every fault in `jobs` copies at once."""
    fingerprints = {mutant: mutant.fingerprint(root) for mutant in mutants}
    waiting, unable = [], []
    for mutant in mutants:
        mutant.applied(root)
        earlier = report.earlier.get(fingerprints[mutant])
        if earlier is not None:
            report.rows.append(earlier)
        elif mutant.cargo and shutil.which("cargo") is None:
            unable.append(mutant)
        else:
            waiting.append(mutant)
    if report.rows:
        print(f"{len(report.rows)} faults were caught by an earlier run and have not changed since")
    for mutant in unable:
        report.add(mutant, fingerprints[mutant], SKIPPED, 0.0, "cargo is missing; get it from https://rustup.rs")
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for job in range(min(jobs, max(len(waiting), 1))):
            copies.put(Copy(root, Path(folder) / f"copy{job}"))

        def borrowed(method: str, argument: object) -> tuple[tuple[str, str], float]:
            copy, start = copies.get(), time.monotonic()
            try:
                return getattr(copy, method)(argument), time.monotonic() - start
            finally:
                copies.put(copy)

        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            selections = dict.fromkeys(mutant.selection() for mutant in waiting)
            baselines = dict(zip(selections, pool.map(lambda s: borrowed("run", s)[0], selections), strict=True))
            judged = {}
            for mutant in waiting:
                outcome, words = baselines[mutant.selection()]
                if outcome == "passed":
                    judged[pool.submit(borrowed, "judge", mutant)] = mutant
                else:
                    words = f"without the fault, `{' '.join(mutant.selection())}` does not pass:\n{words}"
                    report.add(mutant, fingerprints[mutant], BROKEN, 0.0, words)
            try:
                for future in concurrent.futures.as_completed(judged):
                    (verdict, words), seconds = future.result()
                    report.add(judged[future], fingerprints[judged[future]], verdict, seconds, words)
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    report.write()


def chosen(mutants: Iterable[Mutant], packages: Sequence[str], names: Sequence[str]) -> list[Mutant]:
    """The faults of some packages, or with some names; all of them without either."""
    mutants = list(mutants)
    known = {mutant.package for mutant in mutants}
    for package in packages:
        if package not in known:
            raise MutantError(f"there are no faults of {package!r}; the packages are {', '.join(sorted(known))}.")
    for name in names:
        if not any(name in mutant.label for mutant in mutants):
            raise MutantError(f"no fault's name holds {name!r}; --list shows them.")
    return [
        mutant
        for mutant in mutants
        if (not packages or mutant.package in packages) and (not names or any(name in mutant.label for name in names))
    ]


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence and exit with 64."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Ends the program."""
        sys.exit(fail(f"{message}; --help lists the options."))


def fail(sentence: str, status: int = BAD_USAGE) -> int:
    print(f"mutants: {sentence}", file=sys.stderr)
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    parser = Parser(description="Seeds faults and requires the tests to notice each.")
    parser.add_argument("--package", action="append", default=[], help="only the faults of this package; repeatable")
    parser.add_argument("--only", action="append", default=[], help="only faults whose name holds this; repeatable")
    parser.add_argument("--jobs", type=int, default=1, help="copies of the checkout at work at once")
    parser.add_argument("--json", type=Path, help="file for the verdicts, written after each")
    parser.add_argument("--resume", action="store_true", help="skip what --json holds as caught and unchanged")
    parser.add_argument("--list", action="store_true", help="print the faults and stop")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    flags = parser.parse_args(arguments)
    if flags.jobs < 1:
        return fail(f"--jobs must be at least 1, got {flags.jobs}.")
    if flags.resume and flags.json is None:
        return fail("--resume needs --json, the file to go on from.")
    try:
        mutants = chosen(read_mutants(flags.root / "tests" / "mutants"), flags.package, flags.only)
        if not mutants:
            return fail(f"there are no faults in {flags.root.name}/tests/mutants.")
        if flags.list:
            print("\n".join(f"{mutant.label}: {mutant.why}" for mutant in mutants))
            return HELD
        report = Report(flags.json, flags.resume)
        judge_all(mutants, flags.root, flags.jobs, report)
    except StaleMutantError as error:
        return fail(str(error), FELL_SHORT)
    except MutantError as error:
        return fail(str(error))
    except KeyboardInterrupt:
        return fail("interrupted; --resume goes on from the file of --json.", FELL_SHORT)
    verdicts = [row["verdict"] for row in report.rows]
    print(f"{verdicts.count(CAUGHT)} of {len(verdicts)} faults were caught")
    if SURVIVED in verdicts or BROKEN in verdicts:
        return FELL_SHORT
    return MISSING if SKIPPED in verdicts else HELD


if __name__ == "__main__":
    sys.exit(main())
