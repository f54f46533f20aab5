"""The command line of the data builder."""

from __future__ import annotations

import argparse
import pathlib
import sys

from pokejax.databuild.build import POOL_SIZE, build
from pokejax.databuild.columns import DataError
from pokejax.databuild.showdown import ShowdownMissingError

INPUT_MISSING, BAD_USAGE, FAILED = 2, 64, 1
FORMATS = ("gen4randombattle",)
DATA = pathlib.Path(__file__).resolve().parents[1] / "data"


def main(arguments: list[str] | None = None) -> int:
    """Builds the data; 1 if Showdown's data does not fit the tables, 2 if Showdown is missing, 64 for bad usage."""
    parser = argparse.ArgumentParser(prog="python -m pokejax.databuild", description="Builds pokejax/data.")
    parser.add_argument("--format", default=FORMATS[0], help="Showdown's name of the format")
    parser.add_argument("--pool", type=int, default=POOL_SIZE, help="teams in the pool")
    parser.add_argument("--scan", type=int, default=0, help="teams to generate in all, to close the vocabulary")
    parser.add_argument("--output", type=pathlib.Path, default=DATA, help="folder to write")
    try:
        flags = parser.parse_args(arguments)
    except SystemExit as stop:
        return BAD_USAGE if stop.code else 0
    if flags.format not in FORMATS:
        print(f"--format {flags.format!r}: unknown format; the formats are {', '.join(FORMATS)}.", file=sys.stderr)
        return BAD_USAGE
    if flags.pool < 1:
        print(f"--pool must be at least 1, got {flags.pool}.", file=sys.stderr)
        return BAD_USAGE
    try:
        build(flags.format, flags.output, flags.pool, max(0, flags.scan - flags.pool), lambda line: print(line))
    except ShowdownMissingError as error:
        print(error, file=sys.stderr)
        return INPUT_MISSING
    except DataError as error:
        print(error, file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
