"""What of a format's entries the engine carries out: the table of docs/pokejax/COVERAGE.md, made from the data.

`python -m pokejax.coverage` prints it. Where the engine meets what is not carried out it sets the error flag.
"""

from __future__ import annotations

from pokejax.hit import IMPLEMENTED
from pokejax.names import tables

PARTLY: dict[str, dict[str, str]] = {
    "abilities": {
        "trace": "a copy made at an Update with no newcomer, of an ability whose start changes the battle",
    },
    "items": {"custap_berry": "two berries of equal rank whose order is drawn"},
    "conditions": {"trap_state": "nothing in the format gives it"},
}
"""Families and one-offs, by kind of entry, with the case that sets the error flag."""


def missing(kind: str, family: str) -> str:
    """Returns what of a family is not carried out, empty if nothing."""
    if kind == "moves" and family not in IMPLEMENTED:
        return "all of it"
    return PARTLY.get(kind, {}).get(family, "")


def document() -> str:
    """Returns the table: families and one-offs by kind, the entries that need them, what is missing."""
    lines = [
        "# What the engine of PokeJAX carries out",
        "",
        "Generated from the data by `python -m pokejax.coverage`. What is missing sets the error flag where it is met.",
    ]
    for kind, needs in tables().needs.items():
        entries: dict[str, list[str]] = {}
        for entry, families in needs.items():
            for family in families:
                entries.setdefault(family, []).append(entry)
        lines += ["", f"## {kind}", "", "| family or one-off | entries | missing |", "|---|---|---|"]
        for family, names in sorted(entries.items()):
            lines.append(f"| {family} | {', '.join(names)} | {missing(kind, family) or '-'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
