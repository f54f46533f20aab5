"""What every test relies on: the CPU unless one asks for another device, and reproducible property tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Before anything imports jax. A GPU's tests name their device themselves.
os.environ.setdefault("JAX_PLATFORMS", "cpu")

try:
    import hypothesis
except ModuleNotFoundError:
    pass
else:
    # No deadline: the first example of a jitted function pays for its compilation.
    hypothesis.settings.register_profile("twinenvs", derandomize=True, deadline=None)
    hypothesis.settings.load_profile("twinenvs")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout's root folder."""
    return Path(__file__).resolve().parents[1]
