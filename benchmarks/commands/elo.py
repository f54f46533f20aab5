"""Rates players and trained policies of a two-player game against each other."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
from typing import Annotated

import tyro

from benchmarks import display
from benchmarks.errors import HELD, UsageError
from benchmarks.results_file import ResultsFile

SCORE_DIGITS = 3


@dataclasses.dataclass(frozen=True)
class Elo:
    """Every player meets every other over all starts of the game, in both seats; a draw counts half."""

    players: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Names of players, and policies by the path of their file or of their run's folder; at least two."""
    env: str
    """Package of the environment, for example tcgjax."""
    rounds: int = 1
    """Rounds of each pair; one holds every start once in either seat."""
    seed: int = 0
    """Of the first round; the others follow it."""
    json: pathlib.Path | None = None
    """Where to write the rows as JSON: one a pair and round, then the ratings."""
    resume: bool = False
    """Keep the games that --json holds and play the missing ones."""


def run(flags: Elo) -> int:
    """Plays what is missing and rates everybody."""
    from benchmarks.arena import Arena, Result
    from benchmarks.elo import fit

    names = [_shown(name) for name in flags.players]
    if len(names) < 2:
        raise UsageError(f"Ratings need at least 2 players, got {len(names)}.")
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise UsageError(f"Player {min(repeated)} is named twice; every player plays under one name.")
    if flags.rounds < 1:
        raise UsageError(f"--rounds must be at least 1, got {flags.rounds}.")
    arena = Arena(flags.env)
    players = {name: arena.player(given) for name, given in zip(names, flags.players, strict=True)}
    results = ResultsFile("elo", flags.json, flags.resume)
    # Ratings of an interrupted run cover fewer games; they are made anew.
    results.rows = [row for row in results.rows if row.get("kind") == "match"]
    totals: dict[tuple[str, str], Result] = {}
    with display.progress("elo") as progress:
        task = progress.add_task("starting", total=None)
        for (one, other), number in itertools.product(itertools.combinations(names, 2), range(flags.rounds)):
            identity = {
                "env": flags.env, "kind": "match", "player": one, "opponent": other, "seed": flags.seed + number,
            }  # fmt: skip
            row = results.find(**identity)
            if row is None:
                progress.update(task, description=f"{one} against {other}, round {number + 1}")
                result = arena.match(players[one], players[other], flags.seed + number)
                facts = {**dataclasses.asdict(result), "games": result.games, "score": result.score}
                row = results.add({**identity, **facts})
            result = Result(row["wins"], row["draws"], row["losses"])
            totals[one, other] = totals[one, other] + result if (one, other) in totals else result
    rows = [
        results.add({"env": flags.env, "kind": "rating", **dataclasses.asdict(rating)}) for rating in fit(names, totals)
    ]
    matches = [
        {"player": one, "opponent": other, **dataclasses.asdict(total), "score": round(total.score, SCORE_DIGITS)}
        for (one, other), total in totals.items()
    ]
    display.table(f"{flags.env}: scores, draws half", matches)
    display.table("ratings with 95 % intervals", rows, ("player", "elo", "low", "high", "games"))
    return HELD


def _shown(name: str) -> str:
    """What a player is called in results, which hold no path: its name, or a run's or file's."""
    path = pathlib.Path(name)
    return path.parent.name if path.stem == "policy" and path.parent.name else path.name
