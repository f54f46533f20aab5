"""Registration of environments: ids to string entry points, without importing any of them.

Each package registers itself when it is imported, so no environment's name stands here.
"""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any


@dataclasses.dataclass(frozen=True)
class Entry:
    """One registered environment.

    Attributes:
        env_id: Gymnasium id, such as "PongJax-v0".
        package: name of the package whose `make` builds the functional environment.
        gymnasium_entry_point: "module:function" of the Gymnasium single environment.
        vector_entry_point: "module:function" of the Gymnasium vector environment.
    """

    env_id: str
    package: str
    gymnasium_entry_point: str
    vector_entry_point: str


_entries: dict[str, Entry] = {}


def register(env_id: str, package: str, gymnasium_entry_point: str, vector_entry_point: str) -> None:
    """Registers an environment here and with Gymnasium; doing so twice changes nothing."""
    import gymnasium

    new = Entry(env_id, package, gymnasium_entry_point, vector_entry_point)
    if _entries.get(env_id) == new:
        return
    _entries[env_id] = new
    gymnasium.register(id=env_id, entry_point=gymnasium_entry_point, vector_entry_point=vector_entry_point)


def entries() -> tuple[Entry, ...]:
    """All environments whose packages have been imported, in order of registration."""
    return tuple(_entries.values())


def entry(env_id: str) -> Entry:
    """The registration of an id.

    Raises:
        ValueError: the id is not registered; the sentence names the known ones.
    """
    if env_id not in _entries:
        known = ", ".join(_entries) or "none; import an environment package first"
        raise ValueError(f"no environment {env_id!r} is registered; known ids: {known}.")
    return _entries[env_id]


def make(env_id: str, **options: Any) -> Any:
    """The functional environment behind an id.

    Args:
        env_id: a registered id, or "package:id", which imports the package first.
        **options: static options of the package's `make`.

    Raises:
        ValueError: the id is not registered; the sentence names the known ones.
    """
    package, _, bare_id = env_id.rpartition(":")
    if package:
        importlib.import_module(package)
    return importlib.import_module(entry(bare_id).package).make(**options)


def check_options(package: str, options: dict[str, Any], allowed: tuple[str, ...]) -> None:
    """Raises a TypeError in one sentence if an option is unknown."""
    unknown = sorted(set(options) - set(allowed))
    if unknown:
        raise TypeError(f"{package}.make has no option {unknown[0]!r}; the options are {', '.join(allowed)}.")


def gather_options(
    package: str, options: dict[str, Any], environment: type, params: type, others: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The arguments of an environment's class, from the options of its package's `make`.

    Args:
        package: name for the message.
        options: by name; those that are fields of `params` are gathered into the argument `constants`.
        environment: the dataclass of the environment.
        params: the dataclass of its parameters, which has `replace`.
        others: further options that are allowed and passed on.

    Raises:
        TypeError: an unknown option, by name.
    """
    numbers = tuple(field.name for field in dataclasses.fields(params))
    check_options(package, options, (*others, *(field.name for field in dataclasses.fields(environment)), *numbers))
    passed = {name: value for name, value in options.items() if name not in numbers}
    given = {name: options[name] for name in numbers if name in options}
    if given:
        passed["constants"] = passed.get("constants", params()).replace(**given)
    return passed
