"""The environment's transitions: start of a game, decision, the game that follows."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from tcgjax import actions, engine
from tcgjax.data.decks import Deck
from tcgjax.state import EnvParams, EnvState
from twinenvs import counter_random
from twinenvs.multi import NUM_PLAYERS, WAIT

SIDES = np.arange(NUM_PLAYERS)


class Rules(NamedTuple):
    """What is fixed when a game is compiled.

    Attributes:
        decks: of each player, those that an episode draws its deck from.
        opening: "inject" or "mulligan".
    """

    decks: tuple[tuple[Deck, ...], tuple[Deck, ...]]
    opening: str


class Decision(NamedTuple):
    """What one decision leads to."""

    state: EnvState  # after it
    reward: jax.Array  # float32 (2,)
    terminated: jax.Array  # bool ()
    truncated: jax.Array  # bool ()
    illegal: jax.Array  # int32 (2,)


def start(rules: Rules, words: jax.Array, params: EnvParams) -> EnvState:
    """A new game from random words, uint32 (4,)."""
    chosen = [_draw_deck(decks, words[2 + side]) for side, decks in enumerate(rules.decks)]
    cards, types = (jnp.stack(parts) for parts in zip(*chosen, strict=True))
    return engine.with_legal(engine.begin(words[:2], cards, types, rules.opening, jnp.asarray(params.max_turns)))


def following(rules: Rules, ended: EnvState, params: EnvParams) -> EnvState:
    """The game after another, from the four words after those that the other used."""
    count = ended.draws + np.arange(4, dtype=np.uint32)
    mixed = count * jnp.uint32(counter_random.WEYL_INCREMENT) + ended.seed[0]
    return start(rules, counter_random.hash_uint32(mixed ^ ended.seed[1]), params)


def decide(rules: Rules, state: EnvState, given: jax.Array, params: EnvParams) -> Decision:
    """One decision from both players' actions, int (2,)."""
    given = given.astype(jnp.int32)
    played, was_replaced = engine.step(state, jnp.where(state.decider == 0, given[0], given[1]))
    illegal = jnp.where(state.decider == SIDES, was_replaced, given != WAIT).astype(jnp.int32)
    terminated = played.result != actions.ONGOING
    truncated = ~terminated & (played.time >= params.max_steps_in_episode)
    won = (played.result == SIDES + actions.WON_0) & (state.result == actions.ONGOING)
    reward = won.astype(jnp.float32) - won[::-1].astype(jnp.float32)
    return Decision(played, reward, terminated, truncated, illegal)


def _draw_deck(decks: tuple[Deck, ...], word: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A uniform deck: its cards int16 (20,) and types uint8 ()."""
    index = (word >> 16) * np.uint32(len(decks)) >> 16
    cards = np.array([deck.cards for deck in decks], np.int16)
    types = np.array([deck.energy_mask for deck in decks], np.uint8)
    return jnp.asarray(cards)[index], jnp.asarray(types)[index]
