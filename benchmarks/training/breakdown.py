"""Where the time of training goes: environment, transfer between host and device, model.

Each share is the time of a program of its own over the time of a full update, all in one process and interleaved, each
the median of the repeats. The environment's program steps as many times as an update with random legal actions,
observations written to memory, and no network. The model's program is the policy's forward pass for as many decisions
on the observations of one rollout, plus the real learning on that rollout. Transfer is the copying of actions and
observations of a host-batched environment, taken inside the full update, and for a functional one the fetching of the
update's metrics. The shares need not add up to 1: the rest is drawing actions and bookkeeping, and programs overlap.
"""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.training import distributions
from benchmarks.training import mesh as meshes
from benchmarks.training.config import TrainConfig
from benchmarks.training.environments import Environments
from benchmarks.training.networks import count_parameters
from benchmarks.training.ppo import PPO, TrainState
from benchmarks.training.rollout import HostCollector, Rollout

FORWARD_AND_BACKWARD = 3  # a backward pass costs about two forward ones
FLOPS_PER_PARAMETER = 2  # a multiplication and an addition for every weight and decision


@dataclasses.dataclass(frozen=True)
class Breakdown:
    """Seconds of one update and of its parts, medians over the repeats, s.

    Attributes:
        update: all of it.
        rollout: collecting with the policy.
        learn: all epochs.
        env: stepping with random legal actions.
        transfer: copying between host and device.
        model: the policy's forward passes and all epochs.
        compile: compiling all programs.
    """

    update: float
    rollout: float
    learn: float
    env: float
    transfer: float
    model: float
    compile: float


def random_steps(envs: Environments, steps: int) -> Callable[[Any, jax.Array, jax.Array], tuple[Any, jax.Array]]:
    """A traceable program that steps with random legal actions.

    Returns:
        `(env_state, mask, key) -> (env_state, observations float32 (steps, envs, features))`; the observations are
        written to memory, as a rollout writes them.
    """
    space = envs.action_space

    def run(env_state: Any, mask: jax.Array, key: jax.Array) -> tuple[Any, jax.Array]:
        def body(carry: tuple[Any, jax.Array], key: jax.Array) -> tuple[tuple[Any, jax.Array], jax.Array]:
            env_state, mask = carry
            action_key, env_key = jax.random.split(key)
            step = envs.step(env_key, env_state, random_actions(space, mask, action_key))
            return (step.state, step.action_mask), step.observation

        (env_state, _), observations = jax.lax.scan(body, (env_state, mask), jax.random.split(key, steps))
        return env_state, observations

    return run


def random_actions(space: Any, mask: jax.Array, key: jax.Array) -> jax.Array:
    """One random legal action for each row of the mask, bool (envs, actions)."""
    outputs = jnp.zeros(mask.shape, jnp.float32)
    drawn = distributions.distribution(space, outputs, jnp.zeros(mask.shape[-1:]), mask).sample(key)
    return distributions.to_environment(space, drawn)


def measure(
    config: TrainConfig, envs: Environments, seed: int, repeats: int, jit: Callable[..., Any] = jax.jit
) -> dict[str, Any]:
    """Measures one configuration.

    Args:
        config: the run's settings; `num_seeds` is not read.
        envs: the environments.
        seed: of parameters and episodes.
        repeats: timed turns of each program, at least 1.
        jit: what compiles the programs that step environments.

    Returns:
        One row: the seconds of `Breakdown`, the shares, decisions a second, parameters, arithmetic.
    """
    ppo = PPO.of(config, envs)
    state = ppo.init(jnp.int32(seed))
    seconds = (_traceable if envs.traceable else _on_host)(ppo, state, repeats, jit)
    parameters = count_parameters(state.agent.network)
    decisions = config.ppo.decisions_per_update
    passes = 1 + FORWARD_AND_BACKWARD * config.ppo.epochs
    flops = FLOPS_PER_PARAMETER * parameters * passes * decisions
    return {
        "env": config.env,
        "device": jax.devices()[0].device_kind,
        "params": parameters,
        "recurrent": bool(config.network.recurrent),
        "precision": config.network.compute_dtype,
        "num_envs": config.ppo.num_envs,
        "rollout_steps": config.ppo.rollout_steps,
        "epochs": config.ppo.epochs,
        "minibatches": config.ppo.minibatches,
        "sps": decisions / seconds.update,
        "rollout_sps": decisions / seconds.rollout,
        "env_time_share": seconds.env / seconds.update,
        "transfer_time_share": seconds.transfer / seconds.update,
        "model_time_share": seconds.model / seconds.update,
        "model_flops_per_second": flops / seconds.update,
        "repeats": repeats,
        **{f"{name}_seconds": value for name, value in dataclasses.asdict(seconds).items()},
    }


def env_seconds(
    envs: Environments, steps: int, seed: int, repeats: int, jit: Callable[..., Any] = jax.jit, agent: Any = None
) -> float:
    """Median seconds of stepping all environments `steps` times with random legal actions, s.

    Args:
        envs: the environments.
        steps: how often each repeat steps.
        seed: of the episodes and actions.
        repeats: timed turns.
        jit: compiles the program.
        agent: the policy's parameters, which a pool of past policies among the opponents is filled with.
    """
    key = jax.random.key(seed)
    if not envs.traceable:
        return _median(_RandomOnHost(envs, steps, key), repeats)
    program = jit(random_steps(envs, steps))
    env_state, _, mask = jax.jit(envs.reset)(key)
    if envs.takes_turns:
        env_state = envs.fill_pool(env_state, agent)
    return _median(lambda: jax.block_until_ready(program(env_state, mask, key)), repeats)


