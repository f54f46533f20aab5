"""States and observations of many games of the reference at once, as arrays.

What the reference says of a Pokemon, of the cards of a player, of a player and of a turn depends on little. Each such
piece is asked of the reference once for every value of that little, and kept; a batch is put together from what is
kept. A piece that depended on more than its key says would show as a difference from the environment.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from tcgjax import actions
from tcgjax import observation_layout as layout
from tcgjax.reference import Game
from tcgjax.reference import observation as seen
from tcgjax.reference.arrays import PLAYER_FIELDS, TABLE_FIELDS, zone_fields
from tcgjax.reference.model import Player, Pokemon, Table
from tcgjax.state import FORM

SLOT_ENTRIES = (*layout.SLOT_STATE, *layout.SLOT_FACTS)
OWN_ENTRIES = (*layout.OWN, *layout.OWN_FACTS)
TURN_ENTRIES, SHOWN_ENTRIES = layout.SCALARS[:-2], layout.SCALARS[-2:]
ZONE_FIELDS = ("in_deck", "in_hand", "in_discard", "in_slot", "seen", "top", "bottom")
KEPT_TABLE_FIELDS = tuple(name for name in TABLE_FIELDS if name != "time")
MOST_PIECES = 200_000  # of a kind; all are forgotten beyond it
NO_CARDS = [0] * 20

_of_table = operator.attrgetter(*KEPT_TABLE_FIELDS)
_of_player = operator.attrgetter(*PLAYER_FIELDS)


class Pieces:
    """Rows of whole numbers by what they depend on."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}
        self.rows = np.zeros((0, 0))

    def number(self, key: Hashable, row: Callable[[], Iterable[Any]]) -> int:
        """The number of the row of a key; `row` gives one that is not yet kept."""
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = len(self.numbers)
            values = np.array(list(row()), np.float64)  # holds 32-bit words exactly
            if found >= len(self.rows):
                grown = np.zeros((max(2 * len(self.rows), 256), len(values)))
                grown[:found] = self.rows[:found].reshape(found, len(values))
                self.rows = grown
            self.rows[found] = values
        return found

    def clear_if_full(self) -> None:
        """Forgets all rows once there are many."""
        if len(self.numbers) > MOST_PIECES:
            self.numbers.clear()


