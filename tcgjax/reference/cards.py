"""Cards that move: drawing, shuffling, searching, hand and discard pile (sections 10 and 14, parts of 3 and 12)."""

from __future__ import annotations

from tcgjax import decisions
from tcgjax.actions import DECK, DISCARD, HAND, SLOT
from tcgjax.data.schema import names_of, type_of
from tcgjax.data.table import Card
from tcgjax.reference.model import Player, Pokemon, Table


def counts_as_basic(card: Card) -> bool:
    """Whether set-up and effects take the card for a Basic Pokemon (A3)."""
    return card.is_basic or (decisions.A3_FOSSILS_ARE_BASIC and card.is_fossil)


def matches(card: Card, cards: str) -> bool:
    """Whether a card fits a filter: `basic`, `pokemon_type:X`, `name:A`."""
    if cards == "basic":
        return counts_as_basic(card)
    if cards.startswith("pokemon_type:"):
        return card.kind == "pokemon" and card.type == type_of(cards)
    return card.name in names_of(cards)


def top_card(table: Table, player: Player) -> int:
    """The instance on top of a deck that is not empty (10.2)."""
    unknown = []
    for i, zone in enumerate(player.zone):
        if zone == DECK:
            if player.place[i] == 1:
                return i
            if player.place[i] == 0:
                unknown.append(i)
    if unknown:
        return unknown[table.chance.pick(len(unknown), "card")]
    return max(player.instances(DECK), key=lambda i: player.place[i])


def take_from_deck(player: Player, instance: int) -> None:
    """Closes the gap that the card of place 1 leaves (10.2)."""
    if player.place[instance] > 0:
        player.place = [place - (place > 0) for place in player.place]
    player.place[instance] = 0


def draw_card(table: Table, side: int) -> bool:
    """Draws one card, unless the deck is empty or the hand is full (3.2)."""
    player = table.players[side]
    if player.count(DECK) == 0 or player.count(HAND) >= decisions.HAND_LIMIT:
        return False
    instance = top_card(table, player)
    take_from_deck(player, instance)
    player.zone[instance] = HAND
    player.seen[instance] = False
    table.emit("draw", side, private={"card": player.cards[instance].name})
    return True


def shuffle(player: Player) -> None:
    """Forgets every place of the deck (10.3)."""
    player.place = [0] * 20


def leave_hand(player: Player, instance: int, zone: int) -> None:
    """Moves a card out of the hand; of two equal ones the seen one goes (14.4)."""
    player.zone[instance] = zone
    if not player.seen[instance]:
        for other in (instance - 1, instance + 1):
            if (
                0 <= other < 20
                and player.deck.cards[other] == player.deck.cards[instance]
                and player.zone[other] == HAND
                and player.seen[other]
            ):
                player.seen[other] = False
    player.seen[instance] = False


def hand_to_deck(player: Player) -> None:
    """Shuffles the whole hand into the deck."""
    for instance in player.instances(HAND):
        player.zone[instance] = DECK
        player.seen[instance] = False
    shuffle(player)


def search(table: Table, side: int, cards: str) -> int:
    """A uniform matching card of the deck, which is then shuffled; -1 without a match (1.12, A27)."""
    player = table.players[side]
    found = [i for i in player.instances(DECK) if matches(player.cards[i], cards)]
    chosen = found[table.chance.pick(len(found), "search")] if found else -1
    shuffle(player)
    return chosen


def search_to_hand(table: Table, side: int, cards: str) -> None:
    """`SEARCH_HAND` of one card."""
    player = table.players[side]
    if player.count(HAND) >= decisions.HAND_LIMIT and not decisions.A10_SEARCH_FILLS_FULL_HAND:
        return
    chosen = search(table, side, cards)
    if chosen >= 0:
        player.zone[chosen] = HAND
        player.seen[chosen] = decisions.A23_TAKEN_CARDS_ARE_SHOWN
        table.emit("search", side, card=player.cards[chosen].name)


