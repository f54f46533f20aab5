"""Damage (section 7): the formula for the opposing Active, hits on the Bench, healing."""

from __future__ import annotations

from tcgjax import decisions
from tcgjax.data.schema import names_of
from tcgjax.data.table import load_table
from tcgjax.reference.model import Pokemon, Table


def reductions(table: Table, pokemon: Pokemon) -> int:
    """What an opposing Pokemon takes less from attacks, HP (7.1)."""
    player = table.opp
    own = pokemon.card.passives.get("REDUCE_SELF", (0,))[0]
    marks = player.reduce if pokemon is player.slots[0] else 0
    return own + marks + player.team_reduce


def turn_plus(table: Table) -> int:
    """What attacks of the turn player's Active deal more this turn, HP (11.3)."""
    named = 0
    if table.plus_named:
        words = next(op.args[1] for op in load_table().rows[table.plus_row].ops if op.name == "TURN_PLUS")
        named = table.plus_named if table.me.active.card.name in names_of(words) else 0
    return table.plus + named


def to_active(table: Table, base: int) -> int:
    """Damage of an attack with this base to the opposing Active, HP (7.1, 7.2)."""
    player, defender = table.opp, table.opp.active
    if base <= 0 or player.immune:
        return 0
    damage = base + turn_plus(table) - table.me.attack_minus
    if decisions.A5_FLOOR_BEFORE_WEAKNESS:
        damage = max(damage, 0)
    if defender.card.weakness == table.me.active.card.type:
        damage += decisions.WEAKNESS
    return max(damage - reductions(table, defender), 0)


def to_bench(table: Table, pokemon: Pokemon, amount: int) -> int:
    """Damage of an attack's hit on an opposing benched Pokemon, HP (7.4)."""
    return max(amount - reductions(table, pokemon), 0)


def hurt(table: Table, side: int, slot: int, amount: int) -> None:
    """Adds damage to a Pokemon."""
    pokemon = table.players[side].slots[slot]
    assert pokemon is not None
    if amount > 0:
        pokemon.damage += amount
        table.emit("damage", side, card=pokemon.card.name, slot=slot, amount=amount)


def heal(pokemon: Pokemon, amount: int) -> None:
    """Lowers damage, not below 0 (7.6)."""
    pokemon.damage = max(pokemon.damage - amount, 0)
