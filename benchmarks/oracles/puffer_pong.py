"""The original Pong, compiled at run time into a temporary folder and called through ctypes.

Three kinds of build: "exact" reads a tape in place of `rand()`, "glibc" draws from the C library in the original's own
order, one generator for the whole process, and the two "speed" builds run the original's loop at its best flags. The
first two keep the last observation of an episode, which the original itself never returns. Nothing of the original is
kept in the project.
"""

from __future__ import annotations

import ctypes
import dataclasses
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile
from typing import Any, Self

import numpy as np

from benchmarks.errors import InputMissingError
from benchmarks.oracles import puffer_source

NATIVE = pathlib.Path(__file__).parent / "native"
STATE_FIELDS = ("paddle_yl", "paddle_yr", "ball_x", "ball_y", "ball_vx", "ball_vy", "score_l", "score_r")
EXTRA_FIELDS = ("tick", "n_bounces", "win")
LOG_FIELDS = ("perf", "score", "episode_return", "episode_length", "n")
OBSERVATION_SIZE = 8

SPEED_FLAGS = (("-O2", "-flto"), ("-O3", "-march=native"))
EXACT_FLAGS = ("-O2", "-ffp-contract=off")
FINAL_FLAGS = ("-DORACLE_FINAL", "-finstrument-functions")
BUILDS = {
    "exact": (*EXACT_FLAGS, *FINAL_FLAGS, "-DORACLE_TAPE"),
    "glibc": (*EXACT_FLAGS, *FINAL_FLAGS),
    **{"speed " + " ".join(flags): flags for flags in SPEED_FLAGS},
}


@dataclasses.dataclass(frozen=True)
class PongConstants:
    """What the original lets one configure, with its defaults: lengths in field units, speeds in units a frame."""

    width: float = 500.0
    height: float = 640.0
    paddle_width: float = 20.0
    paddle_height: float = 70.0
    ball_width: float = 32.0
    ball_height: float = 32.0
    paddle_speed: float = 8.0
    ball_initial_speed_x: float = 10.0
    ball_initial_speed_y: float = 1.0
    ball_speed_y_increment: float = 3.0
    ball_max_speed_y: float = 13.0
    max_score: int = 21
    frameskip: int = 1
    continuous: bool = False


@dataclasses.dataclass
class Record:
    """What a batch of n environments did in T steps; time is the first axis."""

    observation: np.ndarray  # float32 (T, n, 8), what the step returned
    final_observation: np.ndarray  # float32 (T, n, 8), of the episode that ended latest; meaningful where terminal
    reward: np.ndarray  # float32 (T, n)
    terminal: np.ndarray  # uint8 (T, n), 0 or 1
    state: np.ndarray  # float32 (T, n, 8), columns STATE_FIELDS, after the step
    extra: np.ndarray  # int32 (T, n, 3), columns EXTRA_FIELDS, after the step
    draws: np.ndarray  # int64 (T, n), values of the tape consumed since it was set


def compiler() -> str:
    """The C compiler: `CC`, else gcc, else cc.

    Raises:
        InputMissingError: there is none.
    """
    for name in (os.environ.get("CC"), "gcc", "cc"):
        if name and shutil.which(name):
            return name
    raise InputMissingError("No C compiler was found to build the original Pong; install gcc, or set CC to one.")


