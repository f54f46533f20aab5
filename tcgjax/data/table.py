"""The card table: every card with its attacks, ability and effect program, loaded once and checked against its schema.

Rows (13.3): 0 none, 1 evolve, then all attacks, abilities and trainers in the order of the cards.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import pathlib
from typing import Any

from tcgjax.data.schema import (
    ABILITY_KINDS,
    EFFECT_KINDS,
    ENERGY,
    PRINT,
    TYPES,
    DataError,
    Op,
    choice_of,
    parse_program,
)

FOLDER = pathlib.Path(__file__).parent
FILES = ("cards.json", "effects.json", "decks.json")
NO_ROW, EVOLVE_ROW = 0, 1
FOSSIL_TYPE = TYPES.index("C")


@dataclasses.dataclass(frozen=True)
class Effect:
    """One distinct effect text: our paraphrase and its program."""

    id: str
    kind: str
    text: str
    ops: tuple[Op, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    """An attack, an ability or a trainer: what can be done or pending.

    Attributes:
        row: number of the row.
        name: name of the attack, ability or trainer card.
        kind: "none", "evolve", "attack", "ability" or "trainer".
        card: id of the card, 0 for the first two rows.
        cost: symbols by energy type G R W L P F D M, then Colorless: nine numbers; attacks only.
        damage: the printed damage, HP; attacks only.
        activation: an ability's kind, else "".
        effect: the effect, or None.
    """

    row: int
    name: str
    kind: str
    card: int
    cost: tuple[int, ...] = (0,) * 9
    damage: int = 0
    activation: str = ""
    effect: Effect | None = None

    @functools.cached_property
    def ops(self) -> tuple[Op, ...]:
        """The program, empty without an effect."""
        return self.effect.ops if self.effect else ()

    @functools.cached_property
    def choice(self) -> str:
        """What the program lets its player choose from; see `schema.choice_of`."""
        return next((choice for op in self.ops if (choice := choice_of(op))), "")

    @functools.cached_property
    def is_copy(self) -> bool:
        """Whether it is an attack that copies another."""
        return any(op.name == "COPY_ATTACK" for op in self.ops)


@dataclasses.dataclass(frozen=True, eq=False)
class Card:
    """One distinct card; types are indices into `TYPES`, -1 for no weakness.

    A Fossil is a trainer that also has the facts of the Pokemon it becomes.
    """

    id: int
    name: str
    prints: tuple[str, ...]
    kind: str  # "pokemon", "item" or "supporter"
    is_fossil: bool
    stage: int  # 0 Basic, 1, 2; -1 for trainers
    evolves_from: str
    type: int
    hp: int  # HP
    is_ex: bool
    points: int  # scored by the opponent at a Knock Out
    weakness: int
    retreat: int  # symbols
    attacks: tuple[Row, ...]
    ability: Row | None
    trainer: Row | None

    @functools.cached_property
    def is_basic(self) -> bool:
        """Whether it is the card of a Basic Pokemon; a Fossil is a trainer."""
        return self.stage == 0

    @functools.cached_property
    def passives(self) -> dict[str, tuple[Any, ...]]:
        """Arguments of the operations of a passive ability, by name."""
        ability = self.ability
        if ability is None or ability.activation.startswith("active"):
            return {}
        return {op.name: op.args for op in ability.ops}


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """Cards by id (index 0 is None), rows by number, effects by id, and the id of each print."""

    cards: tuple[Any, ...]
    rows: tuple[Row, ...]
    effects: dict[str, Effect]
    by_print: dict[str, int]

    def find(self, name: str) -> Card:
        """The card with a print ("A1-001"), or with a name that only one distinct card has.

        Raises:
            DataError: there is none, or several cards have the name; the sentence lists their prints.
        """
        if name in self.by_print:
            return self.cards[self.by_print[name]]
        found = [card for card in self.cards[1:] if card.name == name]
        if len(found) == 1:
            return found[0]
        if not found:
            raise DataError(f"there is no card {name!r}; give a name or a print such as 'A1-001' of the first pool.")
        prints = ", ".join(card.prints[0] for card in found)
        raise DataError(f"{len(found)} cards are named {name!r}; give one of the prints {prints}.")


def _require(condition: bool, where: str, sentence: str) -> None:
    if not condition:
        raise DataError(f"{where}: {sentence}")


def _cost(letters: str, where: str) -> tuple[int, ...]:
    _require(
        0 < len(letters) <= 5 and set(letters) <= {*ENERGY, "C"}, where, f"cost {letters!r} must be 1 to 5 symbols."
    )
    return tuple(letters.count(letter) for letter in (*ENERGY, "C"))


def parse_effects(entries: list[dict[str, Any]]) -> dict[str, Effect]:
    """All effects by id.

    Raises:
        DataError: an id is used twice, its kind is unknown, or a program does not fit the schema.
    """
    found: dict[str, Effect] = {}
    for entry in entries:
        where = f"effect {entry.get('id')!r}"
        _require(set(entry) == {"id", "text", "ops"}, where, "an effect has the keys id, text and ops.")
        kind = entry["id"].rstrip("0123456789")
        _require(kind in EFFECT_KINDS, where, f"its id starts with one of {', '.join(EFFECT_KINDS)}.")
        _require(entry["id"] not in found, where, "the id is used twice.")
        _require(bool(entry["ops"]), where, "it needs at least one operation.")
        found[entry["id"]] = Effect(entry["id"], kind, entry["text"], parse_program(entry["ops"], kind, where))
    return found


class _Builder:
    """Numbers the rows: attacks first, then abilities, then trainers."""

    def __init__(self, entries: list[dict[str, Any]], effects: dict[str, Effect]) -> None:
        self.effects = effects
        self.rows = [Row(NO_ROW, "", "none", 0), Row(EVOLVE_ROW, "evolve", "evolve", 0)]
        self.attacks: dict[int, list[Row]] = {}
        self.abilities: dict[int, Row] = {}
        self.trainers: dict[int, Row] = {}
        for entry in entries:
            for attack in entry.get("attacks", ()):
                where = f"card {entry['id']} {entry['name']}, {attack['name']}"
                cost = _cost(attack["cost"], where)
                effect = self._effect(attack.get("effect"), "attack", where)
                row = self._add(attack["name"], "attack", entry["id"], cost, attack["damage"], "", effect)
                self.attacks.setdefault(entry["id"], []).append(row)
        for entry in entries:
            if entry.get("ability"):
                ability, where = entry["ability"], f"card {entry['id']} {entry['name']}"
                _require(ability["kind"] in ABILITY_KINDS, where, f"unknown ability kind {ability['kind']!r}.")
                effect = self._effect(ability["effect"], "ability", where)
                row = self._add(ability["name"], "ability", entry["id"], (0,) * 9, 0, ability["kind"], effect)
                self.abilities[entry["id"]] = row
        for entry in entries:
            if entry["kind"] == "trainer":
                effect = self._effect(entry["effect"], "trainer", f"card {entry['id']} {entry['name']}")
                self.trainers[entry["id"]] = self._add(entry["name"], "trainer", entry["id"], (0,) * 9, 0, "", effect)

    def _effect(self, name: str | None, kind: str, where: str) -> Effect | None:
        if name is None:
            return None
        _require(
            name in self.effects and self.effects[name].kind == kind, where, f"there is no {kind} effect {name!r}."
        )
        return self.effects[name]

    def _add(self, *fields: Any) -> Row:
        name, kind, card, cost, damage, activation, effect = fields
        row = Row(len(self.rows), name, kind, card, cost, damage, activation, effect)
        self.rows.append(row)
        return row

    def card(self, entry: dict[str, Any]) -> Card:
        """One card of the table."""
        where = f"card {entry.get('id')} {entry.get('name')}"
        is_pokemon = entry["kind"] == "pokemon"
        _require(all(PRINT.fullmatch(p) for p in entry["prints"]), where, "prints look like A1-001 or P-A-001.")
        if is_pokemon:
            _require(entry["type"] in tuple(TYPES), where, f"unknown type {entry['type']!r}.")
            _require(entry["weakness"] is None or entry["weakness"] in tuple(TYPES), where, "unknown weakness.")
            _require(entry["stage"] in (0, 1, 2), where, "the stage is 0, 1 or 2.")
            _require(
                (entry["evolves_from"] is None) == (entry["stage"] == 0), where, "stages 1 and 2 evolve, 0 does not."
            )
            _require(
                entry["hp"] % 10 == 0 and 30 <= entry["hp"] <= 300, where, "HP are a multiple of 10 from 30 to 300."
            )
            _require(0 <= entry["retreat"] <= 4, where, "the retreat cost is 0 to 4.")
            _require(len(self.attacks.get(entry["id"], ())) <= 2, where, "a card has at most 2 attacks.")
        else:
            _require(entry["trainer_type"] in ("item", "supporter"), where, "a trainer is an item or a supporter.")
        trainer = self.trainers.get(entry["id"])
        fossil_hp = next((op.args[0] for op in trainer.ops if op.name == "FOSSIL"), 0) if trainer else 0
        _require(is_pokemon or bool(fossil_hp) == entry["fossil"], where, "a Fossil has the operation FOSSIL.")
        return Card(
            id=entry["id"],
            name=entry["name"],
            prints=tuple(entry["prints"]),
            kind="pokemon" if is_pokemon else entry["trainer_type"],
            is_fossil=bool(fossil_hp),
            stage=entry["stage"] if is_pokemon else -1,
            evolves_from=(entry["evolves_from"] or "") if is_pokemon else "",
            type=TYPES.index(entry["type"]) if is_pokemon else FOSSIL_TYPE,
            hp=entry["hp"] if is_pokemon else fossil_hp,
            is_ex=entry["ex"] if is_pokemon else False,
            points=entry["points"] if is_pokemon else 1,
            weakness=TYPES.index(entry["weakness"]) if is_pokemon and entry["weakness"] else -1,
            retreat=entry["retreat"] if is_pokemon else 0,
            attacks=tuple(self.attacks.get(entry["id"], ())),
            ability=self.abilities.get(entry["id"]),
            trainer=trainer,
        )


def build_table(cards: list[dict[str, Any]], effects: list[dict[str, Any]]) -> Table:
    """A table from the entries of cards.json and effects.json.

    Raises:
        DataError: an entry breaks the schema; the sentence names it.
    """
    _require([entry.get("id") for entry in cards] == list(range(1, len(cards) + 1)), "cards", "ids count from 1.")
    parsed = parse_effects(effects)
    builder = _Builder(cards, parsed)
    made = tuple(builder.card(entry) for entry in cards)
    names = {card.name for card in made}
    for card in made:
        _require(not card.evolves_from or card.evolves_from in names, card.name, f"{card.evolves_from!r} is no card.")
    used = {row.effect.id for row in builder.rows if row.effect}
    _require(used == set(parsed), "effects", f"no card uses {', '.join(sorted(set(parsed) - used))}.")
    return Table((None, *made), tuple(builder.rows), parsed, {p: card.id for card in made for p in card.prints})


def read_json(name: str) -> Any:
    """One of the files in `FILES`, its hash checked against the manifest.

    Raises:
        DataError: the file is not the one that the manifest names.
    """
    content = (FOLDER / name).read_bytes()
    expected = json.loads((FOLDER / "manifest.json").read_text())["sha256"][name]
    if hashlib.sha256(content).hexdigest() != expected:
        raise DataError(f"{name} has changed since its manifest was written; run `python -m tcgjax.data manifest`.")
    return json.loads(content)


@functools.cache
def load_table() -> Table:
    """The shipped table."""
    return build_table(read_json("cards.json")["cards"], read_json("effects.json")["effects"])


def write_manifest() -> None:
    """Writes the hashes of the data files into manifest.json."""
    hashes = {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in FILES}
    (FOLDER / "manifest.json").write_text(json.dumps({"sha256": hashes}, indent=1) + "\n")
