"""The JSON that every command writes: one object with facts and a list of rows, kept up to date row by row."""

from __future__ import annotations

import json
import os
import pathlib
import sys
from collections.abc import Iterable
from typing import Any

from benchmarks import timing
from benchmarks.errors import UsageError

RESULTS = timing.ROOT / "benchmarks" / "results"
Row = dict[str, Any]


class ResultsFile:
    """Rows of one run of a command, written to a file after each of them.

    Args:
        command: name of the command.
        path: where to write, or None to keep the rows in memory only.
        resume: start from the rows that the file holds already.
    """

    def __init__(self, command: str, path: pathlib.Path | None, resume: bool = False) -> None:
        self._path = path
        self._facts = {
            "command": command,
            "arguments": public_arguments(sys.argv[2 if sys.argv[1:2] == [command] else 1 :]),
            "machine": timing.machine_facts(),
            "commit": timing.commit(),
            "versions": timing.versions(),
        }
        self.rows: list[Row] = []
        if resume and path is None:
            raise UsageError("--resume continues the rows of a file; name it with --json PATH.")
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"--json {path}: the folder {path.parent} does not exist; create it first.")
        if resume and path is not None and path.exists():
            self.rows = read_rows(path)

    def find(self, **identity: Any) -> Row | None:
        """The first row whose fields have these values."""
        return next((row for row in self.rows if all(row.get(key) == value for key, value in identity.items())), None)

    def add(self, row: Row) -> Row:
        """Appends a row and writes the file."""
        self.rows.append(row)
        self.write()
        return row

    def write(self) -> None:
        """Writes the file, never leaving a half-written one behind."""
        if self._path is None:
            return
        partial = self._path.with_name(self._path.name + ".partial")
        partial.write_text(json.dumps({**self._facts, "rows": self.rows}, indent=1, allow_nan=False) + "\n")
        os.replace(partial, self._path)


def read_rows(path: pathlib.Path) -> list[Row]:
    """The rows of a result file.

    Raises:
        UsageError: the file is not one that a command wrote.
    """
    try:
        rows = json.loads(path.read_text())["rows"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not a result file of this program; name another one or delete it.") from error
    return rows


def public_arguments(arguments: Iterable[str]) -> list[str]:
    """Command-line arguments with absolute paths cut to their last part."""
    return [_public(argument) for argument in arguments]


def _public(argument: str) -> str:
    flag, equals, value = argument.rpartition("=")
    return f"{flag}{equals}{pathlib.Path(value).name}" if os.path.isabs(value) else argument
