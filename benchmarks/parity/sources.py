"""A digest of the sources that decide a result: parts of a long comparison count only for what they were made with."""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Iterable

SUFFIXES = (".py", ".json", ".npz")


def digest(folder: pathlib.Path, outside: tuple[str, ...], more: Iterable[pathlib.Path] = ()) -> str:
    """16 hex digits that change with the folder's code and data.

    Args:
        folder: a package.
        outside: how the names of modules begin that decide nothing.
        more: further files.
    """
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES):
        if not path.stem.startswith(outside) and path.name != "fidelity.json":
            found.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    for path in more:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]
