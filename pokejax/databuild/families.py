"""The map of callbacks: reads it, checks it against Showdown's entries, turns parameters into columns."""

from __future__ import annotations

import dataclasses
import pathlib
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from pokejax import enums
from pokejax.databuild.columns import Columns, DataError, number

MAPS = {"gen4randombattle": "gen4_families.toml"}
KINDS = ("moves", "abilities", "items", "conditions")
ONE = 4096  # modifiers count in 4096ths


def modifier(value: Any, where: str) -> int:
    """A factor in 4096ths, cut off as Showdown does; a pair states numerator and denominator."""
    num, den = value if isinstance(value, list) else (value, 1)
    found = int(num * ONE / den)
    if not 0 < found < 1 << 16:
        raise DataError(f"{where}: the factor {value!r} is not between 0 and 16.")
    return found


def mask(words: list[str], known: tuple[str, ...], where: str) -> int:
    """A bit for each word."""
    return sum(1 << number(known, word, where) for word in words)


def _species(values: list[int], _: Any, where: str) -> Columns:
    if not 1 <= len(values) <= 2:
        raise DataError(f"{where}: a family names one or two species, got {values!r}.")
    return {"0": values[0], "1": values[-1]}


# How a parameter's value becomes columns, by the parameter's kind: (value, condition numbers, where) -> suffix: number.
_READERS: dict[str, Callable[[Any, Mapping[str, int], str], Columns]] = {
    "int": lambda value, _, where: {"": int(value)},
    "mod": lambda value, _, where: {"": modifier(value, where)},
    "type": lambda value, _, where: {"": number(enums.TYPES, value, where)},
    "types": lambda value, _, where: {"": mask(value, enums.TYPES, where)},
    "status": lambda value, _, where: {"": number(enums.STATUSES, value, where)},
    "statuses": lambda value, _, where: {"": mask(value, enums.STATUSES, where)},
    "boosts": lambda value, _, where: {"": mask(value, enums.BOOSTS, where)},
    "weather": lambda value, _, where: {"": number(enums.WEATHERS, value, where)},
    "condition": lambda value, conditions, where: {"": conditions[value]},
    "species": _species,
}
# What a column holds where the family, or an optional parameter of it, is absent.
_NEUTRAL = {"mod": ONE}


