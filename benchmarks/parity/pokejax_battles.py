"""Whole battles of fresh teams against Showdown by the ten thousand, with what they reached of its code.

`python -m benchmarks.parity.pokejax_battles --battles 20000 --players random --seed 7 --json battles.json --resume`
plays shards of battles; a shard follows from the seed, the players and its number only, so that a run can be broken off
and taken up again. Compared is what `verify --level 3` compares. Beside it Showdown's own calls of each callback of the
format and the places that drew a number are counted; `--reached FILE` keeps the counts and `--rare N` lists what was
reached fewer than N times.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import functools
import json
import pathlib
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pokejax
from benchmarks.errors import UsageError, exits
from benchmarks.oracles.showdown.process import Oracle, fresh_battles
from benchmarks.parity import pokejax as parity
from benchmarks.parity import pokejax_scenarios
from benchmarks.parity.checks import Check, row_of, write_case
from benchmarks.parity.sources import digest
from benchmarks.results_file import ResultsFile, Row
from pokejax.state import TURN_LIMIT
from twinenvs import fusion

SHARD = parity.CHUNK
SHARDS = 1 << 20  # more than any run has: seeds of shards do not meet
FOLDER = pathlib.Path(pokejax.__file__).parent
# Modules that decide nothing of a battle: players, what players see, adapters, pictures.
OUTSIDE = (
    "calculator", "converter", "coverage", "describe", "env", "expectations", "features", "gymnasium", "heuristics",
    "known", "learned", "names", "observation", "play", "protocol", "render", "replay", "tactics", "view", "__",
)  # fmt: skip
SUMMED = ("steps", "episodes", "agent_wins", "draws", "mismatches")


def source_hash() -> str:
    """Digest of the engine's rules and data."""
    return digest(FOLDER, OUTSIDE, [pathlib.Path(fusion.__file__)])


def asked(players: str, seed: int, shard: int) -> list[dict[str, Any]]:
    """The battles of a shard."""
    number = (seed * SHARDS + shard) * len(parity.PLAYERS) + list(parity.PLAYERS).index(players)
    return fresh_battles(SHARD, number, parity.PLAYERS[players])


def played(players: str, seed: int, first: int) -> Iterator[tuple[list[dict[str, Any]], dict[str, int]]]:
    """Shards from this one on as Showdown plays them, the next one meanwhile: battles, and calls of each callback."""
    with Oracle(parity.FORMAT) as oracle, concurrent.futures.ThreadPoolExecutor(1) as pool:
        oracle.count_coverage()

        def one(shard: int) -> tuple[list[dict[str, Any]], dict[str, int]]:
            battles = list(oracle.play(asked(players, seed, shard), ["teams", "sites"]))
            return battles, {name: counts[0] for name, counts in oracle.ran().items()}

        waiting = pool.submit(one, first)
        while True:
            result = waiting.result()
            first += 1
            waiting = pool.submit(one, first)
            yield result


class Reached:
    """How often each callback of the format was called and each place drew, by players, in a file."""

    def __init__(self, path: pathlib.Path | None) -> None:
        self.path = path
        self.counts: dict[str, dict[str, Any]] = {}
        if path is not None and path.exists():
            self.counts = json.loads(path.read_text())

    def add(self, key: str, shard: int, calls: Mapping[str, int], battles: Sequence[Mapping[str, Any]]) -> None:
        """Adds a shard's counts; a shard that was counted before an interruption counts once."""
        kept = self.counts.setdefault(key, {"shards": 0, "calls": {}, "draws": {}})
        if self.path is None or kept["shards"] > shard:
            return
        kept["shards"] = shard + 1
        kept["calls"] = dict(sorted((Counter(kept["calls"]) + Counter(calls)).items()))
        kept["draws"] = dict(sorted(sum((Counter(b["sites"]) for b in battles), Counter(kept["draws"])).items()))
        partial = self.path.with_name(self.path.name + ".partial")
        partial.write_text(json.dumps(self.counts, indent=0) + "\n")
        partial.replace(self.path)

    def rare(self, number: int) -> tuple[dict[str, int], dict[str, int]]:
        """Callbacks of the format that were called, and places that drew, fewer times than that in all runs."""
        calls: Counter[str] = Counter(dict.fromkeys(pokejax_scenarios.callbacks_of_format(), 0))
        draws: Counter[str] = Counter()
        for kept in self.counts.values():
            calls.update(kept["calls"])
            draws.update(kept["draws"])

        def few(counts: Mapping[str, int]) -> dict[str, int]:
            return {name: n for name, n in sorted(counts.items()) if n < number}

        return few(calls), few(draws)


