"""Gymnasium entry points of TCGJax."""

from __future__ import annotations

import tcgjax
from twinenvs.gymnasium_env import entry_points

make_single, make_vector = entry_points(tcgjax.make)
