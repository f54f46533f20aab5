"""The observation: its ranges, equality with the reference's, and that it hides what a player cannot see."""

from __future__ import annotations

import random
from typing import Any

import jax
import numpy as np
import pytest

from benchmarks.oracles.tcg_reference import PLAYERS
from tcgjax import actions, observation
from tcgjax import observation_layout as layout
from tcgjax.data.decks import Deck, random_deck
from tcgjax.data.table import load_table
from tcgjax.reference import Game
from tcgjax.reference import observation as reference_observation
from tcgjax.reference.arrays import to_state
from tcgjax.reference.position import export_position, import_position

GAMES = 10  # by thorough and by random players, which together reach every phase
STRIDE = 3  # every third position of a game
BATCH = 64
OPTIONS = {"xla_disable_hlo_passes": "fusion"}


def stack(trees: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


class Observer:
    """Both forms of the observation of a batch of any size, compiled once for one size."""

    def __init__(self) -> None:
        functions = {"flat": observation.flat, "tokens": observation.tokens}
        self.compiled = {name: jax.jit(jax.vmap(call), compiler_options=OPTIONS) for name, call in functions.items()}

    def __call__(self, form: str, states: Any, sides: np.ndarray) -> Any:
        parts = []
        for first in range(0, len(sides), BATCH):
            part = jax.tree.map(lambda leaf, i=first: leaf[i : i + BATCH], (states, sides))
            count = len(part[1])
            filled = jax.tree.map(lambda leaf, n=count: np.concatenate([leaf, leaf[:1].repeat(BATCH - n, 0)]), part)
            parts.append(jax.tree.map(lambda leaf, n=count: np.asarray(leaf)[:n], self.compiled[form](*filled)))
        return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


@pytest.fixture(scope="module")
def positions() -> list[Game]:
    """Positions of games between random decks, set-up and end included."""
    rng, found = random.Random(2), []
    for number in range(GAMES):
        decks = [random_deck(rng), random_deck(rng)]
        game = Game(decks, (number, 7), keep_log=False)
        player = PLAYERS[("thorough", "random", "weighted")[number % 3]]
        while True:
            if len(game.actions) % STRIDE == 0 or game.is_over or game.table.turn == 0:
                kept = Game(decks, (number, 7), keep_log=False)
                kept.table = import_position(export_position(game.table))
                found.append(kept)
            if game.is_over:
                break
            game.step(player(game, game.legal(), rng))
    return found


@pytest.fixture(scope="module")
def observe() -> Observer:
    """The compiled observations: (form, states, viewers) -> observations."""
    return Observer()


def viewers(count: int) -> np.ndarray:
    return np.arange(count) % 2


def test_both_forms_equal_the_references_bit_by_bit(positions, observe) -> None:
    sides = viewers(len(positions))
    states = stack([to_state(game.table) for game in positions])
    for form, function in (("flat", reference_observation.flat), ("tokens", reference_observation.tokens)):
        expected = stack([function(game.table, int(side)) for game, side in zip(positions, sides, strict=True)])
        seen = jax.device_get(observe(form, states, sides))
        for (path, mine), theirs in zip(jax.tree.leaves_with_path(seen), jax.tree.leaves(expected), strict=True):
            assert mine.dtype == theirs.dtype
            assert np.array_equal(mine, theirs), f"{form} {jax.tree_util.keystr(path)}"
    assert {game.table.phase for game in positions} >= {
        actions.SETUP_ACTIVE, actions.SETUP_BENCH, actions.MAIN, actions.TARGET, actions.PROMOTE, actions.OVER
    }  # fmt: skip


def test_observations_lie_in_their_space_and_use_its_entries(positions, observe) -> None:
    states = stack([to_state(game.table) for game in positions])
    for form in observation.FORMS:
        seen = jax.device_get(observe(form, states, viewers(len(positions))))
        space = observation.space(form)
        for index in range(0, len(positions), 7):
            assert space.contains(jax.tree.map(lambda leaf, i=index: leaf[i], seen))
    flat = np.asarray(observe("flat", states, viewers(len(positions))))
    low, high = map(np.array, layout.bounds())
    assert ((low <= flat) & (flat <= high)).all()
    assert flat.std(0).astype(bool).mean() > 0.6


def dealt_anew(game: Game, viewer: int, rng: random.Random) -> Game:
    """The same game with everything dealt anew that the player cannot see: both hidden zones, orders and chance."""
    table = import_position(export_position(game.table))
    for side, player in enumerate(table.players):
        own = side == viewer
        hidden = [i for i in range(20) if player.zone[i] in hidden_zones(table, side, viewer)]
        dealt = [(player.zone[i], player.place[i], player.seen[i]) for i in hidden if not own]
        rng.shuffle(dealt)
        # The cards that the player knows of stay: own places that looking gave, cards of the other hand that were seen.
        for i, (zone, place, seen) in zip(hidden if not own else [], dealt, strict=True):
            player.zone[i], player.place[i], player.seen[i] = zone, place, seen
    table.chance.seed = (rng.getrandbits(32), rng.getrandbits(32))
    table.chance.draws += rng.randrange(100)
    other = Game(game.decks, game.seed)
    other.table = table
    return other


def hidden_zones(table: Any, side: int, viewer: int) -> set[int]:
    return set() if side == viewer else {actions.DECK, actions.HAND}


def unseen(game: Game, viewer: int) -> bool:
    """Whether nothing of the other hand was shown."""
    other = game.table.players[1 - viewer]
    return not any(other.seen[i] for i in other.instances(actions.HAND))


def test_an_observation_hides_hand_decks_and_chance_of_the_other_side(positions, observe) -> None:
    rng = random.Random(3)
    chosen = [(game, side) for game in positions for side in (0, 1) if unseen(game, side)]
    shown = stack([to_state(game.table) for game, _ in chosen])
    hidden = stack([to_state(dealt_anew(game, side, rng).table) for game, side in chosen])
    sides = np.array([side for _, side in chosen])
    assert (shown.in_hand != hidden.in_hand).any(-1).mean() > 0.5
    for form in observation.FORMS:
        first, second = observe(form, shown, sides), observe(form, hidden, sides)
        assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True))