def check_of(players: str) -> Check:
    """The check whose result is the row."""
    name = f"battles by the ten thousand, {parity.FORMAT}, {players}"
    return Check(3, name, functools.partial(parity.battles, players), parity.EXACT)


def new_row(players: str, seed: int) -> Row:
    """A row of `verify` before its first shard."""
    row = row_of("pokejax", parity, check_of(players), parity.new_outcome(), seed, 0)
    return row | {"source": source_hash(), "shards": 0, "longest_turns": 0, "turn_limit": 0, "seconds": 0.0}


def run(players: str, battles: int, seed: int, path: pathlib.Path | None, resume: bool, reached: Reached) -> Row:
    """Compares at least so many battles and returns the row; with a path it is written after each shard.

    Raises:
        UsageError: the row to go on with was made with another source.
    """
    results = ResultsFile("verify", path, resume)
    row = results.find(seed=seed, check=new_row(players, seed)["check"]) or results.add(new_row(players, seed))
    if row["source"] != source_hash():
        raise UsageError(f"{path}: the engine changed since its battles were compared; start with another --json file.")
    row["episodes_asked"] = max(battles, row["episodes_asked"])
    since = time.monotonic()
    for shown, calls in played(players, seed, row["shards"]) if row["episodes"] < battles else ():
        outcome = parity.new_outcome()
        parity.follow(shown, outcome)
        for name in SUMMED[:-1]:
            row[name] += getattr(outcome, name)
        row["mismatches"] += outcome.tally.mismatches
        for name in ("refused", "error_flags", "turns"):
            row[name] += outcome.extra[name]
        row["longest_turns"] = max(row["longest_turns"], *(battle["turns"] for battle in shown))
        row["turn_limit"] += sum(battle["turns"] >= TURN_LIMIT for battle in shown)
        row["shards"] += 1
        row["seconds"] = round(row["seconds"] + time.monotonic() - since, 1)
        since = time.monotonic()
        row["passed"] = row["mismatches"] == 0
        if outcome.tally.first is not None:
            row["first_divergence"] = row["first_divergence"] or outcome.tally.first.sentence()
            case = write_case(path.parent if path else pathlib.Path(), "pokejax", check_of(players), outcome, seed)
            print(f"wrote {case}", file=sys.stderr)
        reached.add(f"{players}, seed {seed}", row["shards"] - 1, calls, shown)
        results.write()
        print(f"{row['episodes']} battles, {row['steps']} decision points, {row['mismatches']} differ", file=sys.stderr)
        if row["episodes"] >= battles:
            break
    return row


@exits
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if nothing differed, 1 if something did, 2 without Showdown, 64 for bad usage."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity.pokejax_battles", description=__doc__)
    parser.add_argument("--battles", type=int, default=SHARD, help=f"at least so many, in shards of {SHARD}")
    parser.add_argument("--players", choices=tuple(parity.PLAYERS), default="random")
    parser.add_argument("--seed", type=int, default=0, help="0 or more; another seed gives other teams and draws")
    parser.add_argument("--json", type=pathlib.Path, help="write the row here after each shard")
    parser.add_argument("--reached", type=pathlib.Path, help="keep here how often callbacks and draws were reached")
    parser.add_argument("--rare", type=int, default=20, help="list what --reached holds fewer times than this")
    parser.add_argument("--resume", action="store_true", help="go on where the file of --json stands")
    flags = parser.parse_args(arguments)
    if flags.battles < 0 or flags.seed < 0:
        raise UsageError("--battles and --seed must be 0 or more.")
    reached = Reached(flags.reached)
    count = flags.battles
    row = run(flags.players, count, flags.seed, flags.json, flags.resume, reached) if count else None
    if row:
        print(f"{row['episodes']} battles, {row['steps']} decision points: {row['mismatches']} differ")
        print(row["first_divergence"] or "")
    if flags.reached is not None:
        for title, counts in zip(("callbacks called", "places that drew"), reached.rare(flags.rare), strict=True):
            print(f"{title} fewer than {flags.rare} times: {len(counts)}")
            print("".join(f"{count:5d} {name}\n" for name, count in counts.items()), end="")
    return int(bool(row) and row["mismatches"] > 0)


if __name__ == "__main__":
    sys.exit(main())
