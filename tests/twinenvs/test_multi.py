"""Games of two players: what a step says after an episode ended."""

from __future__ import annotations

import jax
import numpy as np

from tests.benchmarks.stones import State, Stones


def test_after_a_reset_who_decides_is_that_of_the_new_game() -> None:
    env = Stones()
    last = State(*(np.int32(value) for value in (4, 1, 1)))  # player 1 takes the last stone
    _, new, _, terminated, _, info = env.step(jax.random.key(0), last, np.array([0, 0], np.int32))
    assert terminated and new.stones > 0
    assert info["needs_decision"].tolist() == env.needs_decision(new).tolist() == [True, False]
    assert np.array_equal(info["action_mask"], env.action_mask(new))
