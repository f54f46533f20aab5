"""Action distributions: categorical, masked categorical and diagonal normal."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from flax import struct

from twinenvs import spaces

ILLEGAL_LOGIT = -1e9  # exp of it is exactly 0 in float32, and unlike -inf it keeps gradients finite


@struct.dataclass
class Categorical:
    """A distribution over the integers 0 .. n - 1.

    Attributes:
        log_probs: float32 (..., n), nats; `ILLEGAL_LOGIT` or below for what cannot be drawn.
    """

    log_probs: jax.Array

    @classmethod
    def of(cls, logits: jax.Array, mask: jax.Array) -> Categorical:
        """Normalises logits, float (..., n), over the actions that `mask`, bool (..., n), allows."""
        masked = jnp.where(mask, logits.astype(jnp.float32), ILLEGAL_LOGIT)
        return cls(jax.nn.log_softmax(masked, axis=-1))

    def sample(self, key: jax.Array) -> jax.Array:
        """Draws actions: int32 (...)."""
        return jax.random.categorical(key, self.log_probs).astype(jnp.int32)

    def mode(self) -> jax.Array:
        """The likeliest actions: int32 (...)."""
        return jnp.argmax(self.log_probs, axis=-1).astype(jnp.int32)

    def log_prob(self, action: jax.Array) -> jax.Array:
        """Log-probability of actions int32 (...): float32 (...), nats."""
        # A product with a one-hot row instead of a gather: a few actions wide, and much faster backwards on CPU.
        chosen = jax.nn.one_hot(action, self.log_probs.shape[-1], dtype=jnp.float32)
        return jnp.sum(chosen * self.log_probs, axis=-1)

    def entropy(self) -> jax.Array:
        """Entropy over the legal actions: float32 (...), nats."""
        return -jnp.sum(jnp.exp(self.log_probs) * self.log_probs, axis=-1)


@struct.dataclass
class DiagonalNormal:
    """Independent normals, one an action dimension.

    Attributes:
        mean: float32 (..., d), in units of the action.
        log_std: float32 (d,) or (..., d), log of the deviation.
    """

    mean: jax.Array
    log_std: jax.Array

    def sample(self, key: jax.Array) -> jax.Array:
        """Draws actions: float32 (..., d), not clipped to any bounds."""
        noise = jax.random.normal(key, self.mean.shape, jnp.float32)
        return self.mean + jnp.exp(self.log_std) * noise

    def mode(self) -> jax.Array:
        """The likeliest actions: float32 (..., d)."""
        return self.mean

    def log_prob(self, action: jax.Array) -> jax.Array:
        """Log-density of actions float32 (..., d): float32 (...), nats."""
        scaled = (action - self.mean) * jnp.exp(-self.log_std)
        return jnp.sum(-0.5 * scaled**2 - self.log_std - 0.5 * math.log(2 * math.pi), axis=-1)

    def entropy(self) -> jax.Array:
        """Differential entropy: float32 (...), nats."""
        per_dimension = self.log_std + 0.5 * math.log(2 * math.pi * math.e)
        return jnp.sum(jnp.broadcast_to(per_dimension, self.mean.shape), axis=-1)


Distribution = Categorical | DiagonalNormal


def distribution(space: spaces.Space, outputs: jax.Array, log_std: jax.Array | None, mask: jax.Array) -> Distribution:
    """The distribution of an action space.

    Args:
        space: the environment's action space, Discrete or a Box of one axis.
        outputs: float (..., n), the actor's output: logits or means.
        log_std: float32 (n,), log deviations; None for Discrete.
        mask: bool (..., n), legal actions; not read for Box.
    """
    if isinstance(space, spaces.Discrete):
        return Categorical.of(outputs, mask)
    assert log_std is not None
    return DiagonalNormal(outputs.astype(jnp.float32), log_std)


def action_width(space: spaces.Space) -> int:
    """Outputs that the actor needs: number of actions, or dimensions of a Box.

    Raises:
        ValueError: the space is neither Discrete nor a Box of one axis.
    """
    if isinstance(space, spaces.Discrete):
        return space.n
    if isinstance(space, spaces.Box) and len(space.shape) == 1 and space.dtype.startswith("float"):
        return space.shape[0]
    raise ValueError(f"PPO trains on Discrete and one-axis float Box actions, got {space}; wrap the environment.")


def to_environment(space: spaces.Space, action: jax.Array) -> jax.Array:
    """The action as the environment takes it: a normal draw is clipped to the Box."""
    if isinstance(space, spaces.Box):
        low, high = space.bounds()
        return jnp.clip(action, low, high)
    return action
