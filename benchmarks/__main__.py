"""`python -m benchmarks COMMAND`: finds the command's module, reads its flags and turns errors into exit statuses."""

from __future__ import annotations

import contextlib
import importlib
import io
import pkgutil
import re
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks import commands
from benchmarks.errors import BAD_USAGE, INPUT_MISSING, INTERRUPTED, InputMissingError, UsageError

PROGRAM = "python -m benchmarks"
FLAG = re.compile(r"--[a-z][a-z-]*")
FRAME = re.compile(r"^[\s│|╭╰+]+|[\s│|╮╯+]+$")
RULE = re.compile(r"[\s─-]*")


def command_names() -> list[str]:
    """Every command there is, in the order of their modules."""
    return sorted(module.name for module in pkgutil.iter_modules(commands.__path__) if not module.name.startswith("_"))


def main(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit status."""
    known = command_names()
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_overview(known))
        return 0 if arguments else BAD_USAGE
    name = arguments[0]
    if name not in known:
        return _complain(f"Unknown command {name!r}; the commands are {', '.join(known)}.", BAD_USAGE)
    module = importlib.import_module(f"{commands.__name__}.{name}")
    try:
        flags = _parse(module, name, arguments[1:])
        return module.run(flags)
    except UsageError as error:
        return _complain(str(error), BAD_USAGE)
    except InputMissingError as error:
        return _complain(str(error), INPUT_MISSING)
    except KeyboardInterrupt:
        return _complain(f"Interrupted; the rows measured so far are kept in --json, {_continue(module, name)}.")


def _parse(module: Any, name: str, arguments: Sequence[str]) -> Any:
    import tyro

    flags = getattr(module, name.capitalize())
    caught = io.StringIO()
    try:
        with contextlib.redirect_stderr(caught):
            return tyro.cli(flags, prog=f"{PROGRAM} {name}", args=list(arguments))
    except SystemExit as stop:
        if stop.code == 0:
            raise
        raise UsageError(_sentence(caught.getvalue(), name)) from stop


def _sentence(boxed: str, name: str) -> str:
    """The parser's message without its frame and its repetition of the help text."""
    words = []
    for line in boxed.splitlines()[1:]:
        text = FRAME.sub("", line)
        if RULE.fullmatch(text):
            if words:
                break
            continue
        words.append(text)
    message = " ".join(words)
    if message.startswith("Missing from"):
        message = f"Missing flags: {', '.join(FLAG.findall(message))}"
    return f"{message.rstrip('.')}; see `{PROGRAM} {name} --help`."


def _continue(module: Any, name: str) -> str:
    resumable = "resume" in getattr(module, name.capitalize()).__dataclass_fields__
    return "and --resume goes on from there" if resumable else "if it was given"


def _complain(sentence: str, status: int = INTERRUPTED) -> int:
    print(sentence, file=sys.stderr)
    return status


def _overview(known: list[str]) -> str:
    lines = [f"usage: {PROGRAM} COMMAND [flags]", "", "commands:"]
    for name in known:
        module = importlib.import_module(f"{commands.__name__}.{name}")
        summary = (module.__doc__ or "").splitlines()[0]
        lines.append(f"  {name:9} {summary}")
    return "\n".join([*lines, "", f"`{PROGRAM} COMMAND --help` lists a command's flags."])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
