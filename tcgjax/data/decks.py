"""Decks: 20 cards and the types of the Energy Zone, checked against section 1 of the specification."""

from __future__ import annotations

import collections
import dataclasses
import functools
import random
from collections.abc import Iterable, Mapping
from typing import Any

from tcgjax.data.schema import ENERGY, DataError
from tcgjax.data.table import load_table, read_json

DECK_SIZE = 20
MAX_COPIES = 2
MAX_ENERGY_TYPES = 3
RANDOM_DECKS = 1024  # that "random_legal" draws from


class DeckError(ValueError):
    """A deck list breaks a rule; the sentence names the rule."""


@dataclasses.dataclass(frozen=True)
class Deck:
    """A legal deck.

    Attributes:
        cards: ids of the 20 cards, sorted; the position is the instance (1.5).
        energy: letters of the Energy Zone's types, in the order G R W L P F D M.
    """

    cards: tuple[int, ...]
    energy: str

    @property
    def energy_mask(self) -> int:
        """The types as bits, Grass lowest."""
        return sum(1 << ENERGY.index(letter) for letter in self.energy)


def make_deck(cards: Iterable[str | int], energy: str | Iterable[str]) -> Deck:
    """Checks a list of 20 cards, each a print ("A1-001"), an unambiguous name or a card id.

    Raises:
        DeckError: a card is unknown, or a rule of section 1 is broken; one sentence names it.
    """
    table = load_table()
    ids = []
    for entry in cards:
        if isinstance(entry, str):
            try:
                ids.append(table.find(entry).id)
            except DataError as error:
                raise DeckError(str(error)) from None
        elif isinstance(entry, int) and not isinstance(entry, bool) and 1 <= entry < len(table.cards):
            ids.append(entry)
        else:
            raise DeckError(f"there is no card {entry!r}; ids are 1 .. {len(table.cards) - 1}.")
    if len(ids) != DECK_SIZE:
        raise DeckError(f"rule 1.1: a deck has exactly {DECK_SIZE} cards, got {len(ids)}.")
    counts = collections.Counter(table.cards[i].name for i in ids)
    name, count = counts.most_common(1)[0]
    if count > MAX_COPIES:
        raise DeckError(f"rule 1.2: at most {MAX_COPIES} cards of a name, got {count} of {name!r}.")
    if not any(table.cards[i].is_basic for i in ids):
        raise DeckError("rule 1.3: a deck needs at least one Basic Pokemon (Fossils do not count), got none.")
    letters = list(energy)
    if (
        not 1 <= len(letters) <= MAX_ENERGY_TYPES
        or len(set(letters)) != len(letters)
        or not set(letters) <= set(ENERGY)
    ):
        raise DeckError(
            f"rule 1.4: the Energy Zone has 1 to {MAX_ENERGY_TYPES} different types out of {' '.join(ENERGY)},"
            f" got {letters}."
        )
    return Deck(tuple(sorted(ids)), "".join(sorted(letters, key=ENERGY.index)))


@functools.cache
def shipped_decks() -> Mapping[str, Deck]:
    """The 16 decks of decks.json by name."""
    decks = {}
    for name, entry in read_json("decks.json")["decks"].items():
        cards = [card for count, card, _ in entry["cards"] for _ in range(count)]
        decks[name] = make_deck(cards, entry["energy"])
    return decks


def find_deck(deck: str | Deck | Mapping[str, Any]) -> Deck:
    """A deck by name, as a Deck, or as a mapping with "cards" and "energy".

    Raises:
        DeckError: there is no such deck, or the list is illegal.
    """
    if isinstance(deck, Deck):
        return make_deck(deck.cards, deck.energy)
    if isinstance(deck, str):
        if deck not in shipped_decks():
            raise DeckError(
                f"there is no deck {deck!r}; the decks are {', '.join(shipped_decks())}, or random and random_legal."
            )
        return shipped_decks()[deck]
    if isinstance(deck, Mapping) and set(deck) == {"cards", "energy"}:
        return make_deck(deck["cards"], deck["energy"])
    raise DeckError(f"a deck is a name, a Deck or a mapping with the keys cards and energy, got {type(deck).__name__}.")


@functools.cache
def random_decks(count: int = RANDOM_DECKS, seed: int = 0) -> tuple[Deck, ...]:
    """Random legal decks of the whole pool, equal at every call."""
    rng = random.Random(seed)
    return tuple(random_deck(rng) for _ in range(count))


def random_deck(rng: random.Random) -> Deck:
    """A legal deck of the whole pool: two copies each of whole evolution lines and of trainers, 1 to 3 energy types."""
    cards = load_table().cards[1:]
    by_name = collections.defaultdict(list)
    for card in cards:
        by_name[card.name].append(card)
    chosen: dict[str, int] = {}  # ids by name
    while 2 * len(chosen) < DECK_SIZE:
        line = [rng.choice(cards)]
        while line[-1].evolves_from:
            line.append(rng.choice(by_name[line[-1].evolves_from]))
        new = {card.name: card.id for card in line if card.name not in chosen}
        is_last = 2 * (len(chosen) + len(new)) == DECK_SIZE
        lacks_basic = not any(cards[i - 1].is_basic for i in (*chosen.values(), *new.values()))
        if 2 * (len(chosen) + len(new)) <= DECK_SIZE and not (is_last and lacks_basic):
            chosen |= new
    ids = [i for i in chosen.values() for _ in range(MAX_COPIES)]
    return make_deck(ids, rng.sample(ENERGY, rng.randint(1, MAX_ENERGY_TYPES)))
