"""Compares the observations of the engine with those made from what Showdown sends to each player.

`python -m benchmarks.parity.pokejax_observation --observations 100000 --seed 1 --json FILE --resume` plays fresh
battles in Showdown, follows them in the engine, and compares every value of both players' tables at every decision.
"""

from __future__ import annotations

import argparse
import collections
import functools
import json
import lzma
import pathlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.errors import BAD_USAGE, FELL_SHORT, HELD, INPUT_MISSING, InputMissingError, UsageError
from benchmarks.oracles.showdown import process
from benchmarks.oracles.showdown.process import fresh_battles, play_ahead
from benchmarks.parity.checks import Outcome
from benchmarks.parity.compare import Divergence, Tally
from benchmarks.parity.pokejax_engine import OPTIONS, Engine
from benchmarks.parity.pokejax_replay import rows_of, words_of_hex
from benchmarks.parity.pokejax_traces import regressions
from benchmarks.results_file import ResultsFile
from benchmarks.timing import ROOT
from pokejax import converter, observation
from pokejax import observation_layout as columns
from pokejax import state as layout
from pokejax.protocol import Facts

FORMAT = "gen4randombattle"
ORACLE = "Pokemon Showdown (npm pokemon-showdown, in process)"
SEEN = "both players' observations equal to those made from what Showdown sends them, at every decision asked of them"
FILE = ROOT / "tests" / "pokejax" / "data" / "gen4randombattle_streams.npz"
RECORDED_SEED, RECORDED = 20_062, 6  # of the battles that the file holds
BATCH = 128  # the batch for which the engine is compiled elsewhere, too
CHUNK = 128
PLAYERS = (("random", "random"), ("mixed", "mixed"))


class Gap(NamedTuple):
    """One value that differs."""

    battle: int
    step: int
    player: int
    part: str
    row: int  # -1 in a table of one row
    column: str
    ours: int
    theirs: int


@functools.cache
def observer() -> Any:
    """The compiled observation of both players of a batch."""

    def both(state: Any) -> Any:
        return jax.vmap(lambda player: observation.tokens(state, player))(jnp.arange(2))

    return jax.jit(jax.vmap(both), compiler_options=OPTIONS)


def gaps(battle: int, step: int, player: int, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Gap]:
    """The values of one observation that differ."""
    for part in (*columns.PARTS, "mask"):
        for place in np.argwhere(np.asarray(ours[part]) != np.asarray(theirs[part])):
            name = str(place[-1]) if part == "mask" else columns.PARTS[part][1][place[-1]].name
            row = int(place[0]) if len(place) > 1 else -1
            values = int(ours[part][tuple(place)]), int(theirs[part][tuple(place)])
            yield Gap(battle, step, player, part, row, name, *values)


def compare(engine: Engine, battles: Sequence[Mapping[str, Any]], batch: int = BATCH) -> tuple[int, list[Gap]]:
    """Follows battles that were played with their protocol.

    Returns:
        How many observations were compared, and the values that differ in the first differing one of each battle.
    """
    teams = rows_of(battles, FORMAT)
    order = sorted(range(len(battles)), key=lambda i: len(battles[i]["actions"]))
    count, found = 0, []
    for first in range(0, len(order), batch):
        chosen = order[first : first + batch]
        padded = chosen + chosen[-1:] * (batch - len(chosen))
        seen, wrong = _follow(engine, [battles[i] for i in padded], teams[padded], chosen)
        count, found = count + seen, found + wrong
    return count, found


def _follow(engine: Engine, battles: Any, teams: np.ndarray, numbers: Sequence[int]) -> tuple[int, list[Gap]]:
    seeds = np.array([words_of_hex(battle["seed"]) for battle in battles], np.uint32)
    facts = [[Facts("p1"), Facts("p2")] for _ in numbers]
    count, found, broken = 0, [], set()
    state = engine._start(seeds, teams)
    for step in range(max(len(battle["actions"]) for battle in battles) + 1):
        ours = jax.device_get(observer()(state))
        for i, number in enumerate(numbers):
            streams = battles[i]["protocol"]
            if number in broken or step >= len(streams):
                continue
            for player, stream in enumerate(streams[step]):
                fact = facts[i][player]
                if stream["request"] is not None:
                    fact.ask(stream["request"])
                fact.read(stream["lines"])
                if stream["request"] is None:
                    continue
                mine = {part: table[i, player] for part, table in ours.items()}
                wrong = list(gaps(number, step, player, mine, converter.tokens(fact)))
                count += 1
                if wrong:
                    broken.add(number)
                    found += wrong
        actions = [b["actions"][step] if step < len(b["actions"]) else (0, 0) for b in battles]
        state = engine._advance(state, np.array(actions, np.int32))
    return count, found


def record(engine: Engine, battles: Sequence[Mapping[str, Any]], path: pathlib.Path) -> None:
    """Writes battles as a file: the engine's states, both players' streams and actions at every decision point."""
    teams = rows_of(battles, FORMAT)
    padded = list(range(len(battles))) + [0] * (BATCH - len(battles))
    seeds = np.array([words_of_hex(battles[i]["seed"]) for i in padded], np.uint32)
    state, states = engine._start(seeds, teams[padded]), []
    for step in range(max(len(battle["actions"]) for battle in battles) + 1):
        states.append(jax.device_get(state))
        actions = [battles[i]["actions"][step] if step < len(battles[i]["actions"]) else (0, 0) for i in padded]
        state = engine._advance(state, np.array(actions, np.int32))
    lengths = [len(battle["protocol"]) for battle in battles]
    leaves: dict[str, Any] = {
        field.name: np.concatenate(
            [np.stack([getattr(s, field.name)[i] for s in states[:length]]) for i, length in enumerate(lengths)]
        )
        for field in layout.FIELDS
    }
    streams = [[battle["protocol"], battle["actions"]] for battle in battles]
    text = json.dumps(streams, separators=(",", ":")).encode()
    packed = np.frombuffer(lzma.compress(text, preset=9), np.uint8)
    np.savez_compressed(path, lengths=np.array(lengths), streams=packed, **leaves)


