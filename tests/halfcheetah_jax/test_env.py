"""HalfCheetah's interface: the contract, options, resets, the edges that MuJoCo handles otherwise, errors."""

from __future__ import annotations

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as gymnasium_check_env

import halfcheetah_jax
from halfcheetah_jax import batching
from twinenvs.testing import check_env

FAR = 65536.0  # m; float32 has steps of 8 mm there
INFO_KEYS = ("x_position", "x_velocity", "reward_forward", "reward_ctrl")


@pytest.fixture(name="env", scope="module")
def fixture_env():
    return halfcheetah_jax.make()


@pytest.fixture(name="step", scope="module")
def fixture_step(env):
    return jax.jit(env.step)


def test_check_env_accepts_halfcheetah(env):
    check_env(env, only=("identity", "shapes", "truncation", "actions", "callbacks", "render"))


@pytest.mark.slow
def test_the_whole_of_check_env_accepts_halfcheetah(env):
    check_env(env)


# The original's own space is unbounded, too.
@pytest.mark.filterwarnings("ignore:.*A Box observation space m.*imum value is -?infinity")
def test_gymnasium_checker_passes_but_for_the_unbounded_space():
    gymnasium_check_env(gymnasium.make("halfcheetah_jax:HalfCheetahJax-v0", render_mode="rgb_array").unwrapped)


def test_reset_noise_is_that_of_the_original(env):
    observation, state = jax.jit(jax.vmap(env.reset))(jax.random.split(jax.random.key(0), 2000))
    assert observation.shape == (2000, 17) and (np.abs(state.qpos) <= 0.1).all()
    assert np.allclose(np.std(state.qpos), 0.2 / np.sqrt(12), rtol=0.02)
    assert np.allclose(np.std(state.qvel), 0.1, rtol=0.02)


def test_observation_can_include_the_x_position():
    env = halfcheetah_jax.make(exclude_current_positions_from_observation=False, reset_noise_scale=0.0)
    observation, state = env.reset(jax.random.key(0))
    assert observation.shape == (18,) and not observation.any()
    assert env.get_obs(env.state_from(np.arange(9.0), np.zeros(9)))[0] == 0 == state.time


def test_reward_is_forward_less_control_with_the_raw_action(env, step):
    _, state = env.reset(jax.random.key(1))
    action = jnp.full((6,), 3.0, jnp.float32)
    _, _, reward, _, _, info = step(jax.random.key(0), state, action)
    assert set(INFO_KEYS) <= set(info)
    assert np.isclose(info["reward_ctrl"], -0.1 * 6 * 9, rtol=1e-6)
    assert np.isclose(reward, info["reward_forward"] + info["reward_ctrl"], rtol=1e-6)
    assert np.isclose(info["x_velocity"], (info["x_position"] - state.qpos[0]) / 0.05, atol=1e-3)


def test_non_finite_actions_act_as_zero(env, step):
    _, state = env.reset(jax.random.key(1))
    still = step(jax.random.key(0), state, jnp.zeros(6))
    for value in (jnp.nan, jnp.inf, -jnp.inf):
        other = step(jax.random.key(0), state, jnp.full((6,), value))
        jax.tree.map(np.testing.assert_array_equal, other[:5], still[:5])
        assert int(other[5]["illegal"]) == 1 and int(still[5]["illegal"]) == 0


def test_non_finite_states_end_with_the_episode():
    env = halfcheetah_jax.make(max_steps_in_episode=3)
    step = jax.jit(env.step)
    state = env.state_from(np.full(9, np.nan), np.full(9, np.inf))
    for _ in range(3):
        observation, state, _, _, truncated, _ = step(jax.random.key(0), state, jnp.zeros(6))
    assert bool(truncated) and np.isfinite(observation).all() and np.isfinite(state.qpos).all()


@pytest.mark.slow  # compiles a loop of its own; MuJoCo is followed for whole episodes among the fast tests
def test_long_random_play_stays_finite(env):
    keys = jax.random.split(jax.random.key(0), 64)

    def body(state, key):
        actions = jnp.sign(jax.random.normal(key, (64, 6)))
        observation, state, reward, *_ = jax.vmap(env.step)(keys, state, actions)
        return state, (jnp.isfinite(observation).all(), jnp.isfinite(reward).all())

    _, finite = jax.jit(lambda state: jax.lax.scan(body, state, jax.random.split(keys[0], 300)))(
        jax.vmap(env.reset)(keys)[1]
    )
    assert all(flags.all() for flags in finite)


def test_x_far_from_the_origin_loses_nothing(env, step):
    near, far = (env.state_from(np.eye(9)[0] * x, np.full(9, 0.1)) for x in (0.0, FAR))
    action = jnp.linspace(-1, 1, 6)
    for _ in range(50):
        near, far = (step(jax.random.key(0), state, action)[1] for state in (near, far))
    moved = np.float64(near.qpos[0]) + np.float64(near.x_residue)
    assert np.isclose(np.float64(far.qpos[0]) + np.float64(far.x_residue) - FAR, moved, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(near.qpos[1:], far.qpos[1:])


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"frame_skip": 0}, ValueError, "frame_skip must be an integer between 1 and 1024, got 0"),
        ({"precision": "float64"}, ValueError, "precision='float64' needs jax_enable_x64"),
        ({"reset_noise_scale": -1}, ValueError, "reset_noise_scale must be 0 or more, got -1"),
        ({"max_steps_in_episode": 0}, ValueError, "max_steps_in_episode must be a whole number"),
        ({"gravity": 1}, TypeError, "no option 'gravity'"),
    ],
)
def test_make_names_a_bad_option(options, error, words):
    with pytest.raises(error, match=words):
        halfcheetah_jax.make(**options)


def test_render_follows_the_body(env):
    _, state = env.reset(jax.random.key(0))
    lying = state.replace(qpos=state.qpos.at[2].set(1.5))
    assert not np.array_equal(env.render(state), env.render(lying))


# One block, and two of which the last is filled up, against whole ones.
@pytest.mark.slow  # the comparison with MuJoCo steps whole blocks among the fast tests
@pytest.mark.parametrize("count", [5, batching.BLOCK + 1])
def test_step_of_a_batch_equals_the_step_of_each_body(count: int) -> None:
    env = halfcheetah_jax.make()
    keys = jax.random.split(jax.random.key(3), 2 * batching.BLOCK)
    _, states = jax.vmap(env.reset)(keys)
    actions = jax.random.uniform(jax.random.key(4), (len(keys), 6), jnp.float32, -1, 1)
    step = jax.vmap(lambda state, action: env.step_env(keys[0], state, action, env.default_params)[1])
    whole = step(states, actions)
    part = step(*jax.tree.map(lambda leaf: leaf[-count:], (states, actions)))
    for name in ("qpos", "qvel"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[-count:])
