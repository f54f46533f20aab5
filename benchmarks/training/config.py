"""Typed settings of a training run, checked when they are made."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """Shape of the actor-critic.

    Attributes:
        hidden: widths of the dense layers, units.
        recurrent: width of the GRU behind the dense layers, units; 0 means no GRU and separate actor and critic trunks.
        activation: non-linearity of the dense layers.
        compute_dtype: dtype of activations and matrix products; parameters stay float32.
        initial_log_std: log deviation of every Box action before training, in units of the action; not read for
            Discrete ones.
    """

    hidden: tuple[int, ...] = (64, 64)
    recurrent: int = 0
    activation: Literal["tanh", "relu"] = "tanh"
    compute_dtype: Literal["float32", "bfloat16"] = "float32"
    initial_log_std: float = 0.0

    def __post_init__(self) -> None:
        if any(width < 1 for width in self.hidden) or (not self.hidden and not self.recurrent):
            raise ValueError(f"network.hidden must name widths of at least 1, got {self.hidden}.")
        _check_at_least("network.recurrent", self.recurrent, 0)


@dataclasses.dataclass(frozen=True)
class PPOConfig:
    """Settings of the algorithm.

    Attributes:
        num_envs: environments stepped together.
        rollout_steps: decisions of each environment between two updates; the length of truncated backpropagation too.
        epochs: passes over each rollout.
        minibatches: gradient steps in one pass. A recurrent policy splits environments, others single decisions.
        shuffle_blocks: minibatches are drawn inside this many equal groups of environments, so that a run sharded over
            as many devices moves no rollout between them. Part of the algorithm: it does not follow the device count.
        learning_rate: step size of Adam at the start.
        anneal_learning_rate: whether the step size falls linearly to 0 at the last update.
        adam_epsilon: Adam's denominator offset.
        max_gradient_norm: global norm at which gradients are clipped.
        gamma: discount per decision.
        gae_lambda: mixing of the generalised advantage estimate.
        clip: clipping range of the probability ratio.
        value_clip: clipping range of the value's change, in units of the scaled return; None means no clipping.
        value_coefficient: weight of the value loss.
        entropy_coefficient: weight of the entropy bonus, nats, at the start.
        final_entropy_coefficient: the weight at the last update, reached linearly; None keeps it constant.
        normalize_observation: whether observations are centred and scaled by running statistics.
        normalize_reward: whether rewards are divided by the running deviation of the discounted return.
        normalize_advantage: whether advantages are standardised in each minibatch.
        decision_share: share of the steps of a rollout that is learned from, those in which a row waits left out
            first; 0.5 in a game of turns against itself. Read where rows take turns and the policy has no memory.
    """

    num_envs: int = 1024
    rollout_steps: int = 64
    epochs: int = 4
    minibatches: int = 8
    shuffle_blocks: int = 1
    learning_rate: float = 2.5e-4
    anneal_learning_rate: bool = True
    adam_epsilon: float = 1e-5
    max_gradient_norm: float = 0.5
    gamma: float = 0.99
    gae_lambda: float = 0.95
    clip: float = 0.2
    value_clip: float | None = None
    value_coefficient: float = 0.5
    entropy_coefficient: float = 0.01
    final_entropy_coefficient: float | None = None
    normalize_observation: bool = True
    normalize_reward: bool = False
    normalize_advantage: bool = True
    decision_share: float = 1.0

    def __post_init__(self) -> None:
        for name in ("num_envs", "rollout_steps", "epochs", "minibatches", "shuffle_blocks"):
            _check_at_least(f"ppo.{name}", getattr(self, name), 1)
        for name in ("gamma", "gae_lambda"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"ppo.{name} must lie between 0 and 1, got {getattr(self, name)}.")
        if not 0 < self.decision_share <= 1:
            raise ValueError(f"ppo.decision_share must lie above 0 and be at most 1, got {self.decision_share}.")
        for name in ("learning_rate", "max_gradient_norm", "clip"):
            if not getattr(self, name) > 0:
                raise ValueError(f"ppo.{name} must be above 0, got {getattr(self, name)}.")
        if self.num_envs % self.shuffle_blocks:
            raise ValueError(
                f"ppo.num_envs must be a multiple of ppo.shuffle_blocks = {self.shuffle_blocks}, got {self.num_envs}."
            )

    @property
    def decisions_per_update(self) -> int:
        """Decisions collected for one update."""
        return self.num_envs * self.rollout_steps


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """A whole run.

    Attributes:
        env: name of the environment package, whose `make` builds the environment.
        options: keyword arguments of `make`.
        total_timesteps: decisions to train for, rounded up to whole updates.
        num_seeds: runs trained at once by vmap, with seeds seed, seed + 1, ...
        log_every: updates between two lines of metrics; also the length of one compiled chunk.
        checkpoint_every: updates between two checkpoints, a multiple of `log_every`.
        network: shape of the actor-critic.
        ppo: settings of the algorithm.
        opponents: who plays the other side of a two-player game, see `opponents`; empty for one player's environment.
        pool_size: past policies that `pool` plays with.
        snapshot_every: updates between two policies that enter the pool.
        shaping: weight of the game's `players.lead` as a potential added to the rewards of training; 0 adds nothing.
    """

    env: str
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    total_timesteps: int = 10_000_000
    num_seeds: int = 1
    log_every: int = 10
    checkpoint_every: int = 50
    network: NetworkConfig = dataclasses.field(default_factory=NetworkConfig)
    ppo: PPOConfig = dataclasses.field(default_factory=PPOConfig)
    opponents: str = ""
    pool_size: int = 4
    snapshot_every: int = 20
    shaping: float = 0.0

    def __post_init__(self) -> None:
        for name in ("total_timesteps", "num_seeds", "log_every", "checkpoint_every", "pool_size", "snapshot_every"):
            _check_at_least(name, getattr(self, name), 1)
        if self.checkpoint_every % self.log_every:
            raise ValueError(
                f"checkpoint_every must be a multiple of log_every = {self.log_every}, got {self.checkpoint_every}."
            )
        ppo = self.ppo
        rows = ppo.num_envs if self.network.recurrent else ppo.decisions_per_update
        if rows % (ppo.shuffle_blocks * ppo.minibatches):
            what = "environments" if self.network.recurrent else "decisions of an update"
            raise ValueError(
                f"ppo.minibatches times ppo.shuffle_blocks must divide the {rows} {what},"
                f" got {ppo.minibatches} times {ppo.shuffle_blocks}."
            )

    @property
    def num_updates(self) -> int:
        """Updates of the run."""
        return -(-self.total_timesteps // self.ppo.decisions_per_update)

    @property
    def gradient_steps(self) -> int:
        """Optimiser steps of the run."""
        return self.num_updates * self.ppo.epochs * self.ppo.minibatches


def _check_at_least(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}.")
