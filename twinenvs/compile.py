"""`twinenvs.jit`: jax.jit with an environment's measured compiler options, a persistent cache and a progress line.

JAX takes compiler options on the outermost jit only, so this is what to wrap a rollout or a whole training loop in.
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import sys
import time
from collections.abc import Callable
from typing import Any

import jax

from twinenvs.cache import cache_folder as cache_folder
from twinenvs.cache import is_enabled
from twinenvs.environment import Environment

SHORT_COMPILE_SECONDS = 2.0  # Below this the progress line would be gone before it is read.


def enable_persistent_cache() -> None:
    """Keeps compiled programs between processes, unless JAX was given a cache folder already or TWINENVS_CACHE=off."""
    if getattr(jax.config, "jax_compilation_cache_dir", None) is None and is_enabled():
        jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "xla"))


def jit(fun: Callable[..., Any], *, env: Environment | None = None, label: str | None = None, **options: Any) -> Jit:
    """Compiles a function that steps an environment.

    Args:
        fun: the outermost function, such as a rollout.
        env: the environment it steps; its `compiler_options` for the default backend are used.
        label: name shown while compiling; None takes the function's.
        **options: passed to `jax.jit`; `compiler_options` given here win over the environment's.

    Returns:
        A callable like `jax.jit(fun)`, with its `lower`, `trace` and so on.
    """
    enable_persistent_cache()
    platform = jax.default_backend()
    measured = {} if env is None else env.compiler_options(platform)
    chosen = {**measured, **options.pop("compiler_options", {})}
    compiled = jax.jit(fun, compiler_options=chosen or None, **options)
    name = label or getattr(fun, "__name__", "function")
    return Jit(compiled, f"{name} of {env.name}" if env is not None else name, platform)


class Jit:
    """A jitted function that says, once per new signature, that it compiles and how long that took last time."""

    def __init__(self, compiled: Any, label: str, platform: str) -> None:
        """Wraps `compiled`, a `jax.jit` function."""
        self._compiled = compiled
        self._label = label
        self._platform = platform
        functools.update_wrapper(self, compiled)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function, compiling it where the signature is new."""
        before = self._compiled._cache_size()
        if before and not _shows_progress():
            return self._compiled(*args, **kwargs)
        expected = _recorded_seconds(self._label, self._platform) if before == 0 else None
        if before == 0 and _shows_progress() and (expected is None or expected > SHORT_COMPILE_SECONDS):
            about = "" if expected is None else f", about {expected:.0f} s"
            print(f"twinenvs: compiling {self._label} for {self._platform}{about}", file=sys.stderr, flush=True)
        start = time.perf_counter()
        result = self._compiled(*args, **kwargs)
        if before == 0:
            _record_seconds(self._label, self._platform, time.perf_counter() - start)
        return result

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._compiled, name)


def _shows_progress() -> bool:
    wished = os.environ.get("TWINENVS_PROGRESS")
    return sys.stderr.isatty() if wished is None else wished == "1"


def _seconds_file() -> pathlib.Path:
    return cache_folder() / "compile_seconds.json"


def _recorded_seconds(label: str, platform: str) -> float | None:
    try:
        return float(json.loads(_seconds_file().read_text())[platform][label])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _record_seconds(label: str, platform: str, seconds: float) -> None:
    if not is_enabled():
        return
    path = _seconds_file()
    try:
        recorded = json.loads(path.read_text())
    except (OSError, ValueError):
        recorded = {}
    recorded.setdefault(platform, {})[label] = round(seconds, 1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(recorded))
        partial.replace(path)
    except OSError:
        return
