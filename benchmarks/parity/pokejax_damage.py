"""Damage and accuracy of single moves against Showdown's: `python -m benchmarks.parity.pokejax_damage --cases N`.

A case is two Pokemon of fresh teams with random HP, statuses, stages, abilities, items, conditions and weather, and a
move of the vocabulary. For each case the damage is computed with all 16 rolls, as a critical hit and as none, together
with the number of draws; so are the hit of confusion, and whether the move hits. Cases come in shards that depend on
the seed and their number only, so that a run can be broken off and taken up again.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.errors import BAD_USAGE, INPUT_MISSING, InputMissingError
from benchmarks.oracles.showdown.process import FRESH_TEAMS, VERSION, Oracle
from benchmarks.parity.pokejax_engine import UNPLANNED
from benchmarks.parity.pokejax_replay import state_of_words
from benchmarks.results_file import ResultsFile
from pokejax import accuracy, enums
from pokejax.core import Battle, unpack
from pokejax.damage import Attack, confusion_damage, get_damage
from pokejax.state import BY_NAME, EnvState
from pokejax.tables import load_tables
from pokejax.use import intend

FORMAT = "gen4randombattle"
ORACLE = "Pokemon Showdown (npm pokemon-showdown, in process)"
PAIRS, CASES_OF_PAIR = 128, 16
SHARD = PAIRS * CASES_OF_PAIR
ROLLS = 16
CRITICAL_BELOW = 1 << 28  # upper words below this are critical hits at every stage
NEVER_CRITICAL = 1 << 31  # and from here on at none
MULTIPLIER, INCREMENT, WORD = 0x5D588B656C078965, 0x269EC3, 1 << 64
NONE = -1
COMPARED = ("damage", "draws", "hits", "hitDraws", "confusion")


def seeds(rng: np.random.Generator) -> list[int]:
    """States whose first draw is critical (first half) or not, and whose second is each of the 16 rolls."""
    inverse = pow(MULTIPLIER, -1, WORD)
    found = []
    for low, high in ((0, CRITICAL_BELOW), (NEVER_CRITICAL, 1 << 32)):
        for roll in range(ROLLS):
            while True:
                first = (int(rng.integers(low, high)) << 32) | int(rng.integers(1 << 32))
                second = (first * MULTIPLIER + INCREMENT) % WORD
                if (second >> 60) == roll:
                    found.append((first - INCREMENT) * inverse % WORD)
                    break
    return found


def _side(rng: np.random.Generator, abilities: Sequence[str], items: Sequence[str]) -> dict[str, Any]:
    def maybe(odds: float, value: Any, otherwise: Any = 0) -> Any:
        return value if rng.random() < odds else otherwise

    stages = {stat: int(rng.integers(-6, 7)) for stat in enums.STATS if rng.random() < 0.3}
    return {
        "hp": [int(rng.integers(1, 49)), 48] if rng.random() < 0.7 else [1, 1],
        "status": maybe(0.4, str(rng.choice(enums.STATUSES[1:])), ""),
        "boosts": stages,
        "item": maybe(0.6, str(rng.choice(items)), None),
        "ability": maybe(0.7, str(rng.choice(abilities)), None),
        "speed": int(rng.integers(1, 6)),
        "substitute": maybe(0.1, int(rng.integers(1, 60))),
        "flashfire": maybe(0.15, 1),
        "roost": maybe(0.1, 1),
        "confusion": maybe(0.15, 1),
        "counter": maybe(0.2, int(rng.integers(1, 400))),
        "mirrorcoat": maybe(0.2, int(rng.integers(1, 400))),
        "slowstart": maybe(0.5, int(rng.integers(1, 6))),
        "attacked": maybe(0.3, int(rng.integers(1, 400))),
    }


def shard_cases(seed: int, shard: int) -> tuple[list[dict[str, Any]], list[int]]:
    """The pairs of a shard with their cases, and the states of the generator that all its cases use."""
    rng, tables = np.random.default_rng([seed, shard]), load_tables(FORMAT)
    moves = [name for name in tables.moves.names if name != "recharge"]
    attacks = [name for name in moves if tables.moves.column("category")[tables.moves.id[name]]]
    pairs = []
    for _ in range(PAIRS):
        cases = [
            {
                "move": str(rng.choice(attacks if rng.random() < 0.9 else moves)),
                "weather": str(rng.choice(enums.WEATHERS)) if rng.random() < 0.6 else "",
                "later": bool(rng.random() < 0.5),
                "leaves": bool(rng.random() < 0.1),
                "sides": [_side(rng, tables.abilities.names, tables.items.names) for _ in range(2)],
            }
            for _ in range(CASES_OF_PAIR)
        ]
        teams = [FRESH_TEAMS + int(rng.integers(1 << 40)) for _ in range(2)]
        pairs.append({"teams": teams, "first": [int(rng.integers(6)) for _ in range(2)], "cases": cases})
    return pairs, seeds(rng)


def engine_case(state: Any, move: Any, later: Any, leaves: Any, generators: Any) -> dict[str, Any]:
    """The engine's values of one case, named as damage.cjs names them; int32 (seeds,) each.

    Args:
        state: EnvState of one battle, the attacker of p1.
        move: int32, move id.
        later: bool, the target's move is still to come.
        leaves: bool, the target is leaving the field.
        generators: uint32 (seeds, 2).
    """

    def battle_of(generator: Any) -> Battle:
        battle = unpack(state)
        battle.rng_hi, battle.rng_lo = generator[0], generator[1]
        battle.foe.put(True, to_move=later, called_back=leaves)
        return battle

    def one(generator: Any) -> dict[str, Any]:
        battle = battle_of(generator)
        hurt = confusion_damage(battle, jnp.bool_(True))
        battle = battle_of(generator)
        use = intend(battle, move, jnp.bool_(True))
        amount, deals = get_damage(battle, battle.own, battle.foe, Attack.of(use), jnp.bool_(True))
        aimed = battle_of(generator)
        hit = accuracy.hits(aimed, intend(aimed, move, jnp.bool_(True)), jnp.bool_(True))
        return {
            "damage": jnp.where(deals, amount, NONE),
            "draws": battle.draws,
            "hits": hit.astype(jnp.int32),
            "hitDraws": aimed.draws,
            "confusion": hurt,
        }

    return jax.vmap(one)(generators)


def compile_engine() -> Callable[..., Any]:
    """The engine's side for a batch of cases that share their generators."""
    return jax.jit(jax.vmap(engine_case, (0, 0, 0, 0, None)), compiler_options=UNPLANNED)


