"""Training on games of two players: advantages over a player's own decisions, seats, opponents, and a solved game."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.commands.train import last_row
from benchmarks.training.advantage import decision_advantage, generalised_advantage
from benchmarks.training.config import NetworkConfig, PPOConfig, TrainConfig
from benchmarks.training.opponents import parse_mixture
from benchmarks.training.ppo import PPO
from benchmarks.training.trainer import RunOptions, train
from benchmarks.training.two_players import TwoPlayerEnvironments
from tests.benchmarks.stones import MOST

pytestmark = pytest.mark.usefixtures("quick_compile")

ROUNDING = 1e-5  # float32 sums of some ten terms, in another order than NumPy's
GAMMA, LAMBDA = 0.9, 0.8
CERTAIN = 0.5  # of a value between -1 and 1: beyond it the sign cannot be chance


def plain_decision_advantage(reward, value, terminated, truncated, final_value, last_value, decides, last_decides):
    """The definition: each player's own decisions as a list of their own, one after the other."""
    steps, seats = reward.shape
    advantage, known = np.zeros_like(reward), np.zeros(reward.shape, bool)
    for seat in range(seats):
        chapters, gathered, open_decision = [[]], 0.0, None
        for now in range(steps):
            if decides[now, seat]:
                if open_decision is not None:
                    chapters[-1].append((open_decision, gathered))
                open_decision, gathered = now, 0.0
            gathered += reward[now, seat]
            if terminated[now, seat] or truncated[now, seat]:
                if open_decision is not None:
                    chapters[-1].append((open_decision, gathered))
                chapters[-1].append(0.0 if terminated[now, seat] else final_value[now, seat])
                chapters, gathered, open_decision = [*chapters, []], 0.0, None
        if open_decision is not None:
            if last_decides[seat]:
                chapters[-1].append((open_decision, gathered))
                chapters[-1].append(last_value[seat])
            else:
                chapters[-1].append(value[open_decision, seat])
        for chapter in chapters:
            following = 0.0
            after = chapter[-1] if chapter else 0.0
            for now, gathered in reversed(chapter[:-1]):
                following = gathered + GAMMA * after - value[now, seat] + GAMMA * LAMBDA * following
                advantage[now, seat], known[now, seat], after = following, True, value[now, seat]
    return advantage, known


def test_decision_advantage_equals_the_plain_lists():
    rng = np.random.default_rng(3)
    shape = (41, 16)
    reward, value, final_value = (rng.normal(size=shape).astype(np.float32) for _ in range(3))
    last_value = rng.normal(size=16).astype(np.float32)
    decides, last_decides = rng.random(shape) < 0.4, rng.random(16) < 0.5
    terminated, truncated = rng.random(shape) < 0.1, rng.random(shape) < 0.1
    cut_off = np.where(truncated & ~terminated, final_value, 0).astype(np.float32)
    facts = (reward, value, terminated | truncated, cut_off, last_value, decides, last_decides)
    advantage, target, known = decision_advantage(*map(jnp.asarray, facts), GAMMA, LAMBDA)
    expected, expected_known = plain_decision_advantage(
        reward, value, terminated, truncated, final_value, last_value, decides, last_decides
    )
    np.testing.assert_array_equal(known, expected_known)
    assert 0 < expected_known.sum() < decides.sum()
    np.testing.assert_allclose(np.where(known, advantage, 0), expected, atol=ROUNDING)
    np.testing.assert_allclose(np.where(known, target - value, 0), expected, atol=ROUNDING)


def test_decision_advantage_without_waiting_is_the_ordinary_one():
    rng = np.random.default_rng(4)
    reward, value = (rng.normal(size=(19, 5)).astype(np.float32) for _ in range(2))
    ended = rng.random((19, 5)) < 0.2
    facts = (*map(jnp.asarray, (reward, value, ended)), jnp.zeros((19, 5)), jnp.asarray(value[0]))
    always = jnp.ones((19, 5), bool)
    advantage, _, known = decision_advantage(*facts, always, always[0], GAMMA, LAMBDA)
    assert known.all()
    np.testing.assert_allclose(advantage, generalised_advantage(*facts, GAMMA, LAMBDA)[0], atol=ROUNDING)


