"""The observation of section 14 from plain objects: the values that `tcgjax.observation` gives, to compare them.

The entries, their order and scales are those of `tcgjax.observation_layout`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tcgjax import actions, decisions
from tcgjax import observation_layout as layout
from tcgjax.actions import DECK, DISCARD, HAND
from tcgjax.data.table import Card
from tcgjax.reference.legal import legal_actions
from tcgjax.reference.model import Pokemon, Table
from tcgjax.state import MAX_BOTTOM, MAX_TOP

Values = dict[str, list[Any]]
_CLASSES = tuple(enumerate(layout.CLASSES))


def flat(table: Table, viewer: int) -> np.ndarray:
    """The vector of `observation_layout.names` for a player: float32 (len(names()),)."""
    return _joined(_values(table, viewer), layout.FLAT)


def tokens(table: Table, viewer: int) -> dict[str, np.ndarray]:
    """Card ids int32 and features float32 for a player; see `tcgjax.observation.space`."""
    values, opponent = _values(table, viewer), table.players[1 - viewer]
    own = table.players[viewer]
    choices = _choices(table, viewer)
    ids = {
        "slot_ids": [pokemon.card.id if pokemon else 0 for pokemon in _slots(table, viewer)],
        "own_ids": list(own.deck.cards),
        "seen_ids": [opponent.deck.cards[i] for i in opponent.instances(HAND) if opponent.seen[i]],
        "discarded_ids": [opponent.deck.cards[i] for i in opponent.instances(DISCARD)],
        "choice_ids": [opponent.deck.cards[i] if i in choices else 0 for i in range(20)],
    }
    filled = {name: np.array((ids[name] + [0] * 20)[:length], np.int32) for name, length in layout.TOKEN_IDS.items()}
    return {
        **filled,
        "pending_row": np.int32(table.row if table.decider == viewer else 0),
        "slots": np.stack([_scaled(values, entry) for entry in layout.SLOT_STATE], -1),
        "own": np.stack([_scaled(values, entry) for entry in layout.OWN], -1),
        "globals": _joined(values, layout.GLOBALS),
    }


def _scaled(values: Values, entry: layout.Entry) -> np.ndarray:
    whole = np.array(values[entry.key], np.float32)
    assert whole.shape == (len(entry.of),)
    return whole * entry.factor


def _joined(values: Values, entries: tuple[layout.Entry, ...]) -> np.ndarray:
    return np.concatenate([_scaled(values, entry) for entry in entries])


def _values(table: Table, viewer: int) -> Values:
    return (
        _slot_values(table, viewer)
        | _own_values(table, viewer)
        | _player_values(table, viewer)
        | _scalars(table, viewer)
    )


def _is_hidden(table: Table, side: int, viewer: int) -> bool:
    return side != viewer and table.turn == 0


def _slots(table: Table, viewer: int) -> list[Pokemon | None]:
    """The Pokemon that the player sees in play, own slots first."""
    shown: list[Pokemon | None] = []
    for side in (viewer, 1 - viewer):
        shown += [None] * 4 if _is_hidden(table, side, viewer) else table.players[side].slots
    return shown


def _slot_values(table: Table, viewer: int) -> Values:
    found: Values = {entry.key: [] for entry in (*layout.SLOT_STATE, *layout.SLOT_FACTS)}
    for pokemon in _slots(table, viewer):
        one = dict.fromkeys(found, 0) if pokemon is None else _pokemon_values(pokemon)
        for key, value in one.items():
            found[key].append(value)
    return found


def _pokemon_values(pokemon: Pokemon) -> dict[str, Any]:
    card = pokemon.card
    damages = [row.damage for row in card.attacks] + [0, 0]
    values = {
        "present": 1,
        "damage": pokemon.damage,
        "hp_left": max(card.hp - pokemon.damage, 0),
        "is_new": pokemon.is_new,
        "ability_used": pokemon.ability_used,
        "hp": card.hp,
        "retreat": card.retreat,
        "is_ex": card.is_ex,
        "points_given": card.points,
        "is_fossil": card.is_fossil,
        "is_basic": card.is_basic or (decisions.A3_FOSSILS_ARE_BASIC and card.is_fossil),
        "attack0": damages[0],
        "attack1": damages[1],
    }
    values |= {f"energy_{letter}": count for letter, count in zip(layout.ENERGY, pokemon.energy, strict=True)}
    values |= {f"type_{letter}": card.type == i for i, letter in enumerate(layout.TYPES)}
    return values | {f"weakness_{letter}": card.weakness == i for i, letter in enumerate(layout.TYPES)}


def _own_values(table: Table, viewer: int) -> Values:
    player = table.players[viewer]
    evolving = table.card if table.decider == viewer else -1
    top = [i for i in player.instances(DECK) if player.place[i] > 0]
    bottom = sorted((i for i in player.instances(DECK) if player.place[i] < 0), key=lambda i: -player.place[i])
    return {
        "in_hand": [zone == HAND for zone in player.zone],
        "in_deck": [zone == DECK for zone in player.zone],
        "in_discard": [zone == DISCARD for zone in player.zone],
        "shown": [zone == HAND and seen for zone, seen in zip(player.zone, player.seen, strict=True)],
        "from_top": [MAX_TOP + 1 - player.place[i] if i in top else 0 for i in range(20)],
        "at_bottom": [MAX_BOTTOM - bottom.index(i) if i in bottom else 0 for i in range(20)],
        "evolving": [i == evolving for i in range(20)],
        "card_is_basic": [card.is_basic for card in player.cards],
        "card_is_evolution": [card.stage > 0 for card in player.cards],
        "card_is_supporter": [card.kind == "supporter" for card in player.cards],
        "choice_hp": [table.players[1 - viewer].cards[i].hp if i in _choices(table, viewer) else 0 for i in range(20)],
    }


def _player_values(table: Table, viewer: int) -> Values:
    found: Values = {entry.key: [] for entry in layout.PLAYERS}
    for side in (viewer, 1 - viewer):
        player = table.players[side]
        is_public = side == viewer or decisions.A9_ENERGY_IS_PUBLIC
        one: dict[str, Any] = {
            "hand": decisions.OPENING_HAND if _is_hidden(table, side, viewer) else player.count(HAND),
            "deck": player.count(DECK),
            "points": player.points,
            **{f"energy_now_{x}": player.energy_now == i for i, x in enumerate(layout.ENERGY)},
            **{f"energy_next_{x}": is_public and player.energy_next == i for i, x in enumerate(layout.ENERGY)},
            **{name: player.condition == i for i, name in enumerate(layout.CONDITIONS, actions.ASLEEP)},
            **{name: getattr(player, name) for name in (*layout.MARKS, *layout.AMOUNTS)},
        }
        for key, value in one.items():
            found[key].append(value)
    return found


def _class_of(card: Card) -> int:
    if card.kind == "pokemon":
        return 0 if card.is_basic else 1
    return 3 if card.kind == "supporter" else 2


def _choices(table: Table, viewer: int) -> set[int]:
    """The instances of the opponent's discard pile that the player may choose now."""
    if table.decider != viewer or table.phase != actions.CARD:
        return set()
    return {action - actions.DISCARDED for action in legal_actions(table)}


