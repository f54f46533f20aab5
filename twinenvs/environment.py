"""The functional environment that every JAX package of the suite implements.

The interface is gymnax 1.x's: `step` returns six values and resets by itself, `info["final_observation"]` keeps the
last observation of the episode that ended, so bootstrapping on truncation is right by construction.
"""

from __future__ import annotations

import abc
import dataclasses
import functools
import json
import pathlib
import sys
from typing import Any, ClassVar, Literal, Protocol, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from twinenvs import spaces

AutoReset = Literal["fresh", "pooled", "none"]
INFO_KEYS = ("terminated", "truncated", "final_observation", "action_mask", "illegal")


class HasTime(Protocol):
    """What the base class needs of a state: the number of steps since the episode began."""

    @property
    def time(self) -> jax.Array:
        """int32 (), steps since the last reset."""
        ...


class HasLimit(Protocol):
    """What the base class needs of parameters: the step at which an episode is truncated."""

    @property
    def max_steps_in_episode(self) -> Any:
        """int32 (), steps."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Environment(abc.ABC):
    """A twin as pure functions on one environment; batch with `jax.vmap`.

    Subclasses are frozen dataclasses whose fields are the static options of `make`, hence hashable, comparable and
    deep-copyable. They implement `default_params`, `reset_env`, `step_env`, `observe`, `action_space`,
    `observation_space`, and where it applies `action_mask` and `render`.

    Attributes:
        auto_reset: what `step` does at the end of an episode. "fresh" resets with its own key, "pooled" takes one of
            `pool_size` states prepared at compile time with the default parameters, "none" leaves the ended state.
        pool_size: number of prepared states, used by "pooled" only.
    """

    name: ClassVar[str]
    version: ClassVar[str]

    auto_reset: AutoReset = "fresh"
    pool_size: int = 1024

    def __post_init__(self) -> None:
        check_option("auto_reset", self.auto_reset, get_args(AutoReset))
        if not isinstance(self.pool_size, int) or self.pool_size < 1:
            raise ValueError(f"pool_size must be an integer of at least 1, got {self.pool_size!r}.")

    # What a subclass provides -------------------------------------------------------------------------------------

    @property
    @abc.abstractmethod
    def default_params(self) -> Any:
        """The numbers that the step reads, a flax.struct dataclass with `max_steps_in_episode`."""

    @abc.abstractmethod
    def reset_env(self, key: jax.Array, params: Any) -> tuple[Any, Any]:
        """Starts an episode: (observation, state)."""

    @abc.abstractmethod
    def step_env(
        self, key: jax.Array, state: Any, action: jax.Array, params: Any
    ) -> tuple[Any, Any, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One step without reset: (observation, state, reward, terminated, truncated, info)."""

    @abc.abstractmethod
    def observe(self, key: jax.Array | None, state: Any, action: jax.Array | None, params: Any) -> Any:
        """The observation of a state; `key` and `action` exist for gymnax and may be None."""

    @abc.abstractmethod
    def action_space(self, params: Any = None) -> spaces.Space:
        """The space of one action."""

    @abc.abstractmethod
    def observation_space(self, params: Any = None) -> spaces.Space:
        """The space of one observation."""

    @abc.abstractmethod
    def render(self, state: Any) -> np.ndarray:
        """A picture of one concrete state: uint8 (height, width, 3)."""

    # What every environment gets ----------------------------------------------------------------------------------

    @property
    def num_actions(self) -> int:
        """Number of discrete actions, or the dimension of a Box action."""
        space = self.action_space(self.default_params)
        assert isinstance(space, spaces.Discrete | spaces.Box)
        return space.n if isinstance(space, spaces.Discrete) else int(np.prod(space.shape))

    @property
    def rounding(self) -> float:
        """Difference, relative and absolute, that floats may show after a few steps compiled in another way."""
        return 1e-5

    def action_mask(self, state: Any) -> jax.Array:
        """Which actions are legal: bool (num_actions,); all of them unless a subclass says otherwise."""
        return jnp.ones((self.num_actions,), bool)

    def get_obs(self, state: Any, params: Any = None, key: jax.Array | None = None) -> Any:
        """The observation of a state, under gymnax's older name."""
        return self.observe(key, state, None, self.default_params if params is None else params)

    def reset(self, key: jax.Array, params: Any = None) -> tuple[Any, Any]:
        """Starts an episode.

        Args:
            key: a JAX random key.
            params: the numbers that the step reads; None means `default_params`.

        Returns:
            (observation, state).
        """
        return self.reset_env(key, self.default_params if params is None else params)

    def step(
        self, key: jax.Array, state: Any, action: Any, params: Any = None
    ) -> tuple[Any, Any, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One step, followed by a reset where the episode ended.

        Args:
            key: a JAX random key.
            state: state before the step.
            action: one action of `action_space`.
            params: the numbers that the step reads; None means `default_params`.

        Returns:
            (observation, state, reward float32 (), terminated bool (), truncated bool (), info). At an episode's end
            observation and state are those of the next episode and `info["final_observation"]` is the last
            observation of the ended one; elsewhere it equals the observation. `info["action_mask"]` belongs to the
            returned state.

        Raises:
            TypeError: the action's dtype is not of the kind the space has.
            ValueError: the action's shape is wrong, or a concrete action is illegal. Inside traced code an illegal
                action is replaced by the first legal one and counted in `info["illegal"]`.
        """
        params = self.default_params if params is None else params
        action = self.check_action(action, state)
        key_step, key_reset = jax.random.split(key)
        final, ended, reward, terminated, truncated, info = self.step_env(key_step, state, action, params)
        if self.auto_reset == "none":
            return final, ended, reward, terminated, truncated, {**info, "final_observation": final}
        done = terminated | truncated
        fresh_observation, fresh_state = self._auto_reset(key_reset, ended, params)
        observation, new_state = select(done, (fresh_observation, fresh_state), (final, ended))
        info = {**info, "final_observation": final, "action_mask": self.action_mask(new_state)}
        return observation, new_state, reward, terminated, truncated, info

    def next_episode(self, key: jax.Array, ended: Any, params: Any) -> tuple[Any, Any]:
        """Starts the episode that follows an ended one: (observation, state).

        Environments whose random stream lives in the state carry it over; the others start from the key.
        """
        return self.reset_env(key, params)

    def compiler_options(self, platform: str) -> dict[str, Any]:
        """XLA options under which this environment's step measured fastest on "cpu", "gpu" or "tpu"; see `jit`."""
        return {}

    def is_truncated(self, state: HasTime, params: HasLimit) -> jax.Array:
        """Whether the step limit is reached: bool ()."""
        return state.time >= params.max_steps_in_episode

    def bytes_per_env(self) -> int:
        """Bytes of one environment's state."""
        shapes = jax.eval_shape(lambda key: self.reset(key)[1], jax.random.key(0))
        return sum(int(np.prod(leaf.shape)) * leaf.dtype.itemsize for leaf in jax.tree.leaves(shapes))

    def fidelity(self) -> dict[str, Any]:
        """What was compared with the original, as written by `python -m benchmarks verify`."""
        module_file = sys.modules[type(self).__module__].__file__
        path = pathlib.Path(module_file or "").with_name("fidelity.json")
        if not path.exists():
            raise FileNotFoundError(f"{self.name} has no fidelity.json; run `python -m benchmarks verify` to write it.")
        return json.loads(path.read_text())

    def check_action(self, action: Any, state: Any) -> jax.Array:
        """Checks dtype and shape, and for concrete values the range and the mask.

        Returns:
            The action as an array, unchanged. `step_env` replaces what is illegal inside traced code.
        """
        space = self.action_space(self.default_params)
        assert isinstance(space, spaces.Discrete | spaces.Box)
        concrete = not isinstance(action, Tracer)
        try:
            array = np.asarray(action) if concrete else action
        except ValueError as error:
            raise TypeError(f"{self.name}: an action must be an array of {space.dtype}, got {action!r}.") from error
        kinds = "iu" if np.dtype(space.dtype).kind in "iu" else "fiu"
        if np.dtype(array.dtype).kind not in kinds:
            raise TypeError(f"{self.name}: an action must have dtype {space.dtype}, got {array.dtype}.")
        if array.shape != space.shape:
            raise ValueError(
                f"{self.name}: an action must have shape {space.shape}, got {tuple(array.shape)};"
                " use jax.vmap for a batch of environments."
            )
        if concrete and not isinstance(state.time, Tracer):
            self._check_concrete_action(np.asarray(action), state, space)
        return jnp.asarray(action)

    def _check_concrete_action(self, action: np.ndarray, state: Any, space: spaces.Discrete | spaces.Box) -> None:
        if isinstance(space, spaces.Box):
            if not space.contains(action):
                raise ValueError(
                    f"{self.name}: an action must lie between {space.low} and {space.high} and be finite,"
                    f" got {action.tolist()}."
                )
            return
        if not space.contains(action):
            raise ValueError(f"{self.name}: an action must be one of 0 .. {space.n - 1}, got {action}.")
        mask = np.asarray(self.action_mask(state))
        if not mask[int(action)]:
            legal = np.flatnonzero(mask).tolist()
            raise ValueError(f"{self.name}: action {action} is not legal now; the legal actions are {legal}.")

    def _auto_reset(self, key: jax.Array, ended: Any, params: Any) -> tuple[Any, Any]:
        if self.auto_reset == "fresh":
            return self.next_episode(key, ended, params)
        index = jax.random.randint(key, (), 0, self.pool_size)
        return jax.tree.map(lambda leaf: jnp.asarray(leaf)[index], _prepared_episodes(self))


@functools.lru_cache(maxsize=8)
def _prepared_episodes(env: Environment) -> Any:
    with jax.ensure_compile_time_eval():
        keys = jax.random.split(jax.random.key(env.pool_size), env.pool_size)
        episodes = jax.vmap(lambda key: env.reset_env(key, env.default_params))(keys)
        return jax.tree.map(np.asarray, episodes)


def select(condition: jax.Array, if_true: Any, if_false: Any) -> Any:
    """Leaf-wise `jnp.where` of two pytrees of one structure, on a condition of shape ()."""
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), if_true, if_false)


def check_option(option: str, value: Any, allowed: tuple[Any, ...]) -> None:
    """Raises a ValueError that names the option, the wrong value and the allowed ones."""
    if value not in allowed:
        raise ValueError(f"{option} must be one of {', '.join(map(repr, allowed))}, got {value!r}.")
