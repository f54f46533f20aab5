"""EmuRust's speed beside PyBoy's: same cartridge, same buttons, same observations, both driven from Python.

A step with frame skip k holds a random button for the first 8 frames (all of them if k is smaller), draws the last
frame and makes the observation of it: the mean of 2 x 2 pixels, (72, 80), for a frame skip above 1, else the screen.
"""

from __future__ import annotations

import concurrent.futures
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import timing
from benchmarks.errors import InputMissingError
from benchmarks.oracles import pyboy_machine
from benchmarks.oracles.pyboy_machine import PyBoyMachine
from benchmarks.results_file import Row

PRESS_FRAMES = 8
MOST_START_FRAMES = 600
WARM_FRAMES = 600  # so that both are in the middle of the program
PERIOD = 256  # steps until the table of buttons repeats
STATE_REPEATS = 1000
ALONE, APART = "alone", "apart"  # names of turns
PYBOY_FLAGS = "cgb=False, sound_emulated=False, window=null, unlimited speed"


def measure_here(request: Any) -> Row:
    """Measures one `benchmarks.speed.Request` in this process."""
    from emurust import Batch
    from emurust.asm import library

    if request.device == "gpu":
        raise InputMissingError("EmuRust runs on processor cores; use --device cpu.")
    rom = library.rom(request.case)
    frames, press = request.frameskip, min(PRESS_FRAMES, request.frameskip)
    small = frames > 1
    batch = Batch(
        rom, request.num_envs, threads=request.cores or 0, observation="small" if small else "screen", drawing="last"
    )
    _start(batch)
    masks = np.array([0, 1, 2, 4, 8, 16, 32], np.uint8)
    table = np.random.default_rng(0).choice(masks, (PERIOD, request.num_envs))

    ours = _stepper(batch, table, frames, press)
    before, frames_before = np.array(batch.instructions(0)), batch.cycles(0)
    ours(PERIOD // 4)
    passed = (batch.cycles(0) - frames_before) / 70_224
    executed, skipped = (np.array(batch.instructions(0)) - before) / passed
    works: dict[str, Callable[[int], float]] = {"ours": ours}
    several = request.num_envs > 1 and batch.threads > 1
    if several:
        works |= _scaling(rom, table, frames, press, batch.threads)
    if request.reference:
        works[PYBOY_FLAGS] = _pyboy(rom, table[:, 0].tolist(), frames, press, small)
    elif request.peer is not None:
        from benchmarks.oracles.emurust_peers import PEERS

        peer = PEERS[request.peer]
        works[peer.flags] = peer.stepper(rom, table[:, 0].tolist(), frames, press)
    print("started, calibrating", flush=True)
    counts = {name: _steps(work, request.seconds) for name, work in works.items()}
    rates = timing.interleave(
        {name: lambda work=work, name=name: work(counts[name]) for name, work in works.items()},
        request.repeats,
        lambda done: print(f"turn {done} of {request.repeats}", flush=True),
    )
    mine = rates.pop("ours")
    scaling = None
    if several:
        alone = rates.pop(ALONE)
        scaling = mine.ratio_to(alone), rates.pop(APART).ratio_to(alone)
    row = {
        "actions": f"one of {len(masks)} buttons or none, held {press} of {frames} frames, table of {PERIOD} steps",
        "sps": mine.median,
        "sps_min": mine.low,
        "sps_max": mine.high,
        "frames_per_second": mine.median * frames,
        "instructions_per_frame": float(executed),
        "skipped_instructions_per_frame": float(skipped),
        "reference_flags": None,
        "reference_sps": None,
        "ratio": None,
        "ratio_min": None,
        "ratio_max": None,
        "compile_seconds": 0.0,
        "bytes_per_env": len(batch.save_state(0)),
        "peak_bytes": None,
        "skipped": None,
        # How many times as many steps as one machine on one thread makes in the same run; and the same of batches that
        # know nothing of each other, one a thread: what these cores can give.
        "times_one": scaling and scaling[0].median,
        "times_one_min": scaling and scaling[0].low,
        "times_one_max": scaling and scaling[0].high,
        "times_one_apart": scaling and scaling[1].median,
        **_state_times(batch),
    }
    for flags, rate in rates.items():
        ratio = mine.ratio_to(rate)
        row |= {
            "reference_flags": flags,
            "reference_sps": rate.median,
            "ratio": ratio.median,
            "ratio_min": ratio.low,
            "ratio_max": ratio.high,
        }
    return row


def _stepper(batch: Any, table: np.ndarray, frames: int, press: int) -> Callable[[int], float]:
    """Steps a batch with buttons from a table, uint8 (PERIOD, machines), and counts the steps of its machines."""
    observation = np.zeros((batch.num_envs, *batch.observation_shape), np.uint8)
    watch = np.zeros((batch.num_envs, 0), np.uint8)

    def run(steps: int) -> float:
        for step in range(steps):
            batch.step(table[step % PERIOD], frames, press, observation, watch)
        return steps * batch.num_envs

    return run


def _scaling(rom: bytes, table: np.ndarray, frames: int, press: int, threads: int) -> dict[str, Callable[[int], float]]:
    """One machine on one thread; and as many batches of one thread as `threads`, which share the machines."""
    from emurust import Batch

    def single(columns: np.ndarray) -> Callable[[int], float]:
        batch = Batch(rom, columns.shape[1], threads=1, observation="small" if frames > 1 else "screen", drawing="last")
        _start(batch)
        return _stepper(batch, np.ascontiguousarray(columns), frames, press)

    parts = [single(columns) for columns in np.array_split(table, threads, axis=1)]
    pool = concurrent.futures.ThreadPoolExecutor(threads)

    def apart(steps: int) -> float:
        return sum(pool.map(lambda part: part(steps), parts))

    return {ALONE: single(table[:, :1]), APART: apart}


def _start(batch: Any) -> None:
    """Lets every machine start from the middle of the program."""
    batch.run_frames(0, WARM_FRAMES, 0, True)
    for index in range(1, batch.num_envs):
        batch.copy_state(0, index)


def _pyboy(rom: bytes, buttons: list[int], frames: int, press: int, small: bool) -> Callable[[int], float]:
    machine = PyBoyMachine(rom)
    machine.run_until(0xC000, 1, MOST_START_FRAMES)
    machine.run(WARM_FRAMES, True)
    screen = machine.pyboy.screen
    observation = np.zeros((72, 80) if small else (144, 160), np.uint8)

    def run(steps: int) -> float:
        for step in range(steps):
            machine.set_buttons(buttons[step % PERIOD])
            if press < frames:
                machine.run(press, False)
                machine.set_buttons(0)
            machine.run(max(frames - press, 1), True)
            observe(screen.ndarray[:, :, 0], observation)
        return steps

    return run


def observe(picture: np.ndarray, out: np.ndarray) -> None:
    """Writes the mean of 2 x 2 pixels, or the picture as it is, by the shape of `out`: uint8 (72, 80) or (144, 160)."""
    if out.shape == picture.shape:
        out[:] = picture
        return
    total = np.add(picture[::2, ::2], picture[1::2, ::2], dtype=np.uint16)
    total += picture[::2, 1::2]
    total += picture[1::2, 1::2]
    np.right_shift(total, 2, out=out, casting="unsafe")


def _steps(work: Callable[[int], float], seconds: float) -> int:
    """How many steps take about this long."""
    work(4)
    start = time.perf_counter()
    work(16)
    return max(1, round(16 * seconds / (time.perf_counter() - start)))


def _state_times(batch: Any) -> Row:
    """Median microseconds of saving and of loading one state, through Python."""
    state = batch.save_state(0)
    times: dict[str, list[float]] = {"state_save_microseconds": [], "state_load_microseconds": []}
    for _ in range(STATE_REPEATS):
        start = time.perf_counter()
        batch.save_state(0)
        middle = time.perf_counter()
        batch.load_state(0, state)
        end = time.perf_counter()
        times["state_save_microseconds"].append(1e6 * (middle - start))
        times["state_load_microseconds"].append(1e6 * (end - middle))
    return {name: statistics.median(values) for name, values in times.items()}


def require() -> None:
    """Notices a missing PyBoy before any work."""
    pyboy_machine.require()
