"""The observation: its entries, and that it hides what the player cannot see."""

from __future__ import annotations

import random

import jax
import numpy as np

from tcgjax import actions, observation
from tcgjax.reference import Game
from tcgjax.reference.arrays import to_state
from tcgjax.reference.position import export_position, import_position

DECKS = ("weezing_arbok", "mewtwo_ex_gardevoir")
POSITIONS = 120


def permuted(game: Game, viewer: int, rng: random.Random) -> Game:
    """The same game with the other side's hidden cards dealt anew, its random stream changed."""
    table = import_position(export_position(game.table))
    player = table.players[1 - viewer]
    hidden = [i for i in range(20) if player.zone[i] in (actions.DECK, actions.HAND)]
    dealt = [(player.zone[i], player.place[i], player.seen[i]) for i in hidden]
    rng.shuffle(dealt)
    for i, (zone, place, seen) in zip(hidden, dealt, strict=True):
        player.zone[i], player.place[i], player.seen[i] = zone, place, seen
    table.chance.seed = (rng.getrandbits(32), rng.getrandbits(32))
    other = Game(game.decks, game.seed)
    other.table = table
    return other


def test_an_observation_hides_hand_deck_and_chance_of_the_other_side() -> None:
    rng, shown, hidden, viewers = random.Random(2), [], [], []
    game = Game(DECKS, (1, 2))
    for number in range(POSITIONS):
        if game.is_over:
            game = Game(DECKS, (number, 2))
        viewer = number % 2
        shown.append(to_state(game.table))
        hidden.append(to_state(permuted(game, viewer, rng).table))
        viewers.append(viewer)
        legal = game.legal()
        game.step(rng.choice(legal[1:] or legal))
    observe = jax.jit(jax.vmap(observation.flat))
    stack = lambda states: jax.tree.map(lambda *leaves: np.stack(leaves), *states)  # noqa: E731
    first, second = observe(stack(shown), np.array(viewers)), observe(stack(hidden), np.array(viewers))
    assert first.shape == (POSITIONS, len(observation.names()))
    assert np.array_equal(first, second)
    assert np.asarray(first).std(0).astype(bool).sum() > len(observation.names()) / 4


def test_an_observation_hides_the_other_sides_setup() -> None:
    game = Game(DECKS, (8, 9))
    waiting = 1 - game.decider
    observe = jax.jit(observation.flat)
    before = np.asarray(observe(to_state(game.table), np.int32(waiting)))
    while game.decider != waiting:
        game.step(game.legal()[-1])
        if game.decider != waiting:
            assert np.array_equal(np.asarray(observe(to_state(game.table), np.int32(waiting))), before)
    # Nothing of the other side has changed even when it is the own turn to set up.
    after = np.asarray(observe(to_state(game.table), np.int32(waiting)))
    changed = {name for name, one, two in zip(observation.names(), before, after, strict=True) if one != two}
    assert changed <= {"own decision"}


def test_the_entries_of_an_observation_have_different_names() -> None:
    assert len(set(observation.names())) == len(observation.names())
