"""The game of two players: who decides, both views and rewards, wrong actions, the view in pgx's shape."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tcgjax
import twinenvs
from tcgjax import actions
from tcgjax.players import play_weighted
from twinenvs.pgx_view import pgx_view

pytestmark = pytest.mark.timeout(900)  # the step is long to compile on a busy machine

GAMES, STEPS = 64, 200


@pytest.fixture(scope="module")
def rollout():
    """Weighted play of both sides: values of every step, leading axes (STEPS, GAMES)."""
    env = tcgjax.make_multi(deck="pikachu_ex", opponent_deck=["mewtwo_ex_gardevoir", "weezing_arbok"])

    def run(key):
        def body(carry, key):
            state, mask = carry
            key_action, key_step = jax.random.split(key)
            chosen = jax.vmap(lambda mask, key: play_weighted(None, None, mask, key))(
                mask, jax.random.split(key_action)
            )
            seen, new, reward, terminated, truncated, info = env.step(key_step, state, chosen)
            return (new, info["action_mask"]), (seen, reward, terminated, truncated, info, new, chosen)

        _, state = env.reset(key)
        return jax.lax.scan(body, (state, env.action_mask(state)), jax.random.split(key, STEPS))[1]

    keys = jax.random.split(jax.random.key(0), GAMES)
    values = jax.device_get(twinenvs.jit(jax.vmap(run), env=env)(keys))
    return env, jax.tree.map(lambda leaf: np.swapaxes(leaf, 0, 1), values)


@pytest.mark.slow
def test_exactly_one_player_decides_and_the_other_may_only_wait(rollout) -> None:
    _, (_, _, _, _, info, new, _) = rollout
    assert (info["needs_decision"].sum(-1) == 1).all()
    assert (info["needs_decision"].argmax(-1) == new.decider).all()
    only_wait = np.arange(actions.NUM_ACTIONS) == 0
    assert (info["action_mask"][~info["needs_decision"]] == only_wait).all()
    assert info["action_mask"][info["needs_decision"]].any(-1).all()
    assert not info["illegal"].any()


@pytest.mark.slow
def test_rewards_are_opposite_and_come_at_the_end(rollout) -> None:
    _, (_, reward, terminated, truncated, _, new, _) = rollout
    assert reward.dtype == np.float32 and (reward.sum(-1) == 0).all()
    assert not reward[~terminated].any() and not truncated.any()
    assert {-1.0, 1.0} <= set(np.unique(reward[terminated]))
    assert (new.time[terminated] == 0).all() and (new.turn[terminated] == 0).all()


@pytest.mark.slow
def test_each_player_gets_its_own_view(rollout) -> None:
    env, (seen, _, terminated, _, info, new, _) = rollout
    assert seen.shape == (STEPS, GAMES, 2, *env.observation_space().shape)
    observe = jax.jit(jax.vmap(lambda state: [env.player_observation(state, np.int32(p)) for p in (0, 1)]))
    for player, expected in enumerate(observe(jax.tree.map(lambda leaf: leaf[-1], new))):
        assert np.array_equal(seen[-1, :, player], expected)
    same = (seen == info["final_observation"]).all((-1, -2))
    assert same[~terminated].all() and not same[terminated].any()


@pytest.mark.slow
def test_games_that_follow_differ(rollout) -> None:
    _, (_, _, terminated, _, _, new, _) = rollout
    seeds = new.seed[terminated]
    assert len(np.unique(seeds, axis=0)) == len(seeds) > GAMES


def test_a_wrong_action_of_either_player_is_named() -> None:
    env = tcgjax.make_multi(deck="pikachu_ex", opponent_deck="pikachu_ex")
    _, state = jax.jit(env.reset)(jax.random.key(0))
    first = int(state.decider)
    legal = np.flatnonzero(env.action_mask(state)[first])
    right = np.zeros(2, np.int32)
    right[first] = legal[0]
    assert np.array_equal(env.check_action(right, state), right)
    wrong = right.copy()
    wrong[1 - first] = 5
    with pytest.raises(
        ValueError, match=rf"player {1 - first}'s action 5 is not legal now; the legal actions are \[0\]"
    ):
        env.check_action(wrong, state)
    with pytest.raises(ValueError, match=r"both players' actions must have shape \(2,\), got \(3,\)"):
        env.check_action(np.zeros(3, np.int32), state)
    with pytest.raises(TypeError, match="actions must have dtype int32, got float32"):
        env.check_action(np.zeros(2, np.float32), state)
    with pytest.raises(ValueError, match=r"action must be one of 0 \.\. 75, got 76"):
        env.check_action(np.full(2, 76), state)


@pytest.mark.slow
def test_illegal_actions_in_traced_code_are_counted_by_player() -> None:
    env = tcgjax.make_multi(deck="pikachu_ex", opponent_deck="pikachu_ex")
    _, state = jax.jit(env.reset)(jax.random.key(0))
    step = twinenvs.jit(env.step_env, env=env)
    _, _, _, _, _, info = step(jax.random.key(0), state, jnp.array([75, 75]), env.default_params)
    assert info["illegal"].tolist() == [1, 1]
    first = int(state.decider)
    chosen = np.zeros(2, np.int32)
    chosen[first] = 75
    _, replaced, _, _, _, info = step(jax.random.key(0), state, chosen, env.default_params)
    assert info["illegal"].tolist() == [int(player == first) for player in (0, 1)]
    chosen[first] = np.flatnonzero(env.action_mask(state)[first])[0]
    _, lowest, _, _, _, _ = step(jax.random.key(0), state, chosen, env.default_params)
    assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(replaced), jax.tree.leaves(lowest), strict=True))


@pytest.mark.slow
def test_the_pgx_view_plays_to_the_end_and_then_stands_still() -> None:
    view = pgx_view(tcgjax.make_multi(deck="pikachu_ex", opponent_deck="pikachu_ex", max_turns=4))
    assert (view.num_players, view.num_actions, view.id) == (2, actions.NUM_ACTIONS, "TCGJax-v0")

    def run(key):
        def body(state, key):
            action = play_weighted(None, None, state.legal_action_mask, key)
            new = view.step(state, action)
            return new, new

        return jax.lax.scan(body, view.init(key), jax.random.split(key, 120))

    states = jax.device_get(twinenvs.jit(run, env=view._env)(jax.random.key(0))[1])
    assert states.observation.shape[1:] == view.observation_shape
    over = states.terminated | states.truncated
    last = int(over.argmax())
    assert over[last:].all() and not over[:last].any() and last > 8
    assert not states.rewards[:last].any() and not states.rewards[last + 1 :].any()
    assert states.legal_action_mask[last:].all() and not states.legal_action_mask[:last].all(-1).any()
    assert (states.game.time[last:] == states.game.time[last]).all()
    assert set(states.current_player[:last]) == {0, 1}
