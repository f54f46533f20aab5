"""Reads scenarios: a position, what is done, and what the card's paraphrase and the rules say comes of it.

Their outcomes are written by hand from the paraphrase and the numbered rule, never from an operation row or an engine.
A
Pokemon is written "Name / d50 / GGC-letters / new / used / on Name|Name"; a card that several distinct cards share the
name of by its
print. `me` is player 0, `opp` player 1; it is turn 5, the turn of `me`, unless `set` says otherwise. The decks'
remaining cards are
X Speeds, in the deck, or in the discard pile where the deck is written out.
"""

from __future__ import annotations

import copy
import dataclasses
import pathlib
import tomllib
from typing import Any

from tcgjax import actions
from tcgjax.actions import DECK, DISCARD, HAND, SLOT
from tcgjax.data.decks import Deck
from tcgjax.data.schema import ENERGY
from tcgjax.data.table import NO_ROW, Card, load_table
from tcgjax.reference.chance import Chance
from tcgjax.reference.engine import act
from tcgjax.reference.legal import legal_actions
from tcgjax.reference.model import Player, Pokemon, Table

FOLDER = pathlib.Path(__file__).parent / "scenarios"
FILLER = "X Speed"
SIDES = ("me", "opp")
TAPE_TAIL = [0] * 64  # tails, and the first candidate of every pick
CONDITIONS = ("none", "asleep", "paralyzed", "confused")
KEYS = {
    "effect", "rule", "name", "set", "tape", "do", "expect", "legal", "illegal", "then_legal", "then_illegal",
    *(f"{side}{part}" for side in SIDES for part in ("", "_hand", "_deck", "_discard", "_top", "_bottom", "_types")),
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One scenario as its file gives it."""

    file: str
    data: dict[str, Any]

    @property
    def subject(self) -> str:
        return self.data.get("effect") or self.data["rule"]

    def __str__(self) -> str:
        return f"{self.subject}: {self.data['name']}"


def read_scenarios() -> list[Scenario]:
    """All scenarios of the folder, in order."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        for data in tomllib.loads(path.read_text())["scenario"]:
            unknown = set(data) - KEYS
            assert not unknown, f"{path.name}: {data.get('name')} has the unknown keys {sorted(unknown)}"
            found.append(Scenario(path.stem, data))
    return found


def _pokemon(text: str) -> tuple[Pokemon, list[Card]]:
    """A Pokemon in play and the cards under it."""
    find = load_table().find
    name, *parts = text.split(" / ")
    pokemon, under = Pokemon(find(name), is_new=False), []
    for part in parts:
        if part.startswith("on "):
            under = [find(card) for card in part[3:].split("|")]
        elif part == "new":
            pokemon.is_new = True
        elif part == "used":
            pokemon.ability_used = True
        elif part[0] == "d" and part[1:].isdigit():
            pokemon.damage = int(part[1:])
        else:
            assert set(part) <= set(ENERGY), part
            pokemon.energy = [part.count(letter) for letter in ENERGY]
    return pokemon, under


def _player(data: dict[str, Any], side: str) -> Player:
    find = load_table().find
    slots: list[Pokemon | None] = [None] * 4
    placed: list[tuple[Card, int, int, bool]] = []  # card, zone, place, seen
    for slot, text in enumerate(data.get(side, ["Snorlax"])):
        if text:
            slots[slot], under = _pokemon(text)
            placed += [(card, SLOT + slot, 0, False) for card in [slots[slot].card, *under]]
    for name in data.get(f"{side}_hand", []):
        placed.append((find(name.rstrip("*")), HAND, 0, name.endswith("*")))
    placed += [(find(name), DISCARD, 0, False) for name in data.get(f"{side}_discard", [])]
    deck = data.get(f"{side}_deck")
    top, bottom = data.get(f"{side}_top", 0), data.get(f"{side}_bottom", 0)
    for index, name in enumerate(deck or []):
        place = index + 1 if index < top else (len(deck) - bottom - index - 1 if index >= len(deck) - bottom else 0)
        placed.append((find(name), DECK, place, False))
    rest = (find(FILLER), DECK if deck is None else DISCARD, 0, False)
    placed += [rest] * (20 - len(placed))
    assert len(placed) == 20, "a side has at most 20 cards"
    placed.sort(key=lambda entry: entry[0].id)
    ids = tuple(card.id for card, *_ in placed)
    zone, place, seen = (list(column) for column in list(zip(*placed, strict=True))[1:])
    return Player(Deck(ids, data.get(f"{side}_types", "G")), tuple(c for c, *_ in placed), zone, place, seen, slots)


def build(scenario: Scenario) -> Table:
    """The position before anything is done."""
    data = scenario.data
    tape = [0xFFFFFFFF if entry == "ALL" else entry for entry in data.get("tape", [])]
    table = Table([_player(data, side) for side in SIDES], Chance((0, 0), 0, [*tape, *TAPE_TAIL]), turn=5)
    table.phase = actions.MAIN
    for player in table.players:
        player.energy_next = ENERGY.index(player.deck.energy[0])
    for path, value in data.get("set", {}).items():
        _assign(table, path, value)
    if table.turn % 2 == 0 and "first" not in data.get("set", {}):
        table.first = 1
    table.turn_player = table.decider = table.first if table.turn % 2 else 1 - table.first
    return table


def _assign(table: Table, path: str, value: Any) -> None:
    owner, _, name = path.rpartition(".")
    target: Any = table.players[SIDES.index(owner)] if owner else table
    if name == "condition":
        value = CONDITIONS.index(value)
    if name in ("energy_now", "energy_next"):
        value = ENERGY.index(value) if value else -1
    if name == "plus_row":
        value = load_table().find(value).trainer.row
    assert type(getattr(target, name)) is type(value), path
    setattr(target, name, value)


def action_of(table: Table, text: str) -> int:
    """The action that a line of `do` names, for the player who decides."""
    verb, _, rest = text.partition(" ")
    me, opp = table.players[table.decider], table.players[1 - table.decider]
    match verb:
        case "end":
            return actions.END
        case "attack":
            return actions.ATTACK + int(rest) - 1
        case "ability":
            return actions.ABILITY + int(rest)
        case "attach":
            return actions.ATTACH + int(rest)
        case "retreat":
            return actions.RETREAT + int(rest) - 1
        case "own":
            return actions.OWN_SLOT + int(rest)
        case "opp":
            return actions.OPP_SLOT + int(rest)
        case "fossil":
            return actions.DISCARD_FOSSIL + int(rest)
        case "copy":
            slot, k = rest.split()
            return actions.COPY + 2 * int(slot) + int(k) - 1
    player, zone, first = (me, HAND, actions.PLAY) if verb == "play" else (opp, DISCARD, actions.DISCARDED)
    assert verb in ("play", "discarded"), text
    card = load_table().find(rest)
    found = [i for i in player.instances(zone) if player.cards[i] is card]
    return first + found[0] if found else -1


def _names(player: Player, instances: list[int]) -> list[str]:
    return sorted(player.cards[i].name for i in instances)


def look_up(table: Table, path: str) -> Any:
    """What stands at a path of `expect`."""
    owner, _, name = path.partition(".")
    if owner not in SIDES:
        value = getattr(table, path) if path != "draws" else table.chance.draws
        if path in ("decider", "turn_player"):
            return SIDES[value]
        if path == "phase":
            return actions.PHASES[value]
        if path == "result":
            return ("", "me", "opp", "draw")[value]
        return value
    player = table.players[SIDES.index(owner)]
    slot, _, part = name.partition(".")
    if slot.isdigit():
        pokemon = player.slots[int(slot)]
        if pokemon is None or not part:
            return pokemon.card.name if pokemon else ""
        if part == "energy":
            return "".join(letter * count for letter, count in zip(ENERGY, pokemon.energy, strict=True))
        if part == "cards":
            return _names(player, player.instances(SLOT + int(slot)))
        return getattr(pokemon, {"damage": "damage", "new": "is_new", "used": "ability_used"}[part])
    zones = {"hand": HAND, "deck": DECK, "discard": DISCARD}
    if name in zones:
        return [n for n in _names(player, player.instances(zones[name])) if n != FILLER]
    if name.removesuffix("_count") in zones:
        return player.count(zones[name.removesuffix("_count")])
    if name == "seen":
        return _names(player, [i for i in player.instances(HAND) if player.seen[i]])
    if name in ("top", "bottom"):
        sign = 1 if name == "top" else -1
        known = sorted(
            (sign * player.place[i], player.cards[i].name) for i in player.instances(DECK) if player.place[i]
        )
        return [card for place, card in known if place > 0]
    if name == "condition":
        return CONDITIONS[player.condition]
    if name in ("energy_now", "energy_next"):
        value = getattr(player, name)
        return ENERGY[value] if value >= 0 else ""
    return getattr(player, name)


def check(scenario: Scenario) -> Table:
    """Plays a scenario in the reference and asserts all it says."""
    table, data = build(scenario), scenario.data
    assert_legal(table, data.get("legal", []), data.get("illegal", []))
    for line in data.get("do", []):
        action = action_of(table, line)
        assert action in legal_actions(table), f"{line!r} is not legal: {legal_actions(table)}"
        act(table, action)
    for path, value in data.get("expect", {}).items():
        assert look_up(table, path) == value, f"{path} is {look_up(table, path)!r}, not {value!r}"
    assert_legal(table, data.get("then_legal", []), data.get("then_illegal", []))
    return table


def assert_legal(table: Table, legal: list[str], illegal: list[str]) -> None:
    offered = legal_actions(table)
    for line in legal:
        assert action_of(table, line) in offered, f"{line!r} should be legal: {offered}"
    for line in illegal:
        assert action_of(table, line) not in offered, f"{line!r} should not be legal: {offered}"


def copy_of(table: Table) -> Table:
    """A deep copy; cards and rows are shared, since they never change."""
    memo = {id(card): card for card in load_table().cards}
    return copy.deepcopy(table, memo)


NOTHING_PENDING = NO_ROW
