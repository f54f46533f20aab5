"""All joint legal actions from positions of battles: `python -m benchmarks.parity.pokejax_perft --leaves 200000`.

Showdown plays battles of fresh teams between mixed players. At every so many-th decision point the battle is copied,
and each pair of legal actions is tried under several states of the generator: each is a leaf. The engine tries the same
leaf from Showdown's own state; generator, canonical state and legal actions afterwards must be equal. Battles come in
shards that depend on the seed and their number only, so that a run can be broken off and taken up again.
"""

from __future__ import annotations

import argparse
import pathlib
import random
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.errors import UsageError, exits
from benchmarks.oracles.showdown.process import Oracle, decode_words, fresh_battles
from benchmarks.parity import pokejax as parity
from benchmarks.parity.pokejax_battles import source_hash
from benchmarks.parity.pokejax_replay import Decisions, differing_words, try_decisions
from benchmarks.results_file import ResultsFile, Row
from pokejax import state as layout

BATTLES, EVERY, GENERATORS = (
    16,
    12,
    3,
)  # of a shard: battles; decision points between positions; states of the generator
SHARDS = 1 << 20  # more than any run has: seeds of shards do not meet
WORDS = len(layout.word_names())


def generators(seed: int, shard: int) -> list[list[int]]:
    """The states of the generator under which a shard's actions are tried, as four 16-bit numbers each."""
    rng = random.Random(f"perft {seed} {shard}")
    return [[rng.getrandbits(16) for _ in range(4)] for _ in range(GENERATORS)]


def leaves_of(answers: Sequence[Mapping[str, Any]], states: Sequence[Sequence[int]]) -> Decisions:
    """The leaves of a shard: what Showdown made of each from the state before, the generator set."""
    halves = np.array([[a << 16 | b, c << 16 | d] for a, b, c, d in states], np.int64)
    before, actions, after, masks = [], [], [], []
    for position in (position for answer in answers for position in answer["positions"]):
        words = np.repeat(decode_words([position["before"]]), len(position["actions"]), axis=0)
        words[:, :2] = halves[position["generators"]]
        before.append(words)
        actions.append(np.array(position["actions"], np.int32))
        after.append(decode_words(position["after"])[:, :WORDS])
        masks.append(np.array(position["masks"], np.int32))
    return Decisions(*(np.concatenate(parts) for parts in (before, actions, after, masks)), damages=0)


def new_row(seed: int) -> Row:
    """The row before the first shard."""
    return {
        "env": "pokejax", "check": f"perft, {parity.FORMAT}", "claim": parity.EACH, "level": 2,
        "oracle": parity.ORACLE, "oracle_version": parity.ORACLE_VERSION, "seed": seed, "shards": 0, "steps": 0,
        "episodes": 0, "positions": 0, "uncopied": 0, "draws": 0, "error_flags": 0, "mismatches": 0, "max_error": 0.0,
        "bound": 0.0, "first_divergence": None, "passed": True, "skipped": None, "format": parity.FORMAT,
        "source": source_hash(),
    }  # fmt: skip


def add(row: Row, answers: Sequence[Mapping[str, Any]], leaves: Decisions) -> None:
    """Tries a shard's leaves in the engine and adds what was found."""
    tried = try_decisions(parity.engine(), leaves, parity.BATCH)
    wrong = np.flatnonzero(~tried.is_equal(leaves))
    row["shards"] += 1
    row["steps"] += len(leaves.actions)
    row["episodes"] += len(answers)
    row["positions"] += sum(len(answer["positions"]) for answer in answers)
    row["uncopied"] += sum(answer["uncopied"] for answer in answers)
    row["error_flags"] += int((tried.errors != 0).sum())
    row["draws"] += sum(parity.draws_of(leaves.before[:, :2], leaves.after[:, :2]))
    row["mismatches"] += len(wrong)
    row["passed"] = row["mismatches"] == 0
    if len(wrong) and row["first_divergence"] is None:
        k = int(wrong[0])
        named = [
            f"{w.name} {w.ours} here, {w.original} there" for w in differing_words(tried.after[k], leaves.after[k])
        ]
        what = f"error flags {tried.errors[k]}" if tried.errors[k] else ", ".join(named[:4]) or "legal actions"
        at = 0
        for answer in answers:
            for position in answer["positions"]:
                at += len(position["actions"])
                if k < at and row["first_divergence"] is None:
                    row["first_divergence"] = (
                        f"seed {row['seed']}, shard {row['shards'] - 1}, battle {answer['seed']} of teams "
                        f"{answer['teams']}, decision point {position['step']}, actions {leaves.actions[k].tolist()}, "
                        f"generator {parity.hex_of(leaves.before[k, :2])}: {what}"
                    )


def run(leaves: int, seed: int, path: pathlib.Path | None, resume: bool) -> Row:
    """Compares at least so many leaves and returns the row; with a path it is written after each shard.

    Raises:
        UsageError: the row to go on with was made with another source.
    """
    results = ResultsFile("verify", path, resume)
    row = results.find(seed=seed, check=new_row(seed)["check"]) or results.add(new_row(seed))
    if row["source"] != source_hash():
        raise UsageError(f"{path}: the engine changed since its leaves were compared; start with another --json file.")
    with Oracle(parity.FORMAT) as oracle:
        while row["steps"] < leaves:
            states = generators(seed, row["shards"])
            asked = fresh_battles(BATTLES, seed * SHARDS + row["shards"], ("mixed", "mixed"))
            answers = list(oracle.perft(asked, EVERY, states))
            add(row, answers, leaves_of(answers, states))
            results.write()
            print(f"{row['steps']} leaves, {row['mismatches']} differ", file=sys.stderr, flush=True)
    return row


@exits
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if nothing differed, 1 if something did, 2 without Showdown, 64 for bad usage."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity.pokejax_perft", description=__doc__)
    parser.add_argument("--leaves", type=int, default=2000, help=f"at least so many, in shards of {BATTLES} battles")
    parser.add_argument("--seed", type=int, default=0, help="0 or more; another seed gives other battles and draws")
    parser.add_argument("--json", type=pathlib.Path, help="write the row here after each shard")
    parser.add_argument("--resume", action="store_true", help="go on where the file of --json stands")
    flags = parser.parse_args(arguments)
    if flags.leaves < 1 or flags.seed < 0:
        raise UsageError("--leaves must be 1 or more and --seed 0 or more.")
    row = run(flags.leaves, flags.seed, flags.json, flags.resume)
    print(
        f"{row['steps']} leaves of {row['positions']} positions, {row['draws']} draws: {row['mismatches']} differ; "
        f"{row['uncopied']} positions could not be copied"
    )
    if row["first_divergence"]:
        print(row["first_divergence"])
    return int(not row["passed"])


if __name__ == "__main__":
    sys.exit(main())
