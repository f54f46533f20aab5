"""Renews every table and plot of README and docs from the files in benchmarks/results."""

from __future__ import annotations

import dataclasses
import pathlib

from benchmarks import report
from benchmarks.errors import FELL_SHORT, HELD
from benchmarks.results_file import ResultsFile
from benchmarks.timing import ROOT


@dataclasses.dataclass(frozen=True)
class Report:
    """Renews every table and plot of README and docs from the files in benchmarks/results."""

    check: bool = False
    """Write nothing; fall short if something is out of date."""
    root: pathlib.Path = ROOT
    """The checkout."""
    json: pathlib.Path | None = None
    """Where to write the list of changed files as JSON."""


def run(flags: Report) -> int:
    """Held unless `--check` finds something out of date."""
    results = ResultsFile("report", flags.json)
    changed = report.renew(flags.root, write=not flags.check)
    for path in changed:
        results.add({"file": path.relative_to(flags.root).as_posix()})
        print(f"{'out of date' if flags.check else 'renewed'}: {path.relative_to(flags.root)}")
    if not changed:
        print("everything is up to date")
    return FELL_SHORT if flags.check and changed else HELD
