"""A full state as JSON and back: positions to study, puzzles, and the base of the tests."""

from __future__ import annotations

import dataclasses
from typing import Any

from tcgjax import actions
from tcgjax.actions import DECK, DISCARD, HAND, SLOT
from tcgjax.data.decks import DECK_SIZE, make_deck
from tcgjax.data.schema import ENERGY, DataError
from tcgjax.data.table import load_table
from tcgjax.reference.chance import Chance
from tcgjax.reference.model import Player, Pokemon, Table, new_player

FORMAT = 1
_TABLE_FIELDS = tuple(
    field.name for field in dataclasses.fields(Table) if field.name not in ("players", "chance", "log", "phase")
)
_PLAYER_FIELDS = tuple(
    field.name
    for field in dataclasses.fields(Player)
    if field.name not in ("deck", "cards", "zone", "place", "seen", "slots")
)
_ZONES = ("deck", "hand", "slot 0", "slot 1", "slot 2", "slot 3", "discard")


class PositionError(ValueError):
    """A JSON position that is no possible state; the sentence says why."""


def export_position(table: Table) -> dict[str, Any]:
    """The whole state as plain values, hidden cards included."""
    return {
        "format": FORMAT,
        "phase": actions.PHASES[table.phase],
        **{name: getattr(table, name) for name in _TABLE_FIELDS},
        "seed": list(table.chance.seed),
        "draws": table.chance.draws,
        "players": [_export_player(player) for player in table.players],
    }


def _export_player(player: Player) -> dict[str, Any]:
    cards = load_table().cards
    return {
        "energy": player.deck.energy,
        "cards": [
            {"print": cards[card].prints[0], "zone": _ZONES[zone], "place": place, "seen": seen}
            for card, zone, place, seen in zip(player.deck.cards, player.zone, player.place, player.seen, strict=True)
        ],
        "slots": [_export_pokemon(pokemon) for pokemon in player.slots],
        **{name: getattr(player, name) for name in _PLAYER_FIELDS},
    }


def _export_pokemon(pokemon: Pokemon | None) -> dict[str, Any] | None:
    if pokemon is None:
        return None
    return {
        "print": pokemon.card.prints[0],
        "damage": pokemon.damage,
        "energy": "".join(letter * count for letter, count in zip(ENERGY, pokemon.energy, strict=True)),
        "is_new": pokemon.is_new,
        "ability_used": pokemon.ability_used,
    }


def import_position(position: dict[str, Any]) -> Table:
    """The state that `export_position` wrote.

    Raises:
        PositionError: a key is missing or unknown, or the state is impossible; one sentence.
    """
    expected = {"format", "phase", "seed", "draws", "players", *_TABLE_FIELDS}
    _check_keys(position, expected, "a position")
    if position["format"] != FORMAT:
        raise PositionError(f"format must be {FORMAT}, got {position['format']!r}.")
    if position["phase"] not in actions.PHASES:
        raise PositionError(f"phase must be one of {', '.join(actions.PHASES)}, got {position['phase']!r}.")
    seed = tuple(position["seed"])
    if len(seed) != 2 or not all(isinstance(word, int) and 0 <= word < 2**32 for word in seed):
        raise PositionError(f"seed must be two words of 32 bits, got {position['seed']!r}.")
    players = [_import_player(entry) for entry in position["players"]]
    if len(players) != 2:
        raise PositionError(f"players must be two, got {len(players)}.")
    table = Table(players, Chance((seed[0], seed[1]), position["draws"]), phase=actions.PHASES.index(position["phase"]))
    for name in _TABLE_FIELDS:
        _set_like(table, name, position[name])
    _check(table)
    return table


def _check_keys(entry: Any, expected: set[str], what: str) -> None:
    if not isinstance(entry, dict) or set(entry) != expected:
        keys = set(entry) if isinstance(entry, dict) else set()
        missing, unknown = sorted(expected - keys), sorted(keys - expected)
        raise PositionError(f"{what} lacks the keys {missing} and has the unknown keys {unknown}.")


