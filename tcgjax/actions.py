"""The fixed action space (13.1) and the names of phases and stages (13.2), for both engines."""

from __future__ import annotations

NUM_ACTIONS = 76
END = 0  # end the turn, done, wait
ATTACK = 1  # + index of the attack
ABILITY = 4  # + slot
ATTACH = 8  # + slot
RETREAT = 12  # + benched slot - 1
PLAY = 15  # + instance
OWN_SLOT = 35  # + slot
OPP_SLOT = 39  # + slot
DISCARDED = 43  # + instance of the opponent's discard pile
COPY = 63  # + 2 * opponent's slot + index of the attack
DISCARD_FOSSIL = 71  # + slot

PHASES = ("SETUP_ACTIVE", "SETUP_BENCH", "MAIN", "TARGET", "CARD", "COPY", "PROMOTE", "SWITCH", "OVER")
SETUP_ACTIVE, SETUP_BENCH, MAIN, TARGET, CARD, COPYING, PROMOTE, SWITCH, OVER = range(len(PHASES))

# What follows when the Knock Outs are settled: the turn goes on, the Checkup, the next turn.
STAGE_MAIN, STAGE_ATTACK, STAGE_CHECKUP = range(3)

# Zones of an instance: deck, hand, slots 0 .. 3, discard pile.
DECK, HAND, SLOT, DISCARD = 0, 1, 2, 6

NO_CONDITION, ASLEEP, PARALYZED, CONFUSED = range(4)
ONGOING, WON_0, WON_1, DRAW = range(4)
