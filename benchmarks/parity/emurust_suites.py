"""Judging accuracy suites that a user brings by path: who says when a cartridge has passed, and how long it may take.

The project holds none of these cartridges. Times are emulated seconds.
"""

from __future__ import annotations

import dataclasses
import enum
import pathlib
import re
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.errors import InputMissingError, UsageError
from emurust import Batch

T_PER_SECOND = 4_194_304
T_PER_FRAME = 70_224
BREAK = 0x40  # LD B,B, by which most suites say that they are done
PASSING = (3, 5, 8, 13, 21, 34)  # then in B C D E H L
MOONEYE, SAMESUITE, AGE, ACID2, MEALYBUG, BLARGG, GBMICROTEST = KINDS = (
    "mooneye", "samesuite", "age", "acid2", "mealybug", "blargg", "gbmicrotest",
)  # fmt: skip
SECONDS = {MOONEYE: 120.0, SAMESUITE: 120.0, AGE: 120.0, ACID2: 10.0, MEALYBUG: 10.0, BLARGG: 120.0, GBMICROTEST: 1.0}
# Models other than the DMG's revisions A to C, by how Mooneye's names end; G, C and A are families of models.
OTHER_MODELS = re.compile(r"-(?:dmg0|mgb|sgb2?|S|C|A|cgb\w*|agb\w*|ags\w*|cgbABCDE)$")
# Of our model: a name that ends so, or in no letters of models at all.
OWN_MODELS = re.compile(r"-(?:dmgABC\w*|GS|G)$")
PICTURE_SUFFIXES = ("", "_dmg_blob", "_dmg_b", "-dmg", "_dmg")
PICTURE_FOLDERS = ("", "expected/DMG-blob", "../expected/DMG-blob", "expected/DMG-B")


class Judged(enum.Enum):
    """What became of a cartridge."""

    PASSED = "pass"
    FAILED = "fail"
    TIMED_OUT = "timeout"
    NOT_APPLICABLE = "not applicable"
    NO_REFERENCE = "no reference"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What became of a cartridge, and why in a few words."""

    verdict: Judged
    reason: str
    seconds: float = 0.0  # emulated

    @property
    def is_passed(self) -> bool:
        """Whether it passed."""
        return self.verdict == Judged.PASSED

    @property
    def is_judged(self) -> bool:
        """Whether there was something to judge; a time-out counts as a failure."""
        return self.verdict not in (Judged.NOT_APPLICABLE, Judged.NO_REFERENCE)


def cartridges(path: pathlib.Path) -> list[pathlib.Path]:
    """The cartridges at a path, in order.

    Raises:
        InputMissingError: there is none.
    """
    found = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in (".gb", ".gbc"))
    if not found:
        raise InputMissingError(f"--rom {path}: there is no cartridge; name a .gb file or a folder that holds some.")
    return found


def judge_file(path: pathlib.Path, kind: str, seconds: float, reference: pathlib.Path | None) -> Verdict:
    """Runs one file of a suite."""
    if path.suffix == ".gbc" or is_for_another_model(path.stem):
        return Verdict(Judged.NOT_APPLICABLE, "for another model than the DMG")
    try:
        rom = path.read_bytes()
        return judge(rom, kind, seconds, find_reference(path, reference))
    except ValueError as error:
        return Verdict(Judged.FAILED, str(error))


def judge(rom: bytes, kind: str, seconds: float, picture: pathlib.Path | None = None) -> Verdict:
    """Runs a cartridge until its suite's rule decides.

    Args:
        rom: the cartridge.
        kind: one of `KINDS`.
        seconds: emulated, after which it has timed out.
        picture: PNG of what must be seen, for the kinds that are judged by it.

    Raises:
        UsageError: no such kind.
        ValueError: no cartridge that can be run.
    """
    if kind not in JUDGES:
        raise UsageError(f"--expect {kind!r}: unknown suite; the kinds are {', '.join(KINDS)}.")
    machine = Batch(rom, 1, threads=1, drawing="every")
    return JUDGES[kind](machine, seconds, picture)


def is_for_another_model(stem: str) -> bool:
    """Whether a file's name says that it is for other models than the DMG's revisions A to C."""
    return bool(OTHER_MODELS.search(stem)) and not OWN_MODELS.search(stem)


def find_reference(path: pathlib.Path, given: pathlib.Path | None) -> pathlib.Path | None:
    """The picture that belongs to a cartridge: the one given, or one beside it under a usual name."""
    if given is not None and given.is_file():
        return given
    roots = [given] if given is not None else [path.parent / folder for folder in PICTURE_FOLDERS]
    for root in roots:
        for suffix in PICTURE_SUFFIXES:
            candidate = root / f"{path.stem}{suffix}.png"
            if candidate.is_file():
                return candidate
    return None


def read_picture(path: pathlib.Path) -> np.ndarray:
    """A reference picture as shades, uint8 (144, 160): the four grey levels of the suites, or else by rank.

    Raises:
        ValueError: it is no picture of the screen.
    """
    import imageio.v3 as imageio

    pixels = np.asarray(imageio.imread(path))
    grey = pixels if pixels.ndim == 2 else pixels[..., 0]
    if grey.shape != (144, 160):
        raise ValueError(f"{path.name} is {grey.shape[1]} x {grey.shape[0]} pixels; a screen has 160 x 144.")
    levels = np.unique(grey)
    if set(levels.tolist()) <= {0x00, 0x55, 0xAA, 0xFF}:
        return (3 - grey // 0x55).astype(np.uint8)
    if len(levels) > 4:
        raise ValueError(f"{path.name} has {len(levels)} grey levels; the DMG has four.")
    return (len(levels) - 1 - np.searchsorted(levels, grey)).astype(np.uint8)


def by_registers(machine: Batch, seconds: float, picture: pathlib.Path | None) -> Verdict:
    """Passed if the registers hold the row of numbers when the first LD B,B is executed."""
    if not machine.run_to_opcode(0, BREAK, int(seconds * T_PER_SECOND)):
        return Verdict(Judged.TIMED_OUT, f"no LD B,B within {seconds:g} s", seconds)
    r = machine.registers(0)
    found = (r.b, r.c, r.d, r.e, r.h, r.l)
    passed = Judged.PASSED if found == PASSING else Judged.FAILED
    return Verdict(passed, f"B C D E H L = {' '.join(map(str, found))}", machine.cycles(0) / T_PER_SECOND)


def by_picture(machine: Batch, seconds: float, picture: pathlib.Path | None) -> Verdict:
    """Passed if the picture at the first LD B,B, or the next whole one, equals the reference."""
    if picture is None:
        return Verdict(Judged.NO_REFERENCE, "no picture to compare with; give one with --reference")
    wanted = read_picture(picture)
    if not machine.run_to_opcode(0, BREAK, int(seconds * T_PER_SECOND)):
        return Verdict(Judged.TIMED_OUT, f"no LD B,B within {seconds:g} s", seconds)
    wrong = [_differing(machine, wanted)]
    for _ in range(2):
        machine.run_frames(0, 1, 0, True)
        wrong.append(_differing(machine, wanted))
    passed = Judged.PASSED if min(wrong) == 0 else Judged.FAILED
    return Verdict(passed, f"{min(wrong)} pixels differ", machine.cycles(0) / T_PER_SECOND)


def by_registers_or_picture(machine: Batch, seconds: float, picture: pathlib.Path | None) -> Verdict:
    """By the picture where there is one, else by the registers."""
    return (by_registers if picture is None else by_picture)(machine, seconds, picture)


def by_blargg(machine: Batch, seconds: float, picture: pathlib.Path | None) -> Verdict:
    """By text over serial, by the status in the cartridge's RAM, or by text or picture on the screen."""
    wanted = None if picture is None else read_picture(picture)
    for _ in range(int(seconds * T_PER_SECOND / T_PER_FRAME)):
        machine.run_frames(0, 1, 0, True)
        now = machine.cycles(0) / T_PER_SECOND
        for place, text in (("serial", machine.serial_log(0)), ("the screen", machine.read(0, 0x9800, 0x400))):
            if b"Passed" in text:
                return Verdict(Judged.PASSED, f"{place} says Passed", now)
            if b"Failed" in text:
                return Verdict(Judged.FAILED, f"{place} says Failed", now)
        ram = machine.battery_ram(0)[:256] or machine.read(0, 0xA000, 256)
        if ram[1:4] == b"\xde\xb0\x61" and ram[0] != 0x80:
            text = ram[4:].split(b"\0")[0].decode("ascii", "replace").strip()
            return Verdict(Judged.PASSED if ram[0] == 0 else Judged.FAILED, f"status {ram[0]}: {text[-80:]}", now)
        if wanted is not None and _differing(machine, wanted) == 0:
            return Verdict(Judged.PASSED, "the picture is the reference's", now)
    return Verdict(Judged.TIMED_OUT, f"no verdict within {seconds:g} s", seconds)


