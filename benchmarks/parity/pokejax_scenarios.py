"""Short battles that reach every entry of the format: how they are found, kept and counted.

A scenario holds inputs only: a seed, two teams of the pool, both sides' actions. For each move, ability and item some
battles are tried in which a Pokemon that has it stays in and uses it; the one in which most of the entry's callbacks
and branches ran, by V8's own counts inside Showdown, is kept. `python -m benchmarks.parity.pokejax_scenarios` looks for
them anew; the file also lists the callbacks that were never called.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.errors import INPUT_MISSING, InputMissingError
from benchmarks.oracles.showdown.process import Oracle
from benchmarks.parity.pokejax_traces import pool_battles
from benchmarks.timing import ROOT
from pokejax import enums
from pokejax.tables import load_tables, load_teams

FOLDER = ROOT / "tests" / "pokejax" / "scenarios"
FORMAT = "gen4randombattle"
KINDS = ("moves", "abilities", "items")
SEED = 20_062  # of the kept scenarios
TRIES = 6  # battles tried for each entry
LIMIT = 40  # decision points of a scenario

Counts = Mapping[str, Sequence[int]]
"""Calls, branches and branches that ran, of each callback that was called."""


def members_with(kind: str, number: int) -> np.ndarray:
    """The Pokemon of the pool that have an entry: int (n, 2), team and place."""
    columns = {"abilities": ["ability"], "items": ["item"], "moves": [f"move{slot}" for slot in range(4)]}[kind]
    places = [enums.TEAM_COLUMNS.index(name) for name in columns]
    return np.argwhere((load_teams(FORMAT)[..., places] == number).any(axis=-1))


def tried_battles(kind: str, name: str, tries: int) -> list[dict[str, Any]]:
    """Battles in which a Pokemon with the entry stays in and, if it is a move, uses it."""
    rng = random.Random(f"{SEED} {kind} {name}")
    members = members_with(kind, getattr(load_tables(FORMAT), kind).id[name])
    battles = []
    for i in range(tries if len(members) else 0):
        team, place = (int(n) for n in members[rng.randrange(len(members))])
        battles.append(
            {
                "seed": f"{rng.getrandbits(64):016x}",
                "teams": [team, rng.randrange(len(load_teams(FORMAT)))],
                "policies": [f"use:{place}:{name if kind == 'moves' else ''}", "random" if i % 2 else "max_damage"],
                "policy_seed": rng.getrandbits(31),
            }
        )
    return battles


def worth(counts: Counts, kind: str, name: str) -> int:
    """How much of an entry ran: its callbacks and their branches."""
    return sum(1 + ran for callback, (_, _, ran) in counts.items() if callback.startswith(f"{kind}.{name}."))


def find(oracle: Oracle, tries: int = TRIES) -> Iterator[tuple[dict[str, Any], Counts]]:
    """The best scenario of each entry, with what ran in it."""
    oracle.count_coverage()
    tables = load_tables(FORMAT)
    for kind in KINDS:
        for name in getattr(tables, kind).names:
            best, most = None, -1
            for battle in oracle.play(tried_battles(kind, name, tries), ["coverage"], LIMIT):
                value = worth(battle["coverage"], kind, name)
                if value > most:
                    best, most = battle, value
            if best is not None:
                kept = {key: best[key] for key in ("seed", "teams", "actions")}
                yield {"covers": f"{kind}.{name}", **kept}, best["coverage"]


def find_more(oracle: Oracle, total: Counts, count: int, seed: int) -> Iterator[tuple[dict[str, Any], Counts]]:
    """Battles of random teams of the pool, whole, of which each calls callbacks that none before it did."""
    missing = callbacks_of_format() - set(total)
    oracle.count_coverage()
    for battle in oracle.play(pool_battles(count, seed), ["coverage"]):
        reached = sorted(missing & set(battle["coverage"]))
        if reached:
            missing -= set(reached)
            kept = {key: battle[key] for key in ("seed", "teams", "actions")}
            yield {"covers": " ".join(reached), **kept}, battle["coverage"]


def add_counts(total: dict[str, list[int]], counts: Counts) -> None:
    """Adds calls; of the branches that ran, the most in any battle is kept."""
    for callback, (calls, branches, ran) in counts.items():
        old = total.setdefault(callback, [0, branches, 0])
        total[callback] = [old[0] + calls, max(old[1], branches), max(old[2], ran)]


def callbacks_of_format() -> set[str]:
    """Every callback of the vocabulary, as "kind.entry.callback"."""
    listed = load_tables(FORMAT).callbacks
    return {f"{kind}.{e}.{name}" for kind, entries in listed.items() for e, names in entries.items() for name in names}


def read(folder: pathlib.Path = FOLDER) -> list[dict[str, Any]]:
    """The kept scenarios."""
    return [
        {**one, "actions": [[int(a), int(b)] for a, b in one["actions"].split()]}
        for one in json.loads((folder / f"{FORMAT}.json").read_text())["scenarios"]
    ]


def read_counts(folder: pathlib.Path = FOLDER) -> dict[str, list[int]]:
    """What ran in the kept scenarios, of each callback that was called."""
    return json.loads((folder / f"{FORMAT}.json").read_text())["callbacks"]


def write(folder: pathlib.Path, scenarios: Sequence[Mapping[str, Any]], total: Counts) -> None:
    """Writes scenarios, one a line, and what they reach of the vocabulary."""
    lines = [
        json.dumps({**one, "actions": " ".join(f"{a}{b}" for a, b in one["actions"])}, separators=(",", ":"))
        for one in scenarios
    ]
    never = sorted(callbacks_of_format() - set(total))
    folder.mkdir(parents=True, exist_ok=True)
    text = ",\n".join(lines)
    counted = json.dumps({name: list(total[name]) for name in sorted(total)}, separators=(",", ":"))
    (folder / f"{FORMAT}.json").write_text(
        f'{{"never_called":{json.dumps(never)},\n"callbacks":{counted},\n"scenarios":[\n{text}\n]}}\n'
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Looks for the scenarios; 2 without Showdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity.pokejax_scenarios", description=__doc__)
    parser.add_argument("--tries", type=int, default=TRIES, help="battles tried for each entry")
    parser.add_argument(
        "--more", type=int, default=0, help="keep the scenarios; look in so many random battles besides"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="of the random battles")
    parser.add_argument("--output", type=pathlib.Path, default=FOLDER, help="folder to write")
    flags = parser.parse_args(arguments)
    scenarios: list[dict[str, Any]] = read(flags.output) if flags.more else []
    total: dict[str, list[int]] = read_counts(flags.output) if flags.more else {}
    try:
        with Oracle(FORMAT) as oracle:
            found = find_more(oracle, total, flags.more, flags.seed) if flags.more else find(oracle, flags.tries)
            for scenario, counts in found:
                scenarios.append(scenario)
                add_counts(total, counts)
    except InputMissingError as error:
        print(error, file=sys.stderr)
        return INPUT_MISSING
    write(flags.output, scenarios, total)
    never = json.loads((flags.output / f"{FORMAT}.json").read_text())["never_called"]
    print(f"{len(scenarios)} scenarios; callbacks never called: {', '.join(never) or 'nothing'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
