"""Compares the scripted players that are ports of poke-env's with poke-env's own, choice for choice.

`python -m benchmarks.parity.pokejax_heuristics --positions 10000 --seed 1 --json FILE --resume` plays fresh battles in
Showdown and puts every position with a choice before both: poke-env's `Battle`, fed with the player's own stream, and
the observation made from the same stream. A position that poke-env itself cannot follow is counted apart.
"""

from __future__ import annotations

import argparse
import collections
import functools
import pathlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from benchmarks.errors import FELL_SHORT, HELD, INPUT_MISSING, InputMissingError
from benchmarks.oracles import poke_env_players
from benchmarks.oracles.showdown.process import fresh_battles, play_ahead
from benchmarks.results_file import ResultsFile
from pokejax import converter
from pokejax.protocol import Facts
from pokejax.view import View

CHUNK = 16  # battles played and compared at a time
RECORDED = 500  # positions of the first chunk that `--record` keeps
BATCH = 256  # positions of one call
PLAYED_BY = (("random", "random"), ("mixed", "mixed"), ("max_damage", "max_damage"))


class Position(NamedTuple):
    """One position with a choice."""

    seen: dict[str, np.ndarray]
    theirs: dict[str, int]  # poke-env's choices by player
    place: tuple[int, int, int]  # battle, decision point, player


def positions(battles: Sequence[Mapping[str, Any]], lost: collections.Counter[str]) -> Iterator[Position]:
    """The positions with a choice of battles that were played with their protocol.

    Args:
        battles: of `Oracle.play` with "protocol".
        lost: counts, by poke-env's own error, the positions that it cannot follow.
    """
    for number, battle in enumerate(battles):
        facts = [Facts("p1"), Facts("p2")]
        minds: list[Any] = [poke_env_players.Mind(name, number) for name in ("p1", "p2")]
        for step, streams in enumerate(battle["protocol"]):
            for player, stream in enumerate(streams):
                request, fact = stream["request"], facts[player]
                if request is not None:
                    fact.ask(request)
                fact.read(stream["lines"])
                try:
                    if minds[player] is not None:
                        minds[player].follow(stream["lines"], request)
                except Exception as error:  # poke-env lost track: any of its errors ends what it can say
                    lost[f"{type(error).__name__}: {error}"[:80]] += 1
                    minds[player] = None
                chooses = request is not None and not request.get("wait")
                if minds[player] is None or not chooses or converter.legal(fact).sum() < 2:
                    continue
                theirs = {name: minds[player].choose(name, fact) for name in poke_env_players.PLAYERS}
                yield Position(converter.tokens(fact), theirs, (number, step, player))


@functools.cache
def _chooser() -> Any:
    from pokejax import heuristics
    from pokejax.players import PLAYERS

    def both(seen: Any) -> Any:
        mask = seen["mask"] > 0
        action, decided = heuristics.choose(View(seen), mask)
        by_power = PLAYERS["max_base_power"](None, seen, mask, jax.random.key(0))
        return {"simple_heuristics": (action, decided), "max_base_power": (by_power, mask[6:].any())}

    return jax.jit(jax.vmap(both))


