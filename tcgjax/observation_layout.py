"""What an observation holds, entry by entry: names, scales and ranges, declared once for both engines.

An entry is a row of values, one for each slot, player or instance; the flat vector is the entries one after the other.
Values are whole numbers times the entry's scale (float32), so that both engines give the same bits.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from tcgjax import actions
from tcgjax.data.schema import ENERGY
from tcgjax.state import MAX_BOTTOM, MAX_TOP

TYPES = ENERGY + "NC"  # N Dragon, C Colorless
CONDITIONS = ("asleep", "paralyzed", "confused")
CLASSES = ("Basics", "evolutions", "items", "supporters")  # a Fossil is an item
PENDING = ("evolution", "attack", "ability", "trainer")
MARKS = ("attack_coin", "no_attack", "no_retreat", "immune", "no_supporter", "lost_to_attack", "poisoned", "burned")
AMOUNTS = ("attack_minus", "reduce", "team_reduce")
SLOT_NAMES = tuple(f"{side} slot {slot}" for side in ("own", "opp") for slot in range(4))
PLAYER_NAMES = ("own", "opp")
OWN_NAMES = tuple(f"own instance {i}" for i in range(20))
CHOICE_NAMES = tuple(f"opp instance {i}" for i in range(20))
LARGEST = 64.0  # bound of scaled amounts that the rules do not bound


@dataclasses.dataclass(frozen=True)
class Entry:
    """A row of values.

    Attributes:
        key: name in the code, unique.
        text: name for readers, behind that of what it belongs to.
        of: what each value belongs to, one name a value.
        scale: what whole numbers are multiplied by.
        low: the lowest value after scaling.
        high: the highest.
    """

    key: str
    text: str
    of: tuple[str, ...]
    scale: float = 1.0
    low: float = 0.0
    high: float = 1.0

    @property
    def factor(self) -> np.float32:
        """The scale as it is multiplied."""
        return np.float32(self.scale)


def _slot_state() -> list[Entry]:
    found = [
        Entry("present", "present", SLOT_NAMES),
        Entry("damage", "damage / 200", SLOT_NAMES, 1 / 200, 0, LARGEST),
        Entry("hp_left", "HP left / 200", SLOT_NAMES, 1 / 200),
        Entry("is_new", "came into play or evolved this turn", SLOT_NAMES),
        Entry("ability_used", "ability used", SLOT_NAMES),
    ]
    return found + [
        Entry(f"energy_{letter}", f"energy {letter} / 5", SLOT_NAMES, 1 / 5, 0, LARGEST) for letter in ENERGY
    ]


def _slot_facts() -> list[Entry]:
    found = [
        Entry("hp", "HP / 200", SLOT_NAMES, 1 / 200),
        Entry("retreat", "retreat / 4", SLOT_NAMES, 1 / 4),
        Entry("is_ex", "ex", SLOT_NAMES),
        Entry("points_given", "points for its Knock Out / 3", SLOT_NAMES, 1 / 3),
        Entry("is_fossil", "Fossil", SLOT_NAMES),
        Entry("is_basic", "Basic", SLOT_NAMES),
        Entry("attack0", "damage of attack 1 / 200", SLOT_NAMES, 1 / 200),
        Entry("attack1", "damage of attack 2 / 200", SLOT_NAMES, 1 / 200),
    ]
    for kind in ("type", "weakness"):
        found += [Entry(f"{kind}_{letter}", f"{kind} {letter}", SLOT_NAMES) for letter in TYPES]
    return found


def _own() -> list[Entry]:
    return [
        Entry("in_hand", "in hand", OWN_NAMES),
        Entry("in_deck", "in deck", OWN_NAMES),
        Entry("in_discard", "in discard pile", OWN_NAMES),
        Entry("shown", "in hand and seen by the opponent", OWN_NAMES),
        Entry("from_top", f"known on top, {MAX_TOP} highest, / {MAX_TOP}", OWN_NAMES, 1 / MAX_TOP),
        Entry("at_bottom", f"known at the bottom, {MAX_BOTTOM} highest, / {MAX_BOTTOM}", OWN_NAMES, 1 / MAX_BOTTOM),
        Entry("evolving", "about to be put on a Pokemon", OWN_NAMES),
    ]


def _own_facts() -> list[Entry]:
    return [
        Entry("card_is_basic", "is a Basic", OWN_NAMES),
        Entry("card_is_evolution", "is an evolution", OWN_NAMES),
        Entry("card_is_supporter", "is a Supporter", OWN_NAMES),
    ]


def _players() -> list[Entry]:
    found = [
        Entry("hand", "hand / 10", PLAYER_NAMES, 1 / 10, 0, 2),
        Entry("deck", "deck / 20", PLAYER_NAMES, 1 / 20),
        Entry("points", "points / 3", PLAYER_NAMES, 1 / 3, 0, 4),
    ]
    for kind, text in (("energy_now", "current energy"), ("energy_next", "next energy")):
        found += [Entry(f"{kind}_{letter}", f"{text} {letter}", PLAYER_NAMES) for letter in ENERGY]
    found += [Entry(name, name, PLAYER_NAMES) for name in (*CONDITIONS, *MARKS)]
    return found + [Entry(name, f"{name} / 200", PLAYER_NAMES, 1 / 200, 0, LARGEST) for name in AMOUNTS]


def _scalars() -> list[Entry]:
    everybody = ("game",)
    found = [Entry(f"phase_{phase}", f"own decision {phase}", everybody) for phase in actions.PHASES]
    found += [
        Entry("turn", "turn / 30", everybody, 1 / 30, 0, 127 / 30),
        Entry("own_turn", "own turn", everybody),
        Entry("own_decision", "own decision", everybody),
        Entry("played_first", "played first", everybody),
        Entry("supporter_used", "Supporter played", everybody),
        Entry("retreated", "retreated", everybody),
        Entry("plus", "TURN_PLUS all / 200", everybody, 1 / 200, 0, LARGEST),
        Entry("plus_named", "TURN_PLUS names / 200", everybody, 1 / 200, 0, LARGEST),
        Entry("retreat_change", "TURN_RETREAT / 4", everybody, 1 / 4, -LARGEST, LARGEST),
        Entry("units", "energy still to be split / 5", everybody, 1 / 5, 0, LARGEST),
        *(Entry(f"pending_{kind}", f"pending {kind}", everybody) for kind in PENDING),
        Entry("pending_hit", "damage to the chosen / 200", everybody, 1 / 200),
        Entry("pending_heal", "healing of the chosen / 200", everybody, 1 / 200),
    ]
    for zone, text in (("seen", "hand, seen"), ("discarded", "discard pile")):
        found += [
            Entry(f"{zone}_{kind}", f"{kind} in the opponent's {text} / 10", ("opp",), 1 / 10, 0, 2) for kind in CLASSES
        ]
    return found


def _choice() -> list[Entry]:
    return [Entry("choice_hp", "HP / 200 of a card of the discard pile that may be chosen", CHOICE_NAMES, 1 / 200)]


SLOT_STATE, SLOT_FACTS, OWN, OWN_FACTS = _slot_state(), _slot_facts(), _own(), _own_facts()
PLAYERS, SCALARS, CHOICE = _players(), _scalars(), _choice()
FLAT = (*SLOT_STATE, *SLOT_FACTS, *OWN, *OWN_FACTS, *PLAYERS, *SCALARS, *CHOICE)
GLOBALS = (*PLAYERS, *SCALARS)  # of the observation as tokens

# Arrays of card ids in the observation as tokens, with their length; 0 stands for no card.
TOKEN_IDS = {
    "slot_ids": 8,  # Pokemon in play, own slots first
    "own_ids": 20,  # the own deck list
    "seen_ids": 20,  # cards seen in the opponent's hand, sorted
    "discarded_ids": 20,  # the opponent's discard pile, sorted
    "choice_ids": 20,  # by instance, the cards of the opponent's discard pile that may be chosen
}


def names() -> tuple[str, ...]:
    """The entries of the flat vector, in order."""
    return tuple(f"{owner} {entry.text}" for entry in FLAT for owner in entry.of)


@functools.cache
def bounds() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Lowest and highest value of every entry of the flat vector."""
    rounded = np.float32(1 + 2**-20)  # scales are rounded
    low = tuple(float(entry.low) for entry in FLAT for _ in entry.of)
    high = tuple(float(np.float32(entry.high) * rounded) for entry in FLAT for _ in entry.of)
    return low, high
