"""What an observation holds, column by column: names, meanings and ranges, declared once.

Three tables of whole numbers (int16) and the legal actions. `pokejax.observation` fills them from a state, `pokejax.
protocol` from what a Showdown server sends to a player; docs/pokejax/OBSERVATION.md is generated from them.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from pokejax import enums
from pokejax import state as layout
from pokejax.tables import load_tables

FORMS = ("flat", "tokens")
LAST = {kind: len(getattr(load_tables(), kind).names) for kind in ("species", "moves", "abilities", "items")}
MOST_HP = 999  # HP of any Pokemon of the format
MOST_STAT = 999
MOST_PP = 64
LAST_TYPE, LAST_STATUS = len(enums.TYPES) - 1, len(enums.STATUSES) - 1
TURNS = layout.TURN_LIMIT + 1

VOLATILES = (
    "attract", "confusion", "curse", "destinybond", "encore", "flashfire", "leechseed", "mustrecharge", "substitute",
    "taunt", "twoturnmove", "yawn",
)  # fmt: skip
"""Volatile conditions that the log shows at both ends and that can outlive a turn."""


@dataclasses.dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: unique within the table.
        meaning: in words; what of it is unknown is 0.
        low: lowest value.
        high: highest value.
        own: whether only the viewer's own side has it.
    """

    name: str
    meaning: str
    high: int
    low: int = 0
    own: bool = False


POKEMON = (
    Column("species", "species it came as, species number; 0 = a Pokemon of the foe not seen yet", LAST["species"]),
    Column("level", "level", 100),
    Column("gender", f"index in {enums.GENDERS}", 2),
    Column("active", "1 if it is on the field", 1),
    Column("fainted", "1 if it has fainted", 1),
    Column("percent", "HP in percent, rounded up; 99 if that gives 100 and HP are missing", 100),
    Column("hp", "HP, points", MOST_HP, own=True),
    Column("max_hp", "HP when whole, points", MOST_HP, own=True),
    Column("status", f"index in {enums.STATUSES}", LAST_STATUS),
    Column("ability", "its own ability, ability number; of the foe once it has been shown", LAST["abilities"]),
    Column("item", "item held, item number; of the foe once it has been shown", LAST["items"]),
    Column("item_known", "1 if `item` is known to be what it holds, 0 = nothing", 1),
    *(Column(stat, f"the stat {stat}, points", MOST_STAT, own=True) for stat in enums.STATS),
    *(
        Column(
            f"move{i}", f"move number; own ones by slot, the foe's shown ones by number, {i + 1} of 4", LAST["moves"]
        )
        for i in range(layout.MOVES)
    ),
    *(Column(f"pp{i}", f"PP left of move{i}", MOST_PP) for i in range(layout.MOVES)),
    Column("hidden_power", "type of its Hidden Power, index in TYPES", LAST_TYPE, own=True),
    Column("listed", "place in the list of the last request, 0 = first", layout.PARTY - 1, own=True),
)
"""Columns of a Pokemon: rows 0-5 the own team in its first order (which actions 0-5 name), 6-11 the foe's as seen."""

ACTIVE = (
    Column("species", "species it is now, by forme or Transform", LAST["species"]),
    Column("type0", "first type now, index in TYPES; 0 = none", LAST_TYPE),
    Column("type1", "second type now", LAST_TYPE),
    Column("traced", "ability that it has got by Trace", LAST["abilities"]),
    *(Column(f"boost_{stat}", f"stages of {stat}", 6, -6) for stat in enums.BOOSTS),
    *(Column(name, f"1 while it has the condition {name}", 1) for name in VOLATILES),
    Column("transformed", "1 if it has transformed", 1),
    Column("slow_start", "1 while Slow Start lasts", 1),
    Column("turns", "turns begun since it came in", TURNS),
    Column("last_move", "last move that it was seen to use since it came in, move number", LAST["moves"]),
    *(
        Column(
            f"move{i}", f"move of slot {i} that it could use now, while a move is asked for", LAST["moves"], own=True
        )
        for i in range(layout.MOVES)
    ),
    *(Column(f"pp{i}", f"PP of slot {i}, while a move is asked for", MOST_PP, own=True) for i in range(layout.MOVES)),
)
"""Columns of a Pokemon on the field: row 0 the own, row 1 the foe's; all 0 while nobody alive is there."""

