"""Errors that a command turns into one sentence and an exit status."""

from __future__ import annotations


class UsageError(Exception):
    """A flag or a setting is wrong: exit status 64."""


class MissingInputError(Exception):
    """A file that a command needs is missing or cannot be read: exit status 2."""
