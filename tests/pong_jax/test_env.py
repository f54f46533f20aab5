"""Pong's interface: options, quirks that the environment keeps, episodes' ends, errors."""

from __future__ import annotations

import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import pong_jax
from pong_jax.env import OBSERVATION_HIGH, OBSERVATION_LOW
from pong_jax.rules import moving_of
from pong_jax.state import EnvParams

TRACES = pathlib.Path(__file__).parent / "data" / "pufferlib_pong_3.0.0_traces.npz"


def rollout(env, action, steps, batch=1, seed=0):
    """Plays one action; returns the states, rewards, flags and infos of every step, batch first inside."""
    keys = jax.random.split(jax.random.key(seed), batch)

    def body(state, _):
        observation, state, reward, terminated, truncated, info = jax.vmap(env.step)(
            keys, state, jnp.full(batch, action, jnp.int32)
        )
        return state, (observation, state, reward, terminated, truncated, info)

    _, state = jax.vmap(env.reset)(keys)
    return jax.device_get(jax.jit(lambda s: jax.lax.scan(body, s, None, steps)[1])(state))


def test_own_step_equals_the_generic_step():
    """`PongJax.step` chooses before it normalises; the base class normalises both and chooses."""
    env = pong_jax.make(frameskip=8, max_score=2)
    keys = jax.random.split(jax.random.key(1), 64)

    def body(carry, key):
        own, generic = carry
        action = jax.random.randint(key, (64,), 0, 3)
        own_out = jax.vmap(env.step)(keys, own, action)
        generic_out = jax.vmap(super(pong_jax.PongJax, env).step)(keys, generic, action)
        return (own_out[1], generic_out[1]), (own_out, generic_out)

    _, state = jax.vmap(env.reset)(keys)
    run = jax.jit(lambda state: jax.lax.scan(body, (state, state), jax.random.split(keys[0], 120))[1])
    own, generic = jax.device_get(run(state))
    jax.tree.map(np.testing.assert_array_equal, own, generic)
    assert own[3].any()


def test_observation_space_contains_every_recorded_observation():
    with np.load(TRACES, allow_pickle=False) as traces:
        seen = np.concatenate([traces["observation"], traces["trans_observation"]])
    assert seen.min() < 0, "the original leaves its own Box(0, 1)"
    assert seen.min() >= OBSERVATION_LOW and seen.max() <= OBSERVATION_HIGH


def test_serves_of_different_keys_are_independent():
    env = pong_jax.make()
    _, state = jax.vmap(env.reset)(jax.random.split(jax.random.key(0), 4096))
    up = float((np.asarray(state.ball_vy) == 0).mean())
    assert set(np.unique(state.ball_vy)) == {-1, 0}
    assert abs(up - 0.5) < 0.05, "5 standard deviations of a fair coin over 4,096 draws are 0.04"


