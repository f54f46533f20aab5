"""`python -m emurust COMMAND`: what can be done with cartridges from a terminal."""

from __future__ import annotations

import argparse
import pathlib
import sys
from collections.abc import Sequence

HELD, FELL_SHORT, MISSING, BAD_USAGE = 0, 1, 2, 64


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
    flags = parser.parse_args(arguments)
    if flags.command == "assemble":
        return _assemble(flags.out, flags.record)
    return BAD_USAGE


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
