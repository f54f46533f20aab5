"""The reference's state as the arrays of `tcgjax.state`, to compare the JAX engine or to start it from a position."""

from __future__ import annotations

from typing import Any

from tcgjax import actions
from tcgjax.actions import DECK, DISCARD, HAND, SLOT
from tcgjax.reference.legal import legal_actions
from tcgjax.reference.model import Player, Table
from tcgjax.state import FORM, MAX_BOTTOM, MAX_TOP, EnvState, pack

PLAYER_FIELDS = (
    "energy_now", "energy_next", "points", "condition", "poisoned", "burned", "attack_minus", "attack_coin",
    "no_attack",
    "no_retreat", "reduce", "immune", "team_reduce", "no_supporter", "lost_to_attack",
)  # fmt: skip
TABLE_FIELDS = (
    "turn", "max_turns", "first", "turn_player", "decider", "phase", "stage", "row", "source_slot", "card", "units",
    "supporter_used", "retreated", "plus", "plus_named", "plus_row", "retreat_change", "result", "time",
)  # fmt: skip


def bits(indices: Any) -> int:
    """A bit mask of indices."""
    return sum(1 << i for i in indices)


def legal_words(table: Table) -> list[int]:
    """The legal actions as three 32-bit words."""
    mask = bits(legal_actions(table))
    return [mask >> shift & 0xFFFFFFFF for shift in (0, 32, 64)]


def _known(player: Player, sign: int, length: int) -> list[int]:
    deck = player.instances(DECK)
    known = sorted((sign * player.place[i], i) for i in deck if sign * player.place[i] > 0)
    if len(known) > length:
        raise ValueError(f"a state holds at most {length} known cards at this end of the deck, got {len(known)}.")
    return [i for _, i in known] + [-1] * (length - len(known))


def zone_fields(player: Player) -> dict[str, Any]:
    """Where a player's cards are."""
    return {
        "in_deck": bits(player.instances(DECK)),
        "in_hand": bits(player.instances(HAND)),
        "in_discard": bits(player.instances(DISCARD)),
        "in_slot": [bits(player.instances(SLOT + slot)) for slot in range(4)],
        "seen": bits(i for i in player.instances(HAND) if player.seen[i]),
        "top": _known(player, 1, MAX_TOP),
        "bottom": _known(player, -1, MAX_BOTTOM),
    }


def _player_fields(player: Player) -> dict[str, Any]:
    slots = player.slots
    return {
        "deck": player.deck.cards,
        "energy_types": player.deck.energy_mask,
        **zone_fields(player),
        "slot_card": [pokemon.card.id if pokemon else 0 for pokemon in slots],
        "damage": [pokemon.damage if pokemon else 0 for pokemon in slots],
        "energy": [pokemon.energy if pokemon else [0] * 8 for pokemon in slots],
        "is_new": bits(slot for slot, pokemon in player.in_play() if pokemon.is_new),
        "ability_used": bits(slot for slot, pokemon in player.in_play() if pokemon.ability_used),
        **{name: getattr(player, name) for name in PLAYER_FIELDS},
    }


def to_state(table: Table) -> EnvState:
    """The state of the JAX engine that this table is, NumPy arrays.

    Raises:
        ValueError: the position knows more cards of a deck than a state can hold.
    """
    sides = [_player_fields(player) for player in table.players]
    fields: dict[str, Any] = {name: [side[name] for side in sides] for name in sides[0]}
    fields |= {name: getattr(table, name) for name in TABLE_FIELDS}
    fields |= {"seed": table.chance.seed, "draws": table.chance.draws, "legal": legal_words(table)}
    assert set(fields) == set(FORM)
    return pack(fields)


def is_ongoing(table: Table) -> bool:
    """Whether the game has not ended."""
    return table.result == actions.ONGOING
