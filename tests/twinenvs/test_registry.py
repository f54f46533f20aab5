"""Registration by string entry points."""

from __future__ import annotations

import pytest

import pong_jax
from twinenvs import registry


def test_make_builds_the_functional_environment():
    assert registry.make("pong_jax:PongJax-v0", frameskip=8) == pong_jax.make(frameskip=8)
    assert "PongJax-v0" in {entry.env_id for entry in registry.entries()}


def test_unknown_id_names_the_known_ones():
    with pytest.raises(ValueError, match=r"no environment 'Chess-v0' is registered; known ids: .*PongJax-v0"):
        registry.make("Chess-v0")


def test_registering_twice_changes_nothing():
    before = registry.entries()
    entry = registry.entry("PongJax-v0")
    registry.register(entry.env_id, entry.package, entry.gymnasium_entry_point, entry.vector_entry_point)
    assert registry.entries() == before
