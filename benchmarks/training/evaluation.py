"""How good a policy is: one episode in each of many environments, never counting a second one."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

import twinenvs
from benchmarks.training import distributions
from benchmarks.training.agent import Agent, AgentParams
from benchmarks.training.environments import Environments, Step


@struct.dataclass
class Progress:
    """Where an evaluation stands; every leaf but `decisions` has a leading axis of episodes.

    Attributes:
        env_state: the environments' state.
        observation: float32 (episodes, features).
        action_mask: bool (episodes, actions).
        hidden: float32 (episodes, width), recurrent state.
        finished: bool (episodes,), whether the episode has ended.
        returns: float32 (episodes,), sum of rewards, points.
        scores: float32 (episodes,), the original's own score at the end; NaN where there is none.
        lengths: int32 (episodes,), decisions.
        decisions: int32 (), decisions taken in every environment.
    """

    env_state: Any
    observation: jax.Array
    action_mask: jax.Array
    hidden: jax.Array
    finished: jax.Array
    returns: jax.Array
    scores: jax.Array
    lengths: jax.Array
    decisions: jax.Array


@dataclasses.dataclass(frozen=True)
class Evaluated:
    """The outcome, one entry an episode.

    Attributes:
        returns: float32 (episodes,), sum of rewards up to the end or the cap, points.
        scores: float32 (episodes,), the original's own score; `unfinished_score` where the cap came first; NaN where
            the environment keeps none.
        lengths: int32 (episodes,), decisions.
        finished: bool (episodes,), whether the episode ended before the cap.
    """

    returns: np.ndarray
    scores: np.ndarray
    lengths: np.ndarray
    finished: np.ndarray

    @property
    def wins(self) -> np.ndarray:
        """Episodes finished with a score above 0, bool (episodes,); so an unfinished game counts as lost."""
        return self.finished & (self.scores > 0)

    def summary(self) -> dict[str, float | int | None]:
        """Means over the episodes; score and wins are None where the environment keeps no score."""
        scored = not np.isnan(self.scores).any()
        return {
            "episodes": len(self.returns),
            "unfinished": int(np.sum(~self.finished)),
            "return_mean": float(self.returns.mean()),
            "return_std": float(self.returns.std()),
            "length_mean": float(self.lengths.mean()),
            "score_mean": float(self.scores.mean()) if scored else None,
            "win_rate": float(self.wins.mean()) if scored else None,
        }


def evaluate(
    agent: Agent,
    params: AgentParams,
    envs: Environments,
    seed: int,
    cap: int,
    unfinished_score: float,
    greedy: bool = False,
) -> Evaluated:
    """Plays one episode in each environment.

    Args:
        agent: the policy's static part.
        params: what it learned.
        envs: as many environments as episodes are wanted.
        seed: of the episodes and the policy's draws.
        cap: decisions after which an episode is given up.
        unfinished_score: the score of an episode given up; NaN for an environment that keeps no score.
        greedy: whether to take the likeliest action instead of drawing one.
    """
    advance = _advance(agent, greedy)
    if envs.traceable:
        play = functools.partial(_play, agent, advance, envs=envs, cap=cap)
        # As in training, with the options that the environment's step compiles best with.
        program = twinenvs.jit(play, env=getattr(envs, "env", None), label="evaluation")
        last = program(params=params, key=jax.random.key(seed))
    else:
        last = _play_on_host(agent, advance, params, envs, jax.random.key(seed), cap)
    last = jax.device_get(last)
    scores = np.where(last.finished, last.scores, np.float32(unfinished_score))
    return Evaluated(last.returns, scores, last.lengths, last.finished)


def _start(agent: Agent, envs: Environments, key: jax.Array) -> Progress:
    env_state, observation, mask = envs.reset(key)
    number = envs.num_envs
    return Progress(
        env_state=env_state,
        observation=observation,
        action_mask=mask,
        hidden=agent.initial_hidden(number),
        finished=jnp.zeros((number,), bool),
        returns=jnp.zeros((number,), jnp.float32),
        scores=jnp.zeros((number,), jnp.float32),
        lengths=jnp.zeros((number,), jnp.int32),
        decisions=jnp.zeros((), jnp.int32),
    )


def _advance(agent: Agent, greedy: bool) -> tuple[Callable[..., Any], Callable[..., Progress]]:
    def choose(params: AgentParams, now: Progress, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        # Only first episodes count, so the recurrent state never needs to be forgotten.
        began = jnp.zeros_like(now.finished)
        view = agent.evaluate_step(params, now.hidden, now.observation, now.action_mask, began)
        action = view.distribution.mode() if greedy else view.distribution.sample(key)
        return distributions.to_environment(agent.action_space, action), view.hidden

    def book(now: Progress, hidden: jax.Array, step: Step) -> Progress:
        running = ~now.finished
        return Progress(
            env_state=step.state,
            observation=step.observation,
            action_mask=step.action_mask,
            hidden=hidden,
            finished=now.finished | step.terminated | step.truncated,
            returns=now.returns + jnp.where(running, step.reward, 0.0),
            scores=jnp.where(running, step.score, now.scores),
            lengths=now.lengths + running,
            decisions=now.decisions + 1,
        )

    return choose, book


def _play(agent: Agent, advance: Any, params: AgentParams, envs: Environments, key: jax.Array, cap: int) -> Progress:
    choose, book = advance

    def goes_on(carry: tuple[Progress, jax.Array]) -> jax.Array:
        return (carry[0].decisions < cap) & ~jnp.all(carry[0].finished)

    def body(carry: tuple[Progress, jax.Array]) -> tuple[Progress, jax.Array]:
        now, key = carry
        key, action_key, env_key = jax.random.split(key, 3)
        action, hidden = choose(params, now, action_key)
        return book(now, hidden, envs.step(env_key, now.env_state, action)), key

    reset_key, key = jax.random.split(key)
    return jax.lax.while_loop(goes_on, body, (_start(agent, envs, reset_key), key))[0]


def _play_on_host(
    agent: Agent, advance: Any, params: AgentParams, envs: Environments, key: jax.Array, cap: int
) -> Progress:
    choose, book = jax.jit(advance[0]), jax.jit(advance[1])
    reset_key, key = jax.random.split(key)
    now = _start(agent, envs, reset_key)
    for _ in range(cap):
        if bool(now.finished.all()):
            break
        key, action_key, env_key = jax.random.split(key, 3)
        action, hidden = choose(params, now, action_key)
        now = book(now, hidden, envs.step(env_key, now.env_state, action))
    return now
