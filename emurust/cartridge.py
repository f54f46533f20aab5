"""Where a cartridge comes from: one of our own, or a file of the user's. Nothing is ever downloaded."""

from __future__ import annotations

import hashlib
import os
import pathlib

from emurust.asm import library

DEFAULT = "hedgerow"
LARGEST_BYTES = 8 << 20  # the largest cartridge of the Game Boy


def load_rom(rom: str | os.PathLike[str] | bytes | None) -> bytes:
    """The image of a cartridge.

    Args:
        rom: bytes, the name of a cartridge of our own, a path, or None for our own game.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no possible cartridge.
    """
    if rom is None:
        return library.rom(DEFAULT)
    if isinstance(rom, bytes | bytearray | memoryview):
        return bytes(rom)
    if isinstance(rom, str) and rom in library.names():
        return library.rom(rom)
    path = pathlib.Path(rom).expanduser()
    if not path.is_file():
        own = ", ".join(map(repr, library.GAMES))
        raise FileNotFoundError(f"there is no cartridge {str(rom)!r}; give the path of a .gb file or one of {own}.")
    if path.stat().st_size > LARGEST_BYTES:
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes, but a cartridge has at most {LARGEST_BYTES}.")
    return path.read_bytes()


def sha1(rom: bytes) -> str:
    """The hash by which declarations of games know their cartridge."""
    return hashlib.sha1(rom, usedforsecurity=False).hexdigest()
