"""What one player sees (section 14), as a dictionary of plain values with the keys `logs`, `current` and `select`."""

from __future__ import annotations

import collections
from typing import Any

from tcgjax import actions, decisions
from tcgjax.actions import DECK, DISCARD, HAND, SLOT
from tcgjax.data.schema import ENERGY
from tcgjax.reference.describe import describe_option
from tcgjax.reference.legal import legal_actions
from tcgjax.reference.model import Player, Pokemon, Table

_CONDITIONS = ("none", "asleep", "paralyzed", "confused")


def energy_letter(kind: int) -> str | None:
    """The letter of an energy type, None for none."""
    return ENERGY[kind] if kind >= 0 else None


def _pokemon(player: Player, slot: int, pokemon: Pokemon) -> dict[str, Any]:
    under = [player.cards[i].name for i in player.instances(SLOT + slot)]
    return {
        "inPlayIndex": slot,
        "card": pokemon.card.name,
        "print": pokemon.card.prints[0],
        "hp": pokemon.card.hp,
        "damage": pokemon.damage,
        "energy": "".join(letter * count for letter, count in zip(ENERGY, pokemon.energy, strict=True)),
        "cards": under,
        "isNew": pokemon.is_new,
        "abilityUsed": pokemon.ability_used,
    }


def _counts(player: Player, instances: list[int]) -> dict[str, int]:
    return dict(collections.Counter(player.cards[i].prints[0] for i in instances))


def player_view(table: Table, side: int, viewer: int) -> dict[str, Any]:
    """One side as a player sees it; during set-up the other side shows nothing (14.5)."""
    player, own = table.players[side], side == viewer
    hidden = not own and is_in_setup(table)
    in_play = [] if hidden else [_pokemon(player, slot, pokemon) for slot, pokemon in player.in_play()]
    top = sorted((i for i in player.instances(DECK) if player.place[i] > 0), key=lambda i: player.place[i])
    bottom = sorted((i for i in player.instances(DECK) if player.place[i] < 0), key=lambda i: -player.place[i])
    seen = [i for i in player.instances(HAND) if player.seen[i]]
    public_energy = own or decisions.A9_ENERGY_IS_PUBLIC
    return {
        "active": [entry for entry in in_play if entry["inPlayIndex"] == 0],
        "bench": [entry for entry in in_play if entry["inPlayIndex"] > 0],
        "hand": [player.cards[i].prints[0] for i in player.instances(HAND)] if own else None,
        "handSeen": _counts(player, seen),
        "handCount": decisions.OPENING_HAND if hidden else player.count(HAND),
        "deckCount": player.count(DECK),
        "deck": _counts(player, player.instances(DECK)) if own else None,
        "deckTop": [player.cards[i].prints[0] for i in top] if own else None,
        "deckBottom": [player.cards[i].prints[0] for i in bottom] if own else None,
        "discard": [player.cards[i].prints[0] for i in player.instances(DISCARD)],
        "points": player.points,
        "energy": energy_letter(player.energy_now),
        "nextEnergy": energy_letter(player.energy_next) if public_energy else None,
        "condition": _CONDITIONS[0] if hidden else _CONDITIONS[player.condition],
        "poisoned": player.poisoned,
        "burned": player.burned,
        "asleep": player.condition == actions.ASLEEP,
        "paralyzed": player.condition == actions.PARALYZED,
        "confused": player.condition == actions.CONFUSED,
        "attackMinus": player.attack_minus,
        "attackNeedsHeads": player.attack_coin,
        "cannotAttack": player.no_attack,
        "cannotRetreat": player.no_retreat,
        "damageReduction": player.reduce,
        "immune": player.immune,
        "teamReduction": player.team_reduce,
        "noSupporter": player.no_supporter,
        "lostToAttack": player.lost_to_attack,
    }


def is_in_setup(table: Table) -> bool:
    """Whether one of the players has not finished the set-up."""
    return table.turn == 0


def to_dict(table: Table, viewer: int) -> dict[str, Any]:
    """The game as a player sees it: `logs` (events), `current` (state), `select` (the decision, None while waiting)."""
    if viewer not in (0, 1):
        raise ValueError(f"the player must be 0 or 1, got {viewer!r}.")
    return {"logs": visible_log(table, viewer), "current": current(table, viewer), "select": select(table, viewer)}


def visible_log(table: Table, viewer: int) -> list[dict[str, Any]]:
    """The events, private details only for their own player."""
    events = []
    for event in table.log or ():
        shown = {key: value for key, value in event.items() if key != "private"}
        events.append({**shown, **event.get("private", {})} if event["playerIndex"] == viewer else shown)
    return events


def current(table: Table, viewer: int) -> dict[str, Any]:
    """The state as a player sees it."""
    return {
        "yourIndex": viewer,
        "turn": table.turn,
        "turnPlayer": table.turn_player if table.turn else None,
        "firstPlayer": table.first,
        "supporterPlayed": table.supporter_used,
        "energyAttached": table.turn > 1 and table.me.energy_now < 0,
        "retreated": table.retreated,
        "plus": table.plus,
        "plusNamed": table.plus_named,
        "retreatChange": table.retreat_change,
        "result": None if table.result == actions.ONGOING else ("", "player 0", "player 1", "draw")[table.result],
        "players": [player_view(table, side, viewer) for side in (0, 1)],
    }


def select(table: Table, viewer: int) -> dict[str, Any] | None:
    """The decision that the player has to take: options, of which exactly one is chosen; None while waiting."""
    if viewer != table.decider or table.result != actions.ONGOING:
        return None
    row = table.pending
    return {
        "type": actions.PHASES[table.phase],
        "context": row.name or None,
        "effect": row.effect.text if row.effect else None,
        "minCount": 1,
        "maxCount": 1,
        "option": [describe_option(table, action) for action in legal_actions(table)],
    }
