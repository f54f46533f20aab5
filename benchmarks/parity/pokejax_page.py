"""A battle's choices played again in Showdown, and Showdown's own replay of it as a page.

`python -m benchmarks.parity.pokejax_page BATTLE.json PAGE.html`; the battle holds "seed_hex", "teams" (two numbers of
Showdown's generator) and "actions" (pairs in poke-env's numbers), as the regression files and `verify` write them. The
page shows Showdown's log by Showdown's viewer, which the browser loads from Showdown's site.
"""

from __future__ import annotations

import argparse
import html
import json
import pathlib
import sys
from collections.abc import Iterable, Sequence

from benchmarks.errors import BAD_USAGE, INPUT_MISSING, InputMissingError
from benchmarks.oracles.showdown.process import Oracle, OracleError

VIEWER = "https://play.pokemonshowdown.com/js/replay-embed.js"
_PAGE = """<!doctype html>
<meta charset="utf-8"><title>{title}</title>
<div class="wrapper replay-wrapper"><div class="battle"></div><div class="battle-log"></div></div>
<script type="text/plain" class="battle-log-data">{log}</script>
<script src="{viewer}"></script>
"""


def spectated(lines: Iterable[str]) -> list[str]:
    """The log with exact HP: of two lines that Showdown keeps apart by player, the one that its owner sees."""
    shown, left = [], 0
    for line in lines:
        if line.startswith("|split|"):
            left = 2
            continue
        if left != 1:
            shown.append(line)
        left = max(left - 1, 0)
    return shown


def page(lines: Sequence[str], title: str) -> str:
    """The page of a log."""
    log = "\n".join(spectated(lines)).replace("</", "<\\/")
    return _PAGE.format(title=html.escape(title), log=log, viewer=VIEWER)


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the page; 2 without Showdown or the file, 64 if it holds no battle."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity.pokejax_page", description=__doc__)
    parser.add_argument("battle", type=pathlib.Path, help="JSON file with seed_hex, teams and actions")
    parser.add_argument("page", type=pathlib.Path, help="page to write")
    flags = parser.parse_args(arguments)
    try:
        kept = json.loads(flags.battle.read_text())
        asked = {"seed": kept["seed_hex"], "teams": kept["teams"], "actions": kept["actions"]}
    except FileNotFoundError:
        print(
            f"there is no file {flags.battle}; the regression files under tests/regressions are such.", file=sys.stderr
        )
        return INPUT_MISSING
    except (ValueError, KeyError, TypeError):
        print(f"{flags.battle} is no battle; it must hold seed_hex, teams and actions.", file=sys.stderr)
        return BAD_USAGE
    try:
        with Oracle() as oracle:
            (answer,) = oracle.play([asked], ["log"])
    except InputMissingError as error:
        print(error, file=sys.stderr)
        return INPUT_MISSING
    except OracleError as error:
        print(f"{flags.battle}: {str(error).splitlines()[0]}", file=sys.stderr)
        return BAD_USAGE
    flags.page.write_text(page([line for part in answer["logs"] for line in part], flags.battle.stem), encoding="utf-8")
    print(f"wrote {flags.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
