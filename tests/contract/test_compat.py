"""The dialects: gymnax 1.x's wrappers, a PureJaxRL-shaped loop over five values, Stable-Baselines3."""

from __future__ import annotations

import copy
import pickle

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import pong_jax
from twinenvs.compat import five_value, gymnax_view, register_with_gymnax

gymnax_wrappers = pytest.importorskip("gymnax.wrappers.purerl", reason="gymnax is not installed (extra `train`)")


def test_gymnax_wrappers_run_on_the_view():
    env = gymnax_view(pong_jax.make(frameskip=8, max_score=1))
    wrapped = gymnax_wrappers.LogWrapper(gymnax_wrappers.FlattenObservationWrapper(env))
    params = env.default_params
    keys = jax.random.split(jax.random.key(0), 32)
    observation, state = jax.vmap(wrapped.reset, (0, None))(keys, params)
    assert observation.shape == (32, 8)

    def body(state, key):
        action = jax.random.randint(key, (32,), 0, 3)
        _, state, reward, terminated, _, info = jax.vmap(wrapped.step, (0, 0, 0, None))(
            jax.random.split(key, 32), state, action, params
        )
        return state, (reward, terminated, info["returned_episode_returns"], info["returned_episode"])

    _, (reward, terminated, returned, finished) = jax.lax.scan(body, state, jax.random.split(keys[0], 100))
    assert finished.sum() > 0 and (finished == terminated).all()
    first = int(jnp.argmax(finished[:, 0]))
    assert np.isclose(returned[first, 0], reward[: first + 1, 0].sum())


def test_gymnax_view_has_gymnax_spaces_and_five_value_step_env():
    from gymnax.environments import spaces

    env = gymnax_view(pong_jax.make())
    assert isinstance(env.observation_space(env.default_params), spaces.Box)
    assert isinstance(env.action_space(env.default_params), spaces.Discrete)
    assert isinstance(gymnax_view(pong_jax.make(continuous=True)).action_space(), spaces.Box)
    key = jax.random.key(0)
    _, state = env.reset(key)
    assert len(env.step_env(key, state, jnp.int32(0), env.default_params)) == 5
    assert len(env.step(key, state, jnp.int32(0))) == 6


def test_gymnax_make_finds_a_registered_environment():
    import gymnax

    register_with_gymnax("PongJax-v0")
    env, params = gymnax.make("PongJax-v0", frameskip=8)
    assert env.frameskip == 8 and params.max_score == 21
    with pytest.raises(ValueError, match=r"no environment 'Nothing-v0' is registered; known ids: .*PongJax-v0"):
        register_with_gymnax("Nothing-v0")


@pytest.mark.parametrize("view", [five_value, gymnax_view])
def test_views_copy_pickle_and_hash(view):
    env = view(pong_jax.make(frameskip=8))
    assert copy.deepcopy(env) == env == pickle.loads(pickle.dumps(env))
    assert hash(copy.deepcopy(env)) == hash(env) and env != view(pong_jax.make())
    with pytest.raises(AttributeError):
        _ = env.no_such_attribute


def test_purejaxrl_shaped_ppo_learns_through_the_five_value_view():
    """A training loop in PureJaxRL's shape: one scan over updates, five-value steps, flax and optax."""
    from tests.contract import purejaxrl_script

    config = {"NUM_ENVS": 64, "NUM_STEPS": 32, "NUM_UPDATES": 8, "UPDATE_EPOCHS": 2, "NUM_MINIBATCHES": 4}
    env = five_value(pong_jax.make(frameskip=8, max_score=3))
    out = jax.jit(purejaxrl_script.make_train(config, env))(jax.random.key(0))
    losses = np.asarray(out["metrics"]["value_loss"])
    assert np.isfinite(losses).all() and losses[-1] < losses[0]
    assert int(np.asarray(out["metrics"]["finished"]).sum()) > 0


def test_stable_baselines3_trains_on_the_bridge():
    stable_baselines3 = pytest.importorskip("stable_baselines3", reason="stable-baselines3 is not installed")
    from twinenvs.stable_baselines3 import StableBaselines3VecEnv

    env = StableBaselines3VecEnv(gymnasium.make_vec("pong_jax:PongJax-v0", num_envs=8, frameskip=8, max_score=1))
    model = stable_baselines3.PPO("MlpPolicy", env, n_steps=64, batch_size=128, n_epochs=1, device="cpu", seed=0)
    model.learn(1024)
    env.reset()
    seen_terminal = False
    for _ in range(100):
        observation, reward, done, infos = env.step(np.ones(8, int))
        assert observation.shape == (8, 8) and reward.shape == (8,)
        for index in np.flatnonzero(done):
            assert infos[index]["terminal_observation"][6:].max() == 1
            assert infos[index]["TimeLimit.truncated"] is False
            seen_terminal = True
    assert seen_terminal


def test_five_value_view_reports_truncation_as_done():
    env = five_value(pong_jax.make(max_steps_in_episode=3))
    _, state = env.reset(jax.random.key(0))
    step, dones = jax.jit(env.step), []
    for _ in range(6):
        _, state, _, done, info = step(jax.random.key(0), state, jnp.int32(0))
        dones.append(bool(done))
    assert dones == [False, False, True, False, False, True] and bool(info["truncated"])
