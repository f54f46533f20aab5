"""What a pending row lets its player choose from: slots, cards of a discard pile, attacks."""

from __future__ import annotations

from tcgjax import actions, decisions
from tcgjax.actions import DISCARD
from tcgjax.data.schema import ENERGY, names_of, type_of
from tcgjax.data.table import EVOLVE_ROW, Card, Row, load_table
from tcgjax.reference import energy
from tcgjax.reference.cards import counts_as_basic, matches
from tcgjax.reference.model import Player, Pokemon, Table


def can_evolve(table: Table, player: Player, card: Card, slot: int) -> bool:
    """Whether a card may be put on the Pokemon in a slot now (4.2)."""
    pokemon = player.slots[slot]
    if pokemon is None or pokemon.card.name != card.evolves_from or pokemon.is_new:
        return False
    if table.turn < decisions.FIRST_EVOLUTION_TURN:
        return False
    return slot != 0 or table.opp.passive("LOCK_OPP_ACTIVE_EVOLVE") is None


def _fits_own(pokemon: Pokemon, slot: int, choice: str) -> bool:
    """Whether an own Pokemon is in a target set of OPERATIONS.md."""
    choice, _, letter = choice.partition(" with ")
    if letter and not pokemon.energy[ENERGY.index(letter)]:
        return False
    if choice.startswith("damaged "):
        if pokemon.damage == 0:
            return False
        choice = choice.removeprefix("damaged ")
    if choice.startswith("own_bench") and slot == 0:
        return False
    if choice in ("own_any", "own_bench"):
        return True
    if choice.startswith("own_names"):
        return pokemon.card.name in names_of(choice)
    return pokemon.card.type == type_of(choice)


def slot_targets(table: Table, row: Row, instance: int) -> list[int]:
    """The actions that choose a slot for a row, own slots first; `instance` is the card that evolves."""
    if row.row == EVOLVE_ROW:
        card = table.me.cards[instance]
        return [actions.OWN_SLOT + slot for slot in range(4) if can_evolve(table, table.me, card, slot)]
    choice = row.choice
    if choice.startswith(("own", "damaged")):
        return [actions.OWN_SLOT + slot for slot, own in table.me.in_play() if _fits_own(own, slot, choice)]
    return [
        actions.OPP_SLOT + slot
        for slot, other in table.opp.in_play()
        if (slot or choice == "opp_any") and (choice != "opp_bench_basic" or counts_as_basic(other.card))
    ]


def card_targets(table: Table, row: Row) -> list[int]:
    """The actions that choose a card of the opponent's discard pile, the lowest of equal ones (4.13)."""
    cards = row.choice.removeprefix("opp_discard ")
    player, found, ids = table.opp, [], set()
    for instance in player.instances(DISCARD):
        card = player.cards[instance]
        if matches(card, cards) and card.id not in ids:
            ids.add(card.id)
            found.append(actions.DISCARDED + instance)
    return found


def copy_targets(table: Table, row: Row) -> list[int]:
    """The actions that choose an attack to copy (A16)."""
    only_active = row.choice == "attack opp_active"
    return [
        actions.COPY + 2 * slot + k
        for slot, pokemon in table.opp.in_play()
        if slot == 0 or not only_active
        for k, attack in enumerate(pokemon.card.attacks)
        if decisions.A16_COPY_CAN_COPY or not attack.is_copy
    ]


def targets_of(table: Table, row: Row, instance: int = -1) -> tuple[int, list[int]]:
    """The phase in which a row's choice is made, and the actions that make it; MAIN if there is no choice."""
    if row.is_copy:
        return actions.COPYING, copy_targets(table, row)
    if row.choice.startswith("opp_discard"):
        return actions.CARD, card_targets(table, row)
    if row.choice or row.row == EVOLVE_ROW:
        return actions.TARGET, slot_targets(table, row, instance)
    return actions.MAIN, []


