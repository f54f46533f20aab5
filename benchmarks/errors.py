"""Exit statuses of the commands and the exceptions that lead to them."""

from __future__ import annotations

HELD = 0
FELL_SHORT = 1
INPUT_MISSING = 2
BAD_USAGE = 64
INTERRUPTED = 130


class InputMissingError(Exception):
    """An oracle, a file or a device that the command needs is not there; the message says how to get it."""


class UsageError(Exception):
    """The command was called with a value it cannot take; the message names the value and the allowed ones."""