def _amount(table: Table, decides: bool, operation: str) -> int:
    return sum(op.args[1] for op in table.pending.ops if op.name == operation) if decides else 0


def _scalars(table: Table, viewer: int) -> Values:
    decides = table.decider == viewer
    phase = table.phase if decides or table.phase == actions.OVER else -1
    kind = table.pending.kind if decides else ""
    opponent = table.players[1 - viewer]
    values: dict[str, Any] = {f"phase_{name}": phase == i for i, name in enumerate(actions.PHASES)}
    values |= {
        "turn": table.turn,
        "own_turn": table.turn_player == viewer,
        "own_decision": decides and table.result == actions.ONGOING,
        "played_first": table.first == viewer,
        "supporter_used": table.supporter_used,
        "retreated": table.retreated,
        "plus": table.plus,
        "plus_named": table.plus_named,
        "retreat_change": table.retreat_change,
        "units": table.units,
        "pending_evolution": kind == "evolve",
        **{f"pending_{name}": kind == name for name in layout.PENDING[1:]},
        "pending_hit": _amount(table, decides, "HIT_CHOICE"),
        "pending_heal": _amount(table, decides, "HEAL_CHOICE"),
    }
    zones = {
        "seen": [opponent.cards[i] for i in opponent.instances(HAND) if opponent.seen[i]],
        "discarded": [opponent.cards[i] for i in opponent.instances(DISCARD)],
    }
    for zone, cards in zones.items():
        values |= {f"{zone}_{name}": sum(_class_of(card) == i for card in cards) for i, name in _CLASSES}
    return {key: [value] for key, value in values.items()}