def stones_config(opponents: str, **ppo) -> TrainConfig:
    settings = {"num_envs": 64, "rollout_steps": 16, "epochs": 2, "minibatches": 4, "decision_share": 0.5, **ppo}
    algorithm = PPOConfig(gamma=1.0, learning_rate=1e-2, normalize_observation=False, **settings)
    return TrainConfig(
        env="tests.benchmarks.stones",
        opponents=opponents,
        pool_size=2,
        snapshot_every=5,
        total_timesteps=80 * algorithm.decisions_per_update,
        log_every=20,
        checkpoint_every=20,
        network=NetworkConfig(hidden=(32,)),
        ppo=algorithm,
    )


@pytest.mark.parametrize("opponents", [pytest.param("self", marks=pytest.mark.slow), "self:0.5,pool:0.25,one:0.25"])
def test_self_play_learns_the_solved_game(opponents):
    config = stones_config(opponents)
    envs = TwoPlayerEnvironments(config)
    result = train(config, envs, RunOptions(two_programs=True))
    agent, params = PPO.of(config, envs).agent, result.state.agent
    stones = np.arange(1, MOST + 1)
    seen = np.concatenate([np.eye(MOST + 1)[stones], np.ones((MOST, 1))], 1).astype(np.float32)
    mask = np.stack([np.ones(MOST, bool), stones > 1], 1)
    view = agent.evaluate_step(params, agent.initial_hidden(MOST), seen, mask, np.zeros(MOST, bool))
    wins = stones % 3 != 0
    assert (view.value[wins] > CERTAIN).all() and (view.value[~wins] < -CERTAIN).all()
    np.testing.assert_array_equal(view.distribution.mode()[wins], (stones[wins] % 3 == 2).astype(int))


@pytest.mark.slow  # a whole run; shares of opponents have fast tests of their own
def test_last_row_of_a_run_against_its_past_has_the_environments_share():
    config = dataclasses.replace(stones_config("self:0.5,pool:0.5"), total_timesteps=1024, log_every=1)
    envs = TwoPlayerEnvironments(config)
    row = last_row(config, envs, train(config, envs, RunOptions(two_programs=True)), 0, jax.jit)
    assert row["timesteps"] == 1024 and row["env_time_share"] > 0


def test_metrics_count_decisions_and_not_waiting():
    config = dataclasses.replace(stones_config("self"), total_timesteps=1024, log_every=1, checkpoint_every=1)
    result = train(config, TwoPlayerEnvironments(config), RunOptions(two_programs=True))
    # Every move of a game is a decision of exactly one of its two seats.
    assert [row["decisions"] for row in result.rows] == [512]


def test_seats_reach_their_games():
    config = stones_config("self:0.5,one:0.5", num_envs=8)
    envs = TwoPlayerEnvironments(config)
    assert (envs.own_games, envs.num_games) == (2, 6)
    joined = envs._joined(jnp.arange(8), jnp.asarray([10, 11, 12, 13]))
    np.testing.assert_array_equal(joined, [[0, 2], [1, 3], [4, 10], [5, 11], [6, 12], [7, 13]])
    leaf = jnp.arange(12).reshape(6, 2)
    np.testing.assert_array_equal(envs._rows(leaf), [0, 2, 1, 3, 4, 6, 8, 10])
    np.testing.assert_array_equal(envs._opponents(leaf), [5, 7, 9, 11])


def test_pool_keeps_the_newest_snapshots():
    config = stones_config("pool")
    envs = TwoPlayerEnvironments(config)
    start = envs.agent.init(jax.random.key(0))
    games = envs.fill_pool(envs.reset(jax.random.key(1))[0], start)
    for update in range(11):
        games = envs.remember(games, jax.tree.map(lambda leaf, u=update: jnp.full_like(leaf, u), start), update)
    held = sorted(np.unique(jax.tree.leaves(games.pool)[0]).tolist())
    assert held == [5, 10]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nobody", "the opponents are self, pool, one"),
        ("self:0.5", "add up to 1"),
        ("self:0.5,self:0.5", "twice"),
        ("self:x", "a share must lie above 0"),
        ("self:0.9,one:0.1", "change the shares or ppo.num_envs"),
    ],
)
def test_bad_mixture_is_named_in_one_sentence(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse_mixture(text, ("one",), 16, 4)


def test_mixture_deals_out_all_seats():
    assert parse_mixture("one:0.25,self:0.5,pool:0.25", ("one",), 32, 4) == {"self": 16, "pool": 8, "one": 8}
