"""Ratings, and the games they come from."""

from __future__ import annotations

import types

import numpy as np
import pytest

from benchmarks import arena
from benchmarks.__main__ import main
from benchmarks.arena import Arena, Result
from benchmarks.elo import SCALE, fit
from benchmarks.errors import BAD_USAGE
from tests.benchmarks import stones
from tests.benchmarks.stones import players

NEAR = 2.0  # Elo points; the prior's drawn game weighs one part in the thousands of games below
GAMES = 40_000


def expected_result(gap: float) -> Result:
    """What players `gap` Elo points apart score on average."""
    wins = round(GAMES / (1 + np.exp(-gap / SCALE)))
    return Result(wins, 0, GAMES - wins)


def test_fit_finds_the_ratings_that_the_scores_come_from():
    truth = {"a": 1180.0, "b": 1000.0, "c": 820.0}
    names = list(truth)
    pairs = [(one, other) for i, one in enumerate(names) for other in names[i + 1 :]]
    ratings = fit(names, {pair: expected_result(truth[pair[0]] - truth[pair[1]]) for pair in pairs})
    assert [rating.player for rating in ratings] == names
    for rating in ratings:
        assert abs(rating.elo - truth[rating.player]) < NEAR
        assert rating.low < rating.elo < rating.high
        assert rating.games == 2 * GAMES


def test_fit_counts_a_draw_as_half_a_win():
    drawn = fit(["a", "b"], {("a", "b"): Result(10, 20, 10)})
    assert abs(drawn[0].elo - drawn[1].elo) < 1e-3
    some = {rating.player: rating.elo for rating in fit(["a", "b"], {("a", "b"): Result(30, 20, 10)})}
    same = {rating.player: rating.elo for rating in fit(["a", "b"], {("a", "b"): Result(40, 0, 20)})}
    assert some["a"] == pytest.approx(same["a"], abs=1e-3)


def test_fit_is_finite_for_a_player_who_lost_everything_and_narrows_with_games():
    few, many = (fit(["a", "b"], {("a", "b"): Result(number, 0, 0)}) for number in (10, 1000))
    assert np.isfinite([few[0].elo, many[1].low]).all()
    assert many[0].elo > few[0].elo
    wide, narrow = (fit(["a", "b"], {("a", "b"): Result(number, 0, number)})[0] for number in (10, 1000))
    assert narrow.high - narrow.low < wide.high - wide.low


def test_fit_refuses_players_who_never_met():
    results = {("a", "b"): Result(1, 0, 1), ("c", "d"): Result(1, 0, 1)}
    with pytest.raises(ValueError, match="never met"):
        fit(["a", "b", "c", "d"], results)


@pytest.fixture
def stones_arena(monkeypatch) -> Arena:
    """An arena of the solved game: from every number of stones, each player in either seat."""

    def starts(seed: int):
        import jax
        import jax.numpy as jnp

        numbers = np.tile(np.arange(1, stones.MOST + 1, dtype=np.int32), 2)
        zeros = np.zeros_like(numbers)
        states = jax.tree.map(jnp.asarray, stones.State(zeros, numbers, zeros))
        return states, np.repeat(np.arange(2), stones.MOST)

    meeting = types.SimpleNamespace(game=lambda: stones.Stones(auto_reset="none"), starts=starts, searchers=tuple)
    monkeypatch.setattr(arena, "matchups", lambda env: meeting)
    return Arena("tests.benchmarks.stones")


def test_match_of_the_solved_game_has_the_known_result(stones_arena):
    right = stones_arena.player("right")
    # From 1 .. 7 stones the one to move wins but from 3 and 6; both seats meet every start.
    assert stones_arena.match(right, right, 0) == Result(7, 0, 7)
    # Who always takes one wins on the move from 1, 3, 5 and 7 against itself, and from 1 and 4 against right play.
    one = stones_arena.player("one")
    assert stones_arena.match(one, one, 0) == Result(7, 0, 7)
    result = stones_arena.match(right, one, 0)
    assert result == plain_match(right_takes, lambda left: 1)
    assert stones_arena.match(one, right, 0) == Result(result.losses, 0, result.wins)


def right_takes(left: int) -> int:
    return 2 if left % 3 == 2 else 1


def plain_match(first, second) -> Result:
    """The same games by hand: player functions from the stones left to those taken."""
    won = 0
    for start in range(1, stones.MOST + 1):
        for order in ((first, second), (second, first)):
            left, turn = start, 0
            while True:
                left -= min(order[turn % 2](left), left)
                if left == 0:
                    break
                turn += 1
            won += order[turn % 2] is first
    return Result(won, 0, 2 * stones.MOST - won)


def test_players_are_named(stones_arena):
    assert set(players.PLAYERS) == {"one", "right"}
    with pytest.raises(Exception, match=r"neither a player nor a policy's file; the players are one, right"):
        stones_arena.player("nobody")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--env", "pong_jax", "a", "b"], "games of two players: pokejax, tcgjax"),
        (["--env", "tcgjax", "weighted"], "at least 2 players"),
        (["--env", "tcgjax", "weighted", "weighted"], "named twice"),
        (["--env", "tcgjax", "weighted", "random", "--rounds", "0"], "--rounds must be at least 1"),
    ],
)
def test_bad_flags_get_one_sentence(arguments, complaint, capsys):
    assert main(["elo", *arguments]) == BAD_USAGE
    assert complaint in capsys.readouterr().err
