"""PyBoy as a black box: a machine with a cartridge, its buttons, frames, memory, registers and picture.

Nothing of PyBoy (LGPL-3.0-only) is part of this project; it is installed from its own package where wanted.
"""

from __future__ import annotations

import importlib.metadata
import io
import os
import pathlib
import tempfile
import warnings
from typing import Any

import numpy as np

from benchmarks.errors import InputMissingError

BUTTONS = ("right", "left", "up", "down", "a", "b", "select", "start")  # by bit of the mask of held buttons
# PyBoy's grey levels of the shades 0 (lightest) to 3.
GREYS = (255, 153, 85, 0)
_SHADES = np.full(256, 255, np.uint8)
_SHADES[list(GREYS)] = range(4)
REGISTERS = ("A", "F", "B", "C", "D", "E", "HL", "SP", "PC")


def version() -> str | None:
    """PyBoy's version; None where it is not installed."""
    try:
        return importlib.metadata.version("pyboy")
    except importlib.metadata.PackageNotFoundError:
        return None


NAME = f"PyBoy {version() or '(not installed)'}"


def require() -> None:
    """Imports PyBoy, so that its absence is noticed before any work.

    Raises:
        InputMissingError: it is not installed.
    """
    if version() is None:
        raise InputMissingError("PyBoy is not installed; get it with `python -m pip install 'twinenvs[oracles]'`.")


class PyBoyMachine:
    """One cartridge in PyBoy, without window and sound, as fast as it goes."""

    def __init__(self, rom: bytes) -> None:
        """Starts it; PyBoy reads cartridges from files only, so one lies in a temporary folder meanwhile."""
        require()
        # It warns of where its window library comes from, which nobody opens.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
            from pyboy import PyBoy

            with tempfile.TemporaryDirectory(prefix="pyboy-") as folder:
                path = pathlib.Path(folder) / "cartridge.gb"
                path.write_bytes(rom)
                self.pyboy = PyBoy(str(path), window="null", sound_emulated=False, cgb=False, log_level="CRITICAL")
        self.pyboy.set_emulation_speed(0)
        self._held = 0

    def set_buttons(self, held: int) -> None:
        """Holds these buttons and no others, bits as in `BUTTONS`."""
        changed = self._held ^ held
        for bit, name in enumerate(BUTTONS):
            if changed >> bit & 1:
                (self.pyboy.button_press if held >> bit & 1 else self.pyboy.button_release)(name)
        self._held = held

    def run(self, frames: int, draw: bool) -> None:
        """Runs frames; the last is drawn if `draw`."""
        self.pyboy.tick(frames, draw, False)

    def run_until(self, address: int, value: int, most_frames: int) -> int:
        """Runs frame by frame until a byte of memory has a value: the frames that took.

        Raises:
            RuntimeError: it does not come to that.
        """
        for frames in range(most_frames):
            if self.pyboy.memory[address] == value:
                return frames
            self.run(1, True)
        raise RuntimeError(f"the byte at {address:04X} did not become {value} within {most_frames} frames of PyBoy.")

    def read(self, start: int, length: int) -> bytes:
        """Bytes of memory."""
        return bytes(self.pyboy.memory[start : start + length])

    def write(self, start: int, content: bytes) -> None:
        """Writes bytes of memory."""
        for offset, value in enumerate(content):
            self.pyboy.memory[start + offset] = value

    def registers(self) -> np.ndarray:
        """int64 (9,), in the order of `REGISTERS`."""
        file: Any = self.pyboy.register_file
        return np.array([getattr(file, name) for name in REGISTERS], np.int64)

    def shades(self) -> np.ndarray:
        """The picture last drawn: uint8 (144, 160), shades 0 (lightest) to 3."""
        return _SHADES[self.pyboy.screen.ndarray[:, :, 0]]

    def save_state(self) -> bytes:
        """PyBoy's own state file."""
        file = io.BytesIO()
        self.pyboy.save_state(file)
        return file.getvalue()

    def load_state(self, state: bytes) -> None:
        """Loads what `save_state` gave."""
        self.pyboy.load_state(io.BytesIO(state))

    def close(self) -> None:
        """Frees it, leaving no file behind."""
        self.pyboy.stop(save=False)
