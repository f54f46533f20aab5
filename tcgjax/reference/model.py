"""The objects of a game: Pokemon in play, players, and the table with its pending decision."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from tcgjax import actions, decisions
from tcgjax.data.decks import Deck
from tcgjax.data.table import NO_ROW, Card, Row, load_table
from tcgjax.reference.chance import Chance


@dataclasses.dataclass(slots=True, eq=False)
class Pokemon:
    """A Pokemon in play; the cards under it are the instances of its owner in the same zone."""

    card: Card
    damage: int = 0  # HP
    energy: list[int] = dataclasses.field(default_factory=lambda: [0] * 8)  # units of G R W L P F D M
    is_new: bool = True  # came into play or evolved this turn
    ability_used: bool = False

    @property
    def is_dying(self) -> bool:
        """Whether the next Knock Outs take it (9.1)."""
        return self.damage >= self.card.hp


@dataclasses.dataclass(slots=True, eq=False)
class Player:
    """One side. Conditions and marks belong to its Active and end when that leaves the spot or evolves."""

    deck: Deck
    cards: tuple[Card, ...]  # the 20 instances
    zone: list[int]  # of each instance: deck, hand, slot + 2, discard
    place: list[int]  # of each instance in the deck (10.2)
    seen: list[bool]  # of each instance in hand, by the opponent (14.3)
    slots: list[Pokemon | None]  # Active, three benched
    energy_now: int = -1  # type, -1 none
    energy_next: int = -1
    points: int = 0
    condition: int = actions.NO_CONDITION
    poisoned: bool = False
    burned: bool = False
    attack_minus: int = 0  # HP, def_attack_minus
    attack_coin: bool = False
    no_attack: bool = False
    no_retreat: bool = False
    reduce: int = 0  # HP, self_reduce
    immune: bool = False
    team_reduce: int = 0  # HP
    no_supporter: bool = False
    lost_to_attack: bool = False  # 9.3

    @property
    def active(self) -> Pokemon:
        """The Pokemon in the Active Spot, which must not be empty."""
        pokemon = self.slots[0]
        assert pokemon is not None
        return pokemon

    def in_play(self) -> Iterator[tuple[int, Pokemon]]:
        """Slots and Pokemon, Active first."""
        for slot, pokemon in enumerate(self.slots):
            if pokemon is not None:
                yield slot, pokemon

    def bench(self) -> list[int]:
        """Occupied Bench slots."""
        return [slot for slot in (1, 2, 3) if self.slots[slot] is not None]

    def free_slot(self) -> int:
        """The lowest free Bench slot, -1 if there is none."""
        return next((slot for slot in (1, 2, 3) if self.slots[slot] is None), -1)

    def instances(self, zone: int) -> list[int]:
        """The instances in a zone, in order."""
        return [i for i, z in enumerate(self.zone) if z == zone]

    def count(self, zone: int) -> int:
        """Number of cards in a zone."""
        return self.zone.count(zone)

    def clear_active(self) -> None:
        """Ends conditions and marks of the Active (8.1, 11.1)."""
        self.condition = actions.NO_CONDITION
        self.poisoned = self.burned = False
        self.attack_minus = self.reduce = 0
        self.attack_coin = self.no_attack = self.no_retreat = self.immune = False

    def passive(self, name: str) -> Any:
        """The arguments of a passive operation of any own Pokemon in play, None if there is none."""
        for _, pokemon in self.in_play():
            args = pokemon.card.passives.get(name)
            if args is not None:
                return args
        return None


def new_player(deck: Deck) -> Player:
    """A player with all cards in the deck."""
    cards = load_table().cards
    return Player(deck, tuple(cards[i] for i in deck.cards), [actions.DECK] * 20, [0] * 20, [False] * 20, [None] * 4)


@dataclasses.dataclass(slots=True, eq=False)
class Table:
    """The whole state of a game."""

    players: list[Player]
    chance: Chance
    max_turns: int = decisions.A18_MAX_TURNS
    turn: int = 0
    first: int = 0  # who plays first
    turn_player: int = 0
    decider: int = 0
    phase: int = actions.SETUP_ACTIVE
    stage: int = actions.STAGE_MAIN
    row: int = NO_ROW  # what is pending
    source_slot: int = -1  # whose ability is pending
    card: int = -1  # the instance that evolves
    units: int = 0  # energy still to be split
    supporter_used: bool = False
    retreated: bool = False
    plus: int = 0  # HP, TURN_PLUS all
    plus_named: int = 0  # HP, TURN_PLUS names
    plus_row: int = NO_ROW  # the trainer that said which names
    retreat_change: int = 0  # symbols, TURN_RETREAT
    result: int = actions.ONGOING
    time: int = 0  # decisions taken
    log: list[dict[str, Any]] | None = None

    @property
    def me(self) -> Player:
        """The turn player."""
        return self.players[self.turn_player]

    @property
    def opp(self) -> Player:
        """The other player."""
        return self.players[1 - self.turn_player]

    @property
    def pending(self) -> Row:
        """The row of the pending decision."""
        return load_table().rows[self.row]

    def emit(self, event: str, player: int, **details: Any) -> None:
        """Appends an event to the log; `private` details are for the player alone."""
        if self.log is not None:
            self.log.append({"type": event, "turn": self.turn, "playerIndex": player, **details})