def _traceable(ppo: PPO, state: TrainState, repeats: int, jit: Callable[..., Any]) -> Breakdown:
    steps, envs = ppo.config.ppo.rollout_steps, ppo.envs
    started = time.perf_counter()
    update, collect, learn = jit(ppo.update), jit(ppo.collect), jax.jit(ppo.learn)
    env_only, forward = jit(random_steps(envs, steps)), jax.jit(_forward_passes(ppo))
    worker, key = state.worker, state.key
    _, rollout = collect(state)
    works = {
        "update": lambda: update(state),
        "rollout": lambda: collect(state),
        "learn": lambda: learn(state, rollout),
        "env": lambda: env_only(worker.env_state, worker.action_mask, key),
        "forward": lambda: forward(state, rollout),
    }
    for work in works.values():
        jax.block_until_ready(work())
    compile_seconds = time.perf_counter() - started
    times: dict[str, list[float]] = {name: [] for name in (*works, "transfer")}
    for _ in range(repeats):
        for name, work in works.items():
            times[name].append(_timed(lambda work=work: jax.block_until_ready(work())))
        _, metrics = jax.block_until_ready(update(state))  # fresh ones: an array keeps its copy on the host
        times["transfer"].append(_timed(lambda metrics=metrics: meshes.fetch(metrics)))
    medians = {name: statistics.median(values) for name, values in times.items()}
    return Breakdown(
        update=medians["update"],
        rollout=medians["rollout"],
        learn=medians["learn"],
        env=medians["env"],
        transfer=medians["transfer"],
        model=medians["forward"] + medians["learn"],
        compile=compile_seconds,
    )


def _on_host(ppo: PPO, state: TrainState, repeats: int, _: Callable[..., Any]) -> Breakdown:
    steps, envs = ppo.config.ppo.rollout_steps, ppo.envs
    started = time.perf_counter()
    collector, learn = HostCollector(ppo.agent, envs, ppo.config.ppo.gamma), jax.jit(ppo.learn)
    forward = jax.jit(_forward_passes(ppo))
    worker, rollout = collector.collect(state.agent, state.worker, state.key, steps)
    jax.block_until_ready((learn(state, rollout), forward(state, rollout)))
    random_on_host = _RandomOnHost(envs, steps, state.key)
    random_on_host()
    compile_seconds = time.perf_counter() - started
    times: dict[str, list[float]] = {name: [] for name in ("rollout", "learn", "env", "transfer", "forward")}
    for _turn in range(repeats):
        copied, began = envs.transfer_seconds, time.perf_counter()
        worker, rollout = jax.block_until_ready(collector.collect(state.agent, worker, state.key, steps))
        times["rollout"].append(time.perf_counter() - began)
        times["transfer"].append(envs.transfer_seconds - copied)
        times["learn"].append(_timed(lambda rollout=rollout: jax.block_until_ready(learn(state, rollout))))
        times["forward"].append(_timed(lambda rollout=rollout: jax.block_until_ready(forward(state, rollout))))
        copied = envs.transfer_seconds
        stepping = _timed(random_on_host)
        times["env"].append(stepping - (envs.transfer_seconds - copied))
    medians = {name: statistics.median(values) for name, values in times.items()}
    return Breakdown(
        update=medians["rollout"] + medians["learn"],
        rollout=medians["rollout"],
        learn=medians["learn"],
        env=medians["env"],
        transfer=medians["transfer"],
        model=medians["forward"] + medians["learn"],
        compile=compile_seconds,
    )


def _forward_passes(ppo: PPO) -> Callable[[TrainState, Rollout], jax.Array]:
    def run(state: TrainState, rollout: Rollout) -> jax.Array:
        rows = rollout.transitions

        def body(hidden: jax.Array, step: tuple[jax.Array, ...]) -> tuple[jax.Array, Any]:
            view = ppo.agent.evaluate_step(state.agent, hidden, *step)
            return view.hidden, (view.distribution, view.value)

        return jax.lax.scan(body, rollout.first_hidden, (rows.observation, rows.action_mask, rows.began))[1]

    return run


class _RandomOnHost:
    """Random legal actions in a host environment, the drawing compiled once."""

    def __init__(self, envs: Environments, steps: int, key: jax.Array) -> None:
        self.envs = envs
        self.keys = jax.random.split(key, steps)
        self.draw = jax.jit(lambda mask, keys, now: random_actions(envs.action_space, mask, keys[now]))
        _, _, self.mask = envs.reset(key)

    def __call__(self) -> None:
        for now in range(len(self.keys)):
            self.mask = self.envs.step(self.keys, (), self.draw(self.mask, self.keys, now)).action_mask


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _median(work: Callable[[], Any], repeats: int) -> float:
    work()
    return statistics.median(_timed(work) for _ in range(repeats))
