"""Gets an environment's original into the user's cache with the ordinary package client."""

from __future__ import annotations

import dataclasses
import pathlib

from benchmarks.errors import HELD
from benchmarks.results_file import ResultsFile
from benchmarks.targets import target


@dataclasses.dataclass(frozen=True)
class Fetch:
    """Gets an environment's original into the user's cache, its checksum checked."""

    env: str
    """Package of the environment, for example pong_jax."""
    json: pathlib.Path | None = None
    """Where to write the result as JSON."""


def run(flags: Fetch) -> int:
    """Fetches and says where the file is; a file that is there already is not fetched again."""
    results = ResultsFile("fetch", flags.json)
    source = target(flags.env).load("fetch")
    path = source.fetch()
    results.add({"env": flags.env, "file": path.name, "version": source.VERSION, "sha256": source.sha256()})
    print(f"{path} holds the original of {flags.env} ({source.ORIGINAL}), checksum right.")
    return HELD