class Exporter:
    """Puts states and observations of games together; keeps the pieces between calls."""

    def __init__(self) -> None:
        self.pokemon, self.zones, self.own, self.shown, self.sides, self.turns = (Pieces() for _ in range(6))

    def export(self, games: Sequence[Game], legal: Sequence[Sequence[int]]) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """States by field, each (n, ...), and the flat observations of both players: float32 (n, 2, ...).

        Args:
            games: n games.
            legal: the legal actions of each.
        """
        for pieces in (self.pokemon, self.zones, self.own, self.shown, self.sides, self.turns):
            pieces.clear_if_full()
        numbers = np.array([self._numbers(game.table) for game in games])
        # Columns: 4 slots of each player, then for each player zones, own, shown, side (seen as own, as opposing).
        slots = self.pokemon.rows[numbers[:, :8].reshape(-1, 2, 4)]
        zones, own, shown = (
            pieces.rows[numbers[:, at : at + 2]] for pieces, at in ((self.zones, 8), (self.own, 10), (self.shown, 12))
        )
        sides = self.sides.rows[numbers[:, 14:16]]
        turns = self.turns.rows[numbers[:, 16]]
        in_setup = np.array([game.table.turn == 0 for game in games])
        return (
            self._states(games, legal, slots, zones, sides, turns),
            self._observations(games, slots, own, shown, sides, turns, in_setup),
        )

    def _numbers(self, table: Table) -> list[int]:
        """The numbers of the pieces of one game."""
        found: list[int] = []
        for player in table.players:
            for pokemon in player.slots:
                found.append(self._pokemon(pokemon))
        keys = [(player.deck.cards, bytes(player.zone), tuple(player.place), bytes(player.seen))
                for player in table.players]  # fmt: skip
        for player, key in zip(table.players, keys, strict=True):
            found.append(self.zones.number(key, lambda player=player: _zone_row(player)))
        for side, (player, key) in enumerate(zip(table.players, keys, strict=True)):
            evolving = table.card if table.decider == side else -1
            found.append(self.own.number((key, evolving), lambda player=player, i=evolving: _own_row(player, i)))
        for player, key in zip(table.players, keys, strict=True):
            found.append(self.shown.number(key, lambda player=player: _shown_row(player)))
        for player in table.players:
            key = (_of_player(player), player.count(actions.DECK), player.count(actions.HAND))
            found.append(self.sides.number(key, lambda player=player: _side_row(player)))
        found.append(self.turns.number(_of_table(table), lambda: _turn_row(table)))
        return found

    def _pokemon(self, pokemon: Pokemon | None) -> int:
        if pokemon is None:
            return self.pokemon.number(None, lambda: _pokemon_row(None))
        key = (pokemon.card.id, pokemon.damage, tuple(pokemon.energy), pokemon.is_new, pokemon.ability_used)
        return self.pokemon.number(key, lambda: _pokemon_row(pokemon))

    def _states(
        self,
        games: Sequence[Game],
        legal: Sequence[Sequence[int]],
        slots: np.ndarray,
        zones: np.ndarray,
        sides: np.ndarray,
        turns: np.ndarray,
    ) -> dict[str, np.ndarray]:
        masks = [sum(1 << action for action in actions_) for actions_ in legal]
        decks = [[player.deck for player in game.table.players] for game in games]
        fields = {
            "deck": np.array([[deck.cards for deck in pair] for pair in decks]),
            "energy_types": np.array([[deck.energy_mask for deck in pair] for pair in decks]),
            "slot_card": slots[..., 0],
            "damage": slots[..., 1],
            "energy": slots[..., 2:10],
            "is_new": (slots[..., 10].astype(np.uint8) << np.arange(4, dtype=np.uint8)).sum(-1),
            "ability_used": (slots[..., 11].astype(np.uint8) << np.arange(4, dtype=np.uint8)).sum(-1),
            "time": np.array([game.table.time for game in games]),
            "seed": np.array([game.table.chance.seed for game in games]),
            "draws": np.array([game.table.chance.draws for game in games]),
            "legal": np.array([[mask >> shift & 0xFFFFFFFF for shift in (0, 32, 64)] for mask in masks]),
        }
        fields |= dict(zip(PLAYER_FIELDS, np.moveaxis(sides, -1, 0), strict=False))
        fields |= dict(zip(KEPT_TABLE_FIELDS, np.moveaxis(turns, -1, 0), strict=False))
        start = 0
        for name in ZONE_FIELDS:
            shape = FORM[name][1][1:]
            length = int(np.prod(shape))
            fields[name] = zones[..., start : start + length].reshape(len(games), 2, *shape)
            start += length
        assert set(fields) == set(FORM)
        return {name: fields[name].astype(dtype) for name, (dtype, _) in FORM.items()}

    def _observations(
        self,
        games: Sequence[Game],
        slots: np.ndarray,
        own: np.ndarray,
        shown: np.ndarray,
        sides: np.ndarray,
        turns: np.ndarray,
        in_setup: np.ndarray,
    ) -> np.ndarray:
        number = len(games)
        empty = self.pokemon.rows[self._pokemon(None)]
        length = (sides.shape[-1] - len(PLAYER_FIELDS)) // 3
        side_views = sides[..., len(PLAYER_FIELDS) :].reshape(number, 2, 3, length)
        turn_views = turns[:, len(KEPT_TABLE_FIELDS) :].reshape(number, 2, -1)
        whole = []
        for viewer in (0, 1):
            other = 1 - viewer
            theirs = np.where(in_setup[:, None, None], empty, slots[:, other])
            all_slots = np.concatenate([slots[:, viewer], theirs], 1)[..., 12:]
            opposing = np.where(in_setup[:, None], side_views[:, other, 2], side_views[:, other, 1])
            players = np.stack([side_views[:, viewer, 0], opposing], -1)
            choices = [
                seen.choice_values(game.table, viewer) if game.table.phase == actions.CARD else NO_CARDS
                for game in games
            ]
            parts = (all_slots.swapaxes(1, 2), own[:, viewer], players, turn_views[:, viewer], shown[:, other], choices)
            whole.append(np.concatenate([np.asarray(part).reshape(number, -1) for part in parts], 1))
        return np.stack(whole, 1).astype(np.float32) * layout.factors(layout.FLAT)


def _values(values: seen.Values, entries: Iterable[layout.Entry]) -> list[Any]:
    return [number for entry in entries for number in values[entry.key]]


def _pokemon_row(pokemon: Pokemon | None) -> list[Any]:
    """Fields of the state, then the values of an observation."""
    if pokemon is None:
        return [0] * (12 + sum(len(entry.texts) for entry in SLOT_ENTRIES))
    fields = [pokemon.card.id, pokemon.damage, *pokemon.energy, pokemon.is_new, pokemon.ability_used]
    return [*fields, *_values(seen.pokemon_values(pokemon), SLOT_ENTRIES)]


def _zone_row(player: Player) -> list[int]:
    fields = zone_fields(player)
    masks = [fields["in_deck"], fields["in_hand"], fields["in_discard"], *fields["in_slot"], fields["seen"]]
    return [*masks, *fields["top"], *fields["bottom"]]


def _own_row(player: Player, evolving: int) -> list[Any]:
    return _values(seen.own_values(player, evolving), OWN_ENTRIES)


def _shown_row(player: Player) -> list[Any]:
    return _values(seen.shown_values(player), SHOWN_ENTRIES)


def _side_row(player: Player) -> list[Any]:
    """Fields of the state; then what is seen by the player, by the other, by the other during set-up."""
    views = (seen.side_values(player, own, hidden) for own, hidden in ((True, False), (False, False), (False, True)))
    return [*_of_player(player), *(number for view in views for number in _values(view, layout.PLAYERS))]


def _turn_row(table: Table) -> list[Any]:
    """Fields of the state, then what each player sees of the turn."""
    views = (seen.turn_values(table, viewer) for viewer in (0, 1))
    return [*_of_table(table), *(number for view in views for number in _values(view, TURN_ENTRIES))]
