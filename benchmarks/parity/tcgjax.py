"""What is compared between the JAX engine and the Python reference: starts, single decisions, whole games.

The reference plays; the JAX engine follows with the same seeds and actions. Every field of the state is compared after
every
decision, legal actions and words used among them.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.oracles import tcg_reference
from benchmarks.oracles.tcg_reference import FIELDS, PLAYERS, ReferenceBatch, deck_pairs
from benchmarks.parity.checks import Check, Outcome
from benchmarks.parity.compare import Tally
from tcgjax import decisions, engine
from tcgjax.data.decks import find_deck
from tcgjax.reference import Game
from tcgjax.state import EnvState, pack

ORACLE = "tcgjax.reference (Python)"
ORACLE_VERSION = tcg_reference.VERSION

Report = Callable[[int], None]
BATCH = 256  # games at once; also the batch size for which the engine is compiled
LONGEST_GAME = 2000  # decisions, far beyond what 30 turns allow
EXACT = "every field of the state equal"
# XLA's fusion recomputes shared values, and compiles this step many times longer.
OPTIONS = {"xla_disable_hlo_passes": "fusion"}


def require() -> None:
    """Nothing: the oracle is part of the package."""


@functools.cache
def compiled_step() -> Callable[[EnvState, Any], tuple[EnvState, Any]]:
    """The engine's step for a batch: (states, actions int32 (n,)) -> (states, replaced bool (n,))."""
    return jax.jit(jax.vmap(lambda state, action: engine.step(state, action)), compiler_options=OPTIONS)


@functools.cache
def compiled_reset(opening: str) -> Callable[..., EnvState]:
    """The engine's reset for a batch: seeds (n, 2), decks (n, 2, 20), types (n, 2)."""

    def reset(seed: Any, decks: Any, types: Any) -> EnvState:
        return engine.reset(seed, decks, types, opening, jnp.int32(decisions.A18_MAX_TURNS))

    return jax.jit(jax.vmap(reset), compiler_options=OPTIONS)


def start(kind: str, opening: str, rng: random.Random) -> tuple[ReferenceBatch, EnvState]:
    """A batch of fresh games on both sides."""
    pairs = deck_pairs(kind, BATCH, rng)
    reference = ReferenceBatch(pairs, opening)
    seeds = np.array([[rng.getrandbits(32), rng.getrandbits(32)] for _ in pairs], np.uint32)
    reference.reset(seeds)
    decks = np.array([[deck.cards for deck in pair] for pair in pairs], np.int16)
    types = np.array([[deck.energy_mask for deck in pair] for pair in pairs], np.uint8)
    return reference, compiled_reset(opening)(seeds, decks, types)


def compare(tally: Tally, state: EnvState, reference: ReferenceBatch) -> None:
    """Adds one step of the batch to a tally."""
    host = jax.device_get(state)
    expected = reference.export()
    tally.add({name: np.asarray(getattr(host, name))[None] for name in FIELDS}, {n: expected[n][None] for n in FIELDS})


def checks() -> Iterator[Check]:
    """All checks, in order of their level."""
    for opening in ("inject", "mulligan"):
        yield Check(1, f"starts, opening {opening}", functools.partial(starts, opening), EXACT)
    yield Check(2, "decisions from reached positions", decisions_from_positions, EXACT)
    for kind in ("shipped", "pool"):
        for player in PLAYERS:
            name = (
                f"games, {'all pairs of shipped decks' if kind == 'shipped' else 'random decks of the pool'}, {player}"
            )
            yield Check(3, name, functools.partial(games, kind, player), EXACT)


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
    for _ in range(-(-count // BATCH)):
        reference, state = start("pool", opening, rng)
        compare(outcome.tally, state, reference)
        outcome.steps += BATCH
        outcome.draws += int(reference.draws().sum())
        report(outcome.steps)
    return outcome


def decisions_from_positions(seed: int, count: int, report: Report) -> Outcome:
    """Single decisions from positions of random games, which are loaded rather than reached by the engine."""
    rng = random.Random(f"{seed} positions")
    outcome = Outcome(Tally())
    reference, _ = start("pool", "inject", rng)
    while outcome.steps < max(count, BATCH):
        for _ in range(rng.randrange(1, 12)):
            reference.step(reference.choose("weighted", rng))
        before = reference.export()
        drawn = reference.draws().sum()
        chosen = reference.choose("random", rng)
        reference.step(chosen)
        state, _ = compiled_step()(pack(before), chosen)
        compare(outcome.tally, state, reference)
        outcome.steps += BATCH
        outcome.draws += int(reference.draws().sum() - drawn)
        report(outcome.steps)
        if reference.is_over().mean() > 0.5:
            reference, _ = start("pool", "inject", rng)
    return outcome


def games(kind: str, player: str, seed: int, count: int, report: Report) -> Outcome:
    """Whole games, this player's and deck kind's share of the episodes."""
    share = -(-count // (2 * len(PLAYERS)))
    rng = random.Random(f"{seed} games {kind} {player}")
    outcome = Outcome(Tally())
    for _ in range(-(-share // BATCH)):
        reference, state = start(kind, "inject", rng)
        compare(outcome.tally, state, reference)
        outcome.draws += int(reference.draws().sum())
        over, used = reference.is_over(), reference.draws()
        steps = 0
        while not over.all() and steps < LONGEST_GAME and outcome.tally.first is None:
            chosen = reference.choose(player, rng)
            reference.step(chosen)
            state, replaced = compiled_step()(state, chosen)
            compare(outcome.tally, state, reference)
            outcome.tally.mismatches += int(np.asarray(replaced).sum())
            outcome.steps += int((~over).sum())
            over, steps = reference.is_over(), steps + 1
            if outcome.tally.first is not None:
                game = reference.games[outcome.tally.first.env_index]
                outcome.case = replayable(game)
        outcome.draws += int((reference.draws() - used).sum())
        outcome.episodes += int(over.sum())
        outcome.agent_wins += sum(game.table.result == 1 for game in reference.games)
        outcome.complete = outcome.complete and bool(over.all())
        report(outcome.steps)
    return outcome
