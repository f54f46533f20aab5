"""What is compared between the JAX environment and the Python reference: starts, single decisions, whole games.

The reference plays; the environment follows with the same seeds and actions. After every decision every field of the
state is compared, legal actions and words used among them, with rewards, terminal and the observation of the player who
decides; that of the other player at every `STRIDE`-th decision.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import twinenvs
from benchmarks.oracles import tcg_reference
from benchmarks.oracles.tcg_reference import FIELDS, PLAYER_NAMES, ReferenceBatch, deck_pairs
from benchmarks.parity.checks import Check, Outcome
from benchmarks.parity.compare import Tally
from benchmarks.parity.tcgjax_shards import Shards
from tcgjax import decisions, engine, make_multi
from tcgjax.data.decks import Deck, find_deck
from tcgjax.reference import Game
from tcgjax.state import EnvState, pack

ORACLE = "tcgjax.reference (Python)"
ORACLE_VERSION = tcg_reference.VERSION

Report = Callable[[int], None]
BATCH = 256  # games at once; also the batch size for which the environment is compiled
SHARD = 1024  # games of a part of a long comparison: every pair of shipped decks four times
PAUSE = 8  # decisions after which the places of ended games are filled
LONGEST_SHARD = 20000  # decisions of one of the games played at once, far beyond what a part needs
EXACT = "every field of the state, reward, terminal and both players' observations equal"
# Rules without a plan of what is computed together: XLA's fusion would recompute shared values, and compile far longer.
OPTIONS = {"xla_disable_hlo_passes": "fusion"}

shards = Shards()


def require() -> None:
    """Nothing: the oracle is part of the package."""


def resume() -> None:
    """Counts the parts of whole games that earlier runs of the same source finished."""
    shards.resume()


@functools.cache
def compiled_step() -> Callable[[EnvState, Any], tuple[EnvState, Any, Any, Any]]:
    """The environment's step for a batch: (states, actions of who decides int32 (n,)) -> states and results.

    The results are: rewards float32 (n, 2), terminated bool (n,), whether the action was replaced bool (n,).
    """
    env = make_multi(auto_reset="none")

    def step(state: EnvState, action: jax.Array) -> Any:
        both = jnp.where(np.arange(2) == state.decider, action, 0)
        _, new, reward, terminated, _, info = env.step_env(None, state, both, env.default_params)  # type: ignore[arg-type]
        return new, reward, terminated, info["illegal"].any()

    return twinenvs.jit(jax.vmap(step), env=env)


@functools.cache
def compiled_observations() -> Callable[[EnvState], jax.Array]:
    """Both players' flat observations for a batch of states: float32 (n, 2, ...)."""
    env = make_multi()
    return twinenvs.jit(jax.vmap(lambda state: env.observe(None, state, None, env.default_params)), env=env)


@functools.cache
def compiled_reset(opening: str) -> Callable[..., EnvState]:
    """The engine's reset for a batch: seeds (n, 2), decks (n, 2, 20), types (n, 2)."""

    def reset(seed: Any, decks: Any, types: Any) -> EnvState:
        return engine.reset(seed, decks, types, opening, jnp.int32(decisions.A18_MAX_TURNS))

    return jax.jit(jax.vmap(reset), compiler_options=OPTIONS)


def start(reference: ReferenceBatch, rng: random.Random) -> EnvState:
    """Starts all games of a batch on both sides."""
    seeds = np.array([[rng.getrandbits(32), rng.getrandbits(32)] for _ in reference.pairs], np.uint32)
    reference.reset(seeds)
    return started(reference)


def started(reference: ReferenceBatch) -> EnvState:
    """The first states of the games of a batch, by the environment."""
    seeds = np.array([game.seed for game in reference.games], np.uint32)
    decks = np.array([[deck.cards for deck in pair] for pair in reference.pairs], np.int16)
    types = np.array([[deck.energy_mask for deck in pair] for pair in reference.pairs], np.uint8)
    return compiled_reset(reference.opening)(seeds, decks, types)


def compare(tally: Tally, state: EnvState, reference: ReferenceBatch, **others: tuple[Any, Any]) -> None:
    """Adds one step of the batch to a tally; `others` are further pairs of values, ours first."""
    seen = compiled_observations()(state)
    expected, expected_seen = reference.export()
    host = jax.device_get(state)
    ours = {name: np.asarray(getattr(host, name)) for name in FIELDS} | {"observation": np.asarray(seen)}
    theirs = {name: expected[name] for name in FIELDS} | {"observation": expected_seen}
    for name, (mine, other) in others.items():
        ours[name], theirs[name] = np.asarray(mine), np.asarray(other)
    if all(is_same(ours[name], theirs[name]) for name in ours):
        tally.steps += 1
    else:
        tally.add({name: value[None] for name, value in ours.items()}, {n: value[None] for n, value in theirs.items()})


def is_same(mine: np.ndarray, theirs: np.ndarray) -> bool:
    """Whether two arrays are the same to the last bit; an answer for `Tally.add`, which finds out where they differ."""
    return mine.dtype == theirs.dtype and mine.shape == theirs.shape and mine.tobytes() == theirs.tobytes()


def checks() -> Iterator[Check]:
    """All checks, in order of their level."""
    for opening in ("inject", "mulligan"):
        yield Check(1, f"starts, opening {opening}", functools.partial(starts, opening), EXACT)
    yield Check(2, "decisions from reached positions", decisions_from_positions, EXACT)
    for kind, words in (("shipped", "all pairs of shipped decks"), ("pool", "random legal decks of the pool")):
        for player in PLAYER_NAMES:
            yield Check(3, f"games, {words}, {player}", functools.partial(games, kind, player), EXACT)


