"""The ambiguities of section 12 that a single value decides, read by both engines; the reasons are in SPEC.md."""

from __future__ import annotations

from tcgjax.data import constants

A1_FIRST_PLAYER_DRAWS = True
A2_OPENING = "inject"  # default of the option; the other is "mulligan"
A3_FOSSILS_ARE_BASIC = False
A4_CONFUSION_DAMAGE = 0  # HP, to the attacker itself after tails
A5_FLOOR_BEFORE_WEAKNESS = False
A6_KEEP_NEEDED_ENERGY = True
A7_USELESS_IS_PLAYABLE = False
A8_NEXT_PLAYER_FIRST = True
A9_ENERGY_IS_PUBLIC = True
A10_SEARCH_FILLS_FULL_HAND = False
A13_COUNTS_ARE_DOUBLED = True
A15_HITS_ON_ACTIVE_ARE_MODIFIED = True
A16_COPY_CAN_COPY = False
A18_MAX_TURNS = constants.MAX_TURNS  # turns of both players together
A20_ABILITY_DAMAGE_IS_REDUCED = False
A21_HEAL_IS_CAPPED = False
A22_DYING_COUNT = True
A23_TAKEN_CARDS_ARE_SHOWN = True
A25_ROLL_ON_TURN_1 = False

# Fixed numbers of the game, by the rule that states them.
HAND_LIMIT = 10  # cards, 3.2
OPENING_HAND = 5  # cards, 2.2
POINTS_TO_WIN = 3  # 9.4
WEAKNESS = 20  # HP, 7.1
POISON, BURN = 10, 20  # HP, 8.5
MAX_COINS = 32  # coins in one group, 10.5
FIRST_EVOLUTION_TURN = 3  # 4.2
