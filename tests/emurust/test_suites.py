"""Judging by path: each suite's rule on cartridges of our own that behave as that suite's do."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.errors import InputMissingError
from benchmarks.parity import emurust_suites as suites
from benchmarks.parity.emurust_suites import Judged
from emurust import Batch
from emurust.asm import assemble, library

START = 'header "TRIAL", $03, $02\norg $100\n  nop\n  jp go\norg $150\ngo:\n'
NUMBERS = "  ld b, 3\n  ld c, 5\n  ld d, 8\n  ld e, 13\n  ld h, 21\n  ld l, 34\n"
SPIN = "spin:\n  jr spin\n"
PASSED_TEXT = "".join(f"  ld a, '{letter}'\n  ldh [$FF01], a\n  ld a, $81\n  ldh [$FF02], a\n" for letter in "Passed")


def trial(body: str) -> bytes:
    return assemble(START + body).rom


def status(code: int) -> str:
    """Blargg's report in the cartridge's RAM."""
    bytes_ = (code, 0xDE, 0xB0, 0x61, ord("o"), ord("k"), 0)
    return "  ld a, $0A\n  ld [$0000], a\n" + "".join(
        f"  ld a, {value}\n  ld [$A000 + {offset}], a\n" for offset, value in enumerate(bytes_)
    )


@pytest.mark.parametrize("name", [name for name in library.names() if name.startswith(library.MICRO)])
def test_a_micro_test_of_our_own_passes(name):
    verdict = suites.judge(library.rom(name), "mooneye", 10.0)
    assert verdict.verdict == Judged.PASSED, verdict.reason


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("mooneye", NUMBERS + "  ld b, b\n" + SPIN, Judged.PASSED),
        ("mooneye", NUMBERS + "  ld b, 4\n  ld b, b\n" + SPIN, Judged.FAILED),
        ("mooneye", NUMBERS + SPIN, Judged.TIMED_OUT),
        # A byte 40 that is data of another instruction is no LD B,B.
        ("mooneye", "  ld a, $40\n" + NUMBERS + "  ld b, b\n" + SPIN, Judged.PASSED),
        ("samesuite", NUMBERS + "  ld b, b\n" + SPIN, Judged.PASSED),
        ("age", NUMBERS + "  ld b, b\n" + SPIN, Judged.PASSED),
        ("acid2", "  ld b, b\n" + SPIN, Judged.NO_REFERENCE),
        ("mealybug", "  ld b, b\n" + SPIN, Judged.NO_REFERENCE),
        ("blargg", "  ld b, b\n" + PASSED_TEXT + SPIN, Judged.PASSED),
        ("blargg", PASSED_TEXT.replace("'P'", "'F'").replace("'s'", "'i'", 1).replace("'s'", "'l'", 1) + SPIN,
         Judged.FAILED),
        ("blargg", status(0) + SPIN, Judged.PASSED),
        ("blargg", status(3) + SPIN, Judged.FAILED),
        ("blargg", status(0x80) + SPIN, Judged.TIMED_OUT),
        ("gbmicrotest", "  ld a, 1\n  ldh [$FF82], a\n" + SPIN, Judged.PASSED),
        ("gbmicrotest", "  ld a, $FF\n  ldh [$FF82], a\n" + SPIN, Judged.FAILED),
        ("gbmicrotest", SPIN, Judged.TIMED_OUT),
    ],
)  # fmt: skip
def test_a_suites_rule_decides(kind, body, expected):
    assert suites.judge(trial(body), kind, 0.5).verdict == expected


@pytest.fixture
def shown(tmp_path):
    """A cartridge that breaks with a picture on the screen, and that picture's file."""
    import imageio.v3 as imageio

    rom = trial("wait:\n  ldh a, [$FF44]\n  cp 144\n  jr nz, wait\n  ld a, $1B\n  ldh [$FF47], a\n  ld bc, 9000\n"
                "count:\n  dec bc\n  ld a, b\n  or c\n  jr nz, count\n  ld b, b\n" + SPIN)  # fmt: skip
    (tmp_path / "trial.gb").write_bytes(rom)
    machine = Batch(rom, 1, threads=1, drawing="every")
    machine.run_frames(0, 10, 0, True)
    shades = np.frombuffer(machine.frame(0), np.uint8).reshape(144, 160)
    assert set(np.unique(shades)) == {3}
    picture = (0x55 * (3 - shades)).astype(np.uint8)
    imageio.imwrite(tmp_path / "trial.png", picture)
    return tmp_path


def test_a_picture_decides(shown):
    assert suites.judge_file(shown / "trial.gb", "acid2", 1.0, None).verdict == Judged.PASSED
    import imageio.v3 as imageio

    wrong = imageio.imread(shown / "trial.png").copy()
    wrong[3, 4] = 0xFF
    imageio.imwrite(shown / "trial.png", wrong)
    verdict = suites.judge_file(shown / "trial.gb", "mealybug", 1.0, None)
    assert verdict.verdict == Judged.FAILED and verdict.reason == "1 pixels differ"


@pytest.mark.parametrize(
    ("stem", "other"),
    [
        ("add_sp_e_timing", False), ("boot_div-dmgABCmgb", False), ("di_timing-GS", False), ("boot_regs-dmg0", True),
        ("boot_div-S", True), ("boot_regs-sgb2", True), ("unused_hwio-C", True), ("boot_div-cgbABCDE", True),
        ("boot_div-A", True), ("boot_regs-mgb", True), ("mem_oam", False),
    ],
)  # fmt: skip
def test_a_name_tells_the_model(stem, other):
    assert suites.is_for_another_model(stem) == other


def test_a_folder_without_cartridges_is_named(tmp_path):
    with pytest.raises(InputMissingError, match=r"there is no cartridge; name a \.gb file"):
        suites.cartridges(tmp_path)


def run(*arguments):
    command = [sys.executable, "-m", "benchmarks", "verify", "--env", "emurust", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_verify_judges_a_folder_and_says_so_by_its_status(tmp_path):
    (tmp_path / "good.gb").write_bytes(trial(NUMBERS + "  ld b, b\n" + SPIN))
    (tmp_path / "only-C.gb").write_bytes(trial(SPIN))
    done = run("--rom", tmp_path, "--expect", "mooneye", "--max-seconds", 1, "--json", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "out.json").read_text())["rows"]
    assert [(row["check"], row["verdict"]) for row in rows] == [("good.gb", "pass"), ("only-C.gb", "not applicable")]
    (tmp_path / "bad.gb").write_bytes(trial("  ld b, b\n" + SPIN))
    assert run("--rom", tmp_path, "--expect", "mooneye", "--max-seconds", 1).returncode == 1
    assert run("--rom", tmp_path / "only-C.gb", "--expect", "mooneye").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--rom", "absent.gb"), 64, "--rom and --expect belong together"),
        (("--rom", "absent.gb", "--expect", "tetris"), 64, "unknown suite; the kinds are mooneye, samesuite"),
        (("--rom", "absent.gb", "--expect", "mooneye"), 2, "there is no cartridge"),
    ],
)
def test_verify_names_what_is_wrong_with_its_flags(arguments, code, words):
    done = run(*arguments)
    assert done.returncode == code and words in done.stderr and done.stderr.count("\n") == 1
