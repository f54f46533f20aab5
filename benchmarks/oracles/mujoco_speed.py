"""MuJoCo's own loop in C, `mujoco.rollout`, as a rival in speed measurements of HalfCheetah."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.oracles import mujoco
from benchmarks.oracles.mujoco import FRAME_SKIP, NUM_ACTUATORS, NUM_DOFS, RESET_NOISE_SCALE

NAME = f"MuJoCo (C, mujoco.rollout) {mujoco.version()}"
# A call costs the host something, and its results memory: neither a short nor a long call is best for every batch.
STEPS_A_CALL = (1, 16)
EPISODE_STEPS = 1000
CTRL_COST_WEIGHT = 0.1


def require() -> None:
    """Compiles the original's model, so that a missing MuJoCo is noticed before any work."""
    mujoco.model()


def rivals(num_envs: int, options: dict[str, Any], actions: np.ndarray) -> dict[str, Callable[[int], None]]:
    """The original with each number of steps a call, on all cores that the process may use.

    Args:
        num_envs: bodies in the batch.
        options: static options of the environment, as our `make` takes them; C computes in float64 whatever they say.
        actions: float32 (period, num_envs, 6), repeated for as long as the loop runs.

    Returns:
        Functions that step all bodies a number of times, by the options they run with.
    """
    threads = len(os.sched_getaffinity(0))
    frame_skip = int(options.get("frame_skip", FRAME_SKIP))
    named = "1 thread" if threads == 1 else f"{threads} threads"
    return {
        f"{named}, {steps} {'step' if steps == 1 else 'steps'} a call": RolloutLoop(
            num_envs, actions, threads, steps, frame_skip
        ).run
        for steps in STEPS_A_CALL
    }


class RolloutLoop:
    """Bodies that C steps open loop, with what Gymnasium's environment writes at every step.

    Args:
        num_envs: bodies.
        actions: float32 (period, num_envs, 6), taken in turn and over again.
        threads: of C's pool; with 1 the caller's thread does the work.
        steps_a_call: most steps of one call of C.
        frame_skip: substeps of a step.
    """

    def __init__(
        self, num_envs: int, actions: np.ndarray, threads: int, steps_a_call: int, frame_skip: int = FRAME_SKIP
    ) -> None:
        library, compiled = mujoco.library(), mujoco.model()
        self._actions, self._steps_a_call, self._frame_skip = actions, steps_a_call, frame_skip
        self._timestep = float(compiled.opt.timestep)
        width = library.mj_stateSize(compiled, library.mjtState.mjSTATE_FULLPHYSICS)
        nthread = 0 if threads == 1 else threads
        self._start = np.zeros((num_envs, width))
        self._warmstart = np.zeros((num_envs, NUM_DOFS))
        # Its checks take and return every array anew; the loop brings its own and says that they fit.
        self._call = functools.partial(
            library.rollout.Rollout(nthread=nthread).rollout,
            [compiled] * num_envs,
            [library.MjData(compiled) for _ in range(max(nthread, 1))],
            control_spec=library.mjtState.mjSTATE_CTRL.value,
            skip_checks=True,
            sensordata=np.zeros((num_envs, 0, 0)),
        )
        self._buffers: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._offset = self._time = 0
        self._rng = np.random.default_rng(1)
        self.observation = np.zeros((num_envs, steps_a_call, 2 * NUM_DOFS - 1))
        self.reward = np.zeros((num_envs, steps_a_call))
        self._reset()

    @property
    def qpos(self) -> np.ndarray:
        """Positions: float64 (num_envs, 9), m and rad."""
        return self._start[:, 1 : 1 + NUM_DOFS]

    @property
    def qvel(self) -> np.ndarray:
        """Velocities: float64 (num_envs, 9), m/s and rad/s."""
        return self._start[:, 1 + NUM_DOFS : 1 + 2 * NUM_DOFS]

    def run(self, steps: int) -> None:
        """Steps all bodies; the last call's results are in `observation` and `reward`, bodies first, then steps."""
        while steps > 0:
            count = min(self._steps_a_call, steps, len(self._actions) - self._offset)
            self._advance(self._actions[self._offset : self._offset + count])
            self._offset = (self._offset + count) % len(self._actions)
            steps -= count

    def _advance(self, actions: np.ndarray) -> None:
        """Steps once for each of (count, num_envs, 6) actions."""
        count, skip = len(actions), self._frame_skip
        states, control = self._buffers_for(count)
        by_body = actions.swapaxes(0, 1)
        control.reshape(len(control), count, skip, NUM_ACTUATORS)[:] = by_body[:, :, None]
        self._call(
            nstep=count * skip,
            initial_state=self._start,
            initial_warmstart=self._warmstart,
            control=control,
            state=states,
        )
        written = states[:, skip - 1 :: skip]
        x = np.concatenate([self._start[:, None, 1], written[..., 1]], axis=1)
        cost = CTRL_COST_WEIGHT * np.sum(np.square(by_body), axis=-1)
        self.reward[:, :count] = np.diff(x) / (skip * self._timestep) - cost
        self.observation[:, :count] = written[..., 2 : 1 + 2 * NUM_DOFS]
        before = states[:, -2] if count * skip > 1 else self._start
        # C does not return its warm start; the last substep's acceleration is as good a guess.
        self._warmstart[:] = (states[:, -1] - before)[:, 1 + NUM_DOFS : 1 + 2 * NUM_DOFS] / self._timestep
        self._start[:] = states[:, -1]
        self._time += count
        if self._time >= EPISODE_STEPS:
            self._reset()

    def _reset(self) -> None:
        """Starts all bodies, which are always of one age, from Gymnasium's reset distribution."""
        self._start[:] = 0
        self.qpos[:] = self._rng.uniform(-RESET_NOISE_SCALE, RESET_NOISE_SCALE, self.qpos.shape)
        self.qvel[:] = RESET_NOISE_SCALE * self._rng.standard_normal(self.qvel.shape)
        self._warmstart[:] = 0
        self._time = 0

    def _buffers_for(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """States and controls of a call of this many steps, made once."""
        if count not in self._buffers:
            bodies, width = self._start.shape
            substeps = count * self._frame_skip
            self._buffers[count] = (
                np.zeros((bodies, substeps, width)),
                np.zeros((bodies, substeps, NUM_ACTUATORS)),
            )
        return self._buffers[count]
