"""Random play in the engine alone: `python -m benchmarks.parity.pokejax_soak --decision-points 100000000`.

At every decision point of every battle each field of the state is held against its range (`pokejax_ranges`), and the
engine's error flags are read. Teams come from the pool, and a battle that ends is followed by another. The states are
kept beside the JSON file every minute, so that a run can be broken off and taken up again.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.errors import UsageError, exits
from benchmarks.parity.pokejax_battles import source_hash
from benchmarks.parity.pokejax_engine import OPTIONS
from benchmarks.parity.pokejax_ranges import out_of_range
from benchmarks.results_file import ResultsFile, Row
from pokejax import battle, masks, rng
from pokejax.state import FIELDS, TURN_LIMIT, EnvState
from pokejax.tables import load_teams
from twinenvs import fusion
from twinenvs.environment import select
from twinenvs.rare import rarely

FORMAT = "gen4randombattle"
PART = 64  # decision points of each battle between two reports
KEPT_SECONDS = 60  # between two writings of the state
ENDLESS = 6 * TURN_LIMIT  # decision points that no battle has: a turn asks for choices at most a few times


def fresh(bits: Any) -> EnvState:
    """A new battle of two teams of the pool: bits uint32 (4,), the seed and a number for each team."""
    pool = load_teams(FORMAT)
    teams = jnp.stack([jnp.asarray(pool)[rng.scale(bits[2 + player], len(pool))] for player in range(2)])
    return battle.start(bits[:2], teams)


def one(state: EnvState, bits: Any) -> tuple[EnvState, dict[str, Any]]:
    """A decision point of random legal actions, what is wrong after it, and a new battle where this one ended.

    Args:
        state: one battle.
        bits: uint32 (14,), random.
    """
    legal = masks.action_masks(state)
    chances = jnp.stack([bits[:10] & 0xFFFF, bits[:10] >> 16]).astype(jnp.int32)
    actions = jnp.where(legal, chances, -1).argmax(axis=-1).astype(jnp.int32)
    state = battle.advance(state, actions)
    over = state.result != 0
    seen = {
        **fusion.planned(out_of_range)(state),
        "endless": state.time > ENDLESS,
        "ended": over,
        "ties": state.result == 3,
        "turns": jnp.where(over, state.turn, 0).astype(jnp.int32),
        "longest_turns": state.turn.astype(jnp.int32),
        "longest_decision_points": state.time,
    }
    return rarely(lambda when, state: select(when, fresh(bits[10:]), state), over, state), seen


def gathered(values: dict[str, Any]) -> dict[str, Any]:
    """Sums over the first axis, maxima of what is called longest."""
    return {
        name: value.max(axis=0) if name.startswith("longest") else value.astype(jnp.int32).sum(axis=0)
        for name, value in values.items()
    }


def compile_part() -> Callable[[Any, Any], tuple[Any, dict[str, Any]]]:
    """PART decision points of a batch: (states, key) to (states, what was seen)."""

    def part(states: Any, key: Any) -> tuple[Any, dict[str, Any]]:
        count = states.time.shape[0]

        def body(states: Any, key: Any) -> tuple[Any, dict[str, Any]]:
            states, seen = jax.vmap(one)(states, jax.random.bits(key, (count, 14), jnp.uint32))
            return states, gathered(seen)

        states, seen = jax.lax.scan(body, states, jax.random.split(key, PART))
        return states, gathered(seen)

    return jax.jit(part, compiler_options=OPTIONS)


def started(seed: int, num_envs: int) -> EnvState:
    """The first battles of a run."""
    bits = jax.random.bits(jax.random.key(seed), (num_envs, 4), jnp.uint32)
    return jax.jit(jax.vmap(fresh), compiler_options=OPTIONS)(bits)


def new_row(seed: int, num_envs: int) -> Row:
    """The row before the first part."""
    return {
        "env": "pokejax", "device": jax.default_backend(), "check": f"random play in the engine alone, {FORMAT}",
        "claim": "no error flag, no value out of its range, every battle ends", "oracle": "none: the declared ranges",
        "level": 1, "seed": seed, "num_envs": num_envs, "parts": 0, "steps": 0, "episodes": 0, "ties": 0, "turns": 0,
        "longest_turns": 0, "longest_decision_points": 0, "wrong": {}, "mismatches": 0, "max_error": 0.0, "bound": 0.0,
        "first_divergence": None, "passed": True, "skipped": None, "format": FORMAT, "source": source_hash(),
        "seconds": 0.0,
    }  # fmt: skip


def add(row: Row, seen: dict[str, Any]) -> None:
    """Adds what was seen in a part."""
    found = {name: int(value) for name, value in seen.items()}
    row["parts"] += 1
    row["steps"] += PART * row["num_envs"]
    row["episodes"] += found.pop("ended")
    for name in ("ties", "turns"):
        row[name] += found.pop(name)
    for name in ("longest_turns", "longest_decision_points"):
        row[name] = max(row[name], found.pop(name))
    for name, count in found.items():
        if count:
            row["wrong"][name] = row["wrong"].get(name, 0) + count
    row["mismatches"] = sum(row["wrong"].values())
    row["passed"] = row["mismatches"] == 0
    if row["wrong"] and row["first_divergence"] is None:
        row["first_divergence"] = f"part {row['parts'] - 1}: {', '.join(row['wrong'])}"


def run(decision_points: int, seed: int, num_envs: int, path: pathlib.Path | None, resume: bool) -> Row:
    """Plays at least so many decision points and returns the row.

    Raises:
        UsageError: the row to go on with was made with another source, or its states are missing.
    """
    results = ResultsFile("verify", path, resume)
    row = results.find(seed=seed, num_envs=num_envs) or results.add(new_row(seed, num_envs))
    if row["source"] != source_hash():
        raise UsageError(f"{path}: the engine changed since its battles were played; start with another --json file.")
    kept = None if path is None else path.with_suffix(".npz")
    states: Any = None
    if row["parts"] and kept is not None:
        if not kept.exists():
            raise UsageError(
                f"{kept}, the states that {path} goes on from, is missing; start with another --json file."
            )
        with np.load(kept) as arrays:
            content: dict[str, Any] = {field.name: arrays[field.name] for field in FIELDS}
            states = EnvState(**content)
    states = started(seed, num_envs) if states is None else jax.device_put(states)
    part, key, since, written = compile_part(), jax.random.key(seed), time.monotonic(), time.monotonic()
    while row["steps"] < decision_points:
        states, seen = part(states, jax.random.fold_in(key, row["parts"] + 1))
        add(row, jax.device_get(seen))
        now = time.monotonic()
        row["seconds"], since = round(row["seconds"] + now - since, 1), now
        if now - written > KEPT_SECONDS or row["steps"] >= decision_points:
            written = now
            _keep(kept, states)
            results.write()
            print(f"{row['steps']} decision points, {row['episodes']} battles, wrong: {row['wrong']}", file=sys.stderr)
    return row


def _keep(path: pathlib.Path | None, states: EnvState) -> None:
    if path is not None:
        partial = path.with_name("partial_" + path.name)
        content: dict[str, Any] = {field.name: np.asarray(getattr(states, field.name)) for field in FIELDS}
        np.savez(partial, **content)
        partial.replace(path)


@exits
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if nothing was wrong, 1 if something was, 64 for bad usage."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity.pokejax_soak", description=__doc__)
    parser.add_argument("--decision-points", type=int, default=1_000_000, help="at least so many")
    parser.add_argument("--seed", type=int, default=0, help="0 or more")
    parser.add_argument("--num-envs", type=int, default=4096, help="battles at once")
    parser.add_argument("--json", type=pathlib.Path, help="write the row here, and the states beside it")
    parser.add_argument("--resume", action="store_true", help="go on where the file of --json stands")
    flags = parser.parse_args(arguments)
    if flags.decision_points < 1 or flags.num_envs < 1 or flags.seed < 0:
        raise UsageError("--decision-points and --num-envs must be 1 or more, and --seed 0 or more.")
    row = run(flags.decision_points, flags.seed, flags.num_envs, flags.json, flags.resume)
    print(
        f"{row['steps']} decision points, {row['episodes']} battles, the longest of {row['longest_turns']} turns and "
        f"{row['longest_decision_points']} decision points; wrong: {row['wrong'] or 'nothing'}"
    )
    return int(not row["passed"])


if __name__ == "__main__":
    sys.exit(main())
