"""Proximal policy optimisation: the training state, the loss and one update."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct

from benchmarks.training import rollout as rollouts
from benchmarks.training.advantage import decision_advantage, generalised_advantage
from benchmarks.training.agent import Agent, AgentParams
from benchmarks.training.config import PPOConfig, TrainConfig
from benchmarks.training.environments import Environments
from benchmarks.training.minibatches import decisions_as_rows, environments_as_rows, heaviest, shuffled
from benchmarks.training.normalize import EPSILON, RunningMoments
from benchmarks.training.rollout import EpisodeSums, Rollout, Transition, Worker


@struct.dataclass
class TrainState:
    """Everything that a run carries from update to update, and all that a checkpoint holds.

    Attributes:
        agent: what was learned.
        optimizer: Adam's state.
        reward_moments: of the discounted return, ().
        worker: where the environments stand.
        key: typed PRNG key ().
        update: int32 (), updates done.
    """

    agent: AgentParams
    optimizer: Any
    reward_moments: RunningMoments
    worker: Worker
    key: jax.Array
    update: jax.Array


@struct.dataclass
class Batch:
    """What the loss reads, with axes (time, envs) before the ones named.

    Attributes:
        observation, action_mask, began, action, log_prob, value: as in `Transition`.
        advantage: float32 (), scaled points.
        target: float32 (), scaled points, what the value should have been.
        weight: float32 (), 0 for a step that is not learned from, else 1; None where all are.
    """

    observation: jax.Array
    action_mask: jax.Array
    began: jax.Array
    action: jax.Array
    log_prob: jax.Array
    value: jax.Array
    advantage: jax.Array
    target: jax.Array
    weight: jax.Array | None = None


@struct.dataclass
class Metrics:
    """Figures of one update.

    Attributes:
        sums: over the episodes that finished.
        losses: name -> float32 (), means over the update's gradient steps.
    """

    sums: EpisodeSums
    losses: dict[str, jax.Array]


@dataclasses.dataclass(frozen=True)
class PPO:
    """One run's algorithm: pure functions of a `TrainState`.

    Attributes:
        config: the run's settings.
        agent: network and action space.
        envs: the environments.
    """

    config: TrainConfig
    agent: Agent
    envs: Environments

    @classmethod
    def of(cls, config: TrainConfig, envs: Environments) -> PPO:
        """The algorithm for these environments."""
        agent = Agent(config.network, envs.action_space, envs.features, config.ppo.normalize_observation)
        return cls(config, agent, envs)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """Clipping, then Adam."""
        ppo = self.config.ppo
        rate: Any = ppo.learning_rate
        if ppo.anneal_learning_rate:
            rate = optax.linear_schedule(ppo.learning_rate, 0.0, self.config.gradient_steps)
        return optax.chain(optax.clip_by_global_norm(ppo.max_gradient_norm), optax.adam(rate, eps=ppo.adam_epsilon))

    def init(self, seed: jax.Array) -> TrainState:
        """The state before the first update, from an integer seed ()."""
        key, agent_key, reset_key = jax.random.split(jax.random.key(seed), 3)
        agent = self.agent.init(agent_key)
        worker = rollouts.start(self.agent, self.envs, reset_key)
        if self.envs.takes_turns:
            worker = dataclasses.replace(worker, env_state=self.envs.fill_pool(worker.env_state, agent))
        return TrainState(
            agent=agent,
            optimizer=self.optimizer.init(agent.network),
            reward_moments=RunningMoments.start(()),
            worker=worker,
            key=key,
            update=jnp.zeros((), jnp.int32),
        )

    def collect(self, state: TrainState) -> tuple[TrainState, Rollout]:
        """One rollout, traceable environments only."""
        key, rollout_key = jax.random.split(state.key)
        worker, rollout = rollouts.collect(
            self.agent,
            self.envs,
            state.agent,
            self.config.ppo.gamma,
            state.worker,
            rollout_key,
            self.config.ppo.rollout_steps,
        )
        return dataclasses.replace(state, key=key, worker=worker), rollout

    def learn(self, state: TrainState, rollout: Rollout) -> tuple[TrainState, Metrics]:
        """All epochs over one rollout."""
        ppo = self.config.ppo
        transitions = rollout.transitions
        reward, reward_moments = transitions.reward, state.reward_moments
        if ppo.normalize_reward:
            reward_moments = reward_moments.update(transitions.discounted_return)
            reward = reward_moments.scale(reward)
        facts = (reward, transitions.value, transitions.ended, transitions.final_value, rollout.last_value)
        if self.envs.takes_turns:
            assert transitions.decides is not None and rollout.last_decides is not None
            advantage, target, known = decision_advantage(
                *facts, transitions.decides, rollout.last_decides, ppo.gamma, ppo.gae_lambda
            )
            weight = known.astype(jnp.float32)
        else:
            (advantage, target), weight = generalised_advantage(*facts, ppo.gamma, ppo.gae_lambda), None
        batch = _batch(transitions, advantage, target, weight)
        # A policy without memory learns from single decisions, one with memory from whole stretches of time.
        recurrent = bool(self.config.network.recurrent)
        rows = (environments_as_rows if recurrent else decisions_as_rows)((batch, rollout.first_hidden))
        key, share_key = jax.random.split(state.key)
        if self.envs.takes_turns and not recurrent and ppo.decision_share < 1:
            rows = heaviest(share_key, rows, rows[0].weight[:, 0], ppo.decision_share)
        entropy_weight = entropy_coefficient(ppo, state.update, self.config.num_updates)

        def epoch(carry: tuple[Any, Any], epoch_key: jax.Array) -> tuple[tuple[Any, Any], dict[str, jax.Array]]:
            minibatches = shuffled(epoch_key, rows, ppo.shuffle_blocks, ppo.minibatches, recurrent)
            return jax.lax.scan(gradient_step, carry, minibatches)

        def gradient_step(carry: tuple[Any, Any], minibatch: Any) -> tuple[tuple[Any, Any], dict[str, jax.Array]]:
            network, optimizer = carry
            gradients, losses = jax.grad(self.loss, has_aux=True)(
                network, state.agent.moments, minibatch, entropy_weight
            )
            updates, optimizer = self.optimizer.update(gradients, optimizer, network)
            losses["gradient_norm"] = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(gradients)))
            return (optax.apply_updates(network, updates), optimizer), losses

        key, shuffle_key = jax.random.split(key)
        (network, optimizer), losses = jax.lax.scan(
            epoch, (state.agent.network, state.optimizer), jax.random.split(shuffle_key, ppo.epochs)
        )
        moments = state.agent.moments
        if ppo.normalize_observation:
            # Only now: the whole rollout was collected, and must be learned from, with the moments it began with.
            moments = moments.update(transitions.observation)
        state = dataclasses.replace(
            state,
            agent=AgentParams(network, moments),
            optimizer=optimizer,
            reward_moments=reward_moments,
            key=key,
            update=state.update + 1,
        )
        if self.envs.takes_turns:
            games = self.envs.remember(state.worker.env_state, state.agent, state.update)
            state = dataclasses.replace(state, worker=dataclasses.replace(state.worker, env_state=games))
        means = jax.tree.map(jnp.mean, losses)
        return state, Metrics(
            rollout.sums, {**means, "explained_variance": _explained(transitions.value, target, weight)}
        )

    def update(self, state: TrainState) -> tuple[TrainState, Metrics]:
        """Collect, then learn."""
        return self.learn(*self.collect(state))

    def loss(
        self, network: Any, moments: RunningMoments, minibatch: tuple[Batch, jax.Array], entropy_weight: jax.Array
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        """PPO's loss and its parts, each float32 ()."""
        ppo, (batch, hidden) = self.config.ppo, minibatch
        view = self.agent.evaluate(
            AgentParams(network, moments), hidden, batch.observation, batch.action_mask, batch.began
        )
        log_ratio = view.distribution.log_prob(batch.action) - batch.log_prob
        ratio = jnp.exp(log_ratio)
        advantage = batch.advantage

        def mean(values: jax.Array) -> jax.Array:
            return _mean(values, batch.weight)

        if ppo.normalize_advantage:
            centred = advantage - mean(advantage)
            advantage = centred / (jnp.sqrt(mean(centred**2)) + EPSILON)
        clipped_ratio = jnp.clip(ratio, 1 - ppo.clip, 1 + ppo.clip)
        policy_loss = -mean(jnp.minimum(ratio * advantage, clipped_ratio * advantage))
        error = (view.value - batch.target) ** 2
        if ppo.value_clip is not None:
            near = batch.value + jnp.clip(view.value - batch.value, -ppo.value_clip, ppo.value_clip)
            error = jnp.maximum(error, (near - batch.target) ** 2)
        value_loss = 0.5 * mean(error)
        entropy = mean(view.distribution.entropy())
        total = policy_loss + ppo.value_coefficient * value_loss - entropy_weight * entropy
        parts = {
            "policy_loss": policy_loss,
            "value_loss": value_loss,
            "entropy": entropy,
            "approximate_kl": mean(ratio - 1 - log_ratio),
            "clipped_share": mean((jnp.abs(ratio - 1) > ppo.clip).astype(jnp.float32)),
        }
        return total, parts


