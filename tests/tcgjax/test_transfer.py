"""The reference as a vector environment: the same views, masks and results as the environment's own."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.oracles.tcg_reference_vector import OPPONENTS, TcgReferenceVectorEnv
from benchmarks.training.environments import HostEnvironments
from tcgjax import actions, observation_layout
from tcgjax.reference.observation import flat

GAMES = 3
DECISIONS = 250  # of each game; none of random players lasts twice as long


def play(env: TcgReferenceVectorEnv, seed: int, check) -> list:
    """Random legal play; `check` sees every step."""
    rng = np.random.default_rng(seed)
    observation, info = env.reset(seed=seed)
    seen = []
    for _ in range(DECISIONS):
        chosen = np.array([rng.choice(np.flatnonzero(mask)) for mask in info["action_mask"]])
        observation, reward, terminated, truncated, info = env.step(chosen)
        check(env, observation, reward, terminated, info)
        assert not truncated.any()
        seen.append((observation, reward, terminated))
    return seen


@pytest.mark.parametrize("opponent", OPPONENTS)
def test_reference_env_shows_the_learners_view(opponent):
    ended = []

    def check(env, observation, reward, terminated, info):
        ended.extend(reward[terminated])
        assert (reward[~terminated] == 0).all()
        for row, game in enumerate(env._games):
            np.testing.assert_array_equal(observation[row], flat(game.table, 0))
            legal = game.legal() if game.decider == 0 else [0]
            np.testing.assert_array_equal(np.flatnonzero(info["action_mask"][row]), sorted(legal))
            assert info["needs_decision"][row] == (game.decider == 0)
            if terminated[row]:
                assert info["final_obs"][row].shape == (len(observation_layout.names()),)

    env = TcgReferenceVectorEnv(GAMES, opponent=opponent)
    play(env, 5, check)
    assert ended and set(ended) <= {-1.0, 0.0, 1.0}


def test_reference_env_repeats_itself_with_a_seed():
    first, second = (play(TcgReferenceVectorEnv(2), 9, lambda *_: None) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_reference_env_fits_the_harness():
    envs = HostEnvironments(TcgReferenceVectorEnv(2), 1)
    assert (envs.features, envs.action_space.n) == (len(observation_layout.names()), actions.NUM_ACTIONS)


def test_unknown_opponent_is_named():
    with pytest.raises(ValueError, match="random, weighted, attach_attack"):
        TcgReferenceVectorEnv(1, opponent="nobody")
