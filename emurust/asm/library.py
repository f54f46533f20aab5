"""The project's own cartridges: assembled at first use, kept in the user's cache, never stored in the distribution."""

from __future__ import annotations

import functools
import hashlib
import os
import pathlib

from emurust.asm import header
from emurust.asm.assembler import Program, assemble_file
from twinenvs import cache

FOLDER = pathlib.Path(__file__).parent / "roms"
MICRO = "micro"
GAMES = ("hedgerow", "workload")


def names() -> tuple[str, ...]:
    """All cartridges: the games, then the micro-tests as "micro/name"."""
    tests = sorted(f"{MICRO}/{path.stem}" for path in (FOLDER / MICRO).glob("*.asm"))
    return (*GAMES, *tests)


def program(name: str) -> Program:
    """Assembles a cartridge, with its symbols.

    Raises:
        ValueError: there is no cartridge of this name.
    """
    if name not in names():
        games = ", ".join(map(repr, GAMES))
        raise ValueError(f"there is no cartridge {name!r} of our own; there are {games} and the tests '{MICRO}/...'.")
    return assemble_file(FOLDER / f"{name}.asm")


@functools.cache
def rom(name: str) -> bytes:
    """The image of a cartridge, from the cache where it holds one of just these sources.

    Raises:
        ValueError: there is no cartridge of this name.
    """
    path = cache.cache_folder() / "roms" / f"{name.replace('/', '-')}-{_fingerprint()}.gb"
    if cache.is_enabled():
        kept = _read(path)
        if kept is not None:
            return kept
    image = program(name).rom
    if cache.is_enabled():
        _write(path, image)
    return image


@functools.cache
def _fingerprint() -> str:
    """Changes with every source of the cartridges and of the assembler."""
    digest = hashlib.sha256()
    for path in sorted([*FOLDER.rglob("*.asm"), *FOLDER.parent.glob("*.py")]):
        digest.update(path.relative_to(FOLDER.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _read(path: pathlib.Path) -> bytes | None:
    """A kept image, unless it is missing or damaged."""
    try:
        image = path.read_bytes()
    except OSError:
        return None
    if len(image) < header.SMALLEST_ROM or len(image) & (len(image) - 1):
        return None
    recorded = int.from_bytes(image[header.GLOBAL_CHECKSUM : header.GLOBAL_CHECKSUM + 2], "big")
    return image if recorded == header.global_checksum(image) else None


def _write(path: pathlib.Path, image: bytes) -> None:
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(image)
        partial.replace(path)
    except OSError:
        return  # a cache that cannot be written is no reason to stop
