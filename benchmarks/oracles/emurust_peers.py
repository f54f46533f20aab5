"""Other Game Boy emulators as rivals in speed measurements, each an optional dependency."""

from __future__ import annotations

import dataclasses
import importlib.util
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.errors import InputMissingError
from benchmarks.oracles.pyboy_speed import PERIOD, WARM_FRAMES, observe

# Frames until the cartridge is in the middle of its program: its start-up and those of `WARM_FRAMES`.
START_FRAMES = 120 + WARM_FRAMES
BUTTONS = ("RIGHT", "LEFT", "UP", "DOWN", "A", "B", "SELECT", "START")  # of a mask, from bit 0


@dataclasses.dataclass(frozen=True)
class Peer:
    """One other emulator.

    Attributes:
        title: what it is called in results.
        package: what has to be installed, by its name on PyPI.
        module: what it is imported as.
        flags: the options that it runs with.
        open: `(path of the cartridge) -> machine`.
        note: where it does not do the same work; None where it does.
    """

    title: str
    package: str
    module: str
    flags: str
    open: Callable[[pathlib.Path], Any]
    note: str | None = None

    def stepper(self, rom: bytes, buttons: list[int], frames: int, press: int) -> Callable[[int], float]:
        """What makes a number of steps of one machine and returns it.

        Args:
            rom: the cartridge.
            buttons: mask of the buttons of each step, `PERIOD` of them.
            frames: of a step.
            press: frames at its start for which the buttons are held.

        Raises:
            InputMissingError: it is not installed; the message says what to do.
        """
        if importlib.util.find_spec(self.module) is None:
            message = f"{self.title}: the package {self.package} is not installed; pip install {self.package}."
            raise InputMissingError(message)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "cartridge.gb"
            path.write_bytes(rom)
            machine = self.open(path)
        machine.run(START_FRAMES)
        observation = np.zeros((72, 80) if frames > 1 else (144, 160), np.uint8)

        def run(steps: int) -> float:
            for step in range(steps):
                machine.hold(buttons[step % PERIOD])
                if press < frames:
                    machine.run(press)
                    machine.hold(0)
                machine.run(max(frames - press, 1))
                observe(machine.picture(), observation)
            return steps

        return run


class StableRetro:
    """Stable-retro's emulator object, without the environment around it.

    Args:
        path: the cartridge.
    """

    def __init__(self, path: pathlib.Path) -> None:
        import stable_retro

        self._machine = stable_retro.RetroEmulator(str(path))
        names = stable_retro.get_system_info("GameBoy")["buttons"]
        self._places = [names.index(button) for button in BUTTONS]
        self._mask = np.zeros(len(names), np.uint8)

    def hold(self, mask: int) -> None:
        """Holds the buttons of `mask` and no others."""
        self._mask[self._places] = [mask >> bit & 1 for bit in range(len(BUTTONS))]
        self._machine.set_button_mask(self._mask, 0)

    def run(self, frames: int) -> None:
        """Runs so many frames."""
        for _ in range(frames):
            self._machine.step()

    def picture(self) -> np.ndarray:
        """The red part of the picture, uint8 (144, 160)."""
        return self._machine.get_screen()[:, :, 0]


PEERS = {
    "stable-retro": Peer(
        "stable-retro (gambatte)",
        "stable-retro",
        "stable_retro",
        "RetroEmulator.step",
        StableRetro,
        "draws and makes sound in every frame; one machine a process",
    ),
}
