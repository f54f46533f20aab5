"""The JAX engine against the reference: every scenario, whole games, and a changed table that must not go unnoticed."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from benchmarks.oracles.tcg_reference import ReferenceBatch, deck_pairs
from benchmarks.parity.tcgjax import OPTIONS
from tcgjax import actions, engine, tables
from tcgjax.data.table import load_table
from tcgjax.reference.arrays import to_state
from tcgjax.reference.chance import Chance, heads_word, mix, pick_word
from tcgjax.reference.engine import act
from tcgjax.state import FORM, EnvState
from tcgjax.tables import ROW_COLUMNS

_SPECIFICATION = importlib.util.spec_from_file_location("tcgjax_scenario", Path(__file__).with_name("scenario.py"))
scenario = importlib.util.module_from_spec(_SPECIFICATION)
sys.modules["tcgjax_scenario"] = scenario
_SPECIFICATION.loader.exec_module(scenario)

pytestmark = pytest.mark.timeout(900)  # the step is long to compile on a busy machine

LANES = 640  # one batch size and one tape length, so that the engine is compiled once
WORDS = 1024  # longer than any game of 30 turns needs
GAMES = 64
MARGIN = 40


class WordChance(Chance):
    """A tape that also keeps the words it gave."""

    words: list[int]

    def _word(self, purpose: str, count: int, kind: str) -> int:
        entry = self.tape[self.draws] if self.tape is not None else 0
        word = super()._word(purpose, count, kind)
        if isinstance(entry, str):
            # Ones beyond the coins: an engine that flips too many of them shows it.
            word = heads_word(entry) | (0xFFFFFFFF << count & 0xFFFFFFFF)
        elif isinstance(entry, dict):
            word = pick_word(entry["pick"], count)
        self.words.append(word)
        return word


def transitions() -> list[tuple[str, EnvState, int, list[int], EnvState]]:
    """Every decision of every scenario: subject, state before, action, words, state after."""
    found = []
    for one in scenario.read_scenarios():
        table = scenario.build(one)
        chance = WordChance((0, 0), 0, table.chance.tape)
        chance.words = []
        table.chance = chance
        lines = one.data.get("do", []) or ["end"]
        for line in lines:
            before, number = to_state(table), len(chance.words)
            action = scenario.action_of(table, line) if one.data.get("do") else int(_any_legal(table))
            act(table, action)
            words = [0] * number + chance.words[number:]
            found.append((one.subject, before, action, words, to_state(table)))
    return found


def _any_legal(table: Any) -> int:
    from tcgjax.reference.legal import legal_actions

    return legal_actions(table)[0]


def stack(states: list[EnvState]) -> EnvState:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *states)


@pytest.fixture(scope="module")
def step():
    """The engine for LANES games: (states, actions, tapes, arrays) -> (states, replaced)."""
    return jax.jit(jax.vmap(engine.step, in_axes=(0, 0, 0, None)), compiler_options=OPTIONS)


@pytest.fixture(scope="module")
def legal():
    """The legal actions of LANES games: (states, arrays) -> words."""
    return jax.jit(
        jax.vmap(lambda state, arrays: engine.with_legal(state, arrays).legal, in_axes=(0, None)),
        compiler_options=OPTIONS,
    )


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    rows = transitions()
    assert len(rows) <= LANES
    padded = [*rows, *([rows[0]] * (LANES - len(rows)))]
    tape = np.zeros((LANES, WORDS), np.uint32)
    for lane, (_, _, _, words, _) in enumerate(padded):
        tape[lane, : len(words)] = words
    return {
        "subjects": [row[0] for row in padded],
        "before": stack([row[1] for row in padded]),
        "action": np.array([row[2] for row in padded], np.int32),
        "tape": tape,
        "after": stack([row[4] for row in padded]),
    }


def differing(state: EnvState, expected: EnvState) -> dict[str, np.ndarray]:
    """The lanes in which a field differs, by field."""
    host, found = jax.device_get(state), {}
    for name in FORM:
        mine, theirs = np.asarray(getattr(host, name)), np.asarray(getattr(expected, name))
        assert (mine.shape, mine.dtype) == (theirs.shape, theirs.dtype), name
        lanes = (mine != theirs).reshape(len(mine), -1).any(-1)
        if lanes.any():
            found[name] = np.flatnonzero(lanes)
    return found


def test_every_scenario_ends_alike(step, recorded) -> None:
    state, replaced = step(recorded["before"], recorded["action"], recorded["tape"], engine.SHIPPED)
    found = differing(state, recorded["after"])
    assert {name: {recorded["subjects"][lane] for lane in lanes} for name, lanes in found.items()} == {}
    assert not np.asarray(replaced).any()


def wrong_masks(legal, states: EnvState, arrays: Any) -> set[int]:
    """The lanes whose legal actions differ from those that the reference exported."""
    return set(np.flatnonzero((np.asarray(legal(states, arrays)) != np.asarray(states.legal)).any(-1)))


def test_every_position_of_a_scenario_has_the_same_legal_actions(legal, recorded) -> None:
    assert {recorded["subjects"][lane] for lane in wrong_masks(legal, recorded["before"], engine.SHIPPED)} == set()


def test_whole_games_are_alike_at_every_decision(step) -> None:
    """The reference's words are handed over as tapes, so that one compiled step serves all tests."""
    rng = random.Random(5)
    pairs = [*deck_pairs("shipped", GAMES // 2, rng), *deck_pairs("pool", GAMES // 2, rng)]
    pairs = (pairs * (LANES // GAMES))[:LANES]
    seeds = np.array([[rng.getrandbits(32), rng.getrandbits(32)] for _ in range(GAMES)], np.uint32)
    reference = ReferenceBatch(pairs[:GAMES])
    reference.reset(seeds)
    tape = np.array(
        [[mix((k * 0x9E3779B9 + int(a) & 0xFFFFFFFF) ^ int(b)) for k in range(WORDS)] for a, b in seeds], np.uint32
    )
    tape = np.tile(tape, (LANES // GAMES, 1))

    def exported() -> EnvState:
        state = stack([to_state(game.table) for game in reference.games])
        return jax.tree.map(lambda leaf: np.concatenate([leaf] * (LANES // GAMES)), state)

    state: Any = exported()
    decisions = 0
    while not reference.is_over().all():
        chosen = reference.choose(("random", "weighted", "thorough")[decisions % 3], rng)
        reference.step(chosen)
        state, replaced = step(state, np.tile(chosen, LANES // GAMES), tape, engine.SHIPPED)
        assert differing(state, exported()) == {}, f"decision {decisions}"
        assert not np.asarray(replaced).any()
        decisions += 1
    assert decisions > MARGIN


def test_an_illegal_action_acts_as_the_first_legal_one(step, recorded) -> None:
    wrong = np.full(LANES, 75, np.int32)
    state, replaced = step(recorded["before"], wrong, recorded["tape"], engine.SHIPPED)
    legal = np.asarray(recorded["before"].legal)
    bits = (legal[:, :, None] >> np.arange(32, dtype=np.uint32) & 1).reshape(LANES, -1)
    expected, _ = step(recorded["before"], bits.argmax(1).astype(np.int32), recorded["tape"], engine.SHIPPED)
    assert np.asarray(replaced).all()
    assert differing(state, jax.device_get(expected)) == {}


def effect_columns() -> list[tuple[str, str, Any]]:
    """For every effect: the tables with one of its columns changed, one at a time."""
    found = []
    table, shipped = load_table(), engine.SHIPPED
    for effect in table.effects.values():
        rows = [row for row in table.rows if row.effect is effect]
        line = shipped.rows[rows[0].row]
        for column in np.flatnonzero(line):
            name = ROW_COLUMNS[column]
            if name in ("kind", "cost", "damage", "choice", "named_filter"):
                continue  # not of the effect, or in step with another column
            changed = shipped.rows.copy()
            # A filter becomes the one that everything passes; its neighbour may pass the same cards.
            everything = {"top_filter": 1}.get(name, 0) if name.endswith("filter") else line[column] - 1
            changed[[row.row for row in rows], column] = everything
            found.append((effect.id, name, shipped._replace(rows=changed)))
        for op in rows[0].ops:
            column_of = {
                "REDUCE_SELF": "reduce", "COUNTER": "counter", "LOCK_OPP_SUPPORTER": "lock_supporter",
                "LOCK_OPP_ACTIVE_EVOLVE": "lock_evolve", "ENERGY_DOUBLE": "double", "FOSSIL": "hp",
            }  # fmt: skip
            if op.name in column_of:
                cards = shipped.cards.copy()
                column = tables.CARD_COLUMNS.index(column_of[op.name])
                ids = [row.card for row in rows]
                cards[ids, column] -= 10 if cards[ids[0], column] >= 10 else 1
                found.append((effect.id, op.name, shipped._replace(cards=cards)))
    return found


CHANGES = effect_columns()
# Changes that leave the effect the same: only COPY_ANY widens the reach of a copying attack; Psy Shadow is never used
# with an Active that its filter stops.
SAME_EFFECT = {("attack73", "copy"), ("ability09", "attach_filter")}


def test_a_change_of_the_table_of_the_engine_alone_is_noticed(step, legal, recorded) -> None:
    noticed = defaultdict(set)
    for effect, name, arrays in CHANGES:
        state, _ = step(recorded["before"], recorded["action"], recorded["tape"], arrays)
        lanes = {lane for found in differing(state, recorded["after"]).values() for lane in found}
        lanes |= wrong_masks(legal, recorded["before"], arrays)
        noticed[effect].add((name, bool(lanes)))
    assert set(noticed) == set(load_table().effects)
    missed = sorted((effect, name) for effect, seen in noticed.items() for name, was in seen if not was)
    assert set(missed) == SAME_EFFECT, missed


def test_the_words_of_a_game_are_those_of_the_reference() -> None:
    reset = jax.jit(lambda seed, decks, types: engine.reset(seed, decks, types, "inject", 30), compiler_options=OPTIONS)
    for one, other in deck_pairs("pool", 8, random.Random(3)):
        reference = ReferenceBatch([(one, other)])
        seed = np.array([[12345, 678]], np.uint32)
        reference.reset(seed)
        state = reset(
            seed[0],
            np.array([one.cards, other.cards], np.int16),
            np.array([one.energy_mask, other.energy_mask], np.uint8),
        )
        batched = jax.tree.map(lambda leaf: np.asarray(leaf)[None], state)
        assert differing(batched, stack([to_state(reference.games[0].table)])) == {}


def test_actions_fill_three_words() -> None:
    assert actions.NUM_ACTIONS <= 96