class Shard(NamedTuple):
    """A shard as Showdown answered it.

    Attributes:
        cases: what each case was.
        state: EnvState of NumPy arrays, a leading axis of cases.
        moves: int32 (cases,), move ids.
        later: bool (cases,), the target's move is still to come.
        leaves: bool (cases,), the target is leaving.
        generators: uint32 (seeds, 2).
        original: Showdown's values, int32 (cases, seeds or the first few of them) each, by the names of COMPARED.
    """

    cases: list[dict[str, Any]]
    state: Any
    moves: np.ndarray
    later: np.ndarray
    leaves: np.ndarray
    generators: np.ndarray
    original: dict[str, np.ndarray]

    def differing(self, engine: Callable[..., Any]) -> dict[str, np.ndarray]:
        """Runs the engine: by name, its values for the cases that differ, (case, seed, ours, original) rows."""
        ours = jax.device_get(engine(self.state, self.moves, self.later, self.leaves, self.generators))
        found = {}
        for name, theirs in self.original.items():
            here = np.asarray(ours[name])[:, : theirs.shape[1]]
            case, seed = np.nonzero(here != theirs)
            if case.size:
                found[name] = np.stack([case, seed, here[case, seed], theirs[case, seed]], axis=1)
        return found


def ask(oracle: Oracle, seed: int, shard: int) -> Shard:
    """Lets Showdown answer a shard."""
    pairs, states = shard_cases(seed, shard)
    words16 = [[state >> shift & 0xFFFF for shift in (48, 32, 16, 0)] for state in states]
    answers = [case for pair in oracle.damage(pairs, words16) for case in pair["cases"]]
    cases = [case for pair in pairs for case in pair["cases"]]
    return Shard(
        cases,
        state_of_words(np.array([answer["words"] for answer in answers])),
        np.array([load_tables(FORMAT).moves.id[case["move"]] for case in cases], np.int32),
        np.array([case["later"] for case in cases]),
        np.array([case["leaves"] for case in cases]),
        np.array([[state >> 32, state & 0xFFFFFFFF] for state in states], np.uint32),
        {name: np.array([answer[name] for answer in answers], np.int32) for name in COMPARED},
    )


def compare_shard(oracle: Oracle, engine: Callable[..., Any], seed: int, shard: int) -> tuple[int, int, int, str]:
    """Compares a shard.

    Returns:
        Values compared, draws of the original, cases that differ, and the first of them in words, "" if none does.
    """
    asked = ask(oracle, seed, shard)
    found = asked.differing(engine)
    first = ""
    for name, rows in found.items():
        case, generator, ours, theirs = rows[0].tolist()
        first = f"seed {seed}, shard {shard}, case {case}, generator {generator}: {name} is {ours} here and {theirs} in"
        first += f" Showdown; {json.dumps(asked.cases[case])}"
        break
    draws = int(asked.original["draws"].sum() + asked.original["hitDraws"].sum())
    values = sum(value.size for value in asked.original.values())
    return values, draws, len({int(row[0]) for rows in found.values() for row in rows}), first