def by_result_byte(machine: Batch, seconds: float, picture: pathlib.Path | None) -> Verdict:
    """By the byte at FF82 after two frames, or at the limit: 01 passed, FF failed."""
    for _ in range(int(seconds * T_PER_SECOND / T_PER_FRAME) + 1):
        machine.run_frames(0, 2, 0, False)
        result = machine.read(0, 0xFF82, 1)[0]
        if result in (0x01, 0xFF):
            passed = Judged.PASSED if result == 1 else Judged.FAILED
            return Verdict(passed, f"FF82 = {result:02X}", machine.cycles(0) / T_PER_SECOND)
    return Verdict(Judged.TIMED_OUT, f"FF82 is neither 01 nor FF after {seconds:g} s", seconds)


Judge = Callable[[Batch, float, pathlib.Path | None], Verdict]
JUDGES: dict[str, Judge] = {
    MOONEYE: by_registers,
    SAMESUITE: by_registers,
    AGE: by_registers_or_picture,
    ACID2: by_picture,
    MEALYBUG: by_picture,
    BLARGG: by_blargg,
    GBMICROTEST: by_result_byte,
}


def judge_all(
    path: pathlib.Path, kind: str, seconds: float | None, reference: pathlib.Path | None
) -> Iterator[tuple[pathlib.Path, Verdict]]:
    """Every cartridge at a path with its verdict; the flags are checked at once, the cartridges run one by one.

    Raises:
        InputMissingError: there is no cartridge.
        UsageError: no such kind.
    """
    if kind not in JUDGES:
        raise UsageError(f"--expect {kind!r}: unknown suite; the kinds are {', '.join(KINDS)}.")
    limit = seconds or SECONDS[kind]
    return ((cartridge, judge_file(cartridge, kind, limit, reference)) for cartridge in cartridges(path))


def _differing(machine: Batch, wanted: np.ndarray) -> int:
    return int(np.count_nonzero(np.frombuffer(machine.frame(0), np.uint8).reshape(144, 160) != wanted))