def _set_like(target: Any, name: str, value: Any) -> None:
    if type(value) is not type(getattr(target, name)):
        kind = type(getattr(target, name)).__name__
        raise PositionError(f"{name} must be of the type {kind}, got {value!r}.")
    setattr(target, name, value)


def _import_player(entry: dict[str, Any]) -> Player:
    _check_keys(entry, {"energy", "cards", "slots", *_PLAYER_FIELDS}, "a player")
    deck = make_deck([card["print"] for card in entry["cards"]], entry["energy"])
    # The deck sorts its cards; equal cards keep their order.
    find = load_table().find
    order = sorted(range(DECK_SIZE), key=lambda i: find(entry["cards"][i]["print"]).id)
    player = new_player(deck)
    for instance, i in enumerate(order):
        card = entry["cards"][i]
        _check_keys(card, {"print", "zone", "place", "seen"}, "a card")
        if card["zone"] not in _ZONES:
            raise PositionError(f"zone must be one of {', '.join(_ZONES)}, got {card['zone']!r}.")
        player.zone[instance] = _ZONES.index(card["zone"])
        player.place[instance], player.seen[instance] = card["place"], card["seen"]
    if len(entry["slots"]) != 4:
        raise PositionError(f"slots must be four, got {len(entry['slots'])}.")
    player.slots = [_import_pokemon(pokemon) for pokemon in entry["slots"]]
    for name in _PLAYER_FIELDS:
        _set_like(player, name, entry[name])
    return player


def _import_pokemon(entry: dict[str, Any] | None) -> Pokemon | None:
    if entry is None:
        return None
    _check_keys(entry, {"print", "damage", "energy", "is_new", "ability_used"}, "a Pokemon")
    try:
        card = load_table().find(entry["print"])
    except DataError as error:
        raise PositionError(str(error)) from None
    if not set(entry["energy"]) <= set(ENERGY):
        raise PositionError(f"energy is written with the letters {ENERGY}, got {entry['energy']!r}.")
    units = [entry["energy"].count(letter) for letter in ENERGY]
    return Pokemon(card, entry["damage"], units, entry["is_new"], entry["ability_used"])


def _check(table: Table) -> None:
    """What every reachable state satisfies, as far as the rest relies on it."""
    for side, player in enumerate(table.players):
        for slot, pokemon in enumerate(player.slots):
            cards = [player.cards[i] for i in player.instances(SLOT + slot)]
            if pokemon is None and cards:
                raise PositionError(f"player {side} has cards in the empty slot {slot}.")
            if pokemon is not None and pokemon.card not in cards:
                raise PositionError(f"player {side} has {pokemon.card.name} in slot {slot}, but its card is elsewhere.")
            if pokemon is not None and not (pokemon.card.kind == "pokemon" or pokemon.card.is_fossil):
                raise PositionError(f"player {side} has {pokemon.card.name} in play, which is no Pokemon.")
            if pokemon is not None and pokemon.damage % 10:
                raise PositionError(f"damage is a multiple of 10, got {pokemon.damage}.")
        for instance, zone in enumerate(player.zone):
            if zone != DECK and player.place[instance]:
                raise PositionError(f"player {side} has a card in {_ZONES[zone]} with a place in the deck.")
        settled = table.phase in (actions.MAIN, actions.TARGET, actions.CARD, actions.COPYING, actions.SWITCH)
        if settled and player.slots[0] is None:
            raise PositionError(f"player {side} has no Active in phase {actions.PHASES[table.phase]}.")
    if table.decider not in (0, 1) or table.turn_player not in (0, 1) or table.first not in (0, 1):
        raise PositionError("decider, turn_player and first are 0 or 1.")


def zone_sizes(player: Player) -> dict[str, int]:
    """Numbers of cards in deck, hand and discard pile."""
    return {"deck": player.count(DECK), "hand": player.count(HAND), "discard": player.count(DISCARD)}