def test_serves_of_one_stream_are_fair_and_uncorrelated():
    env = pong_jax.make(frameskip=8)
    _, states, *_ = rollout(env, 1, 400, batch=256)
    drawn = np.diff(states.draws.astype(np.int64), axis=0)
    serves = states.ball_vy[1:][drawn == 1] == 0
    assert serves.size > 5000 and abs(serves.mean() - 0.5) < 0.05
    pairs = serves[: serves.size // 2 * 2].reshape(-1, 2)
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 0.1


def test_final_observation_shows_the_winner():
    env = pong_jax.make(frameskip=8)
    observation, states, reward, terminated, truncated, info = rollout(env, 1, 800, batch=4)
    assert terminated.any() and not truncated.any()
    lost = terminated & (reward < 0)
    assert lost.any()
    assert (info["final_observation"][lost][:, 6:] == [1, 0]).all()
    assert (observation[..., 6:] == 0).all(), "what the original returns never shows a score"
    assert (info["final_observation"][~terminated] == observation[~terminated]).all()
    assert (states.time[terminated] == 0).all() and (states.score_l[terminated] == 0).all()


def test_point_returns_the_observation_before_it():
    env = pong_jax.make()
    observation, states, reward, terminated, *_ = rollout(env, 1, 400)
    point = np.flatnonzero((np.abs(reward[:, 0]) == 1) & ~terminated[:, 0])
    assert point.size > 3
    assert (observation[point, 0] == observation[point - 1, 0]).all()
    assert (states.ball_x[point, 0] == 100).all() and (states.tick[point, 0] == 0).all()


def test_log_is_that_of_the_original():
    env = pong_jax.make(frameskip=8)
    _, _, reward, terminated, _, info = rollout(env, 1, 800, batch=8)
    log = info["log"]
    assert (log["n"] == terminated).all() and (log["score"] == log["episode_return"]).all()
    assert (log["score"][terminated] == -21).all() and (log["perf"][terminated] == 0).all()
    # The length is that of the last rally: `tick` is cleared at every point.
    assert (log["episode_length"][terminated] < info["episode_length"][terminated] / 10).all()
    first = int(np.flatnonzero(terminated[:, 0])[0])
    assert info["episode_length"][first, 0] == first + 1
    assert np.isclose(info["episode_return"][first, 0], reward[: first + 1, 0].sum(), atol=1e-3)


def test_bounces_count_in_the_episode_return():
    env = pong_jax.make()
    _, state = env.reset(jax.random.key(0))
    total, bounced = 0.0, 0
    step = jax.jit(env.step)
    for _ in range(300):
        centre = int(state.ball_y) + 16 - (int(state.paddle_yr) + 35)
        action = 0 if abs(centre) <= 4 else 1 if centre > 0 else 2
        _, state, reward, _, _, info = step(jax.random.key(0), state, action)
        total += float(reward)
        bounced += float(reward) == float(np.float32(0.1))
    assert bounced >= 2 and np.isclose(float(info["episode_return"]), total, atol=1e-5)


def test_truncation_draws_a_new_serve_and_keeps_the_stream():
    env = pong_jax.make(max_steps_in_episode=10)
    _, states, _, terminated, truncated, info = rollout(env, 0, 35)
    assert np.flatnonzero(truncated[:, 0]).tolist() == [9, 19, 29] and not terminated.any()
    assert states.draws[-1, 0] == 4 and len(np.unique(states.seed)) == 1
    assert (info["final_observation"][9, 0, 2] * 500).round() == 200


@pytest.mark.parametrize("action", [3, -1, 200, np.iinfo(np.int32).max])
def test_other_actions_act_as_still_in_traced_code(action):
    env = pong_jax.make()
    _, state = env.reset(jax.random.key(0))
    step = jax.jit(env.step)
    other = step(jax.random.key(0), state, jnp.int32(action))
    still = step(jax.random.key(0), state, jnp.int32(0))
    jax.tree.map(np.testing.assert_array_equal, other[:5], still[:5])
    assert int(other[5]["illegal"]) == 1 and int(still[5]["illegal"]) == 0


@pytest.mark.parametrize(
    ("action", "acts_as"), [(np.nan, 0.0), (np.inf, 0.0), (-np.inf, 0.0), (7.0, 1.0), (-1.5, -1.0)]
)
def test_continuous_actions_are_clipped_and_nan_is_still(action, acts_as):
    env = pong_jax.make(continuous=True)
    _, state = env.reset(jax.random.key(0))
    step = jax.jit(env.step)
    given = step(jax.random.key(0), state, jnp.full((1,), action, jnp.float32))
    expected = step(jax.random.key(0), state, jnp.full((1,), acts_as, jnp.float32))
    jax.tree.map(np.testing.assert_array_equal, given[:5], expected[:5])
    assert int(given[5]["illegal"]) == (not np.isfinite(action))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"frameskip": 0}, ValueError, "frameskip must be an integer between 1 and 1024, got 0"),
        ({"frameskip": 1.5}, ValueError, "frameskip must be an integer between 1 and 1024, got 1.5"),
        ({"continuous": "yes"}, ValueError, "continuous must be one of False, True, got 'yes'"),
        ({"number": "float64"}, ValueError, "number must be one of 'int16', 'float32', None, got 'float64'"),
        ({"number": "int16", "continuous": True}, ValueError, "continuous actions need number='float32'"),
        ({"auto_reset": "never"}, ValueError, "auto_reset must be one of 'fresh', 'pooled', 'none', got 'never'"),
        ({"pool_size": 0}, ValueError, "pool_size must be an integer of at least 1, got 0"),
        ({"paddle_sped": 3}, TypeError, "no option 'paddle_sped'; the options are .*paddle_speed"),
        ({"paddle_speed": 6.5}, ValueError, r"paddle_speed must be a whole number, got 6.5; make\(number='float32'\)"),
        ({"paddle_speed": "8"}, ValueError, "paddle_speed must be one finite number, got '8'"),
        ({"paddle_speed": float("nan")}, ValueError, "paddle_speed must be one finite number, got nan"),
        ({"width": 501}, ValueError, "width must be a multiple of 5, got 501"),
        ({"width": 20000}, ValueError, "width must lie between -8192 and 8192"),
        ({"height": 0}, ValueError, "height must be greater than 0, got 0"),
        ({"max_score": 0}, ValueError, "max_score must lie between 1 and 32767, got 0"),
        ({"max_score": 2.5, "number": "float32"}, ValueError, "max_score must be a whole number, got 2.5"),
        ({"max_steps_in_episode": -1}, ValueError, "max_steps_in_episode must lie between 1 and"),
        ({"ball_initial_speed_x": 400}, ValueError, "a serve must not reach the right edge in its first frame"),
    ],
)
def test_make_names_a_bad_option(options, error, words):
    with pytest.raises(error, match=words):
        pong_jax.make(**options)


