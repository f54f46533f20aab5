"""Shared base of the TwinEnvs suite: environment interface, spaces, adapters, registration, compilation.

Importing this package loads no JAX; its parts are imported by name.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_LAZY = {"jit": "twinenvs.compile", "check_env": "twinenvs.testing", "Environment": "twinenvs.environment"}
__all__ = ["Environment", "__version__", "check_env", "jit"]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'twinenvs' has no attribute {name!r}")
