"""Anything may come in: random buttons, damaged states, random cartridges. Errors are sentences, never a crash.

EMURUST_FUZZ_FRAMES sets how many frames of random buttons are played; the full figure is five million.
"""

from __future__ import annotations

import os

import numpy as np
import pytest

from emurust import Batch, describe_rom
from emurust.asm import library

FRAMES = int(os.environ.get("EMURUST_FUZZ_FRAMES", "60000"))
MACHINES, STEPS, FRAME_SKIP = 8, 10, 24
DAMAGED = 300
RANDOM_ROMS = 60


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_random_buttons_break_no_cartridge_of_ours():
    rng = np.random.default_rng(0)
    played = 0
    observation = np.zeros((MACHINES, 144, 160), np.uint8)
    watch = np.zeros((MACHINES, 0), np.uint8)
    batches = {name: Batch(library.rom(name), MACHINES) for name in library.names()}
    while played < FRAMES:
        for name, batch in batches.items():
            for _ in range(STEPS):
                buttons = rng.integers(0, 256, MACHINES).astype(np.uint8)
                batch.step(buttons, FRAME_SKIP, int(rng.integers(1, FRAME_SKIP + 1)), observation, watch)
            assert batch.statuses == bytes(MACHINES), name
            played += MACHINES * STEPS * FRAME_SKIP


def test_a_damaged_state_is_refused_or_runs():
    rng = np.random.default_rng(1)
    machine = Batch(library.rom("hedgerow"), 1, threads=1)
    machine.run_frames(0, 50, 0, False)
    state = machine.save_state(0)
    refused = 0
    for _ in range(DAMAGED):
        damaged = bytearray(state)
        for place in rng.integers(0, len(state), int(rng.integers(1, 20))):
            damaged[place] = rng.integers(256)
        length = len(state) if rng.random() < 0.7 else int(rng.integers(len(state) + 100))
        damaged = bytes((damaged + bytes(100))[:length])
        try:
            machine.load_state(0, damaged)
            machine.run_frames(0, 1, 0, True)
        except ValueError as error:
            refused += 1
            assert str(error).strip() and "\n" not in str(error)
    assert refused > DAMAGED // 10, "states of another length at the least"
    machine.load_state(0, state)
    assert machine.save_state(0) == state, "a refused state leaves no trace"


def test_a_random_cartridge_is_refused_or_runs():
    rng = np.random.default_rng(2)
    for _ in range(RANDOM_ROMS):
        image = rng.integers(0, 256, int(rng.choice([0, 1, 0x14F, 0x150, 0x4000, 0x8000, 0x20000])), np.uint8)
        rom = bytearray(image.tobytes())
        if len(rom) > 0x149 and rng.random() < 0.8:
            rom[0x147] = int(rng.choice([0, 1, 3, 5, 6, 0x10, 0x13, 0x1B, 0xFF]))
            rom[0x148], rom[0x149] = int(rng.integers(0, 9)), int(rng.integers(0, 6))
        try:
            describe_rom(bytes(rom))
            machine = Batch(bytes(rom), 1, threads=1)
        except ValueError as error:
            assert str(error).strip() and "\n" not in str(error)
            continue
        machine.run_frames(0, 3, 0xFF, True)
