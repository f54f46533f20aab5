"""Collecting experience: act, step, record, in one scan or with the host between."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from benchmarks.training import distributions
from benchmarks.training.agent import Agent, AgentParams, Evaluation
from benchmarks.training.environments import Environments, Step


@struct.dataclass
class Worker:
    """Where the environments stand; every leaf has a leading axis of environments.

    Attributes:
        env_state: the environments' state.
        observation: float32 (envs, features), not normalised.
        action_mask: bool (envs, actions), legal at `observation`.
        began: bool (envs,), whether an episode begins at `observation`.
        hidden: float32 (envs, width), recurrent state before `observation`.
        episode_return: float32 (envs,), sum of rewards of the running episode, points.
        episode_length: int32 (envs,), decisions of the running episode.
        discounted_return: float32 (envs,), discounted sum of rewards up to now, points.
        decides: bool (envs,), which rows decide at `observation`; None where all always do.
    """

    env_state: Any
    observation: jax.Array
    action_mask: jax.Array
    began: jax.Array
    hidden: jax.Array
    episode_return: jax.Array
    episode_length: jax.Array
    discounted_return: jax.Array
    decides: jax.Array | None = None


@struct.dataclass
class Transition:
    """One decision of each environment, or with a leading axis of time a whole rollout.

    Attributes:
        observation, action_mask, began: as in `Worker`, before the decision.
        action: int32 (envs,) or float32 (envs, d), as drawn, before clipping to a Box.
        log_prob: float32 (envs,), of the action, nats.
        value: float32 (envs,), of the observation.
        reward: float32 (envs,), points.
        ended: bool (envs,), whether the episode ended with the decision.
        final_value: float32 (envs,), value of the episode's last observation where it was truncated, else 0.
        discounted_return: float32 (envs,), after the reward.
        decides: as in `Worker`, before the decision.
    """

    observation: jax.Array
    action_mask: jax.Array
    began: jax.Array
    action: jax.Array
    log_prob: jax.Array
    value: jax.Array
    reward: jax.Array
    ended: jax.Array
    final_value: jax.Array
    discounted_return: jax.Array
    decides: jax.Array | None = None


@struct.dataclass
class EpisodeSums:
    """Sums over finished episodes, each float32 ().

    Attributes:
        episodes: number of them.
        returns: sum of rewards, points.
        squares: sum of squared returns.
        lengths: decisions.
        scores: the original's own score; NaN where the environment has none.
        wins: episodes with a score above 0.
        decisions: decisions taken, those of running episodes too; waiting is none.
    """

    episodes: jax.Array
    returns: jax.Array
    squares: jax.Array
    lengths: jax.Array
    scores: jax.Array
    wins: jax.Array
    decisions: jax.Array


@struct.dataclass
class Rollout:
    """What an update learns from.

    Attributes:
        transitions: with axes (time, envs).
        first_hidden: float32 (envs, width), recurrent state before the first decision.
        last_value: float32 (envs,), value of the observation after the last decision.
        sums: over the episodes that finished.
        last_decides: bool (envs,), which rows decide after the last step; None where all always do.
    """

    transitions: Transition
    first_hidden: jax.Array
    last_value: jax.Array
    sums: EpisodeSums
    last_decides: jax.Array | None = None


def start(agent: Agent, envs: Environments, key: jax.Array) -> Worker:
    """Starts every environment's first episode."""
    env_state, observation, mask = envs.reset(key)
    number = envs.num_envs
    return Worker(
        env_state=env_state,
        observation=observation,
        action_mask=mask,
        began=jnp.ones((number,), bool),
        hidden=agent.initial_hidden(number),
        episode_return=jnp.zeros((number,), jnp.float32),
        episode_length=jnp.zeros((number,), jnp.int32),
        discounted_return=jnp.zeros((number,), jnp.float32),
        decides=envs.decides(env_state) if envs.takes_turns else None,
    )


def decide(agent: Agent, params: AgentParams, worker: Worker, key: jax.Array) -> tuple[jax.Array, Evaluation]:
    """Draws an action for every environment: (action as drawn, the agent's view)."""
    view = agent.evaluate_step(params, worker.hidden, worker.observation, worker.action_mask, worker.began)
    return view.distribution.sample(key), view


