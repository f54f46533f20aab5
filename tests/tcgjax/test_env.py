"""The single-agent environment; its rules are compared in test_engine.py."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tcgjax
import twinenvs
from tcgjax import actions, observation
from tcgjax.data.decks import DeckError
from tcgjax.players import KIND_WEIGHTS, play_random, play_weighted
from twinenvs.environment import INFO_KEYS

pytestmark = pytest.mark.timeout(900)  # the step is long to compile on a busy machine

GAMES = 64
STEPS = 260  # beyond the longest game between these players
DRAWS = 4000


@pytest.fixture(scope="module")
def rollout():
    """Random play against the weighted player: every value of every step, leading axes (STEPS, GAMES)."""
    env = tcgjax.make(deck="pikachu_ex", opponent_deck=["mewtwo_ex_gardevoir", "weezing_arbok"])

    def run(key):
        def body(carry, key):
            state, mask = carry
            key_action, key_step = jax.random.split(key)
            action = play_random(None, None, mask, key_action)
            seen, state, reward, terminated, truncated, info = env.step(key_step, state, action)
            out = (seen, reward, terminated, truncated, info, state.time, state.decider, action, mask)
            return (state, info["action_mask"]), out

        _, state = env.reset(key)
        return jax.lax.scan(body, (state, env.action_mask(state)), jax.random.split(key, STEPS))[1]

    keys = jax.random.split(jax.random.key(0), GAMES)
    values = jax.device_get(twinenvs.jit(jax.vmap(run), env=env)(keys))
    return env, jax.tree.map(lambda leaf: np.swapaxes(leaf, 0, 1), values)


def test_episodes_end_with_rewards_and_start_anew(rollout) -> None:
    _, (_, reward, terminated, truncated, info, time, _, _, _) = rollout
    assert terminated.sum() >= GAMES
    assert not truncated.any()
    assert set(np.unique(reward)) <= {-1.0, 0.0, 1.0}
    assert not reward[~terminated].any()
    assert {-1.0, 1.0} <= set(np.unique(reward[terminated]))
    assert (time[terminated] == 0).all()
    assert not info["illegal"].any()


def test_the_learner_waits_while_the_opponent_decides(rollout) -> None:
    _, (_, _, terminated, _, info, _, decider, action, mask) = rollout
    waits = decider == 1
    assert waits.any()
    only_zero = np.arange(actions.NUM_ACTIONS) == 0
    assert (info["action_mask"][waits] == only_zero).all()
    assert (info["needs_decision"] == (decider == 0))[~terminated].all()
    assert mask[np.arange(STEPS)[:, None], np.arange(GAMES), action].all()


def test_observations_lie_in_their_space(rollout) -> None:
    env, (seen, *_, info, _, _, _, _) = rollout
    space = env.observation_space()
    assert seen.shape[2:] == space.shape == (len(observation.names()),)
    assert ((seen >= space.low) & (seen <= space.high)).all()
    assert set(INFO_KEYS) <= set(info)


def test_players_choose_legal_actions_by_their_weights() -> None:
    mask = np.zeros(actions.NUM_ACTIONS, bool)
    mask[[actions.END, actions.ATTACK, actions.PLAY + 3]] = True
    keys = jax.random.split(jax.random.key(1), DRAWS)
    chosen = np.asarray(jax.vmap(lambda key: play_weighted(None, None, jnp.asarray(mask), key))(keys))
    weights = dict(KIND_WEIGHTS)
    share = weights[actions.ATTACK] / sum(weights[first] for first in (actions.END, actions.ATTACK, actions.PLAY))
    assert mask[chosen].all()
    assert abs((chosen == actions.ATTACK).mean() - share) < 5 * np.sqrt(share * (1 - share) / DRAWS)
    uniform = np.asarray(jax.vmap(lambda key: play_random(None, None, jnp.asarray(mask), key))(keys))
    assert set(np.unique(uniform)) == set(np.flatnonzero(mask))


@pytest.mark.parametrize(
    ("options", "kind", "sentence"),
    [
        ({"deck": "nothing"}, DeckError, "there is no deck 'nothing'"),
        ({"opponent": "strong"}, ValueError, "'attach_attack', 'minimax1', 'minimax', got 'strong'"),
        ({"opening": "none"}, ValueError, "opening must be one of 'inject', 'mulligan', got 'none'"),
        ({"speed": 3}, TypeError, "speed"),
    ],
)
def test_a_wrong_option_is_named(options, kind, sentence) -> None:
    with pytest.raises(kind, match=sentence):
        tcgjax.make(**options)


def test_environments_are_hashable_and_small() -> None:
    env = tcgjax.make(deck="pikachu_ex")
    assert hash(env) == hash(tcgjax.make(deck="pikachu_ex"))
    assert env != tcgjax.make(deck="weezing_arbok")
    assert env.num_actions == actions.NUM_ACTIONS
    assert env.bytes_per_env() <= 400
