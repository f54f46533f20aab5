"""Gymnasium entry points of Pong."""

from __future__ import annotations

import pong_jax
from twinenvs.gymnasium_env import entry_points

make_single, make_vector = entry_points(pong_jax.make)
