"""Actor-critic networks: a two-trunk MLP and a GRU, both over time-major sequences."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from benchmarks.training.config import NetworkConfig

ACTIVATIONS = {"tanh": nn.tanh, "relu": nn.relu}
HIDDEN_GAIN = math.sqrt(2)
ACTOR_GAIN = 0.01  # near-uniform first policy
WIDEST_ORTHOGONAL = 1024  # beyond it the QR decomposition of the orthogonal initialiser takes minutes on a CPU
RECURRENT_SIZES = {"2M": 576, "20M": 1824, "200M": 5760}  # a GRU of width h with one dense layer of h has about 6 h^2
DENSE_SIZES = {"2M": 992, "20M": 3168, "200M": 9984}  # two trunks of two layers of width h have about 2 h^2


def sized(count: str, recurrent: bool) -> NetworkConfig:
    """A network of about `count` parameters ("2M", "20M" or "200M"), on small observations."""
    sizes = RECURRENT_SIZES if recurrent else DENSE_SIZES
    if count not in sizes:
        raise ValueError(f"The size of a network must be one of {', '.join(sizes)}, got {count!r}.")
    width = sizes[count]
    return NetworkConfig(hidden=(width,), recurrent=width) if recurrent else NetworkConfig(hidden=(width, width))


def count_parameters(params: dict) -> int:
    """Number of parameters of a network."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))


class ActorCritic(nn.Module):
    """Maps observations to the actor's outputs and values.

    Attributes:
        config: widths, activation and dtype.
        outputs: width of the actor's output, see `distributions.action_width`.
        continuous: whether a log deviation is learned beside the outputs.
    """

    config: NetworkConfig
    outputs: int
    continuous: bool

    @property
    def hidden_width(self) -> int:
        """Width of the recurrent state; 0 without a GRU."""
        return self.config.recurrent

    def initial_hidden(self, batch: int) -> jax.Array:
        """The recurrent state before an episode: float32 (batch, hidden_width)."""
        return jnp.zeros((batch, self.hidden_width), jnp.float32)

    @nn.compact
    def __call__(
        self, hidden: jax.Array, observation: jax.Array, reset: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array | None, jax.Array]:
        """Runs over a sequence.

        Args:
            hidden: float32 (batch, hidden_width), recurrent state before the first step.
            observation: float32 (time, batch, features), normalised.
            reset: bool (time, batch), whether an episode begins at this step, so that the state is forgotten.

        Returns:
            (hidden after the last step, outputs float32 (time, batch, outputs), log_std float32 (outputs,) or None,
            value float32 (time, batch)).
        """
        dtype = jnp.dtype(self.config.compute_dtype)
        observation = observation.astype(dtype)
        if self.config.recurrent:
            embedded = self._trunk("trunk", observation, dtype)
            hidden, features = GRU(self.config.recurrent, dtype, name="gru")(hidden, embedded, reset)
            actor = critic = features
        else:
            actor = self._trunk("actor", observation, dtype)
            critic = self._trunk("critic", observation, dtype)
        outputs = _dense(self.outputs, ACTOR_GAIN, dtype, "outputs")(actor).astype(jnp.float32)
        value = _dense(1, 1.0, dtype, "value")(critic).astype(jnp.float32)[..., 0]
        initial = nn.initializers.constant(self.config.initial_log_std)
        log_std = self.param("log_std", initial, (self.outputs,), jnp.float32) if self.continuous else None
        return hidden, outputs, log_std, value

    def _trunk(self, name: str, x: jax.Array, dtype: Any) -> jax.Array:
        for index, width in enumerate(self.config.hidden):
            x = ACTIVATIONS[self.config.activation](_dense(width, HIDDEN_GAIN, dtype, f"{name}_{index}")(x))
        return x


class GRU(nn.Module):
    """A gated recurrent unit over a sequence.

    Written out because flax has changed its cell's signature between versions, and because the products with the
    inputs of all steps are one matrix product ahead of the scan.

    Attributes:
        width: width of the recurrent state.
        dtype: dtype of matrix products; the state itself is float32.
    """

    width: int
    dtype: Any

    @nn.compact
    def __call__(self, hidden: jax.Array, x: jax.Array, reset: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Returns (state after the last step, states after each step float32 (time, batch, width))."""
        gates_of_input = _dense(3 * self.width, 1.0, self.dtype, "input")(x)
        kernel = self.param("recurrent", _initializer(1.0, self.width), (self.width, 3 * self.width), jnp.float32)
        kernel = kernel.astype(self.dtype)

        def step(carry: jax.Array, inputs: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            from_input, forget = inputs
            carry = jnp.where(forget[:, None], 0.0, carry)
            from_state = carry.astype(self.dtype) @ kernel
            reset_in, update_in, new_in = jnp.split(from_input.astype(jnp.float32), 3, axis=-1)
            reset_state, update_state, new_state = jnp.split(from_state.astype(jnp.float32), 3, axis=-1)
            update = nn.sigmoid(update_in + update_state)
            new = nn.tanh(new_in + nn.sigmoid(reset_in + reset_state) * new_state)
            carry = (1 - update) * new + update * carry
            return carry, carry

        return jax.lax.scan(step, hidden, (gates_of_input, reset))


def _dense(width: int, gain: float, dtype: Any, name: str) -> nn.Dense:
    return nn.Dense(width, kernel_init=_initializer(gain, width), dtype=dtype, param_dtype=jnp.float32, name=name)


def _initializer(gain: float, width: int) -> nn.initializers.Initializer:
    if width <= WIDEST_ORTHOGONAL:
        return nn.initializers.orthogonal(gain)
    return nn.initializers.variance_scaling(gain**2, "fan_in", "truncated_normal")