def other_list(game: Game, viewer: int) -> Game:
    """The same game against a deck list of which only the cards that were seen are the same."""
    table = import_position(export_position(game.table))
    player = table.players[1 - viewer]
    hidden = [i for i in range(20) if player.zone[i] in (actions.DECK, actions.HAND) and not player.seen[i]]
    strange = random_deck(random.Random(11))
    ids = list(player.deck.cards)
    for i, card in zip(hidden, strange.cards, strict=False):
        ids[i] = card
    order = sorted(range(20), key=lambda i: ids[i])
    cards = {i: card for i, card in enumerate(player.cards)}
    everything = load_table().cards
    player.deck = Deck(tuple(ids[i] for i in order), player.deck.energy)
    player.cards = tuple(cards[i] if i not in hidden else everything[ids[i]] for i in order)
    player.zone = [player.zone[i] for i in order]
    player.place = [player.place[i] for i in order]
    player.seen = [player.seen[i] for i in order]
    other = Game(game.decks, game.seed)
    other.table = table
    return other


def test_an_observation_hides_the_other_sides_deck_list(positions, observe) -> None:
    """Places in the other list would tell which cards it holds: cards are shown by id, never by instance."""
    chosen = [(g, s) for g in positions for s in (0, 1) if g.table.phase in (actions.MAIN, actions.PROMOTE)]
    shown = stack([to_state(game.table) for game, _ in chosen])
    changed = stack([to_state(other_list(game, side).table) for game, side in chosen])
    sides = np.array([side for _, side in chosen])
    assert (shown.in_hand != changed.in_hand).any(-1).mean() > 0.5
    for form in observation.FORMS:
        first, second = observe(form, shown, sides), observe(form, changed, sides)
        assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True))


def test_an_observation_hides_the_other_sides_setup(observe) -> None:
    rng = random.Random(4)
    game = Game(("weezing_arbok", "mewtwo_ex_gardevoir"), (8, 9))
    waiting, states = 1 - game.decider, [to_state(game.table)]
    while game.decider != waiting:
        game.step(rng.choice(game.legal()[1:] or game.legal()))
        states.append(to_state(game.table))
    assert len(states) > 2
    for form in observation.FORMS:
        seen = jax.device_get(observe(form, stack(states), np.full(len(states), waiting)))
        for leaf in jax.tree.leaves(seen):
            assert (leaf[:-1] == leaf[:1]).all()
    # Nothing of the other side has changed even when it is the own turn to set up.
    flat = np.asarray(observe("flat", stack(states), np.full(len(states), waiting)))
    changed = {name for name, one, two in zip(layout.names(), flat[0], flat[-1], strict=True) if one != two}
    assert changed <= {"game own decision", "game own decision SETUP_ACTIVE"}


def test_seen_cards_are_shown_by_card_and_not_by_instance(observe) -> None:
    game = Game(("pikachu_ex", "pikachu_ex"), (8, 9))
    player = game.table.players[1]
    twins = next(i for i in range(19) if player.deck.cards[i] == player.deck.cards[i + 1])
    seen = []
    for marked in (twins, twins + 1):
        for i in range(20):
            player.zone[i] = actions.HAND if i in (twins, twins + 1) else actions.DECK
            player.seen[i] = i == marked
        seen.append(to_state(game.table))
    states = stack(seen)
    shown = observe("tokens", states, np.zeros(2, int))
    assert np.array_equal(shown["seen_ids"][0], [player.deck.cards[twins]] + [0] * 19)
    for form in observation.FORMS:
        for leaf in jax.tree.leaves(jax.device_get(observe(form, states, np.zeros(2, int)))):
            assert np.array_equal(leaf[0], leaf[1])


def test_the_entries_of_an_observation_have_different_names() -> None:
    assert len(set(layout.names())) == len(layout.names())
    assert len({entry.key for entry in layout.FLAT}) == len(layout.FLAT)
