"""Where the suite keeps what outlives a process; imports no JAX."""

from __future__ import annotations

import os
import pathlib


def cache_folder() -> pathlib.Path:
    """Folder of the suite's caches: $TWINENVS_CACHE, or `twinenvs` in the user's cache folder."""
    named = os.environ.get("TWINENVS_CACHE")
    if named and named != "off":
        return pathlib.Path(named)
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "twinenvs"


def is_enabled() -> bool:
    """Whether anything may be written there: not with TWINENVS_CACHE=off."""
    return os.environ.get("TWINENVS_CACHE") != "off"
