"""What a policy is made of: network, parameters, observation moments, and the way from an observation to an action."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
from flax import struct

from benchmarks.training import distributions
from benchmarks.training.config import NetworkConfig
from benchmarks.training.networks import ActorCritic
from benchmarks.training.normalize import RunningMoments
from twinenvs import spaces


@struct.dataclass
class AgentParams:
    """Everything learned.

    Attributes:
        network: the actor-critic's parameters, float32.
        moments: of flattened observations, (features,); not updated where normalisation is off.
    """

    network: Any
    moments: RunningMoments


@struct.dataclass
class Evaluation:
    """The agent's view of a sequence of observations.

    Attributes:
        hidden: float32 (batch, width), recurrent state after the last step.
        distribution: over actions, batch shape (time, batch).
        value: float32 (time, batch), scaled discounted return.
    """

    hidden: jax.Array
    distribution: distributions.Distribution
    value: jax.Array


@dataclasses.dataclass(frozen=True)
class Agent:
    """The static part of an agent.

    Attributes:
        config: shape of the network.
        action_space: the space of one action.
        features: length of one flattened observation.
        normalize_observation: whether observations are centred and scaled.
    """

    config: NetworkConfig
    action_space: spaces.Space
    features: int
    normalize_observation: bool

    @property
    def network(self) -> ActorCritic:
        """The network's module."""
        width = distributions.action_width(self.action_space)
        return ActorCritic(self.config, width, isinstance(self.action_space, spaces.Box))

    def init(self, key: jax.Array) -> AgentParams:
        """Fresh parameters."""
        hidden = self.initial_hidden(1)
        observation = jax.numpy.zeros((1, 1, self.features))
        params = self.network.init(key, hidden, observation, jax.numpy.zeros((1, 1), bool))
        return AgentParams(params, RunningMoments.start((self.features,)))

    def initial_hidden(self, batch: int) -> jax.Array:
        """The recurrent state before an episode: float32 (batch, width), width 0 without a GRU."""
        return self.network.initial_hidden(batch)

    def prepare(self, moments: RunningMoments, observation: jax.Array) -> jax.Array:
        """Normalises flattened observations, float32 (..., features), as the network takes them."""
        return moments.normalize(observation) if self.normalize_observation else observation

    def evaluate(
        self, params: AgentParams, hidden: jax.Array, observation: jax.Array, mask: jax.Array, began: jax.Array
    ) -> Evaluation:
        """Runs the network over a sequence.

        Args:
            params: what was learned.
            hidden: float32 (batch, width), recurrent state before the first step.
            observation: float32 (time, batch, features), flattened, not normalised.
            mask: bool (time, batch, actions), legal actions.
            began: bool (time, batch), whether an episode begins at the step.
        """
        prepared = self.prepare(params.moments, observation)
        applied: Any = self.network.apply(params.network, hidden, prepared, began)
        hidden, outputs, log_std, value = applied
        return Evaluation(hidden, distributions.distribution(self.action_space, outputs, log_std, mask), value)

    def evaluate_step(
        self, params: AgentParams, hidden: jax.Array, observation: jax.Array, mask: jax.Array, began: jax.Array
    ) -> Evaluation:
        """As `evaluate`, for one step without the time axis."""
        sequence = self.evaluate(params, hidden, observation[None], mask[None], began[None])
        # The log deviation of a normal has no time axis to drop.
        one = sequence.distribution
        if isinstance(one, distributions.DiagonalNormal):
            one = distributions.DiagonalNormal(one.mean[0], one.log_std)
        else:
            one = distributions.Categorical(one.log_probs[0])
        return Evaluation(sequence.hidden, one, sequence.value[0])
