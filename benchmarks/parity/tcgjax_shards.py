"""Finished parts of a long comparison, kept between runs so that `verify --resume` goes on where it was interrupted.

A part follows from its name and the source alone, so a kept one counts only for the source it was made with.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable
from typing import Any

import tcgjax
from benchmarks.parity.sources import digest
from twinenvs.cache import cache_folder, is_enabled

FOLDER = pathlib.Path(tcgjax.__file__).parent
# Modules that decide no game: players, adapters, pictures.
OUTSIDE = ("players", "search", "gymnasium", "render", "replay", "__main__", "play")


def source_hash(folder: pathlib.Path = FOLDER) -> str:
    """Digest of the rules in both engines and of the card table."""
    return digest(folder, OUTSIDE)


class Shards:
    """Results of parts by name, in a file of the suite's cache."""

    def __init__(self, path: pathlib.Path | None = None, source: str | None = None) -> None:
        """Opens the file; nothing is read before `resume`."""
        self.path = path or cache_folder() / "verify_tcgjax.jsonl"
        self.source = source or source_hash()
        self._found: dict[str, dict[str, Any]] = {}

    def resume(self) -> int:
        """Reads what was kept for this source; returns how many parts that is."""
        if self.path.exists():
            entries: Iterable[dict[str, Any]] = map(json.loads, self.path.read_text().splitlines())
            self._found = {entry["name"]: entry["result"] for entry in entries if entry["source"] == self.source}
        return len(self._found)

    def find(self, name: str) -> dict[str, Any] | None:
        """The kept result of a part, None if there is none."""
        return self._found.get(name)

    def keep(self, name: str, result: dict[str, Any]) -> None:
        """Keeps a part without differences."""
        if not is_enabled():
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps({"source": self.source, "name": name, "result": result}) + "\n")
