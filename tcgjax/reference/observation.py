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
from tcgjax.reference.model import Player, Pokemon, Table
from tcgjax.state import MAX_BOTTOM, MAX_TOP

Values = dict[str, list[Any]]


def flat(table: Table, viewer: int) -> np.ndarray:
    """The vector of `observation_layout.names` for a player: float32 (len(names()),)."""
    return _joined(_values(table, viewer), layout.FLAT)


def tokens(table: Table, viewer: int) -> dict[str, Any]:
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
        "slots": _joined(values, layout.SLOT_STATE).reshape(-1, 8).T,
        "own": _joined(values, layout.OWN).reshape(-1, 20).T,
        "globals": _joined(values, layout.GLOBALS),
    }


def _joined(values: Values, entries: tuple[layout.Entry, ...]) -> np.ndarray:
    whole = [number for entry in entries for number in values[entry.key]]
    return np.array(whole, np.float32) * layout.factors(entries)


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
    slots = [None if pokemon is None else pokemon_values(pokemon) for pokemon in _slots(table, viewer)]
    for entry in (*layout.SLOT_STATE, *layout.SLOT_FACTS):
        for row in range(len(entry.texts)):
            found[entry.key] += [0 if one is None else one[entry.key][row] for one in slots]
    return found


def pokemon_values(pokemon: Pokemon) -> dict[str, list[int]]:
    """What is seen of a Pokemon in play: one value a row."""
    card = pokemon.card
    damages = [row.damage for row in card.attacks] + [0, 0]
    return {
        "present": [1],
        "damage": [pokemon.damage],
        "hp_left": [max(card.hp - pokemon.damage, 0)],
        "is_new": [pokemon.is_new],
        "ability_used": [pokemon.ability_used],
        "energy": pokemon.energy,
        "hp": [card.hp],
        "retreat": [card.retreat],
        "is_ex": [card.is_ex],
        "points_given": [card.points],
        "is_fossil": [card.is_fossil],
        "is_basic": [card.is_basic or (decisions.A3_FOSSILS_ARE_BASIC and card.is_fossil)],
        "attacks": damages[:2],
        "type": _one_hot(card.type, len(layout.TYPES)),
        "weakness": _one_hot(card.weakness, len(layout.TYPES)),
    }


def _one_hot(index: int, length: int) -> list[int]:
    return [int(i == index) for i in range(length)]


def _own_values(table: Table, viewer: int) -> Values:
    evolving = table.card if table.decider == viewer else -1
    return own_values(table.players[viewer], evolving) | {"choice_hp": choice_values(table, viewer)}


def choice_values(table: Table, viewer: int) -> list[int]:
    """The HP of the cards of the opponent's discard pile that may be chosen now, by instance."""
    theirs, choices = table.players[1 - viewer].cards, _choices(table, viewer)
    return [theirs[i].hp if i in choices else 0 for i in range(20)]


def own_values(player: Player, evolving: int) -> Values:
    """What a player sees of its own deck list; `evolving` is the instance about to be put on a Pokemon, -1 none."""
    top = [i for i in player.instances(DECK) if player.place[i] > 0]
    bottom = sorted((i for i in player.instances(DECK) if player.place[i] < 0), key=lambda i: -player.place[i])
    shown = [zone == HAND and seen for zone, seen in zip(player.zone, player.seen, strict=True)]
    return {
        "zones": [zone == wanted for wanted in (HAND, DECK, DISCARD) for zone in player.zone] + shown,
        "from_top": [MAX_TOP + 1 - player.place[i] if i in top else 0 for i in range(20)],
        "at_bottom": [MAX_BOTTOM - bottom.index(i) if i in bottom else 0 for i in range(20)],
        "evolving": [i == evolving for i in range(20)],
        "card_kinds": [
            *(card.is_basic for card in player.cards),
            *(card.stage > 0 for card in player.cards),
            *(card.kind == "supporter" for card in player.cards),
        ],
    }


def _player_values(table: Table, viewer: int) -> Values:
    own, other = (
        side_values(table.players[side], side == viewer, _is_hidden(table, side, viewer))
        for side in (viewer, 1 - viewer)
    )
    return {key: [value for pair in zip(own[key], other[key], strict=True) for value in pair] for key in own}


def side_values(player: Player, is_own: bool, is_hidden: bool) -> Values:
    """What a viewer sees of one player beside cards: one value a row."""
    is_public = is_own or decisions.A9_ENERGY_IS_PUBLIC
    return {
        "hand": [decisions.OPENING_HAND if is_hidden else player.count(HAND)],
        "deck": [player.count(DECK)],
        "points": [player.points],
        "energy_now": _one_hot(player.energy_now, 8),
        "energy_next": _one_hot(player.energy_next if is_public else -1, 8),
        "conditions": _one_hot(player.condition - actions.ASLEEP, len(layout.CONDITIONS)),
        "marks": [getattr(player, name) for name in layout.MARKS],
        "amounts": [getattr(player, name) for name in layout.AMOUNTS],
    }


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
    return turn_values(table, viewer) | shown_values(table.players[1 - viewer])


def shown_values(opponent: Player) -> Values:
    """What a viewer knows of the opponent's cards outside play: how many of each class."""
    hand = [opponent.cards[i] for i in opponent.instances(HAND) if opponent.seen[i]]
    discarded = [opponent.cards[i] for i in opponent.instances(DISCARD)]
    return {
        "seen": [sum(_class_of(card) == i for card in hand) for i in range(len(layout.CLASSES))],
        "discarded": [sum(_class_of(card) == i for card in discarded) for i in range(len(layout.CLASSES))],
    }


def turn_values(table: Table, viewer: int) -> Values:
    """What a viewer knows of the turn and of the decision that is pending."""
    decides = table.decider == viewer
    phase = table.phase if decides or table.phase == actions.OVER else -1
    kind = table.pending.kind if decides else ""
    return {
        "phase": _one_hot(phase, len(actions.PHASES)),
        "turn": [table.turn],
        "flags": [
            table.turn_player == viewer,
            decides and table.result == actions.ONGOING,
            table.first == viewer,
            table.supporter_used,
            table.retreated,
        ],
        "plus": [table.plus, table.plus_named],
        "retreat_change": [table.retreat_change],
        "units": [table.units],
        "pending": [kind == name for name in ("evolve", *layout.PENDING[1:])],
        "pending_amounts": [_amount(table, decides, "HIT_CHOICE"), _amount(table, decides, "HEAL_CHOICE")],
    }