@functools.cache
def library(build: str) -> ctypes.CDLL:
    """Compiles one of BUILDS and loads it.

    Raises:
        InputMissingError: the header or a compiler is missing, or the compiler refused.
    """
    header, command = puffer_source.header(), compiler()
    with tempfile.TemporaryDirectory(prefix="twinenvs-oracle-") as name:
        folder = pathlib.Path(name)
        (folder / "pong.h").write_text(header)
        for ours in ("puffer_pong.c", "raylib.h"):
            (folder / ours).write_text((NATIVE / ours).read_text())
        target = folder / "oracle.so"
        arguments = [command, *BUILDS[build], "-shared", "-fPIC", "-w", "-I", name, "-o", str(target)]
        done = subprocess.run(
            [*arguments, str(folder / "puffer_pong.c"), "-lm"], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            first = (done.stderr.strip().splitlines() or ["no message"])[0]
            raise InputMissingError(f"{command} could not build the original Pong ({first}); set CC to another one.")
        return _declare(ctypes.CDLL(str(target)))


def _declare(lib: ctypes.CDLL) -> ctypes.CDLL:
    # Without argument types ctypes cuts pointers to 32 bits.
    pointer, count = ctypes.c_void_p, ctypes.c_int64
    signatures: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "batch_new": (pointer, (count, pointer)),
        "batch_free": (None, (pointer,)),
        "batch_set_tape": (None, (pointer, pointer, count)),
        "batch_reset": (None, (pointer,)),
        "batch_seed_reset": (None, (pointer, ctypes.c_uint32)),
        "batch_overrun": (ctypes.c_int, ()),
        "batch_export": (None, (pointer,) * 5),
        "batch_draws": (None, (pointer, pointer)),
        "batch_load": (None, (pointer,) * 3),
        "batch_record": (None, (pointer, count, *(pointer,) * 8)),
        "batch_run": (None, (pointer, count, pointer, count)),
        "batch_step": (None, (pointer, pointer)),
        "batch_observations": (pointer, (pointer,)),
        "batch_finals": (pointer, (pointer,)),
        "batch_rewards": (pointer, (pointer,)),
        "batch_terminals": (pointer, (pointer,)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


class PongBatch:
    """A batch of n environments of the original.

    Args:
        num_envs: number of environments, at least 1.
        constants: the original's constants, frameskip and kind of action.
        build: one of BUILDS.
    """

    def __init__(self, num_envs: int, constants: PongConstants | None = None, build: str = "exact") -> None:
        self.num_envs = num_envs
        self.constants = constants or PongConstants()
        self._lib = library(build)
        values = np.array([float(value) for value in dataclasses.astuple(self.constants)], np.float64)
        self._batch = self._lib.batch_new(num_envs, values.ctypes.data)
        # Views of the batch's own buffers, overwritten by every step.
        self.observation = self._view("batch_observations", (num_envs, OBSERVATION_SIZE), ctypes.c_float)
        self.final_observation = self._view("batch_finals", (num_envs, OBSERVATION_SIZE), ctypes.c_float)
        self.reward = self._view("batch_rewards", (num_envs,), ctypes.c_float)
        self.terminal = self._view("batch_terminals", (num_envs,), ctypes.c_uint8)

    def _view(self, function: str, shape: tuple[int, ...], kind: Any) -> np.ndarray:
        address = getattr(self._lib, function)(self._batch)
        view = np.ctypeslib.as_array((kind * int(np.prod(shape))).from_address(address)).reshape(shape)
        view.flags.writeable = False
        return view

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees the batch; its views must not be read afterwards."""
        if self._batch is not None:
            self._lib.batch_free(self._batch)
            self._batch = None

    def set_tape(self, tape: np.ndarray) -> None:
        """Sets what `rand()` returns in the exact build: int32 (n, length), and clears the count of draws."""
        tape = _array(tape, np.int32, (self.num_envs, np.shape(tape)[-1]))
        self._lib.batch_set_tape(self._batch, tape.ctypes.data, tape.shape[1])

    def reset(self, seed: int | None = None) -> None:
        """Resets every environment; with a seed, seeding the C library's generator in the original's order."""
        if seed is None:
            self._lib.batch_reset(self._batch)
        else:
            self._lib.batch_seed_reset(self._batch, seed)
        self._check_tape()

    def step(self, action: np.ndarray) -> None:
        """One step of every environment; the views hold its result. action: (n,), discrete codes or directions."""
        action = _array(action, np.float32, (self.num_envs,))
        action = self._clipped(action)
        self._lib.batch_step(self._batch, action.ctypes.data)
        self._check_tape()

    def record(self, action: np.ndarray) -> Record:
        """Steps every environment T times and keeps everything. action: (T, n), discrete codes or directions."""
        steps, n = np.shape(action)[0], self.num_envs
        action = self._clipped(_array(action, np.float32, (steps, n)))
        record = Record(
            observation=np.empty((steps, n, OBSERVATION_SIZE), np.float32),
            final_observation=np.empty((steps, n, OBSERVATION_SIZE), np.float32),
            reward=np.empty((steps, n), np.float32),
            terminal=np.empty((steps, n), np.uint8),
            state=np.empty((steps, n, len(STATE_FIELDS)), np.float32),
            extra=np.empty((steps, n, len(EXTRA_FIELDS)), np.int32),
            draws=np.empty((steps, n), np.int64),
        )
        outputs = [getattr(record, field.name).ctypes.data for field in dataclasses.fields(record)]
        self._lib.batch_record(self._batch, steps, action.ctypes.data, *outputs)
        self._check_tape()
        return record

    def run(self, steps: int, actions: np.ndarray) -> None:
        """The loop that is timed, over a table of actions uint8 (period, n) that repeats."""
        actions = _array(actions, np.uint8, (np.shape(actions)[0], self.num_envs))
        self._lib.batch_run(self._batch, steps, actions.ctypes.data, actions.shape[0])

    def export(self) -> dict[str, np.ndarray]:
        """Every field of the state by name (n,), `observation` float32 (n, 8) and `log` float32 (n, 5)."""
        state = np.empty((self.num_envs, len(STATE_FIELDS)), np.float32)
        extra = np.empty((self.num_envs, len(EXTRA_FIELDS)), np.int32)
        observation = np.empty((self.num_envs, OBSERVATION_SIZE), np.float32)
        log = np.empty((self.num_envs, len(LOG_FIELDS)), np.float32)
        arrays = [array.ctypes.data for array in (state, extra, observation, log)]
        self._lib.batch_export(self._batch, *arrays)
        fields = dict(zip(STATE_FIELDS, state.T, strict=True)) | dict(zip(EXTRA_FIELDS, extra.T, strict=True))
        return {**fields, "observation": observation, "log": log}

    def load(self, fields: dict[str, np.ndarray]) -> None:
        """Sets the state of every environment and computes its observation.

        Args:
            fields: the eight STATE_FIELDS by name, each (n,); EXTRA_FIELDS are 0 where they are not given.
        """
        state = np.stack([np.asarray(fields[name], np.float32) for name in STATE_FIELDS], axis=-1)
        zeros = np.zeros(self.num_envs, np.int32)
        extra = np.stack([np.asarray(fields.get(name, zeros), np.int32) for name in EXTRA_FIELDS], axis=-1)
        state = _array(state, np.float32, (self.num_envs, len(STATE_FIELDS)))
        extra = _array(extra, np.int32, (self.num_envs, len(EXTRA_FIELDS)))
        self._lib.batch_load(self._batch, state.ctypes.data, extra.ctypes.data)

    def draws(self) -> np.ndarray:
        """Values of the tape consumed since it was set: int64 (n,)."""
        result = np.empty(self.num_envs, np.int64)
        self._lib.batch_draws(self._batch, result.ctypes.data)
        return result

    def _clipped(self, action: np.ndarray) -> np.ndarray:
        # The original clips in its Python layer, in front of the C code.
        return np.clip(action, -1, 1) if self.constants.continuous else action

    def _check_tape(self) -> None:
        if self._lib.batch_overrun():
            raise RuntimeError("The tape of random values has run out; give the batch a longer one.")


def _array(values: Any, dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
    array = np.ascontiguousarray(values, dtype)
    if array.shape != shape:
        raise ValueError(f"Expected an array of shape {shape}, got {array.shape}.")
    return array


class PongOracle:
    """One environment of the original behind the five methods that every oracle offers.

    Args:
        constants: the original's constants, frameskip and kind of action.
        tape_length: number of random values prepared at each reset.
    """

    def __init__(self, constants: PongConstants | None = None, tape_length: int = 4096) -> None:
        self._batch = PongBatch(1, constants, "exact")
        self._tape_length = tape_length

    def reset(self, seed: int) -> np.ndarray:
        """Resets with a tape drawn from the seed: the observation, float32 (8,)."""
        self._batch.set_tape(random_tape(np.random.default_rng(seed), 1, self._tape_length))
        self._batch.reset()
        return self._batch.observation[0].copy()

    def step(self, action: float) -> tuple[np.ndarray, float, bool]:
        """One step: (observation float32 (8,), reward, terminal)."""
        self._batch.step(np.array([action]))
        return self._batch.observation[0].copy(), float(self._batch.reward[0]), bool(self._batch.terminal[0])

    def export(self) -> dict[str, np.ndarray]:
        """The fields of `PongBatch.export` without the batch axis."""
        return {name: value[0] for name, value in self._batch.export().items()}

    def load(self, fields: dict[str, float]) -> None:
        """Sets the state and computes its observation."""
        self._batch.load({name: np.array([value]) for name, value in fields.items()})

    def draws(self) -> int:
        """Random values consumed since the last reset began."""
        return int(self._batch.draws()[0])


def random_tape(rng: np.random.Generator, num_envs: int, length: int) -> np.ndarray:
    """What `rand()` may return: int32 (num_envs, length), 0 .. 2**31 - 1."""
    return rng.integers(0, 2**31 - 1, (num_envs, length), np.int32, endpoint=True)
