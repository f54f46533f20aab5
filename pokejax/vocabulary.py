"""The named indices of the state: volatile conditions, flags, requests and results; the rest are in `enums`.

Each name is Showdown's own. The order is the encoding: append, never insert. `state.layout()` hands the whole
vocabulary to the exporter as JSON, so that both engines write the same numbers.
"""

from __future__ import annotations

BRN, FRZ, PAR, PSN, SLP, TOX = range(1, 7)  # enums.STATUSES
RAIN, SUN, SAND, HAIL = range(1, 5)  # enums.WEATHERS
MALE, FEMALE = 1, 2  # enums.GENDERS

VOLATILES = (
    "attract", "choicelock", "confusion", "counter", "curse", "destinybond", "encore", "flashfire",
    "flinch", "focuspunch", "focussash", "leechseed", "lifeorb", "lockedmove", "mirrorcoat", "mustrecharge",
    "protect", "pursuit", "roost", "solarbeam", "stall", "substitute", "substitutebroken", "taunt",
    "truant", "twoturnmove", "unburden", "yawn",
)  # fmt: skip
"""`pokemon.volatiles`: bit i of `volatiles` says that VOLATILES[i] is there."""

VOLATILE_INDEX = {name: index for index, name in enumerate(VOLATILES)}

VOLATILE_DURATION = {
    "counter": 1, "flinch": 1, "focuspunch": 1, "focussash": 1, "lifeorb": 1, "mirrorcoat": 1, "protect": 1,
    "pursuit": 1, "roost": 1,
}  # fmt: skip
"""Volatiles that end with the turn in which they start: their duration is 1, so no counter is kept."""

SLOT_FLAGS = (
    "transformed",  # pokemon.transformed
    "newlySwitched",  # pokemon.newlySwitched
    "skipBeforeSwitchOut",  # pokemon.skipBeforeSwitchOutEventFlag: BeforeSwitchOut ran when the switch was asked for
    "lostFocus",  # volatiles.focuspunch.lostFocus
    "counterHit",  # volatiles.counter.slot !== null
    "mirrorcoatHit",  # volatiles.mirrorcoat.slot !== null
    "sashActivated",  # volatiles.focussash.activated
    "attackedThisTurn",  # the last of pokemon.attackedBy that dealt damage, its thisTurn
)
"""Bits of `slot_flags`."""

POKEMON_FLAGS = (
    "knockedOff",  # pokemon.itemKnockedOff
    "sleptByFoe",  # statusState.source is of the other side: what the Sleep Clause counts
    "seen",  # has been on the field
)
"""Bits of `flags`."""

SHOWN = ("move0", "move1", "move2", "move3", "ability", "item")
"""Bits of `shown`: which of its own moves, whether its own ability and what it holds the log has named."""

REQUESTS = ("wait", "move", "switch")
"""What a side is asked for."""

WAIT, MOVE, SWITCH = range(3)

RESULTS = ("", "p1", "p2", "tie")
"""`battle.winner`."""

TRAPPED = ("", "true", "hidden")
"""`pokemon.trapped`."""

SWITCH_FLAGS = ("", "true", "uturn")
"""`pokemon.switchFlag`: a fainted Pokemon's or Healing Wish's, or the move that switches its user."""

ERRORS = (
    "unmapped",  # an effect without code was reached
    "overflow",  # a list was longer than the room for it
    "impossible",  # a branch that Showdown cannot take
)
"""Bits of `err`: a battle with any of them set is not to be trusted."""


def bits(names: tuple[str, ...]) -> dict[str, int]:
    """Returns the bit of each name, the first name's lowest."""
    return {name: 1 << index for index, name in enumerate(names)}


VOLATILE = bits(VOLATILES)
SLOT_FLAG = bits(SLOT_FLAGS)
POKEMON_FLAG = bits(POKEMON_FLAGS)
SHOWN_BIT = bits(SHOWN)
ERROR = bits(ERRORS)
