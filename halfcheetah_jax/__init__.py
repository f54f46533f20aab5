"""HalfCheetah, a twin of Gymnasium's HalfCheetah-v5, in JAX. `import halfcheetah_jax; env = halfcheetah_jax.make()`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from twinenvs import registry

if TYPE_CHECKING:
    from halfcheetah_jax.env import HalfCheetahJax
    from halfcheetah_jax.env import HalfCheetahJax as Environment
    from halfcheetah_jax.state import EnvParams, EnvState

ENV_ID = "HalfCheetahJax-v0"
__all__ = ["ENV_ID", "EnvParams", "EnvState", "Environment", "HalfCheetahJax", "make"]

_LAZY = {
    "EnvParams": ("halfcheetah_jax.state", "EnvParams"),
    "EnvState": ("halfcheetah_jax.state", "EnvState"),
    "Environment": ("halfcheetah_jax.env", "HalfCheetahJax"),
    "HalfCheetahJax": ("halfcheetah_jax.env", "HalfCheetahJax"),
}

registry.register(
    ENV_ID, "halfcheetah_jax", "halfcheetah_jax.gymnasium:make_single", "halfcheetah_jax.gymnasium:make_vector"
)


def make(**options: Any) -> HalfCheetahJax:
    """Builds the functional environment.

    Args:
        **options: `frame_skip` (int, 5), `exclude_current_positions_from_observation` (bool, True), `precision`
            ("float32", "float64" or None to follow `jax_enable_x64`), `auto_reset` ("fresh", "pooled" or "none"),
            `pool_size` (int), and any number of `EnvParams`: `forward_reward_weight` (1.0), `ctrl_cost_weight` (0.1),
            `reset_noise_scale` (0.1), `max_steps_in_episode` (1000).

    Raises:
        TypeError: an unknown option, by name.
        ValueError: a value that is not allowed, with the allowed ones.
    """
    from halfcheetah_jax.env import HalfCheetahJax
    from halfcheetah_jax.state import EnvParams

    return HalfCheetahJax(**registry.gather_options("halfcheetah_jax", options, HalfCheetahJax, EnvParams))


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module, attribute = _LAZY[name]
        return getattr(importlib.import_module(module), attribute)
    raise AttributeError(f"module 'halfcheetah_jax' has no attribute {name!r}")
