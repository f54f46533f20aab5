"""A battle in words, as one player knows it; made from that player's observation, so that it gives nothing away."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from pokejax import enums
from pokejax import observation_layout as columns
from pokejax import state as layout
from pokejax.state import EnvState
from pokejax.tables import load_tables

REQUESTS = ("wait", "choose a move or a switch", "choose a switch")


def describe(state: EnvState, player: int) -> str:
    """What a player (0 or 1) knows of a concrete state, as readable text."""
    if player not in (0, 1):
        raise ValueError(f"player must be 0 or 1, got {player!r}.")
    return describe_tokens(views(state)[player])


def views(state: EnvState) -> list[dict[str, Any]]:
    """Both players' tables of a concrete state, NumPy."""
    import jax

    return jax.device_get(_look()(state))


@functools.cache
def _look() -> Any:
    import jax

    from pokejax.observation import tokens

    return jax.jit(lambda state: [tokens(state, np.int32(player)) for player in (0, 1)])


def describe_tokens(seen: dict[str, Any]) -> str:
    """The same from the tables of an observation."""
    field = _named("field", seen["field"])
    lines = [f"Turn {field['turn']}. You are asked to {REQUESTS[field['request']]}." + _field(field)]
    for side, first in (("You", 0), ("Foe", layout.PARTY)):
        which = "own" if first == 0 else "foe"
        lines.append(f"{side}: {field[f'{which}_left']} left{_side(field, which)}")
        for row in range(first, first + layout.PARTY):
            pokemon = _named("pokemon", seen["pokemon"][row])
            if pokemon["species"]:
                lines.append("  " + _pokemon(pokemon, own=first == 0))
            if pokemon["species"] and pokemon["active"] and not pokemon["fainted"]:
                lines.append("    " + _active(_named("active", seen["active"][first // layout.PARTY])))
    legal = [describe_action(seen, int(action)) for action in np.flatnonzero(seen["mask"])]
    return "\n".join([*lines, "Legal: " + "; ".join(legal)])


def describe_action(seen: dict[str, Any], action: int) -> str:
    """A legal action in words, with its number."""
    if _named("field", seen["field"])["request"] == 0:
        return f"{action} wait"
    if action < layout.PARTY:
        return f"{action} switch to {_name('species', seen['pokemon'][action][0])}"
    move = int(seen["active"][0][columns.index("active", f"move{action - layout.PARTY}")])
    return f"{action} {_name('moves', move) or 'Struggle'}"


def _named(part: str, row: Any) -> dict[str, int]:
    return {column.name: int(value) for column, value in zip(columns.PARTS[part][1], row, strict=True)}


def _name(kind: str, number: int) -> str:
    return getattr(load_tables(), kind).names[number - 1] if number else ""


def _field(field: dict[str, int]) -> str:
    parts = []
    if field["weather"]:
        lasts = "without end" if field["weather_endless"] else f"for {field['weather_turns']} turns"
        parts.append(f"{enums.WEATHERS[field['weather']]} {lasts}")
    if field["trick_room"]:
        parts.append(f"Trick Room, {field['trick_room']} turns left")
    if field["trapped"] or field["maybe_trapped"]:
        parts.append("trapped" if field["trapped"] else "perhaps trapped")
    return " " + ", ".join(parts) + "." if parts else ""


def _side(field: dict[str, int], which: str) -> str:
    hazards = {"spikes": "Spikes", "toxic_spikes": "Toxic Spikes"}
    parts = [f"{name} x{field[f'{which}_{key}']}" for key, name in hazards.items() if field[f"{which}_{key}"]]
    parts += ["a Wish is due"] if field[f"{which}_wish"] else []
    return "".join(f", {part}" for part in parts)


def _pokemon(row: dict[str, int], own: bool) -> str:
    health = f"{row['hp']}/{row['max_hp']} HP" if own else f"{row['percent']}% HP"
    health = "fainted" if row["fainted"] else f"{health} {enums.STATUSES[row['status']]}".strip()
    sign = "*" if row["active"] else " "
    moves = [(row[f"move{i}"], row[f"pp{i}"]) for i in range(layout.MOVES)]
    known = ", ".join(f"{_name('moves', move)} {points}" for move, points in moves if move)
    item = (_name("items", row["item"]) or "no item") if row["item_known"] else "item?"
    facts = [_name("abilities", row["ability"]) or "ability?", item, known or "moves?"]
    gender = enums.GENDERS[row["gender"]].replace("N", "")
    head = f"{sign}{_name('species', row['species'])} L{row['level']}{gender}"
    return f"{head}: {health}; " + "; ".join(facts)


def _active(row: dict[str, int]) -> str:
    kinds = "/".join(enums.TYPES[row[name]] for name in ("type0", "type1") if row[name])
    stages = [f"{stat} {row[f'boost_{stat}']:+d}" for stat in enums.BOOSTS if row[f"boost_{stat}"]]
    conditions = [name for name in (*columns.VOLATILES, "transformed", "slow_start") if row[name]]
    traced = [f"traced {_name('abilities', row['traced'])}"] if row["traced"] else []
    last = [f"last used {_name('moves', row['last_move'])}"] if row["last_move"] else []
    return "; ".join([kinds, *stages, *conditions, *traced, *last])
