"""The public contract, held by every registered environment; and proof that `check_env` can fail."""

from __future__ import annotations

import dataclasses
import importlib

import jax.numpy as jnp
import pytest

import pong_jax
from pong_jax.env import PongJax
from twinenvs.testing import ContractError, check_env


@pytest.mark.parametrize("package", ["halfcheetah_jax", "pokejax", "pong_jax", "tcgjax"])
def test_package_carries_what_was_compared_with_the_original(package):
    content = importlib.import_module(package).make().fidelity()
    assert content["env"] == package and {check["level"] for check in content["checks"]} >= {1, 3}
    assert content["mismatches"] == sum(check["mismatches"] for check in content["checks"]) == 0


def test_check_env_accepts_pong():
    check_env(pong_jax.make())


@pytest.mark.parametrize(
    ("options", "only"),
    [
        pytest.param({"frameskip": 8}, ("batch", "gymnasium"), marks=pytest.mark.slow),
        ({"continuous": True}, ("shapes", "actions", "gymnasium")),
        ({"auto_reset": "pooled", "pool_size": 16}, ("identity", "rollout", "truncation")),
        ({"auto_reset": "none"}, ("rollout", "truncation")),
        pytest.param(
            {"number": "float32", "paddle_speed": 6.5, "max_score": 1, "frameskip": 3},
            ("shapes", "batch", "truncation"),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["frameskip 8", "continuous", "pooled", "no reset", "own constants"],
)
def test_check_env_accepts_the_other_forms_of_pong(options, only):
    check_env(pong_jax.make(**options), only=only)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LosesFinalObservation(PongJax):
    """Returns the reset observation as the final one, the field's commonest bug."""

    def step(self, key, state, action, params=None):
        """See PongJax."""
        observation, *rest, info = super().step(key, state, action, params)
        return observation, *rest, {**info, "final_observation": observation}


@dataclasses.dataclass(frozen=True, kw_only=True)
class NeverTruncates(PongJax):
    """Ignores the step limit."""

    def _limit_reached(self, state, params):
        return jnp.zeros_like(state.time, bool)


@dataclasses.dataclass(frozen=True, kw_only=True)
class NarrowSpace(PongJax):
    """Declares a space that its observations leave."""

    def observation_space(self, params=None):
        """See PongJax."""
        return dataclasses.replace(super().observation_space(params), low=0.45)


@dataclasses.dataclass(frozen=True, kw_only=True)
class HidesIllegalActions(PongJax):
    """Counts no illegal action."""

    def _direction(self, action):
        direction, illegal = super()._direction(action)
        return direction, illegal & False


@pytest.mark.parametrize(
    ("broken", "check", "sentence"),
    [
        (LosesFinalObservation, "truncation", "final_observation"),
        (NeverTruncates, "truncation", "truncat|outlast"),
        (NarrowSpace, "shapes", "observation_space"),
        (HidesIllegalActions, "actions", "illegal"),
    ],
)
def test_check_env_refuses_a_broken_environment(broken, check, sentence):
    with pytest.raises(ContractError, match=sentence):
        check_env(broken(), only=(check,))


def test_check_env_names_an_unknown_check():
    with pytest.raises(ValueError, match="there is no check 'speed'; the checks are identity"):
        check_env(pong_jax.make(), only=("speed",))
