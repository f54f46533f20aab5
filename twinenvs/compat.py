"""Views of an environment for code that speaks another dialect: gymnax 1.x, five-value steps, Stable-Baselines3.

Nothing here is imported by an environment, and gymnax and Stable-Baselines3 are imported only where they are asked for.
"""

from __future__ import annotations

from typing import Any

import jax

from twinenvs import registry, spaces
from twinenvs.environment import Environment


class _View:
    """Passes everything on to the wrapped environment but for what a subclass defines."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    def __getattr__(self, name: str) -> Any:
        # Dunder names and the wrapped environment itself must fail, or deepcopy and pickle would recurse.
        if name.startswith("__") or name == "_env":
            raise AttributeError(name)
        return getattr(self._env, name)

    def __hash__(self) -> int:
        return hash((type(self), self._env))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._env == other._env  # type: ignore[attr-defined]


class FiveValueView(_View):
    """`step` as PureJaxRL-age scripts unpack it; build it with `five_value`."""

    def step(
        self, key: jax.Array, state: Any, action: jax.Array, params: Any = None
    ) -> tuple[Any, Any, jax.Array, jax.Array, dict[str, Any]]:
        """One step with automatic reset: (observation, state, reward, done, info), done = terminated or truncated."""
        observation, state, reward, terminated, truncated, info = self._env.step(key, state, action, params)
        return observation, state, reward, terminated | truncated, info

    def reset(self, key: jax.Array, params: Any = None) -> tuple[Any, Any]:
        """Starts an episode: (observation, state)."""
        return self._env.reset(key, params)


def five_value(env: Environment) -> FiveValueView:
    """The environment for scripts that unpack `obs, state, reward, done, info = env.step(...)`."""
    return FiveValueView(env)


class GymnaxView(_View):
    """The environment as gymnax 1.x's own wrappers know one; build it with `gymnax_view`."""

    def reset(self, key: jax.Array, params: Any = None) -> tuple[Any, Any]:
        """Starts an episode: (observation, state)."""
        return self._env.reset(key, params)

    def step(
        self, key: jax.Array, state: Any, action: jax.Array, params: Any = None
    ) -> tuple[Any, Any, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One step with automatic reset, six values."""
        return self._env.step(key, state, action, params)

    def reset_env(self, key: jax.Array, params: Any) -> tuple[Any, Any]:
        """Starts an episode: (observation, state)."""
        return self._env.reset_env(key, params)

    def step_env(
        self, key: jax.Array, state: Any, action: jax.Array, params: Any
    ) -> tuple[Any, Any, jax.Array, jax.Array, dict[str, Any]]:
        """One step without reset in gymnax's five values: (observation, state, reward, terminated, info)."""
        observation, state, reward, terminated, _, info = self._env.step_env(key, state, action, params)
        return observation, state, reward, terminated, info

    def action_space(self, params: Any = None) -> Any:
        """The action space as a gymnax space."""
        return to_gymnax(self._env.action_space(params))

    def observation_space(self, params: Any = None) -> Any:
        """The observation space as a gymnax space."""
        return to_gymnax(self._env.observation_space(params))


def gymnax_view(env: Environment) -> GymnaxView:
    """The environment for gymnax 1.x's wrappers and trainers."""
    return GymnaxView(env)


def to_gymnax(space: spaces.Space) -> Any:
    """A gymnax space of the same values.

    Raises:
        ImportError: gymnax is not installed; the sentence says how to get it.
    """
    gymnax_spaces = _gymnax("environments.spaces")
    if isinstance(space, spaces.Discrete):
        return gymnax_spaces.Discrete(space.n)
    if isinstance(space, spaces.Box):
        low, high = space.bounds()
        return gymnax_spaces.Box(low, high, space.shape, dtype=low.dtype)
    return gymnax_spaces.Dict({name: to_gymnax(part) for name, part in space.spaces})


def register_with_gymnax(env_id: str) -> None:
    """Makes `gymnax.make(env_id, **options)` build the gymnax view of a registered environment.

    Raises:
        ValueError: the id is not registered with this suite.
        ImportError: gymnax is not installed, or is older than 1.0.
    """
    registry.entry(env_id)
    _gymnax("registration").register(env_id, lambda **options: gymnax_view(registry.make(env_id, **options)))


def _gymnax(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(f"gymnax.{module}")
    except ImportError as error:
        raise ImportError(
            "the gymnax view needs gymnax 1.0.1 or newer; install it with `pip install twinenvs[train]`."
        ) from error