def record(path: pathlib.Path, seed: int, cases: int) -> None:
    """Writes the first cases of a shard with Showdown's answers, for tests without Node."""
    with Oracle(FORMAT) as oracle:
        asked = ask(oracle, seed, 0)
    fields = {f"state_{name}": np.asarray(getattr(asked.state, name))[:cases] for name in BY_NAME}
    kept = {name: value for name, value in fields.items() if value.any()}
    original = {f"original_{name}": value[:cases].astype(np.int16) for name, value in asked.original.items()}
    flags = {name: getattr(asked, name)[:cases] for name in ("moves", "later", "leaves")}
    content: dict[str, Any] = {"generators": asked.generators, "oracle_version": np.array(VERSION)}
    for more in (flags, original, kept):
        content.update(more)
    np.savez_compressed(path, **content)


def recorded(path: pathlib.Path) -> Shard:
    """Reads what `record` wrote."""
    with np.load(path, allow_pickle=False) as kept:
        count = len(kept["moves"])
        values: dict[str, Any] = {
            name: kept[f"state_{name}"] if f"state_{name}" in kept else np.zeros((count, *field.shape), field.dtype)
            for name, field in BY_NAME.items()
        }
        original = {name: kept[f"original_{name}"].astype(np.int32) for name in COMPARED}
        flags = {name: kept[name] for name in ("moves", "later", "leaves", "generators")}
    return Shard(cases=[], state=EnvState(**values), original=original, **flags)


def run(cases: int, seed: int, path: pathlib.Path | None, resume: bool) -> dict[str, Any]:
    """Compares at least so many cases and returns the row; with a path it is written after each shard."""
    results = ResultsFile("verify", path, resume)
    row = results.find(seed=seed) or results.add(
        {
            "env": "pokejax", "check": f"damage of single hits, {FORMAT}", "level": 1, "oracle": ORACLE,
            "oracle_version": VERSION, "seed": seed, "shards": 0, "cases": 0, "steps": 0, "episodes": 0, "values": 0,
            "draws": 0, "mismatches": 0, "max_error": 0.0, "bound": 0.0, "first_divergence": None, "passed": True,
            "skipped": None, "format": FORMAT,
        }
    )  # fmt: skip
    engine = compile_engine()
    with Oracle(FORMAT) as oracle:
        while row["cases"] < cases:
            values, draws, mismatches, first = compare_shard(oracle, engine, seed, row["shards"])
            row["shards"] += 1
            row["cases"] += SHARD
            row["steps"] = row["episodes"] = row["cases"]
            row["values"] += values
            row["draws"] += draws
            row["mismatches"] += mismatches
            row["first_divergence"] = row["first_divergence"] or first or None
            row["passed"] = row["mismatches"] == 0
            print(f"{row['cases']} cases, {row['mismatches']} differ", file=sys.stderr, flush=True)
            results.write()
    return row


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if nothing differed, 1 if something did, 2 without Showdown, 64 for bad usage."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity.pokejax_damage", description=__doc__)
    parser.add_argument("--cases", type=int, default=SHARD, help=f"at least so many, in shards of {SHARD}")
    parser.add_argument("--seed", type=int, default=0, help="0 or more; another seed gives other cases")
    parser.add_argument("--json", type=pathlib.Path, help="write the row here after each shard")
    parser.add_argument(
        "--record", type=pathlib.Path, help="write that many cases here, with Showdown's answers; no compare"
    )
    parser.add_argument("--resume", action="store_true", help="go on where the file of --json stands")
    try:
        flags = parser.parse_args(arguments)
    except SystemExit as end:
        return BAD_USAGE if end.code else 0
    if flags.cases < 1 or flags.seed < 0:
        print("--cases must be 1 or more and --seed 0 or more.", file=sys.stderr)
        return BAD_USAGE
    try:
        if flags.record is not None:
            record(flags.record, flags.seed, flags.cases)
            return 0
        row = run(flags.cases, flags.seed, flags.json, flags.resume)
    except InputMissingError as error:
        print(error, file=sys.stderr)
        return INPUT_MISSING
    except ValueError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    print(f"{row['cases']} cases, {row['values']} values, {row['draws']} draws: {row['mismatches']} cases differ")
    if row["first_divergence"]:
        print(row["first_divergence"])
    return int(row["mismatches"] > 0)


if __name__ == "__main__":
    sys.exit(main())
