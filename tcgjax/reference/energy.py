"""Energy (section 5): what units provide, what they pay, which of them leave."""

from __future__ import annotations

from tcgjax import decisions
from tcgjax.data.schema import ENERGY
from tcgjax.data.table import Row
from tcgjax.reference.model import Player, Pokemon, Table

NUM_ENERGY = len(ENERGY)


def doubled_type(player: Player, pokemon: Pokemon) -> int:
    """The type whose units provide two on this Pokemon, -1 if none does (5.1)."""
    args = player.passive("ENERGY_DOUBLE")
    if args is None:
        return -1
    letter = ENERGY.index(args[0])
    return letter if pokemon.card.type == letter else -1


def provided(player: Player, pokemon: Pokemon) -> list[int]:
    """Provided energy by type (5.1)."""
    energy = list(pokemon.energy)
    letter = doubled_type(player, pokemon)
    if letter >= 0:
        energy[letter] *= 2
    return energy


def counted(player: Player, pokemon: Pokemon) -> int:
    """The energy that effects count (A13)."""
    return sum(provided(player, pokemon) if decisions.A13_COUNTS_ARE_DOUBLED else pokemon.energy)


def covers(energy: list[int], cost: tuple[int, ...]) -> bool:
    """Whether provided energy covers a cost (5.2)."""
    return sum(energy) >= sum(cost) and all(have >= need for have, need in zip(energy, cost, strict=False))


def extra(energy: list[int], row: Row, letter: int) -> int:
    """Energy of a type beyond the cost (5.3)."""
    return max(0, min(energy[letter] - row.cost[letter], sum(energy) - sum(row.cost)))


def retreat_cost(table: Table, player: Player) -> int:
    """Symbols that the Active's retreat costs now (5.4)."""
    return max(0, player.active.card.retreat + table.retreat_change)


def pay_retreat(table: Table, player: Player) -> None:
    """Discards units of the Active, one after the other, until its retreat is paid (5.4)."""
    pokemon = player.active
    due = retreat_cost(table, player)
    double = doubled_type(player, pokemon)
    needed = [any(row.cost[letter] for row in pokemon.card.attacks) for letter in range(NUM_ENERGY)]

    def preference(letter: int) -> tuple[bool, int, int]:
        keep = needed[letter] and decisions.A6_KEEP_NEEDED_ENERGY
        return (not keep, pokemon.energy[letter], -letter)

    while due > 0:
        if due >= 2 and double >= 0 and pokemon.energy[double]:
            letter = double
        else:
            letter = max((i for i in range(NUM_ENERGY) if pokemon.energy[i]), key=preference)
        pokemon.energy[letter] -= 1
        due -= 2 if letter == double else 1


def discard_random_unit(table: Table, sides: list[int], only_active: bool) -> None:
    """One unit, uniform over those of the Pokemon concerned, own side first, is lost (10.4)."""
    units = [
        (pokemon, letter)
        for side in sides
        for slot, pokemon in table.players[side].in_play()
        if (slot == 0 or not only_active) and (decisions.A22_DYING_COUNT or not pokemon.is_dying)
        for letter in range(NUM_ENERGY)
        for _ in range(pokemon.energy[letter])
    ]
    if units:
        pokemon, letter = units[table.chance.pick(len(units), "energy")]
        pokemon.energy[letter] -= 1
