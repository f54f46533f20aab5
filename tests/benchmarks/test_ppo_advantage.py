from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.training.advantage import generalised_advantage
from benchmarks.training.environments import FunctionalEnvironments, HostEnvironments
from benchmarks.training.ppo import PPO
from benchmarks.training.trainer import RunOptions, train
from tests.benchmarks.ppo_environments import Clock, HostClock, Recall, small_config

pytestmark = pytest.mark.usefixtures("quick_compile")

ROUNDING = 1e-5  # float32 sums of some ten terms, in another order than NumPy's
GAMMA = 0.9
LEARNED = 0.3  # points; the network has settled to well below this, and wrong bootstrapping is off by several points


def plain_advantage(reward, value, terminated, truncated, final_value, last_value, gamma, gae_lambda):
    """The definition, one environment and one step at a time."""
    steps, envs = reward.shape
    advantage = np.zeros_like(reward)
    for env in range(envs):
        following = 0.0
        for now in reversed(range(steps)):
            after = last_value[env] if now == steps - 1 else value[now + 1, env]
            if terminated[now, env]:
                after, following = 0.0, 0.0
            elif truncated[now, env]:
                after, following = final_value[now, env], 0.0
            error = reward[now, env] + gamma * after - value[now, env]
            following = error + gamma * gae_lambda * following
            advantage[now, env] = following
    return advantage


@pytest.mark.parametrize("gae_lambda", [0.0, 0.95, 1.0])
def test_advantage_equals_the_plain_loop(gae_lambda):
    rng = np.random.default_rng(1)
    shape = (23, 7)
    reward, value, final_value = (rng.normal(size=shape).astype(np.float32) for _ in range(3))
    last_value = rng.normal(size=7).astype(np.float32)
    terminated, truncated = rng.random(shape) < 0.15, rng.random(shape) < 0.15
    cut_off = np.where(truncated & ~terminated, final_value, 0).astype(np.float32)
    ended = terminated | truncated
    advantage, target = generalised_advantage(
        *map(jnp.asarray, (reward, value, ended, cut_off, last_value)), GAMMA, gae_lambda
    )
    expected = plain_advantage(reward, value, terminated, truncated, final_value, last_value, GAMMA, gae_lambda)
    np.testing.assert_allclose(advantage, expected, atol=ROUNDING)
    np.testing.assert_allclose(target, expected + value, atol=ROUNDING)


def learned_values(envs, recurrent):
    config = small_config(
        recurrent,
        total_updates=150,
        rollout_steps=12,
        gamma=GAMMA,
        learning_rate=1e-2,
        normalize_observation=False,
        max_gradient_norm=10.0,
        epochs=4,
    )
    result = train(config, envs, RunOptions())
    ppo = PPO.of(config, envs)
    worker, agent = result.state.worker, result.state.agent
    view = ppo.agent.evaluate_step(agent, worker.hidden, worker.observation, worker.action_mask, worker.began)
    return np.asarray(view.value)


@pytest.mark.parametrize("recurrent", [0, pytest.param(8, marks=pytest.mark.slow)])
def test_value_under_truncation_is_that_of_the_endless_episode(recurrent):
    values = learned_values(FunctionalEnvironments(Clock(length=5), 16), recurrent)
    np.testing.assert_allclose(values, 1 / (1 - GAMMA), atol=LEARNED)


def test_value_under_termination_is_that_of_the_short_episode():
    values = learned_values(FunctionalEnvironments(Clock(length=1, terminates=True), 16), 0)
    np.testing.assert_allclose(values, 1.0, atol=LEARNED)


@pytest.mark.slow
def test_value_on_a_host_environment_under_truncation_is_that_of_the_endless_episode():
    values = learned_values(HostEnvironments(HostClock(16, 5)), 0)
    np.testing.assert_allclose(values, 1 / (1 - GAMMA), atol=LEARNED)


def test_value_of_the_last_observation_uses_the_recurrent_state_of_its_own_episode():
    config = small_config(recurrent=8, rollout_steps=5)
    ppo = PPO.of(config, FunctionalEnvironments(Recall(length=5), 16))
    state = ppo.init(jnp.int32(0))
    after, rollout = ppo.collect(state)
    transitions = rollout.transitions
    assert bool(transitions.ended[4].all())
    # The whole episode as one sequence, its last observation included: time is 5 of 5 and the cue is hidden.
    last = jnp.broadcast_to(jnp.array([0.0, 1.0]), (1, 16, 2))
    sequence = jnp.concatenate([transitions.observation, last])
    began = jnp.zeros((6, 16), bool).at[0].set(True)
    view = ppo.agent.evaluate(after.agent, rollout.first_hidden, sequence, jnp.ones((6, 16, 2), bool), began)
    np.testing.assert_allclose(transitions.final_value[4], view.value[5], atol=ROUNDING)
    assert np.abs(np.asarray(view.value[5])).max() > 10 * ROUNDING
    np.testing.assert_array_equal(transitions.final_value[:4], 0)


def test_rollout_is_reproduced_from_its_first_hidden_state_and_beginnings():
    ppo = PPO.of(small_config(recurrent=8, rollout_steps=13), FunctionalEnvironments(Recall(length=5), 16))
    state, _ = ppo.collect(ppo.init(jnp.int32(0)))
    _, rollout = ppo.collect(state)
    rows = rollout.transitions
    view = ppo.agent.evaluate(state.agent, rollout.first_hidden, rows.observation, rows.action_mask, rows.began)
    assert float(jnp.abs(rollout.first_hidden).max()) > 0
    np.testing.assert_allclose(view.value, rows.value, atol=ROUNDING)
    np.testing.assert_allclose(view.distribution.log_prob(rows.action), rows.log_prob, atol=ROUNDING)


def test_host_and_functional_runs_learn_the_same():
    config = small_config(total_updates=3)
    functional = train(config, FunctionalEnvironments(Clock(length=5), 16), RunOptions(seed=2))
    host = train(config, HostEnvironments(HostClock(16, 5)), RunOptions(seed=2))
    for a, b in zip(jax.tree.leaves(functional.state.agent), jax.tree.leaves(host.state.agent), strict=True):
        np.testing.assert_allclose(a, b, atol=ROUNDING)
    assert [row["episodes"] for row in functional.rows] == [row["episodes"] for row in host.rows]
    assert host.rows[-1]["length_mean"] == 5