def replayable(game: Game) -> dict[str, Any]:
    """A game as a regression file holds it: decks, seed, actions."""
    decks = [find_deck(deck) for deck in game.decks]
    return {
        "decks": [{"cards": list(deck.cards), "energy": deck.energy} for deck in decks],
        "seed_words": list(game.seed),
        "actions": game.actions,
    }


def starts(opening: str, seed: int, count: int, report: Report) -> Outcome:
    """The first state of as many games as there are episodes, of random decks."""
    rng = random.Random(f"{seed} starts {opening}")
    outcome = Outcome(Tally())
    for _ in range(-(-min(count, 4096) // BATCH)):
        reference = ReferenceBatch(deck_pairs("pool", BATCH, rng), opening)
        compare(outcome.tally, start(reference, rng), reference)
        outcome.steps += BATCH
        outcome.draws += int(reference.draws().sum())
        report(outcome.steps)
    return outcome


def decisions_from_positions(seed: int, count: int, report: Report) -> Outcome:
    """Single decisions from positions of random games, which are loaded rather than reached by the engine."""
    rng = random.Random(f"{seed} positions")
    outcome = Outcome(Tally())
    reference = ReferenceBatch(deck_pairs("pool", BATCH, rng))
    start(reference, rng)
    while outcome.steps < max(min(count, 16384), BATCH):
        for _ in range(rng.randrange(1, 12)):
            reference.step(reference.choose("weighted", rng))
        before, _ = reference.export()
        drawn = reference.draws().sum()
        chosen = reference.choose("random", rng)
        rewards = reference.step(chosen)
        state, mine, terminated, _ = compiled_step()(pack(before), chosen)
        over = reference.is_over()
        compare(outcome.tally, state, reference, reward=(mine, rewards), terminated=(terminated, over))
        outcome.steps += BATCH
        outcome.draws += int(reference.draws().sum() - drawn)
        report(outcome.steps)
        if over.mean() > 0.5:
            reference = ReferenceBatch(deck_pairs("pool", BATCH, rng))
            start(reference, rng)
    return outcome


def games(kind: str, player: str, seed: int, count: int, report: Report) -> Outcome:
    """Whole games, this player's and deck kind's share of the episodes, part by part."""
    share = -(-count // (2 * len(PLAYER_NAMES)))
    outcome = Outcome(Tally())
    for first in range(0, share, SHARD):
        number = min(SHARD, share - first)
        name = f"seed {seed} {kind} {player} games {first} to {first + number - 1}"
        found = shards.find(name)
        if found is None:
            part = play_games(kind, player, f"{seed} games {kind} {player} {first}", number)
            found = {
                "steps": part.steps, "episodes": part.episodes, "draws": part.draws, "agent_wins": part.agent_wins
            }  # fmt: skip
            if part.tally.mismatches or not part.complete:
                outcome.tally, outcome.case, outcome.complete = part.tally, part.case, False
            else:
                shards.keep(name, found)
        for key, value in found.items():
            setattr(outcome, key, getattr(outcome, key) + value)
        report(outcome.steps)
        if not outcome.complete:
            break
    return outcome


def play_games(kind: str, player: str, seed: str, number: int) -> Outcome:
    """A number of whole games, `BATCH` at a time; a game that ends makes room for the next one."""
    rng = random.Random(seed)
    waiting = deck_pairs(kind, number, rng)
    lanes = min(BATCH, number)
    reference = ReferenceBatch([waiting[i % lanes] for i in range(BATCH)])
    del waiting[:lanes]
    counts = np.arange(BATCH) < lanes  # which games of the batch are among the number
    state = start(reference, rng)
    outcome = Outcome(Tally())
    compare(outcome.tally, state, reference)
    none = np.zeros(BATCH, bool)
    while counts.any() and outcome.tally.steps < LONGEST_SHARD:
        chosen, was_over = reference.choose(player, rng), reference.is_over()
        # The environment plays while the reference does.
        state, mine, terminated, replaced = compiled_step()(state, chosen)
        rewards, over = reference.step(chosen), reference.is_over()
        compare(
            outcome.tally, state, reference, reward=(mine, rewards), terminated=(terminated, over),
            replaced=(replaced, none),
        )  # fmt: skip
        outcome.steps += int((counts & ~was_over).sum())
        if outcome.tally.first is not None:
            outcome.case = replayable(reference.games[outcome.tally.first.env_index])
            break
        for lane in np.flatnonzero(counts & over & ~was_over):
            outcome.episodes += 1
            outcome.draws += int(reference.games[lane].table.chance.draws)
            outcome.agent_wins += reference.games[lane].table.result == 1
        if waiting and outcome.tally.steps % PAUSE == 0:
            state = refilled(reference, state, counts & over, waiting, rng)
            compare(outcome.tally, state, reference)
        elif not waiting:
            counts &= ~over
    outcome.complete = not counts.any()
    return outcome


def refilled(
    reference: ReferenceBatch, state: EnvState, ended: np.ndarray, waiting: list[tuple[Deck, Deck]], rng: random.Random
) -> EnvState:
    """The states with new games in the places of ended ones, bool (n,), as long as pairs of decks wait."""
    fresh = np.zeros_like(ended)
    for lane in np.flatnonzero(ended)[: len(waiting)]:
        reference.restart(int(lane), waiting.pop(0), (rng.getrandbits(32), rng.getrandbits(32)))
        fresh[lane] = True
    return jax.tree.map(
        lambda new, old: np.where(fresh.reshape(-1, *(1,) * (old.ndim - 1)), new, old),
        jax.device_get(started(reference)), jax.device_get(state),
    )  # fmt: skip
