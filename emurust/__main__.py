"""`python -m emurust COMMAND`: what can be done with cartridges from a terminal."""

from __future__ import annotations

import argparse
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

HELD, FELL_SHORT, MISSING, BAD_USAGE = 0, 1, 2, 64
TRIAL_FRAMES = 120
KEYS = ("Right", "Left", "Up", "Down", "x", "z", "BackSpace", "Return")  # by bit of the mask of held buttons


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence and exit with 64."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Ends the program."""
        print(f"{self.prog}: {message}; --help lists the options.", file=sys.stderr)
        sys.exit(BAD_USAGE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line and returns its exit status."""
    parser = Parser(prog="python -m emurust", description="Cartridges: assemble, examine, play.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    assemble = commands.add_parser("assemble", help="write the project's own cartridges to files")
    assemble.add_argument("--out", type=pathlib.Path, help="folder for NAME.gb, created if it is missing")
    assemble.add_argument("--record", action="store_true", help="write the hashes that the tests compare with")
    doctor = commands.add_parser("doctor", help="say what a cartridge is and whether it is supported")
    doctor.add_argument("rom", help="a .gb file, or the name of a cartridge of our own")
    play = commands.add_parser("play", help="play a cartridge with the arrow keys, X, Z, Return and Backspace")
    play.add_argument("rom", nargs="?", help="a .gb file, or the name of a cartridge of our own; Hedgerow by default")
    flags = parser.parse_args(arguments)
    try:
        if flags.command == "doctor":
            return _doctor(flags.rom)
        if flags.command == "play":
            return _play(flags.rom)
    except (FileNotFoundError, RuntimeError) as error:
        return _complain(error, MISSING)
    except ValueError as error:
        return _complain(error, FELL_SHORT)
    return _assemble(flags.out, flags.record)


def _complain(error: Exception, status: int) -> int:
    print(f"python -m emurust: {error}", file=sys.stderr)
    return status


def _doctor(rom: str) -> int:
    """Prints the header's facts and how a short run went; held if the cartridge runs."""
    import numpy as np

    from emurust import Batch, describe_rom
    from emurust.cartridge import load_rom, sha1
    from emurust.games import BUILTIN
    from emurust.games.pokemon_red import SHA1 as POKEMON_RED

    image = load_rom(rom)
    facts = describe_rom(image)
    known = [spec.name for spec in BUILTIN.values() if sha1(image) in spec.sha1]
    if sha1(image) == POKEMON_RED:
        known.append("Pokemon Red: EmuRust-PokemonRed-v0")
    rows = {
        "title": facts["title"] or "none",
        "SHA-1": sha1(image),
        "controller": f"{facts['controller']} (byte 0147 is {facts['kind']:02X})",
        "ROM": f"{facts['rom_bytes'] // 1024} KiB",
        "RAM": f"{facts['ram_bytes'] // 1024} KiB" + (", kept by a battery" if facts["battery"] else ""),
        "clock": "yes, counted in cycles" if facts["clock"] else "none",
        "colour": {0x80: "also for the Game Boy Color, run as on the DMG", 0xC0: "for the Game Boy Color only"}.get(
            facts["cgb_flag"], "DMG"
        ),
        "header checksum": "right" if facts["header_checksum_ok"] else "wrong: a Game Boy would not start it",
        "global checksum": "right" if facts["global_checksum_ok"] else "wrong, which no Game Boy looks at",
        "declared game": ", ".join(known) or "none, use game='generic' or a declaration of your own",
    }
    machine = Batch(image, 1, threads=1)
    machine.run_frames(0, TRIAL_FRAMES, 0, True)
    shades = len(np.unique(np.frombuffer(machine.frame(0), np.uint8)))
    executed, skipped = machine.instructions(0)
    locked_up = machine.is_locked_up(0)
    rows["trial"] = (
        f"{TRIAL_FRAMES} frames, {executed // TRIAL_FRAMES} instructions a frame executed and"
        f" {skipped // TRIAL_FRAMES} skipped, {shades} shades in the last picture"
    )
    only_colour = facts["cgb_flag"] == 0xC0
    verdict = "supported"
    if locked_up:
        verdict = "it locks up on an opcode that does not exist"
    elif only_colour:
        verdict = "not supported: it needs a Game Boy Color"
    rows["verdict"] = verdict
    for name, value in rows.items():
        print(f"{name:16} {value}")
    return HELD if verdict == "supported" else FELL_SHORT


def _play(rom: str | None) -> int:
    """Shows the machine in a window until it is closed."""
    from emurust import Batch, render
    from emurust.cartridge import load_rom
    from emurust.env import FRAMES_PER_SECOND

    machine = Batch(load_rom(rom), 1, threads=1, drawing="every")
    window = render.Window(rom or "Hedgerow", 1 / FRAMES_PER_SECOND)
    while window.is_open:
        held = sum(1 << bit for bit, key in enumerate(KEYS) if key in window.held)
        machine.run_frames(0, 1, held, True)
        window.show(render.to_rgb(np_frame(machine)))
    return HELD


def np_frame(machine: Any) -> Any:
    """The picture of a machine: uint8 (144, 160)."""
    import numpy as np

    return np.frombuffer(machine.frame(0), np.uint8).reshape(144, 160)


def _assemble(folder: pathlib.Path | None, record: bool) -> int:
    import hashlib
    import json

    from emurust.asm import library

    if folder is None and not record:
        print("python -m emurust assemble: name a folder with --out, or give --record.", file=sys.stderr)
        return BAD_USAGE
    hashes = {}
    for name in library.names():
        image = library.program(name).rom
        hashes[name] = hashlib.sha256(image).hexdigest()
        if folder is not None:
            path = folder / f"{name}.gb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(image)
            print(f"{path}  {hashes[name]}")
    if record:
        (library.FOLDER / "sha256.json").write_text(json.dumps(hashes, indent=1) + "\n")
    return HELD


if __name__ == "__main__":
    sys.exit(main())
