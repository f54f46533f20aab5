"""What is compared between the engine and live Showdown: whole battles of fresh teams, every decision point.

A battle starts from the same 64-bit seed on both sides and gets the same actions. After each decision point the
canonical state (its hash, of which the state of the generator is a part) and both legal masks must be equal: equal
generators prove equal numbers of draws.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from benchmarks.oracles.showdown import process
from benchmarks.oracles.showdown.process import Oracle, fresh_battles
from benchmarks.parity.checks import Check, Outcome
from benchmarks.parity.compare import Divergence, Tally
from benchmarks.parity.pokejax_engine import Engine
from benchmarks.parity.pokejax_replay import (
    Battle,
    Difference,
    differing_words,
    play_again,
    replay,
    rows_of,
    words_of_hex,
)

ORACLE = "Pokemon Showdown (npm pokemon-showdown, in process)"
ORACLE_VERSION = process.VERSION
FORMAT = "gen4randombattle"
BATCH = 128  # battles at once; also the batch for which the engine is compiled
CHUNK = 512  # battles that are recorded before they are replayed
EXACT = "generator, canonical state and legal actions equal at every decision point"
PLAYERS = {"random": ("random", "random"), "mixed players": ("mixed", "mixed")}

Report = Callable[[int], None]

_MULTIPLIER, _INCREMENT = 0x5D588B656C078965, 0x269EC3
_MOST_DRAWS = 1000  # between two decision points: far beyond what a turn can make


def require() -> None:
    """Checks that Node and Showdown are there."""
    process.require()


@functools.cache
def engine() -> Engine:
    """The compiled engine, once a process."""
    return Engine()


def checks() -> Iterator[Check]:
    """All checks, in order of their level."""
    for name in PLAYERS:
        yield Check(3, f"battles, {FORMAT}, {name}", functools.partial(battles, name), EXACT)


def battles(players: str, seed: int, count: int, report: Report) -> Outcome:
    """Whole battles of fresh teams between these players."""
    outcome = Outcome(Tally())
    outcome.extra |= {"format": FORMAT, "refused": 0, "error_flags": 0, "turns": 0}
    asked = fresh_battles(count, seed, PLAYERS[players])
    with Oracle(FORMAT) as oracle:
        for first in range(0, count, CHUNK):
            played = list(oracle.play(asked[first : first + CHUNK], ["teams"]))
            teams = rows_of(played, FORMAT)
            done = outcome.steps
            found = list(replay(engine(), played, teams, BATCH, lambda steps, done=done: report(done + steps)))
            _count(outcome, played)
            outcome.tally.mismatches += len(found)
            outcome.extra["error_flags"] += sum(one.what == "err" for one in found)
            if found and outcome.tally.first is None:
                one = min(found, key=lambda difference: difference.battle)
                outcome.case = explain(oracle, played[one.battle], teams[one.battle], one, outcome.tally)
    return outcome


def _count(outcome: Outcome, played: Sequence[Battle]) -> None:
    outcome.steps += sum(len(battle["hashes"]) for battle in played)
    outcome.episodes += sum(battle["ended"] for battle in played)
    outcome.agent_wins += sum(battle["winner"] == "one" for battle in played)
    outcome.complete = outcome.complete and all(battle["ended"] for battle in played)
    outcome.extra["refused"] += sum(bool(refused) for battle in played for refused in battle["refused"])
    outcome.extra["turns"] += sum(battle["turns"] for battle in played)
    outcome.draws += sum(
        draws_between(before, after) for b in played for before, after in zip(b["rng"], b["rng"][1:], strict=False)
    )


def draws_between(before: str, after: str) -> int:
    """How many draws lead from one state of the generator to another, both 16 hex digits.

    Raises:
        ValueError: more than a decision point can make.
    """
    word, wanted = int(before, 16), int(after, 16)
    for count in range(_MOST_DRAWS):
        if word == wanted:
            return count
        word = (word * _MULTIPLIER + _INCREMENT) % 2**64
    raise ValueError(f"{after} is not reached from {before} in {_MOST_DRAWS} draws.")


def explain(oracle: Oracle, battle: Battle, teams: np.ndarray, found: Difference, tally: Tally) -> dict[str, Any]:
    """Names the first word that differs and the draws before it; the battle in a form that can be replayed.

    Args:
        oracle: the running oracle.
        battle: the battle as it was played.
        teams: int16 (2, 6, 20).
        found: its first difference.
        tally: takes the divergence.
    """
    detailed = play_again(oracle, battle, ["words", "draws", "log"])
    step = found.step
    field, ours, original = found.what, 0.0, 0.0
    if found.what == "err":
        ours = float(found.ours)
    elif found.what == "masks":
        side = int(found.ours[0] == found.original[0])
        field, ours, original = f"mask of side {side}", float(found.ours[side]), float(found.original[side])
    else:
        words = differing_words(state_after(battle, teams, step), detailed["words"][step])
        if words:
            field, ours, original = words[0].name, float(words[0].ours), float(words[0].original)
    tally.first = Divergence(step, found.battle, field, (), ours, original)
    return {
        "format": FORMAT,
        "seed_hex": battle["seed"],
        "teams": battle["teams"],
        "actions": [list(pair) for pair in battle["actions"][:step]],
        "draws": detailed["draws"][step],
        "log": [line for line in detailed["logs"][step] if line.strip("|")],
    }


def state_after(battle: Mapping[str, Any], teams: np.ndarray, steps: int) -> Any:
    """The engine's state after that many decisions: arrays without a batch axis."""
    seeds = np.tile(np.array(words_of_hex(battle["seed"]), np.uint32), (BATCH, 1))
    state, _ = engine().start(seeds, np.broadcast_to(teams, (BATCH, *teams.shape)))
    for actions in battle["actions"][:steps]:
        state, _ = engine().step(state, np.tile(np.array(actions, np.int32), (BATCH, 1)))
    return jax.tree.map(lambda leaf: np.asarray(leaf)[0], jax.device_get(state))
