"""What Gymnasium's users rely on: ids, the checker, vector environments, autoreset modes, errors."""

from __future__ import annotations

import subprocess
import sys

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import pong_jax
from twinenvs.gymnasium_env import GymnasiumEnv, GymnasiumVectorEnv

SHORT = {"max_steps_in_episode": 5}


@pytest.mark.parametrize("options", [{}, {"frameskip": 8}, {"continuous": True}])
def test_gymnasium_checker_passes_without_a_warning(options):
    check_env(gymnasium.make("pong_jax:PongJax-v0", render_mode="rgb_array", **options).unwrapped)


def run_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_package_prefix_registers_the_id_without_an_import():
    done = run_python("import gymnasium; print(gymnasium.make('pong_jax:PongJax-v0').spec.id)")
    assert done.stdout.strip() == "PongJax-v0", done.stderr


def test_bare_id_without_an_import_is_not_found():
    done = run_python("import gymnasium; gymnasium.make('PongJax-v0')")
    assert "NameNotFound" in done.stderr


def test_bare_id_after_an_import_is_found():
    done = run_python("import gymnasium, pong_jax; print(gymnasium.make('PongJax-v0', frameskip=8).spec.id)")
    assert done.stdout.strip() == "PongJax-v0", done.stderr


def test_make_vec_truncates_at_gymnasiums_limit():
    env = gymnasium.make_vec("pong_jax:PongJax-v0", num_envs=2, max_episode_steps=3)
    env.reset(seed=1)
    truncated = [env.step(np.zeros(2, np.int64))[3].tolist() for _ in range(3)]
    assert truncated == [[False, False], [False, False], [True, True]]


def test_make_vec_steps_4096_environments():
    env = gymnasium.make_vec("pong_jax:PongJax-v0", num_envs=4096, frameskip=8)
    observation, info = env.reset(seed=1)
    assert env.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    assert observation.shape == (4096, 8) and observation.dtype == np.float32
    assert info["action_mask"].shape == (4096, 3)
    rng = np.random.default_rng(0)
    ended = 0
    for _ in range(200):
        observation, reward, terminated, truncated, info = env.step(rng.integers(0, 3, 4096))
        assert env.observation_space.contains(observation)
        assert reward.dtype == np.float32 and terminated.dtype == truncated.dtype == bool
        done = terminated | truncated
        if done.any():
            assert np.array_equal(info["_final_obs"], done)
            assert [final is not None for final in info["final_obs"]] == done.tolist()
        for index in np.flatnonzero(done)[:3]:
            assert info["final_obs"][index][6:].max() == 1
            assert info["final_info"]["log"]["n"][index] == 1
        ended += int(terminated.sum())
    assert ended > 0


def test_make_vec_takes_a_step_limit():
    env = gymnasium.make_vec("pong_jax:PongJax-v0", num_envs=3, max_steps_in_episode=5)
    env.reset(seed=0)
    flags = [env.step(np.zeros(3, int))[3].all() for _ in range(6)]
    assert flags == [False, False, False, False, True, False]


def test_single_environment_returns_python_values_and_never_resets():
    env = GymnasiumEnv(pong_jax.make(**SHORT))
    env.reset(seed=3)
    for _ in range(5):
        _, reward, terminated, truncated, info = env.step(1)
    assert (type(reward), type(terminated), type(truncated)) == (float, bool, bool)
    assert truncated and info["episode_length"] == 5
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        env.step(1)


def test_unseeded_resets_differ_and_seeded_ones_agree():
    first, second = (GymnasiumVectorEnv(pong_jax.make(), 64) for _ in range(2))
    assert not np.array_equal(first.reset()[0], second.reset()[0])
    assert np.array_equal(first.reset(seed=7)[0], second.reset(seed=7)[0])


def test_vector_index_equals_the_single_environment_of_its_seed():
    vector = GymnasiumVectorEnv(pong_jax.make(frameskip=8), 4)
    singles = [GymnasiumEnv(pong_jax.make(frameskip=8)) for _ in range(4)]
    batch, _ = vector.reset(seed=10)
    for index, single in enumerate(singles):
        assert np.array_equal(batch[index], single.reset(seed=10 + index)[0])
    rng = np.random.default_rng(0)
    for _ in range(200):
        actions = rng.integers(0, 3, 4)
        batch, rewards, *_ = vector.step(actions)
        for index, single in enumerate(singles):
            seen, reward, terminated, truncated, _ = single.step(int(actions[index]))
            if terminated or truncated:
                seen, _ = single.reset()
            assert np.array_equal(batch[index], seen) and rewards[index] == np.float32(reward)


