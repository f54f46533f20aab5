"""The tables that `pokejax.databuild` wrote, checked against the manifest and ready for the engine."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import json
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from pokejax import enums

DATA = pathlib.Path(__file__).parent / "data"
FORMATS = ("gen4randombattle",)
KINDS = ("moves", "abilities", "items", "species")


class DataFileError(RuntimeError):
    """A data file is missing or is not the one that the manifest names."""


class Row:
    """One row of a table, column by column as an attribute.

    A column with one value in all rows is that value, a NumPy int32; the others are int32 scalars, taken from the row
    read where they are asked for, so that a step traces only what it uses.
    """

    def __init__(self, constants: Mapping[str, Any], places: Mapping[str, int], line: Any) -> None:
        self._constants, self._places, self._line = constants, places, line

    def __getattr__(self, name: str) -> Any:
        if name in self._places:
            return self._line[self._places[name]]
        if name in self._constants:
            return self._constants[name]
        raise AttributeError(f"the table has no column {name!r}")


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """Entries of one kind by number; row 0 is "none": zero, but factors (`..._mod`, in 4096ths) are 1.

    Attributes:
        names: names[i] is entry i + 1, in alphabetical order.
        columns: names of the columns.
        values: int32 (entries + 1, columns).
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    values: np.ndarray

    @functools.cached_property
    def id(self) -> dict[str, int]:
        """Number of each entry by name; "" is 0."""
        return {"": 0} | {name: i for i, name in enumerate(self.names, start=1)}

    def column(self, name: str) -> np.ndarray:
        """One column: int32 (entries + 1,)."""
        return self.values[:, self.columns.index(name)]

    @functools.cached_property
    def varying(self) -> tuple[str, ...]:
        """The columns whose rows differ, row 0 left out."""
        return tuple(c for c in self.columns if (self.column(c)[1:] != self.column(c)[1]).any())

    @functools.cached_property
    def packed(self) -> np.ndarray:
        """The varying columns only: int32 (entries + 1, varying), what a step reads one row of."""
        return np.ascontiguousarray(self.values[:, [self.columns.index(c) for c in self.varying]])

    def row(self, number: Any) -> Row:
        """Reads one row with one gather.

        Args:
            number: int32 scalar, traced or not; 0 gives the row "none", except that constant columns keep their value.
        """
        import jax.numpy as jnp

        return Row(self._constants, self._places, jnp.asarray(self.packed)[number])

    @functools.cached_property
    def _places(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.varying)}

    @functools.cached_property
    def _constants(self) -> dict[str, np.int32]:
        return {c: self.values[1, self.columns.index(c)] for c in self.columns if c not in self.varying}


@dataclasses.dataclass(frozen=True, eq=False)
class Tables:
    """Everything that the engine reads of a format's data.

    Attributes:
        format: Showdown's name of the format.
        rules: the rules in force, Showdown's ids.
        moves: table of moves; flags are bits in the order of `enums.MOVE_FLAGS`.
        abilities: table of abilities.
        items: table of items.
        species: table of species and formes.
        codes: words of the coded columns, numbered from 0, by list: codes["when"] holds those of `..._when`.
        needs: families and one-offs that each entry needs, needs[kind][entry]; conditions among the kinds.
        callbacks: Showdown's callbacks of each entry that carries code, by kind and entry, for counting coverage.
        conditions: names of volatile, side, slot and field conditions; number i + 1, 0 is none.
        effectiveness: int8 (types, types) by attacking and defending type: -1, 0 or 1 doublings.
        immunity: int8 (types, types), 1 where an attack of the first type does nothing to the second.
        guards: int8 (len(enums.TYPE_GUARDS), types), 1 where the type makes its owner immune.
    """

    format: str
    rules: tuple[str, ...]
    moves: Table
    abilities: Table
    items: Table
    species: Table
    codes: Mapping[str, tuple[str, ...]]
    needs: Mapping[str, Mapping[str, tuple[str, ...]]]
    callbacks: Mapping[str, Mapping[str, tuple[str, ...]]]
    conditions: tuple[str, ...]
    effectiveness: np.ndarray
    immunity: np.ndarray
    guards: np.ndarray

    def unmapped(self, kind: str, implemented: frozenset[str]) -> np.ndarray:
        """Which entries need a family or one-off that is not implemented.

        Args:
            kind: "moves", "abilities", "items", or "conditions".
            implemented: names of families and one-offs.

        Returns:
            bool (entries + 1,), by number; row 0 is False.
        """
        names = self.conditions if kind == "conditions" else getattr(self, kind).names
        return np.array([False] + [bool(set(self.needs[kind].get(name, ())) - implemented) for name in names])

    @functools.cached_property
    def condition_id(self) -> dict[str, int]:
        """Number of each condition by name; "" is 0."""
        return {"": 0} | {name: i for i, name in enumerate(self.conditions, start=1)}


def _read(name: str, format_id: str) -> bytes:
    """A data file's bytes, its checksum compared with the manifest's."""
    if format_id not in FORMATS:
        raise ValueError(f"format {format_id!r}: unknown; the formats are {', '.join(FORMATS)}.")
    try:
        manifest = json.loads((DATA / "manifest.json").read_text())
        content = (DATA / name).read_bytes()
    except FileNotFoundError as error:
        raise DataFileError(f"pokejax's data file {error.filename} is missing; reinstall the package.") from error
    found = hashlib.sha256(content).hexdigest()
    expected = manifest[format_id]["sha256"][name]
    if found != expected:
        raise DataFileError(
            f"pokejax's data file {name} has sha256 {found[:16]}..., and the manifest names {expected[:16]}...;"
            " reinstall the package or run `python -m pokejax.databuild`."
        )
    return content


@functools.cache
def load_tables(format_id: str = "gen4randombattle") -> Tables:
    """Loads a format's tables.

    Raises:
        ValueError: there is no such format.
        DataFileError: a file is missing, or its checksum is not the manifest's.
    """
    described = json.loads(_read(f"{format_id}.json", format_id))
    with np.load(io.BytesIO(_read(f"{format_id}_tables.npz", format_id)), allow_pickle=False) as arrays:
        tables = {
            kind: Table(tuple(described["names"][kind]), tuple(described["columns"][kind]), arrays[kind])
            for kind in KINDS
        }
        charts = {name: arrays[name] for name in ("effectiveness", "immunity", "guards")}
    return Tables(
        format_id,
        tuple(described["rules"]),
        **tables,
        codes={name: tuple(words) for name, words in described["codes"].items()},
        needs={kind: {e: tuple(n) for e, n in found.items()} for kind, found in described["needs"].items()},
        callbacks={kind: {e: tuple(n) for e, n in found.items()} for kind, found in described["callbacks"].items()},
        conditions=tuple(described["names"]["conditions"]),
        **charts,
    )


@functools.cache
def load_teams(format_id: str = "gen4randombattle") -> np.ndarray:
    """Loads a format's pool of teams: int16 (teams, 6, len(enums.TEAM_COLUMNS)), columns in that order.

    Raises:
        ValueError: there is no such format.
        DataFileError: the file is missing, or its checksum is not the manifest's.
    """
    with np.load(io.BytesIO(_read(f"{format_id}_teams.npz", format_id)), allow_pickle=False) as arrays:
        teams = arrays["teams"]
    assert teams.shape[1:] == (6, len(enums.TEAM_COLUMNS))
    return teams
