"""The legal actions of the player who decides (13.1, 13.2)."""

from __future__ import annotations

from tcgjax import actions
from tcgjax.actions import HAND
from tcgjax.reference import targets
from tcgjax.reference.cards import counts_as_basic
from tcgjax.reference.model import Player, Table


def lowest_in_hand(player: Player) -> list[int]:
    """The instances in hand, of equal ones the lowest (4.13)."""
    found, ids = [], player.deck.cards
    for i, zone in enumerate(player.zone):
        if zone == HAND and not (i and ids[i - 1] == ids[i] and player.zone[i - 1] == HAND):
            found.append(i)
    return found


def legal_actions(table: Table) -> list[int]:
    """The legal actions in ascending order; never empty."""
    match table.phase:
        case actions.MAIN:
            return main_actions(table)
        case actions.SETUP_ACTIVE | actions.SETUP_BENCH:
            return setup_actions(table)
        case actions.TARGET:
            return targets.slot_targets(table, table.pending, table.card)
        case actions.CARD:
            return targets.card_targets(table, table.pending)
        case actions.COPYING:
            return targets.copy_targets(table, table.pending)
        case actions.PROMOTE | actions.SWITCH:
            return [actions.OWN_SLOT + slot for slot in table.players[table.decider].bench()]
    return [actions.END]


def setup_actions(table: Table) -> list[int]:
    """Basics to put into play, and from the second on "done" (2.3)."""
    player = table.players[table.decider]
    basics = [actions.PLAY + i for i in lowest_in_hand(player) if counts_as_basic(player.cards[i])]
    if table.phase == actions.SETUP_ACTIVE:
        return basics
    return [actions.END, *(basics if player.free_slot() > 0 else [])]


def main_actions(table: Table) -> list[int]:
    """What the turn player may do (section 4)."""
    player = table.me
    found = [actions.END]
    found += [actions.ATTACK + k for k in range(2) if targets.can_attack(table, k)]
    found += [actions.ABILITY + slot for slot in range(4) if targets.can_use_ability(table, slot)]
    if player.energy_now >= 0:
        found += [actions.ATTACH + slot for slot, _ in player.in_play()]
    if player.bench() and targets.can_retreat(table):
        found += [actions.RETREAT + slot - 1 for slot in player.bench()]
    found += [actions.PLAY + i for i in lowest_in_hand(player) if targets.can_play(table, i)]
    found += [actions.DISCARD_FOSSIL + slot for slot, pokemon in player.in_play() if pokemon.card.is_fossil]
    return found
