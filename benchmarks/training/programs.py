"""Where the harness gets what compiles its programs that step environments: one place to change."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import twinenvs.compile


def environment_jit(env: Any) -> Callable[..., Callable[..., Any]]:
    """What compiles a program with the steps of `env` in it; takes the arguments of `jax.jit`."""
    return functools.partial(twinenvs.compile.jit, env=env)
