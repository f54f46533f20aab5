"""Spaces of observations and actions, and their Gymnasium form.

A space is a frozen, hashable description: it samples with a JAX key, tests membership of concrete values and
converts to the Gymnasium space of the same shape, dtype and bounds. No JAX is imported until `sample` is called.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import gymnasium
    import jax


@dataclasses.dataclass(frozen=True)
class Discrete:
    """The integers 0 .. n - 1.

    Attributes:
        n: number of values, at least 1.
        dtype: name of the integer dtype of one value.
    """

    n: int
    dtype: str = "int32"

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"Discrete needs n of at least 1, got {self.n!r}.")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one value: ()."""
        return ()

    def sample(self, key: jax.Array) -> jax.Array:
        """Draws one value, uniformly: dtype `self.dtype`, shape ()."""
        import jax

        return jax.random.randint(key, (), 0, self.n, dtype=self.dtype)

    def contains(self, value: Any) -> bool:
        """Whether a concrete value is an integer of shape () in 0 .. n - 1."""
        array = np.asarray(value)
        return array.shape == () and array.dtype.kind in "iu" and 0 <= int(array) < self.n

    def to_gymnasium(self) -> gymnasium.spaces.Discrete:
        """The Gymnasium space of the same values; its NumPy scalars are int64, as Gymnasium's always are."""
        import gymnasium

        return gymnasium.spaces.Discrete(self.n)


@dataclasses.dataclass(frozen=True)
class Box:
    """Arrays of one shape and dtype between `low` and `high`.

    Attributes:
        low: lowest value, one number for every entry or a (nested) tuple of `shape`.
        high: highest value, in the same form.
        shape: shape of one value.
        dtype: name of the dtype of one value.
    """

    low: Any
    high: Any
    shape: tuple[int, ...]
    dtype: str = "float32"

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest value as two arrays of `shape` and `dtype`."""
        low = np.broadcast_to(np.asarray(self.low, self.dtype), self.shape)
        high = np.broadcast_to(np.asarray(self.high, self.dtype), self.shape)
        return low, high

    def sample(self, key: jax.Array) -> jax.Array:
        """Draws one value, uniformly between the bounds (standard normal where a float entry is unbounded)."""
        import jax
        import jax.numpy as jnp

        low, high = self.bounds()
        if np.dtype(self.dtype).kind in "iu":
            draw = jax.random.randint(key, self.shape, low.astype(np.int64), high.astype(np.int64) + 1)
            return draw.astype(self.dtype)
        bounded = np.isfinite(low) & np.isfinite(high)
        uniform = jax.random.uniform(key, self.shape, self.dtype, np.where(bounded, low, 0), np.where(bounded, high, 1))
        normal = jnp.clip(jax.random.normal(key, self.shape, self.dtype), low, high)
        return jnp.where(bounded, uniform, normal)

    def contains(self, value: Any) -> bool:
        """Whether a concrete value has this shape, can be cast safely to this dtype and lies between the bounds."""
        array = np.asarray(value)
        if array.shape != self.shape or not np.can_cast(array.dtype, self.dtype, "same_kind"):
            return False
        low, high = self.bounds()
        return bool(np.all((array >= low) & (array <= high)))

    def to_gymnasium(self) -> gymnasium.spaces.Box:
        """The Gymnasium Box with the same bounds, shape and dtype."""
        import gymnasium

        low, high = self.bounds()
        return gymnasium.spaces.Box(low=low, high=high, shape=self.shape, dtype=np.dtype(self.dtype).type)


@dataclasses.dataclass(frozen=True)
class Dict:
    """A fixed set of named spaces.

    Attributes:
        spaces: pairs (name, space), in the order in which keys are drawn.
    """

    spaces: tuple[tuple[str, Space], ...]

    def sample(self, key: jax.Array) -> dict[str, Any]:
        """Draws one value of every named space, each with its own key."""
        import jax

        keys = jax.random.split(key, len(self.spaces))
        return {name: space.sample(k) for (name, space), k in zip(self.spaces, keys, strict=True)}

    def contains(self, value: Any) -> bool:
        """Whether a concrete value is a mapping with exactly these names, each inside its space."""
        if not hasattr(value, "keys") or set(value.keys()) != {name for name, _ in self.spaces}:
            return False
        return all(space.contains(value[name]) for name, space in self.spaces)

    def to_gymnasium(self) -> gymnasium.spaces.Dict:
        """The Gymnasium Dict of the converted spaces."""
        import gymnasium

        return gymnasium.spaces.Dict({name: space.to_gymnasium() for name, space in self.spaces})


Space = Discrete | Box | Dict
