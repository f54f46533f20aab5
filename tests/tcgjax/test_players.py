"""The players: what they prefer, and that the search sees no more than its player."""

from __future__ import annotations

import copy
import random
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.oracles.tcg_reference import PLAYERS as REFERENCE_PLAYERS
from tcgjax import actions, search
from tcgjax.data.decks import Deck, random_deck
from tcgjax.players import PLAYERS, attack_ranks, lead
from tcgjax.reference import Game
from tcgjax.reference.arrays import to_state

GAMES = 4
STRIDE = 5  # every fifth position of a game
OPTIONS = {"xla_disable_hlo_passes": "fusion"}
SEED = 7


def mask_of(*legal: int) -> np.ndarray:
    mask = np.zeros(actions.NUM_ACTIONS, bool)
    mask[list(legal)] = True
    return mask


@pytest.mark.parametrize(
    ("legal", "chosen"),
    [
        ((0, 1, 2, 8, 9, 15), 8),  # energy for the Active first
        ((0, 1, 2, 9, 15), 2),  # then its last attack
        ((0, 4, 9, 12, 15, 16), 15),  # without one, cards
        ((0, 12), 0),  # no retreat
        ((36, 37), 36),
    ],
)
def test_attach_attack_keeps_its_order(legal, chosen):
    assert PLAYERS["attach_attack"](None, None, jnp.asarray(mask_of(*legal)), jax.random.key(0)) == chosen


def test_attach_attack_ranks_every_action():
    assert (attack_ranks() >= 0).all() and len(attack_ranks()) == actions.NUM_ACTIONS


def positions() -> list[Game]:
    """Positions of games between random decks, set-up included."""
    rng, found = random.Random(5), []
    for number in range(GAMES):
        game = Game([random_deck(rng), random_deck(rng)], (number, 3), keep_log=False)
        player = REFERENCE_PLAYERS[("thorough", "weighted")[number % 2]]
        while not game.is_over:
            if len(game.actions) % STRIDE == 0 or game.table.turn == 0:
                found.append(copy.deepcopy(game))
            game.step(player(game, game.legal(), rng))
    return found


def stack(trees: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


def other_hidden(state: Any, viewer: int, rng: random.Random, deck: Deck) -> Any:
    """The state with all changed that the viewer does not see: unseen cards and who holds them, coins to come."""
    other = 1 - viewer
    fields = {name: np.array(getattr(state, name)) for name in ("deck", "in_hand", "in_deck", "top", "bottom", "seed")}
    in_setup = int(state.turn) == 0
    in_play = np.bitwise_or.reduce(state.in_slot[other])
    seen = 0 if in_setup else int(state.in_discard[other] | state.seen[other] | in_play)
    for instance in range(20):
        if not seen >> instance & 1:
            fields["deck"][other, instance] = deck.cards[instance]
    hidden = [i for i in range(20) if int(state.in_hand[other] | state.in_deck[other]) >> i & 1 and not seen >> i & 1]
    held = [i for i in hidden if int(state.in_hand[other]) >> i & 1]
    drawn = sum(1 << i for i in rng.sample(hidden, len(held)))
    fields["in_hand"][other] = int(state.in_hand[other]) & seen | drawn
    fields["in_deck"][other] = sum(1 << i for i in hidden) & ~drawn
    fields["top"][other], fields["bottom"][other] = -1, -1
    fields["seed"] = fields["seed"] ^ np.uint32(12345)
    changed = state.replace(**fields)
    if in_setup:
        # What lies face down is hidden, too.
        slots, cards = np.array(changed.in_slot), np.array(changed.slot_card)
        slots[other], cards[other] = [1, 0, 0, 0], [deck.cards[0], 0, 0, 0]
        hand, pile = np.array(changed.in_hand), np.array(changed.in_deck)
        hand[other], pile[other] = 0b11110, 0xFFFE0
        changed = changed.replace(in_slot=slots, slot_card=cards, in_hand=hand, in_deck=pile)
    return changed


def test_search_sees_no_more_than_its_player():
    rng = random.Random(8)
    games = positions()
    states = [to_state(game.table) for game in games]
    viewers = np.array([game.decider for game in games], np.int32)
    changed = [other_hidden(s, int(v), rng, random_deck(rng)) for s, v in zip(states, viewers, strict=True)]
    view = jax.jit(jax.vmap(search.view_of, in_axes=(0, 0, None)), compiler_options=OPTIONS)
    key = jax.random.key(SEED)
    ours, theirs = (jax.device_get(view(stack(trees), viewers, key)) for trees in (states, changed))
    for name in vars(ours):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
    # The viewer's own side is as it was.
    rows = np.arange(len(viewers))
    for name in ("deck", "in_hand", "in_deck", "in_slot", "slot_card", "top", "bottom"):
        own = getattr(stack(states), name)[rows, viewers]
        np.testing.assert_array_equal(getattr(ours, name)[rows, viewers], own, err_msg=name)


@pytest.fixture(scope="module")
def states() -> Any:
    """Positions of some games, leaves (n, ...)."""
    return stack([to_state(game.table) for game in positions()])


@pytest.fixture(scope="module")
def worth() -> Any:
    """The compiled worth: (states, viewer) -> float32 (n,)."""
    return jax.jit(jax.vmap(search.worth, in_axes=(0, None)), compiler_options=OPTIONS)


def test_worth_of_the_two_sides_is_opposite(states, worth):
    np.testing.assert_allclose(worth(states, 0), -np.asarray(worth(states, 1)), rtol=1e-5, atol=1e-3)
    assert np.std(worth(states, 0)) > 1


def test_worth_of_a_win_beats_everything(states, worth):
    won = states.replace(result=np.full_like(states.result, actions.WON_1))
    assert (np.asarray(worth(won, 1)) == search.WIN).all()
    assert (np.asarray(worth(won, 0)) == -search.WIN).all()
    assert (np.abs(worth(states, 0)) < search.WIN).all()


def test_nth_legal_counts_through_all_words():
    legal = [0, 5, 31, 32, 40, 63, 64, 75]
    words = np.array([sum(1 << (a - 32 * k) for a in legal if a // 32 == k) for k in range(3)], np.uint32)
    assert [int(search.nth_legal(jnp.asarray(words), jnp.int32(n))) for n in range(len(legal))] == legal


def test_lead_is_the_difference_in_points():
    state = to_state(positions()[0].table).replace(points=np.array([2, 1], np.int8))
    np.testing.assert_allclose(lead(state), [1 / 3, -1 / 3], rtol=1e-6)


@pytest.mark.slow
def test_search_is_much_stronger_than_weighted():
    from benchmarks.arena import Arena

    arena = Arena("tcgjax")
    result = arena.match(arena.player("minimax"), arena.player("weighted"), 0)
    assert result.score >= 0.9  # the bound that a yardstick for learned policies must hold
