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
from twinenvs.environment import select
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

    state: EnvState  # after it, and after the reset where there is one
    ended: EnvState  # before the reset; its field `legal` is renewed only where there was no reset
    reward: jax.Array  # float32 (2,)
    terminated: jax.Array  # bool ()
    truncated: jax.Array  # bool ()
    illegal: jax.Array  # int32 (2,)


def start(rules: Rules, words: jax.Array, params: EnvParams) -> EnvState:
    """A new game from random words, uint32 (4,)."""
    return engine.with_legal(_begin(rules, words, params))


def following(rules: Rules, ended: EnvState, params: EnvParams) -> EnvState:
    """The game after another, from the other's random stream."""
    return engine.with_legal(_following(rules, ended, params))


def decide(rules: Rules, resets: bool, state: EnvState, given: jax.Array, params: EnvParams) -> Decision:
    """One decision from both players' actions, int (2,); a new game where one ended if `resets`.

    Legal actions are computed once, of the state that is left.
    """
    given = given.astype(jnp.int32)
    played, was_replaced = engine.play(state, jnp.where(state.decider == 0, given[0], given[1]))
    illegal = jnp.where(state.decider == SIDES, was_replaced, given != WAIT).astype(jnp.int32)
    terminated = played.result != actions.ONGOING
    truncated = ~terminated & (played.time >= params.max_steps_in_episode)
    won = (played.result == SIDES + actions.WON_0) & (state.result == actions.ONGOING)
    reward = won.astype(jnp.float32) - won[::-1].astype(jnp.float32)
    new = select(terminated | truncated, _following(rules, played, params), played) if resets else played
    new = engine.with_legal(new)
    return Decision(new, played.replace(legal=new.legal), reward, terminated, truncated, illegal)


def _begin(rules: Rules, words: jax.Array, params: EnvParams) -> EnvState:
    """A new game from random words, uint32 (4,)."""
    chosen = [_draw_deck(decks, words[2 + side]) for side, decks in enumerate(rules.decks)]
    cards, types = (jnp.stack(parts) for parts in zip(*chosen, strict=True))
    return engine.begin(words[:2], cards, types, rules.opening, jnp.asarray(params.max_turns))


def _following(rules: Rules, ended: EnvState, params: EnvParams) -> EnvState:
    """The game after another, from the four words after those that the other used."""
    count = ended.draws + np.arange(4, dtype=np.uint32)
    mixed = count * jnp.uint32(counter_random.WEYL_INCREMENT) + ended.seed[0]
    return _begin(rules, counter_random.hash_uint32(mixed ^ ended.seed[1]), params)


def _draw_deck(decks: tuple[Deck, ...], word: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A uniform deck: its cards int16 (20,) and types uint8 ()."""
    index = (word >> 16) * np.uint32(len(decks)) >> 16
    cards = np.array([deck.cards for deck in decks], np.int16)
    types = np.array([deck.energy_mask for deck in decks], np.uint8)
    return jnp.asarray(cards)[index], jnp.asarray(types)[index]
