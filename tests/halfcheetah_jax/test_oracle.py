"""Our HalfCheetah against MuJoCo: terms at a state, one substep, steps from MuJoCo's own states."""

from __future__ import annotations

import functools

import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed (extra `oracles`)")

from benchmarks.parity.halfcheetah_worker import measure

pytestmark = pytest.mark.oracle

SEED = 11
EPISODES = 4  # one of every player


@functools.cache
def outcomes(group):
    return measure(group, SEED, EPISODES, lambda steps: None)


def require_no_mismatch(group, name):
    outcome = outcomes(group)[name]
    assert outcome.complete and outcome.steps > 0
    assert outcome.tally.mismatches == 0, outcome.tally.first.sentence()


@pytest.mark.parametrize("name", ["mass matrix", "bias", "passive forces", "actuation", "constraint rows"])
def test_term_equals_that_of_mujoco(name):
    require_no_mismatch("terms", name)


@pytest.mark.parametrize("name", ["acceleration", "substep, qpos", "substep, qvel"])
def test_substep_equals_that_of_mujoco(name):
    require_no_mismatch("substep", name)


@pytest.mark.parametrize("name", ["qpos", "qvel", "reward_forward", "reward"])
def test_float64_step_equals_mujoco_at_tolerance_zero(name):
    require_no_mismatch("exact", name)


@pytest.mark.parametrize("name", ["qpos, largest", "qvel, largest", "reward, largest"])
def test_float32_step_stays_within_the_stated_bounds_of_default_mujoco(name):
    require_no_mismatch("single", name)
