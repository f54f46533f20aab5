"""Pong, a bit-exact twin of PufferLib 3.0.0's, in JAX. `import pong_jax; env = pong_jax.make()`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from twinenvs import registry

if TYPE_CHECKING:
    from pong_jax.env import PongJax
    from pong_jax.env import PongJax as Environment
    from pong_jax.state import EnvParams, EnvState

ENV_ID = "PongJax-v0"
__all__ = ["ENV_ID", "EnvParams", "EnvState", "Environment", "PongJax", "make"]

_LAZY = {
    "EnvParams": ("pong_jax.state", "EnvParams"),
    "EnvState": ("pong_jax.state", "EnvState"),
    "Environment": ("pong_jax.env", "PongJax"),
    "PongJax": ("pong_jax.env", "PongJax"),
}

registry.register(ENV_ID, "pong_jax", "pong_jax.gymnasium:make_single", "pong_jax.gymnasium:make_vector")


def make(**options: Any) -> PongJax:
    """Builds the functional environment.

    Args:
        **options: `frameskip` (int, 1), `continuous` (bool, False), `number` ("int16", "float32" or None to choose),
            `auto_reset` ("fresh", "pooled" or "none"), `pool_size` (int), and any constant of `EnvParams`, such as
            `paddle_speed` or `max_steps_in_episode`.

    Raises:
        TypeError: an unknown option, by name.
        ValueError: a value that is not allowed, with the allowed ones.
    """
    from pong_jax.env import PongJax
    from pong_jax.state import EnvParams

    return PongJax(**registry.gather_options("pong_jax", options, PongJax, EnvParams))


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module, attribute = _LAZY[name]
        return getattr(importlib.import_module(module), attribute)
    raise AttributeError(f"module 'pong_jax' has no attribute {name!r}")