def search_to_bench(table: Table, side: int, cards: str) -> None:
    """`SEARCH_BENCH` of one card (A17)."""
    player = table.players[side]
    slot = player.free_slot()
    if slot < 0:
        return
    chosen = search(table, side, cards)
    if chosen >= 0:
        enter_play(table, side, chosen, slot)


def look_at_top(table: Table, side: int, count: int) -> None:
    """Gives the top cards their places (10.8)."""
    player = table.players[side]
    known = sum(1 for i in player.instances(DECK) if player.place[i] > 0)
    for place in range(known + 1, min(count, player.count(DECK)) + 1):
        rest = [i for i in player.instances(DECK) if player.place[i] == 0]
        if rest:
            instance = rest[table.chance.pick(len(rest), "card")]
        else:
            instance = max((i for i in player.instances(DECK) if player.place[i] < 0), key=lambda i: player.place[i])
        player.place[instance] = place
    top = sorted((i for i in player.instances(DECK) if player.place[i] > 0), key=lambda i: player.place[i])
    table.emit("look", side, private={"cards": [player.cards[i].name for i in top[:count]]})


def top_to_hand_or_bottom(table: Table, side: int, cards: str) -> None:
    """`TOP_TO_HAND_IF`: a match goes to the hand, anything else to the bottom; A30 with a full hand."""
    player = table.players[side]
    instance = top_card(table, player)
    if not matches(player.cards[instance], cards):
        take_from_deck(player, instance)
        lowest = min(player.place[i] for i in player.instances(DECK))
        player.place[instance] = min(lowest, 0) - 1
        table.emit("bottom", side, private={"card": player.cards[instance].name})
    elif player.count(HAND) < decisions.HAND_LIMIT:
        take_from_deck(player, instance)
        player.zone[instance] = HAND
        player.seen[instance] = decisions.A23_TAKEN_CARDS_ARE_SHOWN
        table.emit("search", side, card=player.cards[instance].name)
    elif player.place[instance] != 1:
        player.place = [place + (place > 0) for place in player.place]
        player.place[instance] = 1


def enter_play(table: Table, side: int, instance: int, slot: int) -> None:
    """Puts a Basic or a Fossil into a free slot, from wherever it is."""
    player = table.players[side]
    if player.zone[instance] == HAND:
        leave_hand(player, instance, SLOT + slot)
    player.zone[instance] = SLOT + slot
    player.slots[slot] = Pokemon(player.cards[instance])
    if table.turn:  # set-up is secret (2.4)
        table.emit("enter", side, card=player.cards[instance].name, slot=slot)


def evolve(table: Table, side: int, instance: int, slot: int) -> None:
    """Puts an evolution on a Pokemon (4.2)."""
    player = table.players[side]
    pokemon = player.slots[slot]
    assert pokemon is not None
    leave_hand(player, instance, SLOT + slot)
    table.emit("evolve", side, card=player.cards[instance].name, slot=slot)
    player.slots[slot] = Pokemon(player.cards[instance], pokemon.damage, pokemon.energy)
    if slot == 0:
        player.clear_active()


def leave_play(player: Player, slot: int, zone: int) -> None:
    """Moves a Pokemon's cards to a zone; its energy is lost (9.1)."""
    for instance in player.instances(SLOT + slot):
        player.zone[instance] = zone
        player.seen[instance] = zone == HAND
        player.place[instance] = 0
    player.slots[slot] = None
    if slot == 0:
        player.clear_active()


def discard_pokemon(player: Player, slot: int) -> None:
    """A Pokemon and the cards under it go to the discard pile."""
    leave_play(player, slot, DISCARD)


def swap_active(player: Player, slot: int) -> None:
    """The Active and a benched Pokemon change places; conditions and marks end (8.1)."""
    player.clear_active()
    player.slots[0], player.slots[slot] = player.slots[slot], player.slots[0]
    zones = {SLOT: SLOT + slot, SLOT + slot: SLOT}
    player.zone = [zones.get(zone, zone) for zone in player.zone]
