"""What is compared of EmuRust: single-step vectors, our micro-tests, and our cartridges in PyBoy, frame by frame.

Both emulators are aligned on an event of the program, the moment at which it says that it is ready, with all its memory
cleared. From there on they get the same buttons. A frame is compared at the start of line 0, where PyBoy's end.

Accepted differences, each with its cause:
- DIV and TIMA are not compared, since they run on from power-on, which the two start at different moments: PyBoy runs a
  boot program first.
- An interrupt that comes while the program is busy is taken up to a few instructions apart in the two. What it left
  below the stack pointer, where nothing reads any more, is not compared. The cartridge that never waits may differ at a
  frame's end in registers and in the cell under work, too; it is compared by what it computes: the checksum of every
  generation.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.errors import InputMissingError
from benchmarks.oracles import pyboy_machine
from benchmarks.oracles.pyboy_machine import PyBoyMachine
from benchmarks.parity.checks import Check, Outcome
from benchmarks.parity.compare import Tally
from benchmarks.parity.emurust_suites import MOONEYE, Judged, judge
from benchmarks.timing import ROOT
from emurust import Batch
from emurust.asm import library

ORACLE = "PyBoy"
ORACLE_VERSION = pyboy_machine.version()

Report = Callable[[int], None]

FRAMES = 1000  # of an episode
READY, GENERATION, SEED, FRAME_COUNT = 0xC000, 0xC004, 0xC006, 0xC008  # alike in both cartridges
CHECKSUM = 0xC010  # of the workload
GENERATIONS_SHARE = 10
MOST_START_FRAMES = 600
# From the start of the vertical blank to where PyBoy's frame ends: ten lines of 456 T, less the five M-cycles by which
# it ends its frames early.
T_TO_FRAME_END = 4540
# Regions of memory that are compared byte by byte.
REGIONS = {
    "video_memory": (0x8000, 0x2000),
    "work_memory": (0xC000, 0x2000),
    "sprites": (0xFE00, 0xA0),
    "high_memory": (0xFF80, 0x7F),
    "scroll_y_to_window_x": (0xFF42, 2),
    "palettes_and_window": (0xFF47, 5),
    "tma_tac": (0xFF06, 2),
    "interrupts_enabled": (0xFFFF, 1),
}
SP = pyboy_machine.REGISTERS.index("SP")
LONGEST_HOLD = 24  # frames for which random buttons stay held

EXACT = "memory, registers and picture equal at every frame; DIV, TIMA and dead bytes below SP excepted"
STACK_START = 0xDF00 - 0xC000  # of the page that holds the stack, inside the work memory
DOCUMENTED = "the verdict of the cartridge itself, whose expected values are those of the hardware documentation"
COMPUTED = "equal checksums of all generations"
VECTORS = "registers, memory and bus equal in every cycle; the waiting of STOP and HALT excepted"


def require() -> None:
    """Notices a missing PyBoy before any work."""
    pyboy_machine.require()


def checks() -> Iterator[Check]:
    """All checks, in order of their level."""
    yield Check(1, "single-step vectors of the SM83, 50 an opcode", vectors, VECTORS)
    for name in library.names():
        if name.startswith(library.MICRO):
            yield Check(2, name, functools.partial(micro_test, name), DOCUMENTED)
    yield Check(3, "episodes of hedgerow, random buttons", functools.partial(episodes, "hedgerow"), EXACT)
    yield Check(3, "generations of workload, random seeds", generations, COMPUTED)


def vectors(seed: int, count: int, report: Report) -> Outcome:
    """The core's own test of the vectors beside it, run by cargo."""
    if shutil.which("cargo") is None:
        raise InputMissingError("The single-step vectors are run by cargo; get it from https://rustup.rs.")
    command = ["cargo", "test", "--release", "--quiet", "-p", "emurust-core", "--test", "sm83_vectors"]
    done = subprocess.run(command, cwd=ROOT / "emurust" / "rust", capture_output=True, text=True)
    outcome = Outcome(Tally(), steps=50 * 500)
    outcome.complete = done.returncode == 0
    outcome.tally.mismatches = int(done.returncode != 0)
    if done.returncode:
        outcome.extra["message"] = (done.stdout + done.stderr).strip()[-500:]
    return outcome


def micro_test(name: str, seed: int, count: int, report: Report) -> Outcome:
    """One of our own test cartridges, judged as Mooneye's are."""
    verdict = judge(library.rom(name), MOONEYE, 10.0)
    outcome = Outcome(Tally(), steps=1, episodes=1)
    outcome.tally.mismatches = int(verdict.verdict != Judged.PASSED)
    outcome.complete = verdict.verdict == Judged.PASSED
    outcome.extra["message"] = verdict.reason
    return outcome


def episodes(name: str, seed: int, count: int, report: Report) -> Outcome:
    """Episodes of one cartridge with random buttons and seeds."""
    rom = library.rom(name)
    outcome = Outcome(Tally())
    rng = np.random.default_rng([seed, sum(map(ord, name))])
    pair = _Pair(rom)
    start = pair.save()
    for episode in range(count):
        pair.load(start)
        game_seed = int(rng.integers(1, 1 << 16))
        pair.write(SEED, game_seed.to_bytes(2, "little"))
        held: list[int] = []
        while len(held) < FRAMES:
            held += [_buttons(rng)] * int(rng.integers(1, LONGEST_HOLD))
        for frame, buttons in enumerate(held[:FRAMES]):
            ours, theirs = pair.step(buttons)
            outcome.tally.add(ours, theirs)
            outcome.steps += 1
            if outcome.tally.first is not None:
                # One report of a divergence is enough: what follows from it says nothing new.
                outcome.case = {
                    "cartridge": name,
                    "episode": episode,
                    "seed_of_the_game": game_seed,
                    "frame": frame,
                    "buttons": held[: frame + 1],
                }
                outcome.complete = False
                pair.close()
                return outcome
            if frame % 100 == 0:
                report(outcome.steps)
        outcome.episodes += 1
    pair.close()
    return outcome


