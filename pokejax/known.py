"""What a player can know of a Pokemon and a side, and the numbers of the protocol's names."""

from __future__ import annotations

import dataclasses
import re

from pokejax import enums
from pokejax.names import tables


class ProtocolError(ValueError):
    """A line or request that no battle of the format sends."""


def to_id(name: str) -> str:
    """Showdown's id of a name: lower case letters and digits."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def plain(effect: str) -> str:
    """The id of an effect's name without its kind, such as "move: Leech Seed"."""
    return to_id(effect.rpartition(": ")[2])


def number(kind: str, name: str) -> int:
    """The number of a species, move, ability or item; 0 for none.

    Raises:
        ProtocolError: the format has no such entry.
    """
    found = getattr(tables(), kind).id.get(to_id(name))
    if found is None and kind == "species":  # a forme that only looks different
        found = tables().species.id.get(to_id(name.split("-")[0]))
    if found is None:
        raise ProtocolError(f"{kind}: the format {tables().format} has no {name!r}.")
    return found


def is_berry(name: str) -> bool:
    """Whether an item is a berry."""
    return bool(tables().items.column("is_berry")[number("items", name)])


def move_number(name: str) -> int:
    """The number of a move as a request names it, where a power may stand behind ("return102", "hiddenpowerfire")."""
    bare = re.sub(r"\d+$", "", to_id(name))
    return number("moves", "hiddenpower" if bare.startswith("hiddenpower") else bare)


@dataclasses.dataclass
class Known:
    """What is known of one Pokemon of a team; 0 and empty where nothing is."""

    name: str
    species: int
    level: int
    gender: int
    hp: int = 100  # points of an own Pokemon, percent of a foe's
    max_hp: int = 100
    status: int = 0
    ability: int = 0
    item: int = 0
    item_known: bool = False
    stats: tuple[int, ...] = (0, 0, 0, 0, 0)
    moves: list[int] = dataclasses.field(default_factory=list)
    spent: dict[int, int] = dataclasses.field(default_factory=dict)  # PP by move
    hidden_power: int = 0

    def points(self, move: int) -> int:
        """PP left of a move."""
        return max(int(tables().moves.column("maxpp")[move]) - self.spent.get(move, 0), 0)


@dataclasses.dataclass
class OnField:
    """What is known of a Pokemon while it is on the field."""

    pokemon: Known
    species: int
    types: tuple[int, int]
    traced: int = 0
    copied: int = 0  # ability got by Transform, once it has been shown
    boosts: list[int] = dataclasses.field(default_factory=lambda: [0] * len(enums.BOOSTS))
    conditions: set[str] = dataclasses.field(default_factory=set)
    transformed: bool = False
    slow_start: bool = False
    turns: int = 0
    last_move: int = 0
    spent: dict[int, int] = dataclasses.field(default_factory=dict)  # PP of copied moves

    @property
    def ability(self) -> int:
        """The ability it has now as far as it is known."""
        return self.traced or (self.copied if self.transformed else self.pokemon.ability)


@dataclasses.dataclass
class SideFacts:
    """What is known of a side: its Pokemon in the order in which they were learnt of."""

    team: list[Known] = dataclasses.field(default_factory=list)
    active: OnField | None = None
    spikes: int = 0
    toxic_spikes: int = 0
    wish: int = 0


def types_of(species: int) -> tuple[int, int]:
    """Both types of a species."""
    column = tables().species.column
    return int(column("type0")[species]), int(column("type1")[species])
