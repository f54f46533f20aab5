from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.training.config import NetworkConfig
from benchmarks.training.environments import FunctionalEnvironments, HostEnvironments
from benchmarks.training.evaluation import evaluate
from benchmarks.training.policy_file import memoryless, policy_of
from benchmarks.training.ppo import PPO
from benchmarks.training.trainer import RunOptions, train
from tests.benchmarks.ppo_environments import Clock, HostClock, Ragged, Recall, Target, small_config

pytestmark = pytest.mark.usefixtures("quick_compile")

LEARNED = 0.95  # share of right answers; guessing gives a half
NEAR = 0.15  # distance of the mean action from the best one; it starts 0.5 away
SAME = 1e-4  # two orders of the same float32 sums, grown through a few updates of Adam
EPISODES = 200


def trained(env, recurrent=0, updates=60, num_seeds=1, **ppo):
    settings = {"learning_rate": 1e-2, "gamma": 0.9, "entropy_coefficient": 0.0, "num_envs": 64, **ppo}
    config = small_config(recurrent, updates, **settings)
    config = dataclasses.replace(config, num_seeds=num_seeds, log_every=10, checkpoint_every=10)
    envs = FunctionalEnvironments(env, config.ppo.num_envs)
    return config, envs, train(config, envs, RunOptions())


def test_masked_policy_learns_the_cue_and_never_acts_illegally():
    env = Recall(length=3, masked=True, visible=True)
    config, envs, result = trained(env)
    policy = policy_of(config, envs, result.state, 0)
    played = evaluate(policy.agent, policy.params, FunctionalEnvironments(env, EPISODES), 5, 10, float("nan"))
    assert played.finished.all()
    assert played.returns.mean() >= LEARNED
    act = jax.jit(jax.vmap(memoryless(policy.agent), in_axes=(None, 0, 0, 0)))
    observation = jnp.tile(jnp.array([[1.0, 0.0]]), (EPISODES, 1))
    mask = jnp.tile(jnp.array([[True, False, True]]), (EPISODES, 1))
    actions = np.asarray(act(policy.params, observation, mask, jax.random.split(jax.random.key(0), EPISODES)))
    assert set(actions) <= {0, 2}


def test_recurrent_policy_remembers_the_cue():
    config, envs, result = trained(Recall(length=3), recurrent=16, updates=80)
    agent = policy_of(config, envs, result.state, 0)
    played = evaluate(agent.agent, agent.params, FunctionalEnvironments(envs.env, EPISODES), 5, 10, float("nan"))
    assert played.returns.mean() >= LEARNED


@pytest.mark.slow
def test_continuous_policy_moves_to_the_best_action():
    config, envs, result = trained(Target(), updates=60, normalize_reward=True)
    policy = policy_of(config, envs, result.state, 0)
    act = memoryless(policy.agent, greedy=True)
    action = act(policy.params, jnp.ones(2), jnp.ones(1, bool), jax.random.key(0))
    assert action.shape == (1,)
    assert abs(float(action[0]) - 0.5) < NEAR


@pytest.mark.slow
def test_seeds_trained_together_equal_seeds_trained_alone():
    config = small_config(total_updates=3)
    envs = FunctionalEnvironments(Recall(length=5, visible=True), config.ppo.num_envs)
    together = train(dataclasses.replace(config, num_seeds=2), envs, RunOptions(seed=7))
    index = 1
    alone = train(config, envs, RunOptions(seed=7 + index))
    for several, one in zip(jax.tree.leaves(together.state.agent), jax.tree.leaves(alone.state.agent), strict=True):
        np.testing.assert_allclose(several[index], one, atol=SAME)
    means = [row["return_means"][index] for row in together.rows]
    np.testing.assert_allclose(means, [row["return_mean"] for row in alone.rows], rtol=SAME)


@pytest.mark.slow
def test_one_program_and_two_programs_give_the_same_run():
    config = small_config(total_updates=3)
    envs = FunctionalEnvironments(Recall(length=5, visible=True), config.ppo.num_envs)
    one, two = (train(config, envs, RunOptions(two_programs=two)) for two in (False, True))
    for a, b in zip(jax.tree.leaves(one.state.agent), jax.tree.leaves(two.state.agent), strict=True):
        np.testing.assert_allclose(a, b, atol=SAME)
    assert [row["episodes"] for row in one.rows] == [row["episodes"] for row in two.rows]


def test_metrics_count_every_finished_episode_once():
    config = small_config(total_updates=2, rollout_steps=8)
    result = train(config, FunctionalEnvironments(Clock(length=5), 16), RunOptions())
    assert [row["episodes"] for row in result.rows] == [16, 32]  # ends at steps 5, 10 and 15 of 16
    assert result.rows[-1]["return_mean"] == 5
    assert result.rows[-1]["return_std"] == 0
    assert result.rows[-1]["length_mean"] == 5
    assert result.rows[-1]["score_mean"] is None


@pytest.mark.parametrize("kind", ["functional", "host"])
def test_evaluation_counts_first_episodes_only_and_a_game_given_up_as_lost(kind):
    def envs(length):
        return (
            FunctionalEnvironments(Clock(length=length), 4)
            if kind == "functional"
            else HostEnvironments(HostClock(4, length))
        )

    agent = PPO.of(small_config(), envs(5)).agent
    params = agent.init(jax.random.key(0))
    played = evaluate(agent, params, envs(5), seed=0, cap=20, unfinished_score=-21.0)
    assert played.finished.all()
    np.testing.assert_array_equal(played.returns, 5)
    np.testing.assert_array_equal(played.lengths, 5)
    given_up = evaluate(agent, params, envs(30), seed=0, cap=20, unfinished_score=-21.0)
    assert not given_up.finished.any()
    np.testing.assert_array_equal(given_up.scores, -21)
    assert given_up.summary()["win_rate"] == 0


def test_evaluation_stops_counting_an_episode_while_others_go_on():
    envs = FunctionalEnvironments(Ragged(length=3, terminates=True), 16)
    agent = PPO.of(small_config(), envs).agent
    played = evaluate(agent, agent.init(jax.random.key(0)), envs, seed=0, cap=20, unfinished_score=-21.0)
    assert set(played.lengths) == {3, 6}
    np.testing.assert_array_equal(played.returns, played.lengths)


def test_host_environment_without_same_step_reset_is_refused():
    envs = HostClock(4, 5)
    envs.metadata = {"autoreset_mode": None}
    with pytest.raises(ValueError, match="must declare autoreset_mode SAME_STEP, got None"):
        HostEnvironments(envs)


def test_recurrent_policy_has_no_memoryless_form():
    from benchmarks.errors import UsageError

    agent = PPO.of(small_config(recurrent=4), FunctionalEnvironments(Clock(), 16)).agent
    with pytest.raises(UsageError, match="recurrent policy needs its state"):
        memoryless(agent)


def test_empty_network_is_refused():
    with pytest.raises(ValueError, match=r"network.hidden must name widths of at least 1, got \(\)"):
        NetworkConfig(hidden=())