def recorded(path: pathlib.Path = FILE) -> tuple[list[int], Any, list[Any]]:
    """Reads the file: lengths of the battles, all states with one leading axis, and [streams, actions] of each."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    streams = json.loads(lzma.decompress(arrays["streams"].tobytes()))
    content: dict[str, Any] = {field.name: arrays[field.name] for field in layout.FIELDS}
    return arrays["lengths"].tolist(), layout.EnvState(**content), streams


def check(engine: Engine, seed: int, count: int, report: Callable[[int], None]) -> Outcome:
    """Compares the observations of whole battles of fresh teams, as a check of `verify`."""
    outcome = Outcome(Tally())
    outcome.extra |= {"format": FORMAT, "battles": 0}
    asked = [fresh_battles(-(-count // 2), 2 * seed + i, players) for i, players in enumerate(PLAYERS)]
    for played in play_ahead([battle for part in asked for battle in part], CHUNK, ["teams", "protocol"]):
        compared, found = compare(engine, played)
        outcome.steps += compared
        outcome.episodes += sum(battle["ended"] for battle in played)
        outcome.extra["battles"] += len(played)
        outcome.tally.mismatches += len({(gap.battle, gap.step, gap.player) for gap in found})
        if found and outcome.tally.first is None:
            one = min(found)
            field = f"{one.part}.{one.column} seen by player {one.player}"
            index = () if one.row < 0 else (one.row,)
            outcome.tally.first = Divergence(one.step, one.battle, field, index, float(one.ours), float(one.theirs))
            battle = played[one.battle]
            outcome.case = {
                "format": FORMAT,
                "seed_hex": battle["seed"],
                "teams": battle["teams"],
                "actions": [list(pair) for pair in battle["actions"][: one.step]],
            }
        report(outcome.steps)
    outcome.complete = outcome.extra["battles"] == sum(map(len, asked))
    return outcome


def run(wanted: int, seed: int, path: pathlib.Path | None, resume: bool) -> dict[str, Any]:
    """Compares until that many observations are, and keeps the row after each chunk."""
    results = ResultsFile("verify", path, resume)
    row = results.find(seed=seed) or results.add(
        {
            "env": "pokejax", "check": f"observations, {FORMAT}", "claim": SEEN, "level": 3, "oracle": ORACLE,
            "oracle_version": process.VERSION, "seed": seed, "chunks": 0, "episodes": 0, "steps": 0, "draws": 0,
            "mismatches": 0, "max_error": 0.0, "bound": 0.0, "columns": {}, "first_divergence": None, "passed": True,
            "skipped": None, "format": FORMAT,
        }
    )  # fmt: skip
    engine = Engine()
    while row["steps"] < wanted:
        asked = fresh_battles(CHUNK, seed * 1_000_003 + row["chunks"], PLAYERS[row["chunks"] % len(PLAYERS)])
        (played,) = play_ahead(asked, CHUNK, ["teams", "protocol"])
        count, found = compare(engine, played)
        row["chunks"] += 1
        row["episodes"] += len(played)
        row["steps"] += count
        row["mismatches"] += len({(gap.battle, gap.step, gap.player) for gap in found})
        names = collections.Counter(f"{gap.part}.{gap.column}" for gap in found)
        row["columns"] = dict(collections.Counter(row["columns"]) + names)
        if found and row["first_divergence"] is None:
            one = min(found)
            row["first_divergence"] = f"{one}, seed {played[one.battle]['seed']}, teams {played[one.battle]['teams']}"
        row["passed"] = row["mismatches"] == 0
        results.write()
        print(f"{row['episodes']} battles, {row['steps']} observations, {row['mismatches']} differ", flush=True)
    return row


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the comparison; 0 if nothing differed, 1 if something did, 2 without Showdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity.pokejax_observation", description=__doc__)
    parser.add_argument("--observations", type=int, default=10_000, help="how many to compare at least")
    parser.add_argument("--seed", type=int, default=1, help="of teams, draws and players")
    parser.add_argument("--json", type=pathlib.Path, default=None, help="file for the row")
    parser.add_argument("--resume", action="store_true", help="go on with the row of the file")
    parser.add_argument("--record", action="store_true", help="instead write the battles that the tests rely on")
    try:
        flags = parser.parse_args(arguments)
    except SystemExit as end:
        return BAD_USAGE if end.code else HELD
    if flags.observations < 1 or flags.seed < 0:
        print("--observations must be 1 or more and --seed 0 or more.", file=sys.stderr)
        return BAD_USAGE
    try:
        if flags.record:
            asked = fresh_battles(RECORDED, RECORDED_SEED, ("mixed", "mixed")) + regressions()
            (played,) = play_ahead(asked, len(asked), ["teams", "protocol"])
            record(Engine(), played, FILE)
            return HELD
        row = run(flags.observations, flags.seed, flags.json, flags.resume)
    except InputMissingError as error:
        print(error, file=sys.stderr)
        return INPUT_MISSING
    except UsageError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    return FELL_SHORT if row["mismatches"] else HELD


if __name__ == "__main__":
    sys.exit(main())
