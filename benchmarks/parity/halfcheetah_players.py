"""Players of HalfCheetah for the checks: what drives the body, and the states it comes through in the original."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.oracles import mujoco
from benchmarks.oracles.mujoco import NUM_ACTUATORS, CheetahBatch, Precision

LONGEST_HOLD = 7  # steps
# Players that do not look: their actions can drive two bodies that come apart.
OPEN_LOOP = ("random", "bang_bang", "sine")
NAMES = (*OPEN_LOOP, "runner")
# Trained by `train --env halfcheetah_jax`, the configuration "default", seed 2.
RUNNER = pathlib.Path(__file__).parent / "data" / "halfcheetah_runner"


class Player(Protocol):
    """Gives an action for every body at every step."""

    def __call__(self, step: int, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
        """Actions float32 (n, 6) in -1 .. 1.

        Args:
            step: steps since the episode began.
            qpos: float64 (n, 9), m and rad.
            qvel: float64 (n, 9), m/s and rad/s.
        """
        ...


def make(name: str, num_envs: int, rng: np.random.Generator) -> Player:
    """A player of n bodies.

    Args:
        name: "random", uniform at every step; "bang_bang", full torques held 1 to 7 steps; "sine", gaits of 1 to 6 Hz
            with noise; "runner", a trained policy.
        num_envs: n.
        rng: source of all it draws.
    """
    shape = (num_envs, NUM_ACTUATORS)
    if name == "random":
        return lambda step, qpos, qvel: rng.uniform(-1, 1, shape).astype(np.float32)
    if name == "bang_bang":
        held, left = np.zeros(shape, np.float32), np.zeros(num_envs, np.int64)

        def bang_bang(step: int, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
            changes = left == 0
            held[changes] = rng.choice(np.array([-1, 1], np.float32), shape)[changes]
            left[changes] = rng.integers(1, LONGEST_HOLD + 1, num_envs)[changes]
            left[:] -= 1
            return held.copy()

        return bang_bang
    if name == "sine":
        amplitude, hertz = rng.uniform(0.3, 1, shape), rng.uniform(1, 6, (num_envs, 1))
        phase = rng.uniform(0, 2 * np.pi, shape)

        def sine(step: int, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
            wave = amplitude * np.sin(2 * np.pi * hertz * step * 0.05 + phase)
            return np.clip(wave + 0.1 * rng.standard_normal(shape), -1, 1).astype(np.float32)

        return sine
    if name == "runner":
        act, params = _runner()
        key = jax.random.key(int(rng.integers(2**31)))

        def runner(step: int, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
            observation = jnp.asarray(np.concatenate([qpos[:, 1:], qvel], axis=-1), jnp.float32)
            return np.asarray(act(params, observation, jax.random.fold_in(key, step)), np.float32)

        return runner
    raise ValueError(f"there is no player {name!r}; the players are {', '.join(NAMES)}.")


@functools.lru_cache(maxsize=1)
def _runner() -> tuple[Callable[..., jax.Array], Any]:
    """The trained policy as `(params, observation (n, 17), key) -> action (n, 6)`, and its parameters."""
    from benchmarks.training.policy_file import load_policy

    policy = load_policy(RUNNER)
    mask = jnp.ones((NUM_ACTUATORS,), bool)

    @jax.jit
    def act(params: Any, observation: jax.Array, key: jax.Array) -> jax.Array:
        keys = jax.random.split(key, len(observation))
        return jax.vmap(policy.act, (None, 0, None, 0))(params, observation, mask, keys)

    return act, policy.params


def play(
    name: str, num_envs: int, seed: int, steps: int, precision: Precision, single: bool = False
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Lets a player drive the original.

    Args:
        name: the player.
        num_envs: bodies, n.
        seed: of resets and player.
        steps: number of steps.
        precision: C's solver options.
        single: whether C goes on from what float32 can hold of its state, but for the root's x, on which no motion
            depends. Two sides then start from equal numbers.

    Yields:
        (qpos, qvel, action float32 (n, 6), next qpos, next qvel) of one step, float64 (n, 9) but for the action.
    """
    rng = np.random.default_rng([seed, NAMES.index(name)])
    player = make(name, num_envs, rng)
    batch = CheetahBatch(num_envs, precision)
    batch.reset(int(rng.integers(2**31)))
    for step in range(steps):
        if single:
            batch.qpos[:, 1:] = batch.qpos[:, 1:].astype(np.float32)
            batch.qvel[:] = batch.qvel.astype(np.float32)
        before = batch.export()
        action = player(step, before["qpos"], before["qvel"])
        batch.step(action)
        yield before["qpos"], before["qvel"], action, batch.qpos.copy(), batch.qvel.copy()
    batch.close()


def states(seed: int, count: int, precision: Precision) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Single states that all players come through: (qpos (9,), qvel (9,), action (6,)), float64."""
    bodies = 8
    left = count
    for name in NAMES:
        share = left if name == NAMES[-1] else count // len(NAMES)
        left -= share
        # Every third step, so that neighbouring states differ.
        for step, (qpos, qvel, action, _, _) in enumerate(play(name, bodies, seed, 3 * -(-share // bodies), precision)):
            if step % 3 == 2:
                for body in range(min(bodies, share)):
                    yield qpos[body], qvel[body], action[body].astype(np.float64)
                share -= min(bodies, share)


def rewards(
    x_before: np.ndarray, x_after: np.ndarray, action: np.ndarray, frame_skip: int = mujoco.FRAME_SKIP
) -> tuple[np.ndarray, np.ndarray]:
    """Gymnasium's reward_forward and reward_ctrl: float64 (...,), the cost summed in the action's dtype.

    Args:
        x_before: m (...,), before the step.
        x_after: m (...,), after it.
        action: (..., 6), as given.
        frame_skip: substeps of a step.
    """
    forward = (x_after - x_before) / (frame_skip * float(mujoco.model().opt.timestep))
    return forward, -(0.1 * np.sum(np.square(action), axis=-1)).astype(np.float64)
