"""Writes `pokejax/data`: tables, names and team pool of a format, and the manifest with their checksums."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pokejax import enums
from pokejax.databuild import columns, families, showdown, vocabulary
from pokejax.databuild.columns import DataError
from pokejax.databuild.vocabulary import Team, Vocabulary

POOL_SIZE = 16_384
MANIFEST = "manifest.json"


def team_rows(teams: list[Team], numbers: Mapping[str, Mapping[str, int]]) -> np.ndarray:
    """The pool: int16 (n, 6, len(TEAM_COLUMNS))."""
    rows = np.zeros((len(teams), 6, len(enums.TEAM_COLUMNS)), np.int16)
    for t, team in enumerate(teams):
        for p, one in enumerate(team):
            moves = [numbers["moves"][m] for m in one[vocabulary.MOVES]]
            padding = [0] * (4 - len(moves))
            rows[t, p] = [
                numbers["species"][one[vocabulary.SPECIES]],
                one[vocabulary.LEVEL],
                enums.GENDERS.index(one[vocabulary.GENDER]),
                numbers["abilities"][one[vocabulary.ABILITY]],
                numbers["items"].get(one[vocabulary.ITEM], 0),
                enums.TYPES.index(one[vocabulary.HP_TYPE]),
                one[vocabulary.MAXHP],
                *one[vocabulary.STATS],
                *moves,
                *padding,
                *one[vocabulary.MAXPP],
                *padding,
            ]
    return rows


def type_charts(types: Mapping[str, Mapping[str, int]]) -> dict[str, np.ndarray]:
    """Effectiveness and immunity by attacking and defending type, and what types guard against.

    Returns:
        `effectiveness` int8 (types, types): -1, 0 or 1 doublings; `immunity` the same shape, 1 where there is no
        effect; `guards` int8 (len(TYPE_GUARDS), types), 1 where the type makes immune.
    """
    n = len(enums.TYPES)
    effectiveness, immunity = np.zeros((n, n), np.int8), np.zeros((n, n), np.int8)
    guards = np.zeros((len(enums.TYPE_GUARDS), n), np.int8)
    for defender, taken in types.items():
        d = enums.TYPES.index(defender)
        for against, code in taken.items():
            if against in enums.TYPES:
                a = enums.TYPES.index(against)
                effectiveness[a, d] = (0, 1, -1, 0)[code]
                immunity[a, d] = code == 3
            else:
                guards[columns.number(enums.TYPE_GUARDS, against, f"type {defender}"), d] = code == 3
    return {"effectiveness": effectiveness, "immunity": immunity, "guards": guards}


def table(rows: Mapping[str, Mapping[str, int]]) -> tuple[list[str], np.ndarray]:
    """Entries by name as an array: column names and int32 (entries + 1, columns).

    Row 0 is "none": zero, but factors are 1.
    """
    names = list(next(iter(rows.values())))
    values = np.zeros((len(rows) + 1, len(names)), np.int32)
    values[0] = [families.ONE if name.endswith("_mod") else 0 for name in names]
    for i, name in enumerate(sorted(rows), start=1):
        values[i] = [rows[name][column] for column in names]
    return names, values


def battle_formes(format_id: str, base: Vocabulary) -> Vocabulary:
    """Formes that the vocabulary's Pokemon can take on in battle."""
    entries = vocabulary.read_dex(format_id, base, ())["species"]
    others = {"".join(c for c in f.lower() if c.isalnum()) for e in entries.values() for f in e.get("otherFormes", ())}
    found = vocabulary.read_dex(format_id, Vocabulary(species=others), ())["species"]
    return Vocabulary(
        species={name for name, e in found.items() if e.get("battleOnly") and e["isNonstandard"] is None},
        moves=set(),
    )


def build(format_id: str, folder: pathlib.Path, pool: int, extra_teams: int, report: Callable[[str], None]) -> None:
    """Builds everything of a format.

    Args:
        format_id: Showdown's name of it.
        folder: where to write.
        pool: teams in the pool, numbers 0 to pool - 1.
        extra_teams: further teams that are generated only to close the vocabulary.
        report: takes a line on what is being done.

    Raises:
        DataError: Showdown's data holds something that the tables cannot say, or a callback is not mapped.
        ShowdownMissingError: Node or the package is not there.
    """
    mapped = families.read(format_id)
    listed = vocabulary.read_sets(format_id).merged(Vocabulary(items=set(mapped.uses["items"])))
    listed = listed.merged(battle_formes(format_id, listed))
    known = Vocabulary()
    teams = []
    for team in vocabulary.read_teams(format_id, 0, pool + extra_teams):
        known.add_team(team)
        if len(teams) < pool:
            teams.append(team)
        elif len(teams) % 1000 == 0:
            report(f"{len(teams)} teams")
    for kind, names in known.to_json().items():
        unlisted = set(names) - getattr(listed, kind)
        if unlisted:
            raise DataError(f"{kind} of generated teams that no list names: {', '.join(sorted(unlisted))}.")
    known = listed
    dex = vocabulary.read_dex(format_id, known, mapped.conditions)
    mapped.check(dex)
    numbers = {kind: columns.ids(names) for kind, names in known.to_json().items()}
    numbers["conditions"] = columns.ids(mapped.conditions)
    rows: dict[str, dict[str, Any]] = {
        "moves": {m: columns.move(dex["moves"][m], numbers["conditions"]) for m in known.moves},
        "abilities": {a: columns.ability(dex["abilities"][a]) for a in known.abilities},
        "items": {i: columns.item(dex["items"][i]) for i in known.items},
        "species": {s: columns.species(dex["species"][s], numbers["species"]) for s in known.species},
    }
    for kind in ("moves", "abilities", "items"):
        for entry, found in rows[kind].items():
            found |= mapped.columns(kind, entry, numbers["conditions"])
    names, arrays = {}, {}
    for kind, entries in rows.items():
        names[kind], arrays[kind] = table(entries)
    arrays |= type_charts(dex["types"])
    description = {
        "format": format_id,
        "rules": dex["rules"],
        "names": {kind: sorted(found) for kind, found in numbers.items()},
        "columns": names,
        **mapped.described(dex),
    }
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / f"{format_id}_tables.npz", **arrays)
    np.savez_compressed(folder / f"{format_id}_teams.npz", teams=team_rows(teams, numbers))
    (folder / f"{format_id}.json").write_text(json.dumps(description, indent=1) + "\n")
    write_manifest(folder, format_id, pool, pool + extra_teams)


def write_manifest(folder: pathlib.Path, format_id: str, pool: int, scanned: int) -> None:
    """Adds the format to the manifest: versions, where the teams come from, checksums of the files."""
    path = folder / MANIFEST
    manifest = json.loads(path.read_text()) if path.is_file() else {}
    files = [f"{format_id}.json", f"{format_id}_tables.npz", f"{format_id}_teams.npz"]
    manifest[format_id] = {
        "showdown_version": showdown.VERSION,
        "command": f"python -m pokejax.databuild --format {format_id} --pool {pool} --scan {scanned}",
        "teams": {"first_number": 0, "count": pool, "scanned": scanned, "seed": "sodium,<number as 16 hex digits>"},
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files},
    }
    path.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")


__all__ = ["MANIFEST", "POOL_SIZE", "DataError", "build"]
