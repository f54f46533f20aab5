"""Games of Showdown played from here: both players' streams, and the vector environment made of them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from benchmarks.errors import InputMissingError
from pokejax import observation_layout as columns

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def live():
    from benchmarks.oracles.showdown.live import LiveOracle

    try:
        running = LiveOracle()
    except InputMissingError as error:
        pytest.skip(str(error))
    yield running
    running.close()


def play_last_legal(live, places, steps, seed=1):
    """Games of last legal actions, moves where there are any: the games, and what p1 saw of the first."""
    from benchmarks.oracles.showdown.live import LiveGame, fresh

    generator = random.Random(seed)
    games = {place: LiveGame() for place in places}
    for place, answer in zip(places, live.begin(places, [fresh(generator) for _ in places]), strict=True):
        games[place].take(answer)
    seen = []
    for _ in range(steps):
        running = [place for place in places if games[place].result is None]
        actions = [[int(np.flatnonzero(games[place].mask(player))[-1]) for player in (0, 1)] for place in running]
        for place, answer in zip(running, live.advance(running, actions), strict=True):
            games[place].take(answer)
        seen.append(games[places[0]].tokens(0))
    return games, seen


def test_live_games_repeat_from_the_same_seed(live):
    _, first = play_last_legal(live, [0, 1], 12)
    _, again = play_last_legal(live, [5, 2], 12)
    for one, other in zip(first, again, strict=True):
        for part in one:
            np.testing.assert_array_equal(one[part], other[part])


def test_live_games_end_with_a_result(live):
    games, _ = play_last_legal(live, [0], 400)
    assert games[0].result in (1, 0, -1)
    assert games[0].chooses == [False, False]


def test_waiting_player_has_the_first_action_only(live):
    games, _ = play_last_legal(live, [0], 0)
    game = games[0]
    assert game.chooses == [True, True]
    game.chooses[1] = False
    np.testing.assert_array_equal(game.mask(1), np.arange(columns.ACTIONS) == 0)


@pytest.mark.slow
def test_vector_environment_rests_after_its_first_battle(live):
    from benchmarks.oracles import showdown_vector

    envs = showdown_vector.make_evaluation(4, {"opponent": "max_base_power"})
    try:
        observation, info = envs.reset(seed=5)
        assert envs.observation_space.contains(observation)
        ended, total = np.zeros(4, bool), np.zeros(4)
        for _ in range(1000):
            assert info["action_mask"].any(axis=1).all()
            observation, reward, terminated, truncated, info = envs.step(info["action_mask"].argmax(axis=1))
            assert not (ended & (terminated | truncated)).any()
            ended |= terminated
            total += reward
            if ended.all():
                break
        assert ended.all()
        assert set(np.abs(total)) <= {0.0, 1.0}
        assert not info["needs_decision"].any()
    finally:
        envs.close()


def test_unknown_opponent_is_refused():
    from benchmarks.oracles import showdown_vector

    with pytest.raises(ValueError, match="opponent must be one of random"):
        showdown_vector.ShowdownVectorEnv(1, opponent="nobody")


@pytest.mark.slow
def test_websocket_players_count_commits_of_choices(live):
    pytest.importorskip("poke_env")
    from benchmarks.oracles import showdown_websocket

    with showdown_websocket.PEERS["websocket"].opened() as play:
        for _ in range(2):
            points = play(1)
            assert 20 * showdown_websocket.AT_ONCE < points < 500 * showdown_websocket.AT_ONCE