def generations(seed: int, count: int, report: Report) -> Outcome:
    """The checksums that the workload computes, a tenth as many episodes of it; a step is a generation."""
    outcome = Outcome(Tally())
    rng = np.random.default_rng([seed, 1])
    pair = _Pair(library.rom("workload"))
    start = pair.save()
    for _ in range(-(-count // GENERATIONS_SHARE)):
        pair.load(start)
        pair.write(SEED, int(rng.integers(1, 1 << 16)).to_bytes(2, "little"))
        ours: dict[bytes, bytes] = {}
        theirs: dict[bytes, bytes] = {}
        for frame in range(FRAMES):
            pair.run(0)
            for side, read in ((ours, functools.partial(pair.ours.read, 0)), (theirs, pair.theirs.read)):
                # The sum is written before the generation is counted, so the first one seen with a count is its own.
                side.setdefault(read(GENERATION, 2), read(CHECKSUM, 2))
            if frame % 100 == 0:
                report(outcome.steps)
        both = sorted(ours.keys() & theirs.keys())
        sums = [np.array([[*side[key]] for key in both])[:, None] for side in (ours, theirs)]
        outcome.tally.add({"checksum": sums[0]}, {"checksum": sums[1]})
        outcome.steps += len(both)
        outcome.episodes += 1
        # At the end one side may have begun a generation more.
        outcome.complete = outcome.complete and len(ours.keys() ^ theirs.keys()) <= 1
    pair.close()
    return outcome


def _batched(fields: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: value[None, None] for name, value in fields.items()}


def _buttons(rng: np.random.Generator) -> int:
    """Held buttons: mostly one direction or none, now and then anything, opposite directions too."""
    if rng.random() < 0.2:
        return int(rng.integers(256))
    return int(rng.choice([0, 1, 2, 4, 8]))


class _Pair:
    """The same cartridge in both emulators, aligned."""

    def __init__(self, rom: bytes) -> None:
        self.ours = Batch(rom, 1, threads=1, drawing="every")
        self.theirs = PyBoyMachine(rom)
        self.theirs.run_until(READY, 1, MOST_START_FRAMES)
        for _ in range(MOST_START_FRAMES):
            if self.ours.read(0, READY, 1) == b"\1" and self._counts() >= self._counts_of_pyboy():
                break
            self._step_ours(0)
        if self._counts() != self._counts_of_pyboy():
            raise RuntimeError("the two emulators cannot be aligned: the program's frame counters never agree.")

    def step(self, buttons: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """One frame in both: fields (1, 1, ...) of each."""
        self.run(buttons)
        ours, theirs = {}, {}
        r = self.ours.registers(0)
        ours["registers"] = np.array([r.a, r.f, r.b, r.c, r.d, r.e, r.hl, r.sp, r.pc], np.int64)
        theirs["registers"] = self.theirs.registers()
        for field, (address, length) in REGIONS.items():
            ours[field] = np.frombuffer(self.ours.read(0, address, length), np.uint8)
            theirs[field] = np.frombuffer(self.theirs.read(address, length), np.uint8)
        dead = slice(STACK_START, max(int(min(r.sp, theirs["registers"][SP])) - 0xC000, STACK_START))
        for side in (ours, theirs):
            side["work_memory"] = side["work_memory"].copy()
            side["work_memory"][dead] = 0
        ours["picture"] = np.frombuffer(self.ours.frame(0), np.uint8).reshape(144, 160)
        theirs["picture"] = self.theirs.shades()
        return _batched(ours), _batched(theirs)

    def run(self, buttons: int) -> None:
        """One frame in both."""
        self.theirs.set_buttons(buttons)
        self.theirs.run(1, True)
        self._step_ours(buttons)

    def write(self, address: int, content: bytes) -> None:
        """Writes memory in both."""
        self.ours.write(0, address, content)
        self.theirs.write(address, content)

    def save(self) -> tuple[bytes, bytes]:
        """Both states."""
        return self.ours.save_state(0), self.theirs.save_state()

    def load(self, states: tuple[bytes, bytes]) -> None:
        """Puts both back; buttons are released."""
        self.theirs.set_buttons(0)
        self.ours.load_state(0, states[0])
        self.theirs.load_state(states[1])

    def close(self) -> None:
        self.theirs.close()

    def _step_ours(self, buttons: int) -> None:
        self.ours.run_frames(0, 1, buttons, True)
        self.ours.run_until_cycles(0, self.ours.cycles(0) + T_TO_FRAME_END, buttons)

    def _counts(self) -> int:
        return int.from_bytes(self.ours.read(0, FRAME_COUNT, 2), "little")

    def _counts_of_pyboy(self) -> int:
        return int.from_bytes(self.theirs.read(FRAME_COUNT, 2), "little")