def copied_row(table: Table, action: int) -> Row:
    """The attack that an action of the phase COPY names."""
    slot, k = divmod(action - actions.COPY, 2)
    pokemon = table.opp.slots[slot]
    assert pokemon is not None
    return pokemon.card.attacks[k]


def is_useful(table: Table, row: Row) -> bool:
    """Whether a trainer or ability could do something, judged by what its player sees (4.10, A7)."""
    return decisions.A7_USELESS_IS_PLAYABLE or all(_is_useful(table, row, op.name, op.args) for op in row.ops)


def _is_useful(table: Table, row: Row, name: str, args: tuple) -> bool:
    me, opp = table.me, table.opp
    match name:
        case "HEAL_ALL_OWN":
            return any(pokemon.damage for _, pokemon in me.in_play())
        case "STATUS":
            return args[0] != "poisoned" or not opp.poisoned
        case "ATTACH_ZONE" if args[2].startswith("own_active_type"):
            return me.active.card.type == type_of(args[2])
        case "MOVE_ENERGY":
            return me.active.card.type == type_of(args[2]) and bool(slot_targets(table, row, -1))
        case "MOVE_ALL_ENERGY":
            letter = ENERGY.index(args[0])
            benched = any(pokemon.energy[letter] for slot, pokemon in me.in_play() if slot)
            return me.active.card.name in names_of(args[1]) and benched
        case "DRAW" | "SEARCH_HAND" | "LOOK_TOP" | "TOP_TO_HAND_IF":
            return me.count(actions.DECK) > 0
        case "SHUFFLE_HAND_DRAW" | "REVEAL_OPP_HAND":
            return opp.count(actions.HAND) > 0
        case "OPP_DISCARD_TO_BENCH":
            return opp.free_slot() > 0 and bool(card_targets(table, row))
        case "FOSSIL":
            return me.free_slot() > 0
        case "SWITCH_OPP" if args[0] == "opp_chooses":
            return bool(opp.bench())
        case "BOUNCE_ACTIVE":
            return me.active.card.name in names_of(args[0])
    return not row.choice or bool(slot_targets(table, row, -1))


def can_attack(table: Table, k: int) -> bool:
    """Whether the Active may use its attack k (4.9)."""
    player = table.me
    if player.no_attack or player.condition in (actions.ASLEEP, actions.PARALYZED):
        return False
    attacks = player.active.card.attacks
    return k < len(attacks) and energy.covers(energy.provided(player, player.active), attacks[k].cost)


def can_retreat(table: Table) -> bool:
    """Whether the Active may retreat (4.4)."""
    player = table.me
    if table.retreated or player.no_retreat or player.active.card.is_fossil:
        return False
    if player.condition in (actions.ASLEEP, actions.PARALYZED):
        return False
    return sum(energy.provided(player, player.active)) >= energy.retreat_cost(table, player)


def can_use_ability(table: Table, slot: int) -> bool:
    """Whether the ability in a slot may be used (4.7)."""
    pokemon = table.me.slots[slot]
    row = pokemon.card.ability if pokemon else None
    if pokemon is None or row is None or not row.activation.startswith("active"):
        return False
    if row.activation != "active_unlimited" and pokemon.ability_used:
        return False
    if row.activation == "active_once_if_active" and slot:
        return False
    return is_useful(table, row)


def can_play(table: Table, instance: int) -> bool:
    """Whether a card of the turn player's hand may be played (4.1, 4.2, 4.5, 4.6)."""
    player, card = table.me, table.me.cards[instance]
    if card.kind == "pokemon":
        if card.is_basic:
            return player.free_slot() > 0
        return any(can_evolve(table, player, card, slot) for slot in range(4))
    if card.kind == "supporter" and (table.supporter_used or player.no_supporter or _supporters_locked(table)):
        return False
    assert card.trainer is not None
    return is_useful(table, card.trainer)


def _supporters_locked(table: Table) -> bool:
    opposing = table.opp.slots[0]
    return opposing is not None and "LOCK_OPP_SUPPORTER" in opposing.card.passives


def rows() -> tuple[Row, ...]:
    """All rows of the card table."""
    return load_table().rows
