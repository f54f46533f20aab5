"""Teams of a user's own, in Showdown's packed and JSON forms, as rows of the engine's columns.

Only membership is checked, that the format knows every entry; whether a Pokemon may have its moves is not.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pokejax import enums
from pokejax import state as layout
from pokejax.tables import Table, load_tables, load_teams

Row = tuple[int, ...]
SPREAD = ("hp", *enums.STATS)
MOST_EV, MOST_IV, MOST_LEVEL = 255, 31, 100
ORDER_OF_HIDDEN_POWER = ("hp", "atk", "def", "spe", "spa", "spd")
HIDDEN_POWERS = (
    "Fighting", "Flying", "Poison", "Ground", "Rock", "Bug", "Ghost", "Steel", "Fire", "Water", "Grass", "Electric",
    "Psychic", "Ice", "Dragon", "Dark",
)  # fmt: skip
NATURES: dict[str, tuple[str, str]] = {  # what is raised and what is lowered
    "adamant": ("atk", "spa"), "bold": ("def", "atk"), "brave": ("atk", "spe"), "calm": ("spd", "atk"),
    "careful": ("spd", "spa"), "gentle": ("spd", "def"), "hasty": ("spe", "def"), "impish": ("def", "spa"),
    "jolly": ("spe", "spa"), "lax": ("def", "spd"), "lonely": ("atk", "def"), "mild": ("spa", "def"),
    "modest": ("spa", "atk"), "naive": ("spe", "spd"), "naughty": ("atk", "spd"), "quiet": ("spa", "spe"),
    "rash": ("spa", "spd"), "relaxed": ("def", "spe"), "sassy": ("spd", "spe"), "timid": ("spe", "atk"),
    **{name: ("", "") for name in ("bashful", "docile", "hardy", "quirky", "serious", "")},
}  # fmt: skip


class TeamError(ValueError):
    """A team is not one that the format can play; the message names the Pokemon and what is wrong."""


@dataclasses.dataclass(frozen=True)
class Team:
    """Six Pokemon as rows of numbers, in the columns enums.TEAM_COLUMNS."""

    rows: tuple[Row, ...]


def rows_of(teams: Sequence[Team]) -> np.ndarray:
    """Teams as the engine reads them: int16 (n, 6, 20)."""
    return np.array([team.rows for team in teams], np.int16)


def candidates(given: Any) -> tuple[Team, ...]:
    """The teams that an option stands for; empty for "pool", the format's generated ones.

    Args:
        given: "pool"; one team (a `Team`, text in the packed form, a list of six sets as Showdown's JSON has them);
            or a list of teams.

    Raises:
        TeamError: a team is not one that the format can play.
    """
    if isinstance(given, str) and given == "pool":
        return ()
    if isinstance(given, list | tuple) and given and not isinstance(given[0], Mapping):
        return tuple(read_team(one) for one in given)
    return (read_team(given),)


def read_team(given: Any) -> Team:
    """Reads one team.

    Args:
        given: a `Team`, text in Showdown's packed form, or a list of six sets as mappings with "species", "level",
            "gender", "ability", "item", "moves", "evs", "ivs", "nature". Missing EVs are 0, IVs 31, the level 100; a
            missing gender is the species' only one, or male.

    Raises:
        TeamError: it is none of these, or has what the format does not know.
    """
    if isinstance(given, Team):
        return given
    sets = unpack(given) if isinstance(given, str) else given
    if not isinstance(sets, list | tuple) or not all(isinstance(one, Mapping) for one in sets):
        raise TeamError(f'a team must be "pool", packed text or a list of sets, got {given!r:.80}.')
    if len(sets) != layout.PARTY:
        raise TeamError(f"a team must have {layout.PARTY} Pokemon, got {len(sets)}.")
    return Team(tuple(_row(one) for one in sets))


def pool_team(number: int) -> Team:
    """A team of the format's pool, by number."""
    teams = load_teams()
    if not 0 <= number < len(teams):
        raise TeamError(f"team number must be one of 0 .. {len(teams) - 1}, got {number}.")
    return Team(tuple(tuple(int(value) for value in row) for row in teams[number]))


def unpack(text: str) -> list[dict[str, Any]]:
    """Showdown's packed form as sets.

    Raises:
        TeamError: a Pokemon has not the eleven fields that the form asks for.
    """
    sets = []
    for part in text.strip().split("]"):
        fields = part.split("|")
        if len(fields) < 11:
            raise TeamError(f"packed Pokemon {part!r:.60} has {len(fields)} fields; the form has at least 11.")
        name, species, item, ability, moves, nature, evs, gender, ivs, _, level = fields[:11]
        one: dict[str, Any] = {
            "species": species or name, "item": item, "ability": ability, "moves": moves.split(","), "nature": nature,
            "gender": gender, "level": level,
        }  # fmt: skip
        for key, listed, missing in (("evs", evs, 0), ("ivs", ivs, MOST_IV)):
            values = listed.split(",")
            if listed and len(values) != len(SPREAD):
                raise TeamError(f"{species or name}: {key} {listed!r} must be {len(SPREAD)} numbers.")
            if listed:
                one[key] = {stat: value or missing for stat, value in zip(SPREAD, values, strict=True)}
        sets.append(one)
    return sets


def _id(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _whole(value: Any, what: str, whose: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise TeamError(f"{whose}: {what} must be a whole number, got {value!r}.") from None


def _number(table: Table, kind: str, name: str, whose: str) -> int:
    found = table.id.get(_id(name))
    if found is None and kind == "species":  # a forme that only looks different
        found = table.id.get(_id(name.split("-")[0]))
    if found is None:
        known = f"{len(table.names)} that the format has, such as {', '.join(table.names[:3])}"
        raise TeamError(f"{whose}: unknown {kind} {name!r}; it must be one of the {known}.")
    return found


def _spread(given: Mapping[str, Any] | None, missing: int, most: int, what: str, whose: str) -> dict[str, int]:
    named = {_id(stat): _whole(value, f"{what} of {stat}", whose) for stat, value in (given or {}).items()}
    spread = dict.fromkeys(SPREAD, missing) | named
    unknown = sorted(set(spread) - set(SPREAD))
    if unknown:
        raise TeamError(f"{whose}: unknown stat {unknown[0]!r} in {what}; the stats are {', '.join(SPREAD)}.")
    for stat, value in spread.items():
        if not 0 <= value <= most:
            raise TeamError(f"{whose}: {what} of {stat} must be 0 to {most}, got {value}.")
    return spread


def _row(one: Mapping[str, Any]) -> Row:
    tables = load_tables()
    name = str(one.get("species") or one.get("name") or "")
    if not _id(name):
        raise TeamError("a Pokemon of the team has no species; each set must name one.")
    species = _number(tables.species, "species", name, "team")
    level = _whole(one.get("level") or MOST_LEVEL, "the level", name)
    if not 1 <= level <= MOST_LEVEL:
        raise TeamError(f"{name}: the level must be 1 to {MOST_LEVEL}, got {level}.")
    moves = [move for move in one.get("moves", ()) if move]
    if not 1 <= len(moves) <= layout.MOVES:
        raise TeamError(f"{name}: a Pokemon must have 1 to {layout.MOVES} moves, got {len(moves)}.")
    numbers = [_move(move, name) for move in moves] + [0] * (layout.MOVES - len(moves))
    evs = _spread(one.get("evs"), 0, MOST_EV, "EVs", name)
    ivs = _spread(one.get("ivs"), MOST_IV, MOST_IV, "IVs", name)
    stats = _stats(species, level, evs, ivs, _id(str(one.get("nature") or "")), name)
    values = {
        "species": species,
        "level": level,
        "gender": _gender(one.get("gender"), species, name),
        "ability": _number(tables.abilities, "ability", str(one.get("ability") or ""), name),
        "item": _number(tables.items, "item", str(one.get("item") or ""), name),
        "hp_type": _hidden_power(ivs),
        **stats,
        **{f"move{i}": number for i, number in enumerate(numbers)},
        **{f"maxpp{i}": int(tables.moves.column("maxpp")[number]) for i, number in enumerate(numbers)},
    }
    if values["ability"] == 0:
        raise TeamError(f"{name}: the ability must be named.")
    return tuple(values[column] for column in enums.TEAM_COLUMNS)


def _move(name: str, whose: str) -> int:
    bare = "hiddenpower" if _id(name).startswith("hiddenpower") else name
    return _number(load_tables().moves, "move", bare, whose)


def _gender(given: Any, species: int, whose: str) -> int:
    fixed = int(load_tables().species.column("fixed_gender")[species])
    if not given:
        return fixed - 1 if fixed else enums.GENDERS.index("M")
    if given not in enums.GENDERS:
        raise TeamError(f"{whose}: the gender must be one of {', '.join(enums.GENDERS)}, got {given!r}.")
    return enums.GENDERS.index(given)


def _stats(
    species: int, level: int, evs: Mapping[str, int], ivs: Mapping[str, int], nature: str, whose: str
) -> dict[str, int]:
    """Final stats from base stats, level, EVs, IVs and nature; HP under "maxhp"."""
    if nature not in NATURES:
        raise TeamError(f"{whose}: unknown nature {nature!r}; the natures are {', '.join(filter(None, NATURES))}.")
    column = load_tables().species.column
    grown = {
        stat: (2 * int(column(f"base_{stat}")[species]) + ivs[stat] + evs[stat] // 4) * level // 100 for stat in SPREAD
    }
    raised, lowered = NATURES[nature]
    stats = {}
    for stat in enums.STATS:
        plain = grown[stat] + 5
        stats[stat] = plain * 11 // 10 if stat == raised else plain * 9 // 10 if stat == lowered else plain
    fixed = int(column("max_hp")[species])
    return {"maxhp": fixed or grown["hp"] + level + 10, **stats}


def _hidden_power(ivs: Mapping[str, int]) -> int:
    bits = sum((ivs[stat] & 1) << place for place, stat in enumerate(ORDER_OF_HIDDEN_POWER))
    return enums.TYPES.index(HIDDEN_POWERS[bits * 15 // 63])
