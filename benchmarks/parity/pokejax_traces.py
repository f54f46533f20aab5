"""Recorded battles of Showdown, by which the engine is checked without Node; this module records and reads them.

A file holds for each battle its seed, the two teams' numbers in the pool and the players; for each decision point the
hash of the canonical state and both sides' legal actions, and between two of them both sides' actions.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pathlib
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks.errors import INPUT_MISSING, InputMissingError
from benchmarks.oracles.showdown import process
from benchmarks.timing import ROOT
from pokejax import state
from pokejax.tables import load_teams

REGRESSIONS = ROOT / "tests" / "regressions"
FILE = ROOT / "tests" / "pokejax" / "data" / "gen4randombattle_traces.npz"
RECORDED_SEED = 20_061  # of the recorded battles; no other check uses it
FEWEST_SCRIPTED = 4  # one recorded battle in this many is between players of random actions, the others are mixed


class StaleTracesError(RuntimeError):
    """The traces were recorded with another layout of the state; the message says how to record them anew."""


def layout_digest() -> str:
    """What the hashes depend on: the layout of the state and the numbering of its words."""
    described = state.layout()
    fields = [[field[key] for key in ("name", "scope", "dtype", "width")] for field in described["fields"]]
    content = [fields, described["words"], described["vocabulary"]]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def pool_battles(count: int, seed: int) -> list[dict[str, Any]]:
    """Battles of teams of the pool: three of four between scripted players of all kinds, the rest random."""
    battles = process.fresh_battles(count, seed, ("mixed", "mixed"))
    rng = np.random.default_rng(seed)
    for i, battle in enumerate(battles):
        battle["teams"] = [int(n) for n in rng.choice(len(load_teams()), 2, replace=False)]
        if i % FEWEST_SCRIPTED == 0:
            battle["policies"] = ["random", "random"]
    return battles


def regressions(folder: pathlib.Path = REGRESSIONS) -> list[dict[str, Any]]:
    """Battles in which the engine was wrong once, as far as their teams are of the pool, up to that decision."""
    kept = [json.loads(path.read_text()) for path in sorted(folder.glob("pokejax_*.json"))]
    return [
        {"seed": one["seed_hex"], "teams": one["teams"], "actions": one["actions"]}
        for one in kept
        if "teams" in one and max(one["teams"]) < len(load_teams())
    ]


def write(answers: Iterable[dict[str, Any]], path: pathlib.Path) -> None:
    """Writes the oracle's answers as one file of small integer arrays."""
    battles = list(answers)
    halves = [[int(part, 16) for part in (text[:8], text[8:])] for battle in battles for text in battle["hashes"]]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        layout=np.frombuffer(layout_digest().encode(), np.uint8),
        seeds=np.array([[int(b["seed"][:8], 16), int(b["seed"][8:], 16)] for b in battles], np.uint32),
        teams=np.array([b["teams"] for b in battles], np.int32),
        lengths=np.array([len(b["hashes"]) for b in battles], np.int32),
        actions=np.concatenate([np.array(b["actions"] + [[0, 0]], np.uint8) for b in battles]),
        masks=np.array([mask for b in battles for mask in b["masks"]], np.uint16),
        hashes=np.array(halves, np.uint32),
    )


def read(path: pathlib.Path = FILE) -> list[dict[str, Any]]:
    """Reads recorded battles in the form of the oracle's answers.

    Raises:
        StaleTracesError: the layout of the state has changed since.
    """
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    recorded = arrays["layout"].tobytes().decode()
    if recorded != layout_digest():
        raise StaleTracesError(
            f"{path.name} was recorded with the layout {recorded}, and the state's is {layout_digest()}; record it anew"
            " with `python -m benchmarks.parity.pokejax_traces`."
        )
    battles, at = [], 0
    for seed, teams, length in zip(arrays["seeds"], arrays["teams"], arrays["lengths"], strict=True):
        rows = slice(at, at + int(length))
        battles.append(
            {
                "seed": f"{int(seed[0]):08x}{int(seed[1]):08x}",
                "teams": [int(n) for n in teams],
                "actions": arrays["actions"][rows][:-1].tolist(),
                "masks": arrays["masks"][rows].tolist(),
                "hashes": [f"{int(high):08x}{int(low):08x}" for high, low in arrays["hashes"][rows]],
            }
        )
        at += int(length)
    return battles


def main(arguments: Sequence[str] | None = None) -> int:
    """Records the battles; 2 without Showdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity.pokejax_traces", description=__doc__)
    parser.add_argument("--battles", type=int, default=64, help="how many to record")
    parser.add_argument("--seed", type=int, default=RECORDED_SEED, help="of teams, draws and players")
    parser.add_argument("--output", type=pathlib.Path, default=FILE, help="file to write")
    flags = parser.parse_args(arguments)
    try:
        with process.Oracle() as oracle:
            write(oracle.play(pool_battles(flags.battles, flags.seed) + regressions()), flags.output)
    except InputMissingError as error:
        print(error, file=sys.stderr)
        return INPUT_MISSING
    print(f"{flags.output.name}: {len(read(flags.output))} battles, {flags.output.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
