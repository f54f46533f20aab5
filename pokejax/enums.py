"""Numbered words that the tables, the teams and the state share; 0 always means none or neutral."""

from __future__ import annotations

# The types of generation 4 in alphabetical order, then those that came later: a number never moves. 0 is typeless.
TYPES = (
    "", "Bug", "Dark", "Dragon", "Electric", "Fighting", "Fire", "Flying", "Ghost", "Grass", "Ground", "Ice", "Normal",
    "Poison", "Psychic", "Rock", "Steel", "Water", "Fairy", "Stellar",
)  # fmt: skip
CATEGORIES = ("Status", "Physical", "Special")
STATUSES = ("", "brn", "frz", "par", "psn", "slp", "tox")
WEATHERS = ("", "raindance", "sunnyday", "sandstorm", "hail")
GENDERS = ("N", "M", "F")
STATS = ("atk", "def", "spa", "spd", "spe")  # order of the stored stats
BOOSTS = (*STATS, "accuracy", "evasion")  # order of the stat stages
TRAPPING_ABILITIES = ("arenatrap", "magnetpull", "shadowtag")  # a species that can have one may trap
TARGETS = (
    "", "self", "normal", "any", "randomNormal", "scripted", "allAdjacent", "allAdjacentFoes", "all", "allySide",
    "allyTeam", "foeSide", "adjacentAlly", "adjacentAllyOrSelf", "adjacentFoe", "allies",
)  # fmt: skip
SELF_DESTRUCT = ("", "always", "ifHit")
# Bit positions of a move's `flags` column.
MOVE_FLAGS = (
    "contact", "protect", "reflectable", "mirror", "snatch", "heal", "sound", "powder", "punch", "bite", "bullet",
    "defrost", "charge", "recharge", "gravity", "bypasssub", "nosleeptalk", "mustpressure", "failencore", "pulse",
    "slicing", "wind", "dance", "futuremove", "cantusetwice",
)  # fmt: skip
# Flags of moves that no rule of generation 4's single battles reads.
UNUSED_MOVE_FLAGS = (
    "allyanim", "distance", "failcopycat", "failinstruct", "failmefirst", "failmimic", "metronome", "noassist",
    "nonsky", "noparentalbond", "nosketch", "minimize", "pledgecombo",
)  # fmt: skip
ABILITY_FLAGS = ("breakable", "notrace", "failroleplay", "noreceiver", "noentrain", "failskillswap", "cantsuppress")
# What a type may make its owner immune to beside attacks: rows of `TypeChart.guards`.
TYPE_GUARDS = ("brn", "frz", "par", "psn", "tox", "sandstorm", "hail", "powder", "prankster", "trapped")
# Columns of one Pokemon of a team, in order.
TEAM_COLUMNS = (
    "species", "level", "gender", "ability", "item", "hp_type", "maxhp", *STATS,
    "move0", "move1", "move2", "move3", "maxpp0", "maxpp1", "maxpp2", "maxpp3",
)  # fmt: skip
