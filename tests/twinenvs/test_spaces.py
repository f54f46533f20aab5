"""Spaces: membership, sampling, conversion."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from twinenvs.spaces import Box, Dict, Discrete

SPACES = [
    Discrete(4),
    Discrete(2, "uint8"),
    Box(-1.0, 2.0, (3,)),
    Box(0, 255, (2, 2), "uint8"),
    Box((-1.0, -np.inf), (1.0, np.inf), (2,)),
    Dict((("a", Discrete(3)), ("b", Box(0.0, 1.0, (2,))))),
]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_sample_lies_inside_and_converts(space):
    converted = space.to_gymnasium()
    for seed in range(20):
        value = jax.device_get(space.sample(jax.random.key(seed)))
        assert space.contains(value)
        if not isinstance(space, Dict):
            assert np.asarray(value).dtype == space.dtype and np.shape(value) == space.shape
            assert converted.contains(np.asarray(value, converted.dtype))


@pytest.mark.parametrize(
    ("space", "value"),
    [
        (Discrete(4), 4),
        (Discrete(4), -1),
        (Discrete(4), 1.0),
        (Discrete(4), np.array([1])),
        (Box(-1.0, 2.0, (3,)), np.array([0.0, 0.0, 2.5], np.float32)),
        (Box(-1.0, 2.0, (3,)), np.array([0.0, np.nan, 0.0], np.float32)),
        (Box(-1.0, 2.0, (3,)), np.zeros(2, np.float32)),
        (Box(0, 255, (1,), "uint8"), np.zeros(1, np.float32)),
        (SPACES[-1], {"a": 1}),
        (SPACES[-1], 3),
    ],
)
def test_values_outside_are_refused(space, value):
    assert not space.contains(value)


def test_uint8_samples_reach_both_bounds():
    values = jax.vmap(Box(0, 1, (), "uint8").sample)(jax.random.split(jax.random.key(0), 100))
    assert set(np.unique(values)) == {0, 1}


def test_empty_discrete_is_refused():
    with pytest.raises(ValueError, match="n of at least 1, got 0"):
        Discrete(0)