def test_next_step_mode_resets_one_step_later():
    env = GymnasiumVectorEnv(pong_jax.make(**SHORT), 2, autoreset_mode="NextStep")
    start, _ = env.reset(seed=0)
    for _ in range(5):
        last, _, _, truncated, info = env.step(np.array([1, 1]))
    assert truncated.all() and "final_obs" not in info
    assert not np.array_equal(last, start)
    observation, reward, _, truncated, _ = env.step(np.array([1, 1]))
    assert not truncated.any() and not reward.any()
    assert np.array_equal(observation[:, :4], start[:, :4])


def test_disabled_mode_resets_by_mask_only():
    env = GymnasiumVectorEnv(pong_jax.make(**SHORT), 2, autoreset_mode=AutoresetMode.DISABLED)
    start, _ = env.reset(seed=0)
    for _ in range(5):
        last, *_ = env.step(np.array([1, 1]))
    with pytest.raises(gymnasium.error.ResetNeeded, match="environment 0 has ended"):
        env.step(np.array([1, 1]))
    observation, info = env.reset(options={"reset_mask": np.array([True, False])})
    assert np.array_equal(observation[0, :4], start[0, :4]) and np.array_equal(observation[1], last[1])
    assert info["_action_mask"].tolist() == [True, False]
    with pytest.raises(gymnasium.error.ResetNeeded, match="environment 1 has ended"):
        env.step(np.array([1, 1]))
    with pytest.raises(ValueError, match="reset_mask"):
        env.reset(options={"reset_mask": np.array([True])})


def test_jax_arrays_stay_on_the_device():
    env = GymnasiumVectorEnv(pong_jax.make(), 3, jax_arrays=True)
    env.reset(seed=0)
    observation, reward, *_, info = env.step(jnp.array([0, 1, 9]))
    assert all(isinstance(value, jax.Array) for value in (observation, reward, info["final_obs"]))
    assert info["illegal"].tolist() == [0, 0, 1]


def test_returned_arrays_are_copies():
    env = GymnasiumVectorEnv(pong_jax.make(), 2)
    first, _ = env.reset(seed=0)
    kept = first.copy()
    second, *_ = env.step(np.array([1, 1]))
    second[:] = -1
    assert np.array_equal(first, kept) and not np.array_equal(env.step(np.array([1, 1]))[0], second)


@pytest.mark.parametrize(
    ("actions", "error", "words"),
    [
        (np.array([0, 3]), ValueError, "0 .. 2, got 3 for environment 1"),
        (np.array([-1, 0]), ValueError, "got -1 for environment 0"),
        (np.array([0, 1, 2]), ValueError, r"shape \(2,\), got \(3,\)"),
        (np.array([0.0, 1.0]), TypeError, "dtype int32, got float64"),
    ],
)
def test_vector_environment_names_a_bad_action(actions, error, words):
    env = GymnasiumVectorEnv(pong_jax.make(), 2)
    env.reset(seed=0)
    with pytest.raises(error, match=words):
        env.step(actions)


def test_vector_environment_names_a_nan():
    env = GymnasiumVectorEnv(pong_jax.make(continuous=True), 2)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"-1.0 .. 1.0, got \[nan\] for environment 1"):
        env.step(np.array([[0.5], [np.nan]], np.float32))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"num_envs": 0}, "num_envs must be an integer of at least 1, got 0"),
        ({"num_envs": 2.5}, "got 2.5"),
        ({"num_envs": 2, "autoreset_mode": "sometimes"}, "autoreset_mode must be one of .* got 'sometimes'"),
        ({"num_envs": 2, "render_mode": "human"}, "render_mode must be None or one of rgb_array, got 'human'"),
    ],
)
def test_vector_environment_names_a_bad_option(options, words):
    with pytest.raises(ValueError, match=words):
        GymnasiumVectorEnv(pong_jax.make(), **options)


def test_step_before_reset_is_refused():
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        GymnasiumVectorEnv(pong_jax.make(), 2).step(np.array([0, 0]))


def test_vector_render_draws_every_environment():
    env = GymnasiumVectorEnv(pong_jax.make(), 2, render_mode="rgb_array")
    env.reset(seed=0)
    frames = env.render()
    assert len(frames) == 2 and all(frame.shape == (640, 620, 3) for frame in frames)
