"""Against PyBoy: frames of our game, generations of the workload, and its state files."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from emurust import Batch, pyboy_state
from emurust.asm import assemble, library
from emurust.env import Games, Options

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(
        importlib.util.find_spec("pyboy") is None, reason="PyBoy is missing: pip install 'twinenvs[oracles]'"
    ),
]

BANKED = """
header "BANKED", $1B, $03
org $100
  nop
  jp go
org $150
go:
  ld a, $0A
  ld [$0000], a
  xor a
bank_loop:
  ld [$4000], a
  add $11
  ld [$A123], a
  sub $11
  inc a
  cp 4
  jr nz, bank_loop
  ld a, 2
  ld [$4000], a
  ld a, 5
  ld [$2000], a
  ei
wait:
  halt
  jr wait
""" + "".join(f"bank {bank}\n  db {bank}\n" for bank in range(1, 8))


def pyboy(rom: bytes):
    from benchmarks.oracles.pyboy_machine import PyBoyMachine

    return PyBoyMachine(rom)


def test_episodes_equal_pyboys_at_every_frame():
    from benchmarks.parity import emurust as parity

    outcome = parity.episodes("hedgerow", 3, 2, lambda steps: None)
    assert outcome.tally.first is None, outcome.tally.first.sentence()
    assert (outcome.steps, outcome.episodes, outcome.complete) == (2 * parity.FRAMES, 2, True)


def test_generations_equal_pyboys():
    from benchmarks.parity import emurust as parity

    outcome = parity.generations(3, 1, lambda steps: None)
    assert outcome.tally.first is None, outcome.tally.first.sentence()
    assert outcome.steps > 50 and outcome.complete


def test_a_divergence_is_found():
    from benchmarks.parity import emurust as parity

    pair = parity._Pair(library.rom("hedgerow"))
    pair.ours.write(0, 0xC011, b"\x30")
    ours, theirs = pair.step(0)
    assert not np.array_equal(ours["work_memory"], theirs["work_memory"])
    assert np.array_equal(ours["interrupts_enabled"], theirs["interrupts_enabled"])
    pair.close()


def test_a_state_of_pyboy_goes_on_as_in_pyboy():
    from benchmarks.parity.emurust import T_TO_FRAME_END

    rom = library.rom("hedgerow")
    theirs = pyboy(rom)
    theirs.run_until(0xC000, 1, 600)
    theirs.write(0xC006, b"\x37\x12")
    theirs.write(0xFF48, b"\x1b")  # other shades for sprites than for the background
    theirs.set_buttons(8)
    theirs.run(33, True)
    theirs.set_buttons(0)
    theirs.run(200, True)
    ours = Batch(rom, 1, threads=1, drawing="every")
    ours.load_state(0, pyboy_state.convert(rom, theirs.save_state()))
    rng = np.random.default_rng(0)
    for frame in range(200):
        buttons = int(rng.choice([0, 1, 2, 4, 8]))
        theirs.set_buttons(buttons)
        theirs.run(1, True)
        ours.run_frames(0, 1, buttons, True)
        ours.run_until_cycles(0, ours.cycles(0) + T_TO_FRAME_END, buttons)
        assert ours.read(0, 0xC000, 0x1F00) == theirs.read(0xC000, 0x1F00), frame
        picture = np.frombuffer(ours.frame(0), np.uint8).reshape(144, 160)
        assert frame == 0 or np.array_equal(picture, theirs.shades()), "the first one after the LCD is on is blank"


def test_a_state_of_pyboy_brings_banks_and_battery_ram():
    rom = assemble(BANKED).rom
    theirs = pyboy(rom)
    theirs.run(120, True)
    ours = Batch(rom, 1, threads=1)
    ours.load_state(0, pyboy_state.convert(rom, theirs.save_state()))
    assert ours.read(0, 0x4000, 1) == theirs.read(0x4000, 1) == b"\5"
    assert ours.read(0, 0xA123, 1) == theirs.read(0xA123, 1) == b"\x13"
    assert [ours.battery_ram(0)[0x2000 * bank + 0x123] for bank in range(4)] == [0x11, 0x12, 0x13, 0x14]
    registers = ours.registers(0)
    assert [registers.af, registers.bc, registers.hl, registers.sp, registers.pc] == [
        theirs.pyboy.register_file.A << 8 | theirs.pyboy.register_file.F,
        theirs.pyboy.register_file.B << 8 | theirs.pyboy.register_file.C,
        *theirs.registers()[6:].tolist(),
    ]


def test_an_environment_starts_from_a_state_file_of_pyboy(tmp_path):
    theirs = pyboy(library.rom("hedgerow"))
    theirs.run_until(0xC000, 1, 600)
    theirs.run(100, True)
    (tmp_path / "start.state").write_bytes(theirs.save_state())
    games = Games(2, Options(observation="ram", start_state=tmp_path / "start.state"))
    games.reset(np.ones(2, bool))
    frames = int.from_bytes(theirs.read(0xC008, 2), "little")
    assert int.from_bytes(games.batch.read(1, 0xC008, 2), "little") in (frames, frames + 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state[:1000], "too short"),
        (lambda state: b"\x3b" + state[1:], "has version 59, but 9 or 29 is needed"),
        (lambda state: state[:3] + b"\1" + state[4:], "Game Boy Color"),
        (lambda state: state[:135_000], "belongs to another cartridge"),
    ],
)
def test_a_state_that_cannot_be_read_is_named(change, words):
    theirs = pyboy(assemble(BANKED).rom)
    theirs.run(120, True)
    with pytest.raises(ValueError, match=words):
        pyboy_state.convert(assemble(BANKED).rom, change(theirs.save_state()))
