"""The plain fields of Showdown's entries as integer columns; what a callback does comes from the map of families."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pokejax import enums

Entry = Mapping[str, Any]
Columns = dict[str, int]


class DataError(ValueError):
    """Showdown's data holds something that the tables cannot say; the message names the entry and the value."""


# Fields of a move that are turned into columns, or that nothing in a single battle of this engine reads. Any other
# field with a value stops the build, so that a new rule is never lost.
_READ_FIELDS = frozenset(
    (
        *(
            "accuracy",
            "basePower",
            "boosts",
            "callbacks",
            "callsMove",
            "category",
            "condition",
            "conditions",
            "critRatio",
            "damage",
        ),
        *("drain", "effectType", "exists", "flags", "forceSwitch", "fullname", "gen", "hasCrashDamage", "heal", "id"),
        *("ignoreImmunity", "multihit", "name", "nonGhostTarget", "noPPBoosts", "num", "pp", "priority"),
        *("pseudoWeather", "recoil", "secondaries", "secondary", "self", "selfSwitch", "selfdestruct", "sideCondition"),
        *("sleepUsable", "slotCondition", "stallingMove", "status", "struggleRecoil", "target", "type"),
        *("volatileStatus", "weather"),
        # Forms that do not occur in this format.
        *("baseMoveType", "isNonstandard", "placeholderFor", "isMax", "isZ", "realMove", "sourceEffect"),
    )
)


def number(words: Sequence[str], word: str, where: str) -> int:
    """Position of a word in one of the lists of `enums`.

    Raises:
        DataError: it is not listed.
    """
    if word not in words:
        raise DataError(f"{where}: {word!r} is not one of {', '.join(map(repr, words))}; add it to pokejax/enums.py.")
    return words.index(word)


def type_id(word: str | None, where: str) -> int:
    """Number of a type; the typeless "???" is 0."""
    return number(enums.TYPES, "" if word in (None, "???") else word, where)


def ids(names: Iterable[str]) -> dict[str, int]:
    """Numbers from 1 in the order of the names."""
    return {name: i for i, name in enumerate(sorted(names), start=1)}


def boosts(entry: Mapping[str, int] | None, prefix: str) -> Columns:
    """Stat stages -6 to 6, one column a stat."""
    return {f"{prefix}_{stat}": int((entry or {}).get(stat, 0)) for stat in enums.BOOSTS}


def fraction(value: Sequence[int] | None, prefix: str) -> Columns:
    """A fraction as numerator and denominator; 0/1 where there is none."""
    num, den = value or (0, 1)
    return {f"{prefix}_num": num, f"{prefix}_den": den}


def flags(entry: Mapping[str, int], known: Sequence[str], unused: Sequence[str], where: str) -> int:
    """A bit for each flag that is set."""
    word = 0
    for flag in entry:
        if flag not in unused:
            word |= 1 << number(known, flag, f"{where}, flag")
    return word