FIELD = (
    Column("turn", "turn", TURNS),
    Column("weather", f"index in {enums.WEATHERS}", len(enums.WEATHERS) - 1),
    Column("weather_turns", "turns since the weather began", TURNS),
    Column("weather_endless", "1 if an ability made the weather", 1),
    Column("trick_room", "turns that Trick Room will last, this one included", 5),
    Column("own_spikes", "layers of Spikes on the own side", 3),
    Column("foe_spikes", "layers of Spikes on the foe's side", 3),
    Column("own_toxic_spikes", "layers of Toxic Spikes on the own side", 2),
    Column("foe_toxic_spikes", "layers of Toxic Spikes on the foe's side", 2),
    Column("own_wish", "ends of turns until a Wish comes true on the own side", 2),
    Column("foe_wish", "ends of turns until a Wish comes true on the foe's side", 2),
    Column("own_left", "own Pokemon that have not fainted", 6),
    Column("foe_left", "the foe's Pokemon that have not fainted", 6),
    Column("request", "what is asked for: 0 nothing, 1 a move, 2 a switch", 2),
    Column("trapped", "1 if the request says that no switch is possible", 1),
    Column("maybe_trapped", "1 if the request says that a switch may be refused", 1),
)
"""Columns of what both sides share and of the request."""

PARTS: dict[str, tuple[int, tuple[Column, ...]]] = {
    "pokemon": (2 * layout.PARTY, POKEMON),
    "active": (2, ACTIVE),
    "field": (0, FIELD),
}
"""Tables of the observation as tokens: number of rows, 0 for a single one without an axis of rows, and columns."""

ACTIONS = layout.PARTY + layout.MOVES


def index(part: str, column: str) -> int:
    """The place of a column in its table."""
    return [one.name for one in PARTS[part][1]].index(column)


def shape(part: str) -> tuple[int, ...]:
    """Shape of a table."""
    rows, columns = PARTS[part]
    return (rows, len(columns)) if rows else (len(columns),)


def bounds(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest values of a table: int16, both of its shape."""
    _, columns = PARTS[part]
    low = np.array([column.low for column in columns], np.int16)
    high = np.array([column.high for column in columns], np.int16)
    return np.broadcast_to(low, shape(part)), np.broadcast_to(high, shape(part))


ABOUT = {
    "pokemon": "Rows 0-5 are the own team in its first order, which actions 0-5 name; rows 6-11 the foe's Pokemon in"
    " the order in which they came in, zero until then.",
    "active": "Row 0 is the own Pokemon on the field, row 1 the foe's; zero while nobody alive is there.",
    "field": "One row: what both sides share, and the request.",
}


def document() -> str:
    """Returns docs/pokejax/OBSERVATION.md: the tables column by column, and the vector entry by entry."""
    from pokejax import features

    lines = [
        "# What a PokeJAX player sees",
        "",
        "Generated from `pokejax/observation_layout.py` by `python -m pokejax.observation_layout`.",
        "",
        '`observation="tokens"` gives the tables below (int16) and `mask`, the legal actions (int16, 10);',
        '`observation="flat"` a vector (float32) made from them. Numbers of species, moves, abilities and items are',
        "places in the names of `pokejax.tables.load_tables()`, from 1; 0 is none or unknown. Columns marked *own* are",
        "0 for the foe.",
    ]
    for part, (_, listed) in PARTS.items():
        size = " x ".join(map(str, shape(part)))
        lines += ["", f"## `{part}`: {size}", "", ABOUT[part], ""]
        lines += ["| column | name | lowest | highest | meaning |", "|---|---|---|---|---|"]
        for i, one in enumerate(listed):
            meaning = one.meaning + (" (*own*)" if one.own else "")
            lines.append(f"| {i} | `{one.name}` | {one.low} | {one.high} | {meaning} |")
    spans: dict[str, list[int]] = {}
    for i, name in enumerate(features.names()):
        spans.setdefault(name.split("[")[0], [i, i])[1] = i
    lines += ["", f"## The vector: {len(features.names())} values", "", "| from | to | entry |", "|---|---|---|"]
    lines += [f"| {first} | {last} | `{entry}` |" for entry, (first, last) in spans.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