@dataclasses.dataclass(frozen=True)
class Use:
    """What one callback does: a family with parameters, or a one-off."""

    name: str
    parameters: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class FamilyMap:
    """A generation's map.

    Attributes:
        codes: words of the coded parameters, numbered from 0.
        families: parameters of each family by name, and their kinds.
        uses: uses[kind][entry][callback].
        conditions: the one-off that carries each condition.
    """

    codes: Mapping[str, tuple[str, ...]]
    families: Mapping[str, Mapping[str, str]]
    uses: Mapping[str, Mapping[str, Mapping[str, Use]]]
    conditions: Mapping[str, str]

    def columns(self, kind: str, entry: str, numbers: Mapping[str, int]) -> Columns:
        """The columns of all families that entries of this kind use, neutral where this entry does not.

        Args:
            kind: "moves", "abilities" or "items".
            entry: id of the entry.
            numbers: numbers of the conditions.
        """
        used = sorted({use.name for uses in self.uses[kind].values() for use in uses.values()} & set(self.families))
        found: Columns = {}
        for family in used:
            for parameter, form in self.families[family].items():
                suffixes = ("0", "1") if form == "species" else ("",)
                found |= {f"{family}_{parameter}{suffix}": _NEUTRAL.get(form, 0) for suffix in suffixes}
        written: dict[str, Use] = {}
        for callback, use in self.uses[kind].get(entry, {}).items():
            if use.name not in self.families:
                continue
            if written.setdefault(use.name, use) != use:
                raise DataError(f"{kind} {entry}: two callbacks use the family {use.name} with other parameters.")
            for parameter, value in use.parameters.items():
                where = f"{kind} {entry}.{callback}, {parameter}"
                form = self.families[use.name].get(parameter)
                if form is None:
                    raise DataError(f"{where}: the family {use.name} has no such parameter.")
                if form.startswith("code:"):
                    read = {"": number(self.codes[form.removeprefix("code:")], value, where)}
                else:
                    read = _READERS[form](value, numbers, where)
                found |= {f"{use.name}_{parameter}{suffix}": n for suffix, n in read.items()}
        return found

    def check(self, dex: Mapping[str, Any]) -> None:
        """Compares the map with Showdown's entries.

        Raises:
            DataError: a callback of the vocabulary, or a condition that one of them sets, is not mapped, or the map
                names something that does not exist.
        """
        missing, stale = [], []
        for kind in KINDS:
            for entry, fields in dex[kind].items():
                missing += [f"conditions.{name}" for name in fields["conditions"] if name not in self.conditions]
                needed = callbacks(fields["callbacks"], owns_condition=entry in self.conditions)
                if kind == "conditions":
                    continue
                mapped = set(self.uses[kind].get(entry, {}))
                missing += [f"{kind}.{entry}.{name}" for name in sorted(needed - mapped)]
                stale += [f"{kind}.{entry}.{name}" for name in sorted(mapped - needed)]
            known = self.conditions if kind == "conditions" else self.uses[kind]
            stale += [f"{kind}.{entry}" for entry in known if entry not in dex[kind]]
        missing = sorted(set(missing))
        if missing:
            raise DataError(f"{len(missing)} callbacks are not mapped to a family or one-off: {', '.join(missing)}.")
        if stale:
            raise DataError(f"The map of families names what Showdown does not have: {', '.join(stale)}.")

    def described(self, dex: Mapping[str, Any]) -> dict[str, Any]:
        """The map as the package carries it: codes, which families and one-offs each entry needs, its callbacks."""
        needs = {
            kind: {entry: sorted({use.name for use in uses.values()}) for entry, uses in sorted(entries.items())}
            for kind, entries in self.uses.items()
        }
        listed = {
            kind: {
                entry: sorted(callbacks(fields["callbacks"], owns_condition=kind != "conditions"))
                for entry, fields in sorted(dex[kind].items())
                if fields["callbacks"]
            }
            for kind in KINDS
        }
        return {
            "callbacks": {
                kind: {entry: names for entry, names in found.items() if names} for kind, found in listed.items()
            },
            "codes": {name: list(words) for name, words in self.codes.items()},
            "needs": {**needs, "conditions": {entry: [name] for entry, name in sorted(self.conditions.items())}},
        }


def callbacks(names: list[str], owns_condition: bool) -> set[str]:
    """The callbacks of an entry that the map must name; those of its condition stand under conditions."""
    plain = {name.replace("secondaries[0]", "secondary") for name in names}
    return {name for name in plain if not (owns_condition and name.startswith("condition."))}


def read(format_id: str) -> FamilyMap:
    """Reads a format's map.

    Raises:
        DataError: it names a family or one-off that it does not declare, or declares one that it does not use.
    """
    content = tomllib.loads(pathlib.Path(__file__).with_name(MAPS[format_id]).read_text())
    families = {name: entry["parameters"] for name, entry in content["families"].items()}
    one_offs = set(content["one_offs"])
    uses: dict[str, dict[str, dict[str, Use]]] = {}
    for kind in KINDS[:-1]:
        uses[kind] = {}
        for entry, entries in content[kind].items():
            uses[kind][entry] = {
                name: Use(use, {}) if isinstance(use, str) else Use(use["family"], _without_family(use))
                for name, use in entries.items()
            }
    used = {use.name for entries in uses.values() for by_name in entries.values() for use in by_name.values()}
    used |= set(content["conditions"].values())
    undeclared, unused = used - one_offs - set(families), (one_offs | set(families)) - used
    if undeclared or unused:
        raise DataError(
            f"{MAPS[format_id]}: not declared: {', '.join(sorted(undeclared)) or 'nothing'}; declared and not used:"
            f" {', '.join(sorted(unused)) or 'nothing'}."
        )
    codes = {name: tuple(words) for name, words in content["codes"].items()}
    return FamilyMap(codes, families, uses, content["conditions"])


def _without_family(use: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in use.items() if name != "family"}
