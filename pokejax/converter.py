"""The observation of a player from Showdown's protocol: the tables that the environment makes from its state.

With it a policy trained here plays on a real server:

    facts = Facts("p1")
    facts.ask(request); facts.read(lines)      # as they come in
    seen = tokens(facts)                        # or flat(facts)
    message = choice(facts, action)             # what to send after /choose
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pokejax import enums
from pokejax import observation_layout as columns
from pokejax import state as layout
from pokejax.known import Known, OnField, SideFacts, move_number
from pokejax.protocol import Facts

MOVES = range(layout.MOVES)


def tokens(facts: Facts) -> dict[str, np.ndarray]:
    """The tables of `observation_layout` and the legal actions: int16."""
    facts.settle()
    tables = {part: np.zeros(columns.shape(part), np.int16) for part in columns.PARTS}
    for first, side, own in ((0, facts.own, True), (layout.PARTY, facts.foe, False)):
        for row, known in enumerate(side.team):
            listed = _listed(facts, known) if own else 0
            _fill(tables["pokemon"][first + row], "pokemon", _pokemon(known, side, own) | {"listed": listed})
        if side.active is not None and side.active.pokemon.hp > 0:
            slots = facts.slots() if own else []
            _fill(tables["active"][int(not own)], "active", _active(side.active, slots))
    _fill(tables["field"], "field", _field(facts))
    return tables | {"mask": legal(facts).astype(np.int16)}


def flat(facts: Facts) -> np.ndarray:
    """The same as one vector: float32, see `pokejax.features`."""
    from pokejax import features

    return np.asarray(features.flat(tokens(facts)))


def _fill(row: np.ndarray, part: str, values: dict[str, Any]) -> None:
    row[:] = [int(values.get(column.name, 0)) for column in columns.PARTS[part][1]]


def percent(hp: int, max_hp: int) -> int:
    """HP in percent as the foe is told."""
    rounded = -(-100 * hp // max_hp)
    return 99 if rounded == 100 and hp < max_hp else rounded


def _pokemon(known: Known, side: SideFacts, own: bool) -> dict[str, Any]:
    moves = known.moves if own else sorted(known.moves)
    values = {
        "species": known.species,
        "level": known.level,
        "gender": known.gender,
        "active": side.active is not None and side.active.pokemon is known,
        "fainted": known.hp == 0,
        "percent": percent(known.hp, known.max_hp),
        "status": known.status,
        "ability": known.ability,
        "item": known.item,
        "item_known": known.item_known,
        "hidden_power": known.hidden_power,
        **{f"move{i}": move for i, move in enumerate(moves)},
        **{f"pp{i}": known.points(move) for i, move in enumerate(moves)},
    }
    if own:
        values |= {"hp": known.hp, "max_hp": known.max_hp, **dict(zip(enums.STATS, known.stats, strict=True))}
    return values


def _listed(facts: Facts, known: Known) -> int:
    """The place of an own Pokemon in the last request's list, 0 without one."""
    names = [entry["ident"].partition(": ")[2] for entry in facts.request.get("side", {"pokemon": ()})["pokemon"]]
    return names.index(known.name) if known.name in names else 0


def _active(on_field: OnField, slots: list[tuple[int, int]]) -> dict[str, Any]:
    return {
        "species": on_field.species,
        "type0": on_field.types[0],
        "type1": on_field.types[1],
        "traced": on_field.traced,
        **{f"boost_{stat}": stage for stat, stage in zip(enums.BOOSTS, on_field.boosts, strict=True)},
        **dict.fromkeys(on_field.conditions, 1),
        "transformed": on_field.transformed,
        "slow_start": on_field.slow_start,
        "turns": on_field.turns,
        "last_move": on_field.last_move,
        **{f"move{i}": move for i, (move, _) in enumerate(slots)},
        **{f"pp{i}": points for i, (_, points) in enumerate(slots)},
    }


def _field(facts: Facts) -> dict[str, Any]:
    request = facts.request
    active = (request.get("active") or [{}])[0]
    fainted = {side: sum(known.hp == 0 for known in getattr(facts, side).team) for side in ("own", "foe")}
    return {
        "turn": facts.turn,
        "weather": facts.weather,
        "weather_turns": facts.turn - facts.weather_since if facts.weather else 0,
        "weather_endless": bool(facts.weather) and facts.weather_endless,
        "trick_room": facts.trick_room,
        "own_spikes": facts.own.spikes,
        "foe_spikes": facts.foe.spikes,
        "own_toxic_spikes": facts.own.toxic_spikes,
        "foe_toxic_spikes": facts.foe.toxic_spikes,
        "own_wish": facts.own.wish,
        "foe_wish": facts.foe.wish,
        "own_left": layout.PARTY - fainted["own"],
        "foe_left": layout.PARTY - fainted["foe"],
        "request": 2 if request.get("forceSwitch") else 1 if request.get("active") else 0,
        "trapped": active.get("trapped", False),
        "maybe_trapped": active.get("maybeTrapped", False),
    }


def legal(facts: Facts) -> np.ndarray:
    """The legal actions of the request, in poke-env's numbering: bool (10,)."""
    facts.settle()
    mask = np.zeros(columns.ACTIONS, bool)
    request = facts.request
    active = request.get("active")
    if not active and not request.get("forceSwitch"):
        mask[0] = True
        return mask
    if active:
        slots = [move for move, _ in facts.slots()]
        for entry in active[0]["moves"]:
            move = move_number(entry["id"])
            if not entry.get("disabled"):
                mask[layout.PARTY + (slots.index(move) if move in slots else 0)] = True
    if not active or not active[0].get("trapped"):
        for entry in request["side"]["pokemon"][1:]:
            if not entry["condition"].endswith(" fnt"):
                mask[_place(facts, entry)] = True
    return mask


def _place(facts: Facts, entry: Any) -> int:
    name = entry["ident"].partition(": ")[2]
    return next(i for i, known in enumerate(facts.own.team) if known.name == name)


def choice(facts: Facts, action: int) -> str:
    """Showdown's words for a legal action, such as "move 2" or "switch 4"; "" while waiting.

    Raises:
        ValueError: the action is not legal.
    """
    mask = legal(facts)
    if not 0 <= action < columns.ACTIONS or not mask[action]:
        raise ValueError(f"action {action} is not legal now; the legal actions are {np.flatnonzero(mask).tolist()}.")
    request = facts.request
    if not request.get("active") and not request.get("forceSwitch"):
        return ""
    if action < layout.PARTY:
        places = [_place(facts, entry) for entry in request["side"]["pokemon"]]
        return f"switch {places.index(action) + 1}"
    move = facts.slots()[action - layout.PARTY][0]
    listed = [move_number(entry["id"]) for entry in request["active"][0]["moves"]]
    return f"move {(listed.index(move) if move in listed else 0) + 1}"
