"""Exit statuses of the commands and the exceptions that lead to them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")

HELD = 0
FELL_SHORT = 1
INPUT_MISSING = 2
BAD_USAGE = 64
INTERRUPTED = 130


class InputMissingError(Exception):
    """An oracle, a file or a device that the command needs is not there; the message says how to get it."""


class UsageError(Exception):
    """The command was called with a value it cannot take; the message names the value and the allowed ones."""


def exits(command: Callable[P, int]) -> Callable[P, int]:
    """The command with its errors as one sentence and an exit status."""

    @functools.wraps(command)
    def guarded(*arguments: P.args, **named: P.kwargs) -> int:
        try:
            return command(*arguments, **named)
        except SystemExit as end:  # argparse has said what was wrong
            return BAD_USAGE if end.code else 0
        except (InputMissingError, UsageError) as error:
            print(error, file=sys.stderr)
            return INPUT_MISSING if isinstance(error, InputMissingError) else BAD_USAGE

    return guarded
