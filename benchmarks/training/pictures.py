"""What a run looks like: the learning curve, and an episode of the final policy."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.training import distributions
from benchmarks.training.agent import Agent, AgentParams
from benchmarks.training.environments import FunctionalEnvironments, HostEnvironments

PANEL_INCHES, HEIGHT_INCHES, DOTS_PER_INCH = 6.0, 3.6, 120


def draw_curve(path: pathlib.Path, rows: Sequence[Mapping[str, Any]], title: str) -> None:
    """Draws return, and score where there is one, over decisions.

    Args:
        path: PNG file to write.
        rows: lines of metrics, see `metrics.as_row`.
        title: heading.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = [("return_mean", "mean return, points")]
    if any(row["score_mean"] is not None for row in rows):
        panels.append(("score_mean", "mean score"))
    figure = Figure(figsize=(PANEL_INCHES * len(panels), HEIGHT_INCHES), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    for index, (name, label) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), index + 1)
        shown = [row for row in rows if row[name] is not None]
        steps = np.array([row["timesteps"] for row in shown]) / 1e6
        axes.plot(steps, [row[name] for row in shown], color="tab:blue")
        if name == "return_mean" and shown:
            mean, spread = (np.array([row[field] for row in shown]) for field in ("return_mean", "return_std"))
            axes.fill_between(
                steps, mean - spread, mean + spread, alpha=0.2, label="one standard deviation of episodes"
            )
            axes.legend(loc="lower right", fontsize="small")
        axes.set(xlabel="decisions, millions", ylabel=label)
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=DOTS_PER_INCH)


def record_episode(
    agent: Agent, params: AgentParams, envs: FunctionalEnvironments, seed: int, steps: int
) -> list[np.ndarray]:
    """Pictures of the first decisions of one game.

    Args:
        agent: the policy's static part.
        params: what it learned.
        envs: a batch of one environment.
        seed: of the episode and the policy's draws.
        steps: pictures at most; fewer where the episode ends first.

    Returns:
        uint8 (height, width, 3) each, one before each decision.
    """

    def body(carry: tuple[Any, ...], key: jax.Array) -> tuple[tuple[Any, ...], tuple[Any, jax.Array]]:
        env_state, observation, mask, hidden, ended = carry
        action_key, env_key = jax.random.split(key)
        view = agent.evaluate_step(params, hidden, observation, mask, jnp.zeros((1,), bool))
        action = distributions.to_environment(agent.action_space, view.distribution.sample(action_key))
        step = envs.step(env_key, env_state, action)
        following = (step.state, step.observation, step.action_mask, view.hidden)
        return (*following, ended | step.terminated | step.truncated), (env_state, ended)

    def play(key: jax.Array) -> tuple[Any, jax.Array]:
        reset_key, key = jax.random.split(key)
        start = (*envs.reset(reset_key), agent.initial_hidden(1), jnp.zeros((1,), bool))
        return jax.lax.scan(body, start, jax.random.split(key, steps))[1]

    states, ended = jax.device_get(jax.jit(play)(jax.random.key(seed)))
    length = int(np.sum(~ended[:, 0]))
    return [envs.env.render(jax.tree.map(lambda leaf, now=now: leaf[now, 0], states)) for now in range(length)]


def record_on_host(
    agent: Agent, params: AgentParams, envs: HostEnvironments, seed: int, steps: int
) -> list[np.ndarray]:
    """Pictures of the first decisions of one game that is stepped on the host; see `record_episode`."""

    @jax.jit
    def act(observation: jax.Array, mask: jax.Array, hidden: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        view = agent.evaluate_step(params, hidden, observation, mask, jnp.zeros((1,), bool))
        return distributions.to_environment(agent.action_space, view.distribution.sample(key)), view.hidden

    reset_key, key = jax.random.split(jax.random.key(seed))
    _, observation, mask = envs.reset(reset_key)
    hidden, pictures = agent.initial_hidden(1), []
    for action_key in jax.random.split(key, steps):
        pictures.append(envs.envs.render()[0])
        action, hidden = act(observation, mask, hidden, action_key)
        step = envs.step(action_key, (), action)
        observation, mask = step.observation, step.action_mask
        if bool(step.terminated[0] | step.truncated[0]):
            break
    return pictures