def entropy_coefficient(ppo: PPOConfig, update: jax.Array, num_updates: int) -> jax.Array:
    """Weight of the entropy bonus at an update, int32 (): float32 ()."""
    first = ppo.entropy_coefficient
    last = first if ppo.final_entropy_coefficient is None else ppo.final_entropy_coefficient
    progress = update.astype(jnp.float32) / max(num_updates - 1, 1)
    return first + (last - first) * progress


def _batch(transitions: Transition, advantage: jax.Array, target: jax.Array, weight: jax.Array | None) -> Batch:
    return Batch(
        observation=transitions.observation,
        action_mask=transitions.action_mask,
        began=transitions.began,
        action=transitions.action,
        log_prob=transitions.log_prob,
        value=transitions.value,
        advantage=advantage,
        target=target,
        weight=weight,
    )


def _mean(values: jax.Array, weight: jax.Array | None) -> jax.Array:
    """The mean of what is learned from: float32 ()."""
    return jnp.mean(values) if weight is None else jnp.sum(values * weight) / jnp.maximum(jnp.sum(weight), 1.0)


def _explained(value: jax.Array, target: jax.Array, weight: jax.Array | None) -> jax.Array:
    def variance(values: jax.Array) -> jax.Array:
        return _mean((values - _mean(values, weight)) ** 2, weight)

    return 1 - variance(target - value) / (variance(target) + EPSILON)
