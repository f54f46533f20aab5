"""What is compared between the engine and live Showdown: changed positions, scenarios, whole battles of fresh teams.

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
from benchmarks.oracles.showdown.process import Oracle, fresh_battles, play_ahead
from benchmarks.parity import pokejax_observation, pokejax_scenarios
from benchmarks.parity.checks import Check, Outcome
from benchmarks.parity.compare import Divergence, Tally
from benchmarks.parity.pokejax_engine import Engine
from benchmarks.parity.pokejax_replay import (
    Battle,
    Difference,
    decisions_of,
    differing_words,
    play_again,
    replay,
    rows_of,
    try_decisions,
    words_of_hex,
    words_of_states,
)

ORACLE = "Pokemon Showdown (npm pokemon-showdown, in process)"
ORACLE_VERSION = process.VERSION
FORMAT = "gen4randombattle"
BATCH = 128  # battles at once; also the batch for which the engine is compiled
CHUNK = 512  # battles that are recorded before they are replayed
EXACT = "generator, canonical state and legal actions equal at every decision point"
EACH = "generator, state and legal actions equal after each decision, from Showdown's own state before it"
CHANGED_LIMIT = 200  # decision points of a battle whose positions are changed: it may not end by itself
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
    yield Check(1, f"decisions in changed positions, {FORMAT}", changed_positions, EACH)
    yield Check(2, f"scenarios of every move, ability and item, {FORMAT}", scenarios, EXACT)
    for name in PLAYERS:
        yield Check(3, f"battles, {FORMAT}, {name}", functools.partial(battles, name), EXACT)
    yield Check(3, f"observations, {FORMAT}", observations, pokejax_observation.SEEN)


def changed_positions(seed: int, count: int, report: Report) -> Outcome:
    """Single decisions of as many battles as there are episodes, each position changed at random before it.

    HP, statuses, stages, items, abilities, weather and volatile conditions are set by Showdown's own functions, so that
    damage is computed in states that play seldom reaches; `damages` counts the damages that Showdown computed.
    """
    outcome = Outcome(Tally())
    outcome.extra |= {"format": FORMAT, "damages": 0, "error_flags": 0}
    asked = fresh_battles(count, seed, ("switch_averse", "random"))
    asked = [battle | {"perturb": battle["policy_seed"]} for battle in asked]
    for played in play_ahead(asked, CHUNK // 4, ["words"], CHANGED_LIMIT):
        decisions = decisions_of(played)
        tried = try_decisions(engine(), decisions, BATCH)
        wrong = np.flatnonzero(~tried.is_equal(decisions))
        outcome.tally.mismatches += len(wrong)
        outcome.extra["error_flags"] += int((tried.errors != 0).sum())
        outcome.extra["damages"] += decisions.damages
        if len(wrong) and outcome.tally.first is None:
            k = int(wrong[0])
            words = differing_words(tried.after[k], decisions.after[k])
            name = "err" if tried.errors[k] else words[0].name if words else "masks"
            ours, theirs = (words[0].ours, words[0].original) if words else (0, 0)
            outcome.tally.first = Divergence(outcome.steps + k, 0, name, (), float(ours), float(theirs))
            outcome.case = {
                "format": FORMAT,
                "before": decisions.before[k].tolist(),
                "actions": decisions.actions[k].tolist(),
                "after": decisions.after[k].tolist(),
                "masks": decisions.masks[k].tolist(),
            }
        outcome.steps += len(decisions.actions)
        outcome.draws += sum(draws_of(decisions.before[:, :2], decisions.after[:, :2]))
        report(outcome.steps)
    return outcome


def scenarios(seed: int, count: int, report: Report) -> Outcome:
    """The kept scenarios, whatever the seed and number of episodes: each reaches one entry of the format."""
    return _followed(pokejax_scenarios.read(), report)


def battles(players: str, seed: int, count: int, report: Report) -> Outcome:
    """Whole battles of fresh teams between these players: their share of the episodes, and teams of their own."""
    share = -(-count // len(PLAYERS))
    own_seed = seed * len(PLAYERS) + list(PLAYERS).index(players)
    outcome = _followed(fresh_battles(share, own_seed, PLAYERS[players]), report)
    outcome.complete = outcome.episodes == share
    return outcome


def observations(seed: int, count: int, report: Report) -> Outcome:
    """Both players' observations in whole battles of fresh teams."""
    return pokejax_observation.check(engine(), seed, count, report)


def _followed(asked: Sequence[Mapping[str, Any]], report: Report) -> Outcome:
    """Battles played by the oracle and followed by the engine from their start."""
    outcome = new_outcome()
    for played in play_ahead(asked, CHUNK, ["teams"]):
        follow(played, outcome, report)
    return outcome


def new_outcome() -> Outcome:
    """Nothing found yet, with the figures of whole battles."""
    return Outcome(Tally(), extra={"format": FORMAT, "refused": 0, "error_flags": 0, "turns": 0})


def follow(played: Sequence[Battle], outcome: Outcome, report: Report = lambda steps: None) -> None:
    """Follows battles that the oracle played, with their teams, from their start, and adds what was found."""
    teams = rows_of(played, FORMAT)
    done = outcome.steps
    found = list(replay(engine(), played, teams, BATCH, lambda steps: report(done + steps)))
    _count(outcome, played)
    outcome.tally.mismatches += len(found)
    outcome.extra["error_flags"] += sum(one.what == "err" for one in found)
    if found and outcome.tally.first is None:
        one = min(found, key=lambda difference: difference.battle)
        with Oracle(FORMAT) as oracle:
            outcome.case = explain(oracle, played[one.battle], teams[one.battle], one, outcome.tally)


def _count(outcome: Outcome, played: Sequence[Battle]) -> None:
    outcome.steps += sum(len(battle["hashes"]) for battle in played)
    outcome.episodes += sum(battle["ended"] for battle in played)
    outcome.agent_wins += sum(battle["winner"] == "one" for battle in played)
    outcome.extra["refused"] += sum(bool(refused) for battle in played for refused in battle["refused"])
    outcome.extra["turns"] += sum(battle["turns"] for battle in played)
    outcome.draws += sum(
        draws_between(before, after) for b in played for before, after in zip(b["rng"], b["rng"][1:], strict=False)
    )


def hex_of(halves: np.ndarray) -> str:
    """A state of the generator, two 32-bit numbers, as 16 hex digits."""
    return f"{int(halves[0]):08x}{int(halves[1]):08x}"


def draws_of(before: np.ndarray, after: np.ndarray) -> list[int]:
    """How many draws lead from each state of the generator to another; both (n, 2), upper half first."""
    return [draws_between(hex_of(old), hex_of(new)) for old, new in zip(before, after, strict=True)]


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
        words = differing_words(words_after(battle, teams, step), detailed["words"][step])
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


def words_after(battle: Mapping[str, Any], teams: np.ndarray, steps: int) -> np.ndarray:
    """The words of the engine's state after that many decisions: int64 (number of words,)."""
    seeds = np.tile(np.array(words_of_hex(battle["seed"]), np.uint32), (BATCH, 1))
    state, _ = engine().start(seeds, np.broadcast_to(teams, (BATCH, *teams.shape)))
    for actions in battle["actions"][:steps]:
        state, _ = engine().step(state, np.tile(np.array(actions, np.int32), (BATCH, 1)))
    return words_of_states(jax.device_get(state))[0]
