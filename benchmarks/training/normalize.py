"""Running mean and variance, merged batch by batch (Chan's parallel form)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import struct

CLIP = 10.0  # deviations; keeps a rare outlier from saturating the network
EPSILON = 1e-8


@struct.dataclass
class RunningMoments:
    """Moments of all rows seen.

    Attributes:
        count: float32 (), rows seen. Float, since an int32 would overflow; only its ratio to a batch matters.
        mean: float32 (features,) or ().
        variance: float32, as `mean`, the population variance.
    """

    count: jax.Array
    mean: jax.Array
    variance: jax.Array

    @classmethod
    def start(cls, shape: tuple[int, ...]) -> RunningMoments:
        """Moments before any row: mean 0 and variance 1, with no weight."""
        return cls(jnp.zeros((), jnp.float32), jnp.zeros(shape, jnp.float32), jnp.ones(shape, jnp.float32))

    def update(self, rows: jax.Array) -> RunningMoments:
        """Adds rows, float32 (..., *shape of mean).

        In a sharded program the reductions run over all devices, so every device holds the moments of all rows.
        """
        axes = tuple(range(rows.ndim - self.mean.ndim))
        size = jnp.float32(rows.size // max(self.mean.size, 1))
        mean, variance = jnp.mean(rows, axes), jnp.var(rows, axes)
        total = self.count + size
        delta = mean - self.mean
        spread = self.variance * self.count + variance * size + delta**2 * (self.count * size / total)
        return RunningMoments(total, self.mean + delta * (size / total), spread / total)

    def normalize(self, x: jax.Array) -> jax.Array:
        """Centres, scales and clips x, float32 (..., *shape of mean)."""
        return jnp.clip((x - self.mean) * jax.lax.rsqrt(self.variance + EPSILON), -CLIP, CLIP)

    def scale(self, x: jax.Array) -> jax.Array:
        """Divides x by the deviation and clips, without centring, so that signs keep their meaning."""
        return jnp.clip(x * jax.lax.rsqrt(self.variance + EPSILON), -CLIP, CLIP)