def ours(found: Sequence[Position]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Our choices, by player: actions int32 (n,), and whether the rules say one, bool (n,)."""
    parts = []
    for first in range(0, len(found), BATCH):
        some = list(found[first : first + BATCH])
        padded = some + some[-1:] * (BATCH - len(some))
        seen = {part: np.stack([one.seen[part] for one in padded]) for part in padded[0].seen}
        chosen = jax.device_get(_chooser()(seen))
        parts.append(jax.tree.map(functools.partial(_cut, len(some)), chosen))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def _cut(number: int, leaf: np.ndarray) -> np.ndarray:
    return leaf[:number]


def run(
    wanted: int, seed: int, path: pathlib.Path | None, resume: bool, recording: pathlib.Path | None
) -> list[dict[str, Any]]:
    """Compares until that many positions are, and keeps the rows after each chunk."""
    version = poke_env_players.require()
    results = ResultsFile("verify", path, resume)
    rows = [
        results.find(seed=seed, player=name) or results.add(
            {
                "env": "pokejax", "check": f"choices of {name}", "level": 4, "player": name, "oracle": "poke-env",
                "oracle_version": version, "seed": seed, "chunks": 0, "episodes": 0, "steps": 0, "draws": 0,
                "mismatches": 0, "max_error": 0.0, "bound": 0.0, "first_divergence": None, "passed": True,
                "skipped": None, "lots": 0, "lost": {}, "divergences": [],
            }
        )
        for name in poke_env_players.PLAYERS
    ]  # fmt: skip
    while rows[0]["steps"] < wanted:
        chunk = rows[0]["chunks"]
        asked = fresh_battles(CHUNK, seed * 1_000_003 + chunk, PLAYED_BY[chunk % len(PLAYED_BY)])
        (played,) = play_ahead(asked, CHUNK, ["protocol"])
        lost: collections.Counter[str] = collections.Counter()
        found = list(positions(played, lost))
        if recording is not None and chunk == 0:
            record(recording, found[:: max(len(found) // RECORDED, 1)])
        chosen = ours(found)
        for row, name in zip(rows, poke_env_players.PLAYERS, strict=True):
            actions, decided = chosen[name]
            row["chunks"], row["episodes"] = chunk + 1, row["episodes"] + len(played)
            row["lost"] = dict(collections.Counter(row["lost"]) + lost)
            for i, one in enumerate(found):
                theirs = one.theirs[name]
                if theirs == poke_env_players.UNDECIDED and not decided[i]:
                    row["lots"] += 1
                    continue
                row["steps"] += 1
                if theirs != actions[i]:
                    row["mismatches"] += 1
                    battle, step, player = one.place
                    where = {"battle": played[battle]["seed"], "teams": played[battle]["teams"]}
                    both = {"ours": int(actions[i]), "theirs": theirs}
                    row["divergences"].append({**where, "step": step, "player": player, **both})
            row["passed"] = row["mismatches"] == 0
            row["first_divergence"] = str(row["divergences"][0]) if row["divergences"] else None
        results.write()
        print(
            ", ".join(f"{row['check']}: {row['steps']} compared, {row['mismatches']} differ" for row in rows),
            flush=True,
        )
    return rows


def record(path: pathlib.Path, found: Sequence[Position]) -> None:
    """Writes positions with poke-env's choices, for tests without poke-env: arrays (n, ...)."""
    seen = {part: np.stack([one.seen[part] for one in found]) for part in found[0].seen}
    theirs = {name: np.array([one.theirs[name] for one in found], np.int8) for name in poke_env_players.PLAYERS}
    arrays: dict[str, Any] = {name: table.astype(np.int16) for name, table in seen.items()} | theirs
    np.savez_compressed(path, **arrays)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the comparison; 0 if nothing differed, 1 if something did, 2 without Showdown or poke-env."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity.pokejax_heuristics", description=__doc__)
    parser.add_argument("--positions", type=int, default=10_000, help="how many to compare at least")
    parser.add_argument("--seed", type=int, default=1, help="of teams, draws and players")
    parser.add_argument("--json", type=pathlib.Path, default=None, help="file for the rows")
    parser.add_argument("--resume", action="store_true", help="go on with the rows of the file")
    parser.add_argument("--record", type=pathlib.Path, default=None, help="file for positions of the first battles")
    flags = parser.parse_args(arguments)
    try:
        rows = run(flags.positions, flags.seed, flags.json, flags.resume, flags.record)
    except InputMissingError as error:
        print(error, file=sys.stderr)
        return INPUT_MISSING
    return FELL_SHORT if any(row["mismatches"] for row in rows) else HELD


if __name__ == "__main__":
    sys.exit(main())