@pytest.mark.parametrize(
    ("action", "error", "words"),
    [
        (3, ValueError, "an action must be one of 0 .. 2, got 3"),
        (np.array([1]), ValueError, r"an action must have shape \(\), got \(1,\); use jax.vmap"),
        (1.0, TypeError, "an action must have dtype int32, got float64"),
        ("up", TypeError, "an action must have dtype int32"),
    ],
)
def test_step_names_a_bad_action(action, error, words):
    env = pong_jax.make()
    _, state = env.reset(jax.random.key(0))
    with pytest.raises(error, match=words):
        env.step(jax.random.key(0), state, action)


def test_traced_action_of_wrong_dtype_fails_at_trace_time():
    env = pong_jax.make()
    _, state = env.reset(jax.random.key(0))
    with pytest.raises(TypeError, match="an action must have dtype int32, got float32"):
        jax.jit(env.step)(jax.random.key(0), state, jnp.float32(1))


def test_params_given_at_run_time_are_checked():
    env = pong_jax.make()
    with pytest.raises(ValueError, match="paddle_height must be greater than 0, got -1"):
        env.reset(jax.random.key(0), EnvParams(paddle_height=-1))


def test_params_can_be_batched():
    env = pong_jax.make(number="float32")
    speeds = jnp.array([2.0, 8.0, 4.5])
    params = jax.vmap(lambda speed: EnvParams(paddle_speed=speed))(speeds)
    axes = EnvParams(**dict.fromkeys(EnvParams.__dataclass_fields__)).replace(paddle_speed=0)
    params = EnvParams().replace(paddle_speed=params.paddle_speed)
    keys = jax.random.split(jax.random.key(0), 3)
    _, state = jax.vmap(env.reset, (0, axes))(keys, params)
    _, stepped, *_ = jax.jit(jax.vmap(env.step, (0, 0, 0, axes)))(keys, state, jnp.ones(3, int), params)
    assert (stepped.paddle_yr - state.paddle_yr).tolist() == [2.0, 8.0, 4.5]


def test_whole_and_float_numbers_play_the_same_game():
    whole, real = pong_jax.make(frameskip=8), pong_jax.make(frameskip=8, number="float32")
    for one, other in zip(rollout(whole, 2, 200, batch=4)[:4], rollout(real, 2, 200, batch=4)[:4], strict=True):
        jax.tree.map(lambda a, b: np.testing.assert_array_equal(a.astype(np.float64), b.astype(np.float64)), one, other)


def test_observe_agrees_with_step_between_points():
    env = pong_jax.make(frameskip=8)
    observation, states, reward, *_ = rollout(env, 2, 100)
    quiet = np.flatnonzero(np.abs(reward[:, 0]) < 1)
    for index in quiet[:5]:
        state = jax.tree.map(lambda leaf, i=index: leaf[i, 0], states)
        assert (np.asarray(env.get_obs(state)) == observation[index, 0]).all()
        assert moving_of(state).ball_x == states.ball_x[index, 0]


def test_fidelity_reports_no_mismatch():
    fidelity = pong_jax.make().fidelity()
    exact = [check for check in fidelity["checks"] if check["bound"] == 0]
    assert sum(check["steps"] for check in exact) >= 500_000
    assert all(check["mismatches"] == 0 and check["max_error"] == 0 for check in exact)
