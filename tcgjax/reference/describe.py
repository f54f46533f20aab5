"""Readable actions: a sentence, and an option-like dictionary as card battle challenges have it."""

from __future__ import annotations

from typing import Any

from tcgjax import actions
from tcgjax.data.schema import ENERGY
from tcgjax.reference.model import Player, Table
from tcgjax.reference.targets import copied_row


def _at(player: Player, slot: int) -> str:
    pokemon = player.slots[slot]
    where = "Active" if slot == 0 else f"Bench {slot}"
    return f"{pokemon.card.name} ({where})" if pokemon else f"the empty slot {slot}"


def describe(table: Table, action: int) -> str:
    """What a legal action does, in words of the player who decides."""
    return describe_option(table, action)["text"]


def describe_option(table: Table, action: int) -> dict[str, Any]:
    """An action as a dictionary: `index` (the action), `type`, what it concerns, and `text`."""
    me, opp = table.players[table.decider], table.players[1 - table.decider]
    ended = {actions.SETUP_BENCH: "finish the set-up", actions.MAIN: "end the turn"}
    if action == actions.END:
        return {"index": action, "type": "end", "text": ended.get(table.phase, "wait")}
    if action < actions.ABILITY:
        row = me.active.card.attacks[action - actions.ATTACK]
        text = f"attack with {row.name}"
        return {"index": action, "type": "attack", "attackId": action - actions.ATTACK, "name": row.name, "text": text}
    if action < actions.ATTACH:
        slot = action - actions.ABILITY
        pokemon = me.slots[slot]
        name = pokemon.card.ability.name if pokemon and pokemon.card.ability else ""
        text = f"use {name} of {_at(me, slot)}"
        return {"index": action, "type": "ability", "inPlayIndex": slot, "name": name, "text": text}
    if action < actions.RETREAT:
        slot = action - actions.ATTACH
        letter = ENERGY[me.energy_now]
        text = f"attach {letter} energy to {_at(me, slot)}"
        return {"index": action, "type": "attach", "inPlayIndex": slot, "energy": letter, "text": text}
    if action < actions.PLAY:
        slot = action - actions.RETREAT + 1
        text = f"retreat {_at(me, 0)} for {_at(me, slot)}"
        return {"index": action, "type": "retreat", "inPlayIndex": slot, "text": text}
    if action < actions.OWN_SLOT:
        card = me.cards[action - actions.PLAY]
        return {
            "index": action,
            "type": "play",
            "card": card.name,
            "print": card.prints[0],
            "text": f"play {card.name}",
        }
    if action < actions.DISCARDED:
        side, first = (me, actions.OWN_SLOT) if action < actions.OPP_SLOT else (opp, actions.OPP_SLOT)
        whose = "own" if side is me else "opponent's"
        slot = action - first
        text = f"choose {whose} {_at(side, slot)}"
        return {"index": action, "type": "slot", "area": whose, "inPlayIndex": slot, "text": text}
    if action < actions.COPY:
        card = opp.cards[action - actions.DISCARDED]
        text = f"choose {card.name} of the discard pile"
        return {"index": action, "type": "card", "card": card.name, "print": card.prints[0], "text": text}
    if action < actions.DISCARD_FOSSIL:
        row = copied_row(table, action)
        return {"index": action, "type": "copy", "name": row.name, "text": f"copy {row.name}"}
    slot = action - actions.DISCARD_FOSSIL
    return {"index": action, "type": "discard", "inPlayIndex": slot, "text": f"discard {_at(me, slot)}"}