def record(
    agent: Agent, params: AgentParams, gamma: float, worker: Worker, action: jax.Array, view: Evaluation, step: Step
) -> tuple[Worker, Transition, EpisodeSums]:
    """Books one step of all environments."""
    ended = step.terminated | step.truncated
    cut_off = step.truncated & ~step.terminated

    def value_of_last() -> jax.Array:
        # The recurrent state after this decision is the one that the next observation of the same episode would meet.
        last = agent.evaluate_step(params, view.hidden, step.final_observation, step.action_mask, jnp.zeros_like(ended))
        return jnp.where(cut_off, last.value, 0.0)

    # Truncations are rare and often common to all environments, so the second pass through the network mostly rests.
    final_value = jax.lax.cond(jnp.any(cut_off), value_of_last, lambda: jnp.zeros_like(view.value))
    earlier = jnp.where(worker.began, 0.0, worker.discounted_return)
    discounted_return = gamma * earlier + step.reward
    episode_return = worker.episode_return + step.reward
    decided = jnp.ones_like(ended) if worker.decides is None else worker.decides
    episode_length = worker.episode_length + decided
    transition = Transition(
        observation=worker.observation,
        action_mask=worker.action_mask,
        began=worker.began,
        action=action,
        log_prob=view.distribution.log_prob(action),
        value=view.value,
        reward=step.reward,
        ended=ended,
        final_value=final_value,
        discounted_return=discounted_return,
        decides=worker.decides,
    )
    sums = EpisodeSums(
        episodes=jnp.sum(ended, dtype=jnp.float32),
        returns=jnp.sum(jnp.where(ended, episode_return, 0.0)),
        squares=jnp.sum(jnp.where(ended, episode_return**2, 0.0)),
        lengths=jnp.sum(jnp.where(ended, episode_length, 0).astype(jnp.float32)),
        scores=jnp.sum(jnp.where(ended, step.score, 0.0)),
        wins=jnp.sum(ended & (step.score > 0), dtype=jnp.float32),
        decisions=jnp.sum(decided, dtype=jnp.float32),
    )
    worker = Worker(
        env_state=step.state,
        observation=step.observation,
        action_mask=step.action_mask,
        began=ended,
        hidden=view.hidden,
        episode_return=jnp.where(ended, 0.0, episode_return),
        episode_length=jnp.where(ended, 0, episode_length),
        discounted_return=discounted_return,
        decides=step.decides,
    )
    return worker, transition, sums


def collect(
    agent: Agent,
    envs: Environments,
    params: AgentParams,
    gamma: float,
    worker: Worker,
    key: jax.Array,
    steps: int,
) -> tuple[Worker, Rollout]:
    """Collects `steps` decisions of every environment, in one scan; traceable environments only."""

    def body(carry: Worker, step_key: jax.Array) -> tuple[Worker, tuple[Transition, EpisodeSums]]:
        action_key, env_key = jax.random.split(step_key)
        action, view = decide(agent, params, carry, action_key)
        step = envs.step(env_key, carry.env_state, distributions.to_environment(agent.action_space, action))
        carry, transition, sums = record(agent, params, gamma, carry, action, view, step)
        return carry, (transition, sums)

    first_hidden = worker.hidden
    worker, (transitions, sums) = jax.lax.scan(body, worker, jax.random.split(key, steps))
    return worker, _close(agent, params, worker, first_hidden, transitions, sums)


class HostCollector:
    """Collects from environments that step on the host: two small programs of the device a step."""

    def __init__(self, agent: Agent, envs: Environments, gamma: float) -> None:
        """Prepares the programs, compiled at first use."""
        self.agent = agent
        self.envs = envs

        def act(
            params: AgentParams, worker: Worker, keys: jax.Array, now: int
        ) -> tuple[jax.Array, jax.Array, Evaluation]:
            # The second half of the key is the environment's, as in a scan; one on the host has its own seeds.
            action_key, _ = jax.random.split(keys[now])
            action, view = decide(agent, params, worker, action_key)
            return action, distributions.to_environment(agent.action_space, action), view

        def book(params: AgentParams, worker: Worker, action: jax.Array, view: Evaluation, step: Step) -> Any:
            return record(agent, params, gamma, worker, action, view, step)

        def close(params: AgentParams, worker: Worker, first_hidden: jax.Array, booked: list[Any]) -> Rollout:
            transitions, sums = jax.tree.map(lambda *leaves: jnp.stack(leaves), *booked)
            return _close(agent, params, worker, first_hidden, transitions, sums)

        self._act, self._book, self._close = jax.jit(act), jax.jit(book), jax.jit(close)

    def collect(self, params: AgentParams, worker: Worker, key: jax.Array, steps: int) -> tuple[Worker, Rollout]:
        """As the module's `collect`."""
        first_hidden, booked = worker.hidden, []
        keys = jax.random.split(key, steps)
        for now in range(steps):
            action, clipped, view = self._act(params, worker, keys, now)
            step = self.envs.step(key, worker.env_state, clipped)
            worker, transition, sums = self._book(params, worker, action, view, step)
            booked.append((transition, sums))
        return worker, self._close(params, worker, first_hidden, booked)


def _close(
    agent: Agent,
    params: AgentParams,
    worker: Worker,
    first_hidden: jax.Array,
    transitions: Transition,
    sums: EpisodeSums,
) -> Rollout:
    last = agent.evaluate_step(params, worker.hidden, worker.observation, worker.action_mask, worker.began)
    totals = jax.tree.map(lambda x: jnp.sum(x, axis=0), sums)
    return Rollout(transitions, first_hidden, last.value, totals, worker.decides)