def move(entry: Entry, conditions: Mapping[str, int]) -> Columns:
    """The columns of a move; a missing accuracy (it cannot miss) is 0."""
    name = f"move {entry['id']}"
    lost = [k for k, v in entry.items() if v not in (None, False, "", 0, [], {}) and not k.startswith("on")]
    lost = [k for k in lost if k not in _READ_FIELDS]
    if lost:
        raise DataError(f"{name}: no column for the fields {', '.join(lost)}.")

    def condition(value: str | None) -> int:
        word = "".join(c for c in (value or "").lower() if c.isalnum())
        if word and word not in conditions:
            raise DataError(f"{name}: the condition {word!r} is not in the vocabulary.")
        return conditions.get(word, 0)

    accuracy = entry.get("accuracy")
    hits = entry.get("multihit") or 1
    least, most = (hits, hits) if isinstance(hits, int) else hits
    pp = entry.get("pp") or 0
    own = entry.get("self") or {}
    weather = (entry.get("weather") or "").lower()
    columns: Columns = {
        "type": type_id(entry.get("type"), name),
        "category": number(enums.CATEGORIES, entry.get("category") or "Status", name),
        "base_power": entry.get("basePower") or 0,
        "accuracy": 0 if accuracy is True or accuracy is None else accuracy,
        "pp": pp,
        "maxpp": pp if entry.get("noPPBoosts") else pp * 8 // 5,
        "priority": entry.get("priority", 0),
        "crit_ratio": entry.get("critRatio", 1),
        "target": number(enums.TARGETS, entry.get("target") or "", name),
        "flags": flags(entry.get("flags", {}), enums.MOVE_FLAGS, enums.UNUSED_MOVE_FLAGS, name),
        "ignore_immunity": int(bool(entry.get("ignoreImmunity"))),
        "multihit_min": least,
        "multihit_max": most,
        **fraction(entry.get("drain"), "drain"),
        **fraction(entry.get("recoil"), "recoil"),
        **fraction(entry.get("heal"), "heal"),
        "damage_is_level": int(entry.get("damage") == "level"),
        "fixed_damage": entry["damage"] if isinstance(entry.get("damage"), int) else 0,
        "struggle_recoil": int(bool(entry.get("struggleRecoil"))),
        "selfdestruct": number(enums.SELF_DESTRUCT, entry.get("selfdestruct") or "", name),
        "self_switch": int(bool(entry.get("selfSwitch"))),
        "force_switch": int(bool(entry.get("forceSwitch"))),
        "sleep_usable": int(bool(entry.get("sleepUsable"))),
        "calls_move": int(bool(entry.get("callsMove"))),
        "stalling_move": int(bool(entry.get("stallingMove"))),
        "has_crash_damage": int(bool(entry.get("hasCrashDamage"))),
        "status": number(enums.STATUSES, entry.get("status") or "", name),
        "volatile": condition(entry.get("volatileStatus")),
        "side_condition": condition(entry.get("sideCondition")),
        "slot_condition": condition(entry.get("slotCondition")),
        "pseudo_weather": condition(entry.get("pseudoWeather")),
        "weather": number(enums.WEATHERS, weather, name),
        "has_boosts": int(bool(entry.get("boosts"))),
        **boosts(entry.get("boosts"), "boost"),
        "has_self": int("self" in entry),
        "self_volatile": condition(own.get("volatileStatus")),
        "has_self_boosts": int(bool(own.get("boosts"))),
        **boosts(own.get("boosts"), "self_boost"),
    }
    secondaries = entry.get("secondaries") or []
    if len(secondaries) > 2:
        raise DataError(f"{name}: {len(secondaries)} secondary effects, and the tables hold two.")
    columns["secondaries"] = len(secondaries)
    for i in range(2):
        extra = secondaries[i] if i < len(secondaries) else {}
        columns |= {
            f"secondary{i}_chance": extra.get("chance", 0),
            f"secondary{i}_status": number(enums.STATUSES, extra.get("status") or "", name),
            f"secondary{i}_volatile": condition(extra.get("volatileStatus")),
            **boosts(extra.get("boosts"), f"secondary{i}_boost"),
            **boosts((extra.get("self") or {}).get("boosts"), f"secondary{i}_self_boost"),
        }
    return columns


def ability(entry: Entry) -> Columns:
    """The columns of an ability."""
    name = f"ability {entry['id']}"
    return {
        "flags": flags(entry.get("flags", {}), enums.ABILITY_FLAGS, (), name),
        "suppress_weather": int(bool(entry.get("suppressWeather"))),
    }


def item(entry: Entry) -> Columns:
    """The columns of an item."""
    name = f"item {entry['id']}"
    return {
        "is_berry": int(bool(entry.get("isBerry"))),
        "is_choice": int(bool(entry.get("isChoice"))),
        "plate_type": type_id(entry.get("onPlate"), name),
    }


def species(entry: Entry, numbers: Mapping[str, int]) -> Columns:
    """The columns of a species or forme; weight in hectograms."""
    name = f"species {entry['id']}"
    types = [type_id(t, name) for t in entry["types"]]
    base = "".join(c for c in entry["baseSpecies"].lower() if c.isalnum())
    abilities = {"".join(c for c in a.lower() if c.isalnum()) for a in entry["abilities"].values()}
    stats = {f"base_{stat}": entry["baseStats"][stat] for stat in ("hp", *enums.STATS)}
    return {
        "num": entry["num"],
        "base_species": numbers.get(base, numbers[entry["id"]]),
        "type0": types[0],
        "type1": types[1] if len(types) > 1 else 0,
        **stats,
        "max_hp": entry.get("maxHP") or 0,
        "weight_hg": entry["weighthg"],
        "fixed_gender": 1 + enums.GENDERS.index(entry["gender"]) if entry.get("gender") else 0,
        "battle_only": int(bool(entry.get("battleOnly"))),
        **{f"may_have_{ability}": int(ability in abilities) for ability in enums.TRAPPING_ABILITIES},
    }
