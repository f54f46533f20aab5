"""Replays the oracle's battles in the engine and finds where they part."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from benchmarks.oracles.showdown.process import Oracle
from benchmarks.parity.pokejax_engine import Engine, Look
from pokejax import state as layout
from pokejax.databuild.build import team_rows
from pokejax.tables import KINDS, load_tables

HIDDEN = tuple(layout.BY_NAME[name] for name in ("attacked_by", "kept", "type_unknown", "active_move"))
"""What a state before a decision needs beside the words of the hash; the oracle gives it with changed positions."""

Battle = Mapping[str, Any]
"""An answer of the oracle: seed, rows (both teams), actions, hashes, masks."""


@dataclasses.dataclass(frozen=True)
class Difference:
    """The first decision point of a battle that is not equal.

    Attributes:
        battle: index of the battle.
        step: its decision point, 0 is the first.
        what: "err" (the engine says that it met something it does not know), "masks" or "state".
        ours: the engine's value: its error flags, masks or hash.
        original: the oracle's.
    """

    battle: int
    step: int
    what: str
    ours: Any
    original: Any


def words_of_hex(text: str) -> tuple[int, int]:
    """Both halves of 16 hex digits."""
    return int(text[:8], 16), int(text[8:], 16)


def rows_of(battles: Sequence[Battle], format_id: str) -> np.ndarray:
    """Both teams of each battle: int16 (n, 2, 6, 20)."""
    tables = load_tables(format_id)
    numbers = {kind: getattr(tables, kind).id for kind in KINDS}
    return team_rows([team for battle in battles for team in battle["rows"]], numbers).reshape(len(battles), 2, 6, -1)


def replay(
    engine: Engine,
    battles: Sequence[Battle],
    teams: np.ndarray,
    batch: int,
    report: Callable[[int], None] = lambda steps: None,
) -> Iterator[Difference]:
    """Replays battles and yields the first difference of each that has one.

    Args:
        engine: the compiled engine.
        battles: seed, actions, hashes and masks of each.
        teams: int16 (n, 2, 6, 20).
        batch: battles at once.
        report: takes the number of decision points compared so far.
    """
    order = sorted(range(len(battles)), key=lambda i: len(battles[i]["actions"]))
    compared = 0
    for first in range(0, len(order), batch):
        chosen = order[first : first + batch]
        padded = chosen + chosen[-1:] * (batch - len(chosen))
        found = _replay_batch(engine, [battles[i] for i in padded], teams[padded])
        yield from (dataclasses.replace(found[k], battle=i) for k, i in enumerate(chosen) if k in found)
        compared += sum(len(battles[i]["hashes"]) for i in chosen)
        report(compared)


def _replay_batch(engine: Engine, battles: Sequence[Battle], teams: np.ndarray) -> dict[int, Difference]:
    """The first difference of each battle of a batch that has one, by index."""
    seeds = np.array([words_of_hex(battle["seed"]) for battle in battles], np.uint32)
    lengths = np.array([len(battle["actions"]) for battle in battles])
    found: dict[int, Difference] = {}
    state, seen = engine.start(seeds, teams)
    for step in range(int(lengths.max()) + 1):
        _compare(found, battles, jax.device_get(seen), step)
        if step == lengths.max() or len(found) == len(battles):
            break
        actions = np.array([b["actions"][step] if step < len(b["actions"]) else (0, 0) for b in battles], np.int32)
        state, seen = engine.step(state, actions)
    return found


def _compare(found: dict[int, Difference], battles: Sequence[Battle], seen: Look, step: int) -> None:
    for i, battle in enumerate(battles):
        if i in found or step >= len(battle["hashes"]):
            continue
        ours = f"{int(seen.hashes[i][0]):08x}{int(seen.hashes[i][1]):08x}"
        masks = [int(mask) for mask in seen.masks[i]]
        if seen.errors[i]:
            found[i] = Difference(i, step, "err", int(seen.errors[i]), 0)
        elif ours != battle["hashes"][step]:
            found[i] = Difference(i, step, "state", ours, battle["hashes"][step])
        elif masks != list(battle["masks"][step]):
            found[i] = Difference(i, step, "masks", masks, list(battle["masks"][step]))


@dataclasses.dataclass(frozen=True)
class Word:
    """A word of the state that differs."""

    name: str
    ours: int
    original: int


def words_of_states(state: Any) -> np.ndarray:
    """The words of a batch of states: int64 (n, number of words)."""
    leaves = [np.asarray(getattr(state, field.name)) for field in layout.HASHED]
    return np.concatenate([leaf.astype(np.int64).reshape(leaf.shape[0], -1) for leaf in leaves], axis=1)


def differing_words(ours: Iterable[int], original: Iterable[int]) -> list[Word]:
    """The words that differ, in layout order; both int64 (number of words,)."""
    named = zip(layout.word_names(), ours, original, strict=True)
    return [Word(name, int(mine), int(theirs)) for name, mine, theirs in named if int(mine) != int(theirs)]


class Decisions(NamedTuple):
    """Decisions tried on their own: what the oracle says of n of them."""

    before: np.ndarray  # int64 (n, words), the state before
    actions: np.ndarray  # int32 (n, 2)
    after: np.ndarray  # int64 (n, words)
    masks: np.ndarray  # int32 (n, 2), legal actions afterwards
    damages: int  # damages that Showdown computed in them


class Tried(NamedTuple):
    """What the engine says of the same decisions."""

    after: np.ndarray  # int64 (n, words)
    masks: np.ndarray  # int32 (n, 2)
    errors: np.ndarray  # int32 (n,)

    def is_equal(self, decisions: Decisions) -> np.ndarray:
        """Which decisions are equal in everything: bool (n,)."""
        same = (self.after == decisions.after).all(axis=1) & (self.masks == decisions.masks).all(axis=1)
        return same & (self.errors == 0)


def decisions_of(battles: Sequence[Battle]) -> Decisions:
    """Every decision of battles that were played with their words (and, where positions were changed, those before)."""
    return Decisions(
        np.concatenate([b["before"] if "before" in b else b["words"][:-1] for b in battles]),
        np.concatenate([np.array(b["actions"], np.int32).reshape(-1, 2) for b in battles]),
        np.concatenate([b["words"][1:] for b in battles]),
        np.concatenate([np.array(b["masks"][1:], np.int32).reshape(-1, 2) for b in battles]),
        sum(sum(b.get("damages", ())) for b in battles),
    )


def try_decisions(engine: Engine, decisions: Decisions, batch: int) -> Tried:
    """Tries each decision in the engine from the oracle's own state before it."""
    parts, count = [], len(decisions.actions)
    for first in range(0, count, batch):
        chosen = np.minimum(np.arange(first, first + batch), count - 1)
        state, seen = engine.step(state_of_words(decisions.before[chosen]), decisions.actions[chosen])
        state, seen = jax.device_get((state, seen))
        parts.append((words_of_states(state), np.asarray(seen.masks), np.asarray(seen.errors)))
    return Tried(*(np.concatenate(column)[:count] for column in zip(*parts, strict=True)))


def play_again(oracle: Oracle, battle: Battle, want: Sequence[str]) -> dict[str, Any]:
    """The same battle once more, with its actions given and more details asked for."""
    again = {"seed": battle["seed"], "teams": battle["teams"], "actions": battle["actions"]}
    (answer,) = oracle.play([again], want)
    return answer


def state_of_words(words: np.ndarray) -> layout.EnvState:
    """States from the oracle's words: any decision point of any battle, without playing up to it.

    Args:
        words: (..., number of words) as `state.words` orders them; behind them may stand those of HIDDEN.

    Returns:
        EnvState of NumPy arrays with the same leading axes; what is neither among the words nor given is zero.
    """
    lead = words.shape[:-1]
    values = {field.name: np.zeros(lead + field.shape, field.dtype) for field in layout.FIELDS}
    at = 0
    given = len(layout.word_names()) < words.shape[-1]
    for field in (*layout.HASHED, *(HIDDEN if given else ())):
        size = int(np.prod(field.shape, dtype=int))
        values[field.name] = words[..., at : at + size].astype(field.dtype).reshape(lead + field.shape)
        at += size
    content: dict[str, Any] = values
    return layout.EnvState(**content)
