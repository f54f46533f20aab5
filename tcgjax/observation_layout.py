"""What an observation holds, entry by entry: names, scales and ranges, declared once for both engines.

An entry is rows of values, one for each slot, player or instance; the flat vector is all rows one after the other.
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
FLAGS = ("own turn", "own decision", "played first", "Supporter played", "retreated")
MARKS = ("attack_coin", "no_attack", "no_retreat", "immune", "no_supporter", "lost_to_attack", "poisoned", "burned")
AMOUNTS = ("attack_minus", "reduce", "team_reduce")
SLOT_NAMES = tuple(f"{side} slot {slot}" for side in ("own", "opp") for slot in range(4))
PLAYER_NAMES = ("own", "opp")
OWN_NAMES = tuple(f"own instance {i}" for i in range(20))
CHOICE_NAMES = tuple(f"opp instance {i}" for i in range(20))
LARGEST = 64.0  # bound of scaled amounts that the rules do not bound


@dataclasses.dataclass(frozen=True)
class Entry:
    """Rows of values.

    Attributes:
        key: name in the code, unique.
        texts: name of each row for readers, behind that of what its values belong to.
        of: what the values of a row belong to, one name a value.
        scale: what whole numbers are multiplied by.
        low: the lowest value after scaling.
        high: the highest.
    """

    key: str
    texts: tuple[str, ...]
    of: tuple[str, ...]
    scale: float = 1.0
    low: float = 0.0
    high: float = 1.0

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, values of a row)."""
        return len(self.texts), len(self.of)


def _entry(key: str, texts: str | tuple[str, ...], of: tuple[str, ...], *numbers: float) -> Entry:
    return Entry(key, (texts,) if isinstance(texts, str) else texts, of, *numbers)


SLOT_STATE = (
    _entry("present", "present", SLOT_NAMES),
    _entry("damage", "damage / 200", SLOT_NAMES, 1 / 200, 0, LARGEST),
    _entry("hp_left", "HP left / 200", SLOT_NAMES, 1 / 200),
    _entry("is_new", "came into play or evolved this turn", SLOT_NAMES),
    _entry("ability_used", "ability used", SLOT_NAMES),
    _entry("energy", tuple(f"energy {letter} / 5" for letter in ENERGY), SLOT_NAMES, 1 / 5, 0, LARGEST),
)
SLOT_FACTS = (
    _entry("hp", "HP / 200", SLOT_NAMES, 1 / 200),
    _entry("retreat", "retreat / 4", SLOT_NAMES, 1 / 4),
    _entry("is_ex", "ex", SLOT_NAMES),
    _entry("points_given", "points for its Knock Out / 3", SLOT_NAMES, 1 / 3),
    _entry("is_fossil", "Fossil", SLOT_NAMES),
    _entry("is_basic", "Basic", SLOT_NAMES),
    _entry("attacks", ("damage of attack 1 / 200", "damage of attack 2 / 200"), SLOT_NAMES, 1 / 200),
    _entry("type", tuple(f"type {letter}" for letter in TYPES), SLOT_NAMES),
    _entry("weakness", tuple(f"weakness {letter}" for letter in TYPES), SLOT_NAMES),
)
OWN = (
    _entry("zones", ("in hand", "in deck", "in discard pile", "in hand and seen by the opponent"), OWN_NAMES),
    _entry("from_top", f"known on top, {MAX_TOP} highest, / {MAX_TOP}", OWN_NAMES, 1 / MAX_TOP),
    _entry("at_bottom", f"known at the bottom, {MAX_BOTTOM} highest, / {MAX_BOTTOM}", OWN_NAMES, 1 / MAX_BOTTOM),
    _entry("evolving", "about to be put on a Pokemon", OWN_NAMES),
)
OWN_FACTS = (_entry("card_kinds", ("is a Basic", "is an evolution", "is a Supporter"), OWN_NAMES),)
PLAYERS = (
    _entry("hand", "hand / 10", PLAYER_NAMES, 1 / 10, 0, 2),
    _entry("deck", "deck / 20", PLAYER_NAMES, 1 / 20),
    _entry("points", "points / 3", PLAYER_NAMES, 1 / 3, 0, 4),
    _entry("energy_now", tuple(f"current energy {letter}" for letter in ENERGY), PLAYER_NAMES),
    _entry("energy_next", tuple(f"next energy {letter}" for letter in ENERGY), PLAYER_NAMES),
    _entry("conditions", CONDITIONS, PLAYER_NAMES),
    _entry("marks", MARKS, PLAYER_NAMES),
    _entry("amounts", tuple(f"{name} / 200" for name in AMOUNTS), PLAYER_NAMES, 1 / 200, 0, LARGEST),
)
GAME = ("game",)
SCALARS = (
    _entry("phase", tuple(f"own decision {phase}" for phase in actions.PHASES), GAME),
    _entry("turn", "turn / 30", GAME, 1 / 30, 0, 127 / 30),
    _entry("flags", FLAGS, GAME),
    _entry("plus", ("TURN_PLUS all / 200", "TURN_PLUS names / 200"), GAME, 1 / 200, 0, LARGEST),
    _entry("retreat_change", "TURN_RETREAT / 4", GAME, 1 / 4, -LARGEST, LARGEST),
    _entry("units", "energy still to be split / 5", GAME, 1 / 5, 0, LARGEST),
    _entry("pending", tuple(f"pending {kind}" for kind in PENDING), GAME),
    _entry("pending_amounts", ("damage to the chosen / 200", "healing of the chosen / 200"), GAME, 1 / 200),
    _entry("seen", tuple(f"{kind} seen in the opponent's hand / 10" for kind in CLASSES), GAME, 1 / 10, 0, 2),
    _entry("discarded", tuple(f"{kind} in the opponent's discard pile / 10" for kind in CLASSES), GAME, 1 / 10, 0, 2),
)
CHOICE = (_entry("choice_hp", "HP / 200 of a card of the discard pile that may be chosen", CHOICE_NAMES, 1 / 200),)
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
    return tuple(f"{owner} {text}" for entry in FLAT for text in entry.texts for owner in entry.of)


@functools.cache
def factors(entries: tuple[Entry, ...]) -> np.ndarray:
    """What the whole numbers of entries are multiplied by: float32 (n,)."""
    return np.concatenate([np.full(np.prod(entry.shape), entry.scale, np.float32) for entry in entries])


@functools.cache
def bounds(entries: tuple[Entry, ...] = FLAT) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Lowest and highest value of every entry."""
    spread = [entry for entry in entries for _ in range(int(np.prod(entry.shape)))]
    # Rounded scales may exceed the quotient by a bit.
    return tuple(float(entry.low) for entry in spread), tuple(entry.high * (1 + 2**-20) for entry in spread)
