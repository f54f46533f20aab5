"""What a further set would need: which of its effects the existing operations can say.

A set is a JSON file {"cards": [...]} in the form of cards.json, with programs written in place: `"ops"` and `"text"`
instead of an effect's id.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from tcgjax.data.schema import DataError, parse_program


@dataclasses.dataclass(frozen=True)
class Finding:
    """One effect of a new set that needs code.

    Attributes:
        card: name of the card.
        where: name of its attack, ability or trainer.
        reason: the sentence that says which operation is missing or does not fit.
    """

    card: str
    where: str
    reason: str


def programs(card: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Every effect of a card: (kind, name, entry with `ops`)."""
    found = [("attack", attack["name"], attack) for attack in card.get("attacks", ())]
    if card.get("ability"):
        found.append(("ability", card["ability"]["name"], card["ability"]))
    if card["kind"] == "trainer":
        found.append(("trainer", card["name"], card))
    return found


def needs_code(cards: list[dict[str, Any]]) -> list[Finding]:
    """The effects of a set that cannot be said with the existing operations, in the order of the cards."""
    findings = []
    for card in cards:
        for kind, name, entry in programs(card):
            if kind == "attack" and "ops" not in entry and "text" not in entry:
                continue
            try:
                if not entry.get("ops"):
                    raise DataError("it has an effect but no program yet.")
                parse_program(entry["ops"], kind, name)
            except DataError as error:
                findings.append(Finding(card["name"], name, str(error)))
    return findings
