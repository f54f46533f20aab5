"""`python -m tcgjax.data manifest | check FILE`: writes the hashes, or says what a new set needs."""

from __future__ import annotations

import json
import pathlib
import sys

from tcgjax.data.new_cards import needs_code
from tcgjax.data.table import write_manifest

USAGE = "use `python -m tcgjax.data manifest`, or `python -m tcgjax.data check FILE` for the cards of a new set."
HELD, FELL_SHORT, MISSING, BAD_USAGE = 0, 1, 2, 64


def main(arguments: list[str]) -> int:
    """Runs one of the two commands; 0 held, 1 some cards need code, 2 no such file, 64 bad usage."""
    match arguments:
        case ["manifest"]:
            write_manifest()
            return HELD
        case ["check", name]:
            path = pathlib.Path(name)
            if not path.is_file():
                print(f"there is no file {name}; give a JSON file with a list under 'cards'.", file=sys.stderr)
                return MISSING
            try:
                cards = json.loads(path.read_text())["cards"]
            except (json.JSONDecodeError, KeyError, TypeError):
                print(f"{name} is not a JSON object with a list under 'cards'.", file=sys.stderr)
                return BAD_USAGE
            findings = needs_code(cards)
            for finding in findings:
                print(f"{finding.card}, {finding.where}: {finding.reason}")
            print(f"{len(cards)} cards, {len(findings)} effects need code")
            return FELL_SHORT if findings else HELD
    print(USAGE, file=sys.stderr)
    return BAD_USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
