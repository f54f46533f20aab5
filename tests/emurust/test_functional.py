"""The batched functional form: six values, jit and scan, the same episodes as the Gymnasium form."""

from __future__ import annotations

import copy

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import emurust
from emurust.gymnasium_env import EmuRustVectorEnv

N = 3


@pytest.fixture
def env():
    return emurust.make(N, observation="ram", max_steps_in_episode=30)


def test_step_gives_six_values_of_the_documented_form(env):
    observation, state = env.reset(jax.random.key(0))
    assert observation.shape == (N, 17) and observation.dtype == jnp.uint8 and state.time.tolist() == [0] * N
    observation, state, reward, terminated, truncated, info = env.step(jax.random.key(1), state, jnp.zeros(N, int))
    assert reward.dtype == jnp.float32 and terminated.dtype == truncated.dtype == bool
    assert state.time.tolist() == [1] * N and info["action_mask"].shape == (N, 5)
    assert {"terminated", "truncated", "final_observation", "action_mask", "illegal"} <= set(info)
    assert env.observation_space().shape == (17,) and env.num_actions == 5
    assert env.bytes_per_env() > 16384 and env.render(state).shape == (144, 160, 3)


def test_scan_under_jit_equals_single_steps(env):
    other = copy.deepcopy(env)
    actions = jax.random.randint(jax.random.key(2), (50, N), 0, 5)

    @jax.jit
    def rollout(key):
        def body(state, action):
            observation, state, reward, terminated, truncated, info = env.step(key, state, action)
            return state, (observation, reward, terminated, truncated, info["final_observation"])

        _, state = env.reset(key)
        return jax.lax.scan(body, state, actions)[1]

    scanned = rollout(jax.random.key(3))
    _, state = other.reset(jax.random.key(3))
    truncations = 0
    for now, action in enumerate(actions):
        observation, state, reward, terminated, truncated, info = other.step(None, state, action)
        single = (observation, reward, terminated, truncated, info["final_observation"])
        assert all(np.array_equal(a, b[now]) for a, b in zip(single, scanned, strict=True))
        truncations += int(truncated.sum())
        assert state.time.tolist() == np.where(terminated | truncated, 0, info["episode_length"]).tolist()
    assert truncations == N, "after 30 steps each"


def test_it_plays_the_gymnasium_forms_episodes(env):
    envs = EmuRustVectorEnv(N, observation="ram", max_steps_in_episode=30)
    words = np.asarray(jax.random.bits(jax.random.key(5), (N, 2), jnp.uint32)).astype(object)
    envs.reset(seed=[int(high << 32 | low) for high, low in words])
    _, state = env.reset(jax.random.key(5))
    for step in range(40):
        actions = np.full(N, step % 5)
        ours = env.step(None, state, jnp.asarray(actions))
        state = ours[1]
        theirs = envs.step(actions)
        assert np.array_equal(ours[0], theirs[0]) and np.array_equal(ours[2], theirs[1])
        if theirs[3].any():
            assert np.array_equal(ours[5]["final_observation"][0], theirs[4]["final_obs"][0])


def test_step_env_does_not_reset(env):
    _, state = env.reset(jax.random.key(0))
    params = env.default_params._replace(max_steps_in_episode=3)
    for step in range(1, 5):
        _, state, _, _, truncated, _ = env.step_env(None, state, jnp.zeros(N, int), params)
        assert truncated.tolist() == [step >= 3] * N and state.time.tolist() == [step] * N


def test_an_illegal_action_counts_and_becomes_the_first(env):
    other = copy.deepcopy(env)
    _, state = env.reset(jax.random.key(0))
    _, same = other.reset(jax.random.key(0))
    seen, *_, info = env.step(None, state, jnp.array([0, 5, -1]))
    assert info["illegal"].tolist() == [0, 1, 1]
    assert np.array_equal(seen, other.step(None, same, jnp.zeros(N, int))[0])


@pytest.mark.parametrize("action", [jnp.zeros(N + 1, int), jnp.zeros(N), jnp.zeros((), int)])
def test_a_wrong_shape_or_dtype_is_named(env, action):
    _, state = env.reset(jax.random.key(0))
    with pytest.raises(ValueError, match=r"integers of shape \(3,\), got"):
        env.step(None, state, action)


def test_an_unknown_option_is_named():
    with pytest.raises(TypeError, match="no option 'speed'"):
        emurust.make(1, speed=3)
