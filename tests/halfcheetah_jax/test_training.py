"""HalfCheetah's training configurations, its shipped runner, and the way back into Gymnasium."""

from __future__ import annotations

import dataclasses

import jax
import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed (extra `oracles`)")
pytest.importorskip("benchmarks.training.trainer", reason="the training harness is not installed (extra `train`)")

from benchmarks.configs.halfcheetah_jax import CONFIGS
from benchmarks.oracles import mujoco_vector
from benchmarks.parity import halfcheetah_players
from benchmarks.targets import target
from benchmarks.training.original import evaluate_in_original
from benchmarks.training.policy_file import load_policy

pytestmark = pytest.mark.oracle

LEAST_RETURN = 5000.0  # The shipped runner's episodes all lie well above it.


def test_shipped_runner_runs_in_gymnasium():
    policy = load_policy(halfcheetah_players.RUNNER)
    row = evaluate_in_original(target("halfcheetah_jax"), [policy], episodes=2)
    assert row["eval_env"] == "HalfCheetah-v5"
    assert row["eval_episodes"] == 2
    assert row["eval_return_means"] == [row["eval_return_mean"]]
    assert row["eval_return_mean"] > LEAST_RETURN


def test_shipped_runner_has_the_default_network():
    assert load_policy(halfcheetah_players.RUNNER).agent.config == CONFIGS["default"].network


def test_first_actions_are_drawn_with_the_deviation_of_the_configuration():
    from benchmarks.training.environments import FunctionalEnvironments
    from benchmarks.training.ppo import PPO

    config = dataclasses.replace(CONFIGS["default"], num_seeds=1)
    envs = FunctionalEnvironments(target("halfcheetah_jax").make(), 1)
    params = PPO.of(config, envs).agent.init(jax.random.key(0))
    log_std = params.network["params"]["log_std"]
    np.testing.assert_array_equal(log_std, np.full(6, config.network.initial_log_std, np.float32))


def test_original_of_training_and_of_evaluation_agree_on_a_step():
    rollout, gymnasium = mujoco_vector.make_reference(2, {}), mujoco_vector.make_original(2, {})
    first, _ = gymnasium.reset(seed=3)
    rollout.reset(seed=0)
    unwrapped = [env.unwrapped for env in gymnasium.envs]
    rollout._batch.load({name: np.stack([getattr(env.data, name) for env in unwrapped]) for name in ("qpos", "qvel")})
    np.testing.assert_array_equal(rollout._observation(), first)
    action = np.random.default_rng(0).uniform(-1, 1, (2, 6)).astype(np.float32)
    for ours, theirs in zip(rollout.step(action)[:4], gymnasium.step(action)[:4], strict=True):
        # The rollout starts its solver cold, and it stops at a tolerance of 1e-8.
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    gymnasium.close()
    rollout.close()
