"""What the format's own teams lead a player to expect of a Pokemon: stats, ability, item and moves by species.

Counted from the shipped pool of generated teams, in which level and stats hardly vary within a species.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from pokejax import enums
from pokejax.tables import load_tables, load_teams

LIKELY = 4  # moves a species, the most frequent first
COLUMN = {name: place for place, name in enumerate(enums.TEAM_COLUMNS)}
MOVE_COLUMNS = [COLUMN[f"move{i}"] for i in range(4)]


@dataclasses.dataclass(frozen=True, eq=False)
class Expectations:
    """Tables by species number, 0 in the rows of species that no team of the pool has.

    Attributes:
        stats: int32 (species + 1, 6), the median of the HP when whole and of `enums.STATS`, points.
        ability: int32 (species + 1,), the most frequent ability.
        item: int32 (species + 1,), the most frequent item.
        moves: int32 (species + 1, LIKELY), the most frequent attacks (no status moves), 0 = no more.
        shares: float32 (species + 1, LIKELY), how often they are among its moves.
        hidden_power: int32 (species + 1,), the most frequent type of its Hidden Power, type index.
    """

    stats: np.ndarray
    ability: np.ndarray
    item: np.ndarray
    moves: np.ndarray
    shares: np.ndarray
    hidden_power: np.ndarray


def _most_frequent(values: np.ndarray) -> int:
    return int(np.bincount(values).argmax())


@functools.cache
def expectations(format_id: str = "gen4randombattle") -> Expectations:
    """Counts a format's pool.

    Raises:
        ValueError: there is no such format.
    """
    teams, tables = load_teams(format_id), load_tables(format_id)
    rows = teams.reshape(-1, teams.shape[-1]).astype(np.int64)
    rows = rows[np.argsort(rows[:, COLUMN["species"]], kind="stable")]
    number = len(tables.species.names) + 1
    found = Expectations(
        stats=np.zeros((number, 6), np.int32),
        ability=np.zeros(number, np.int32),
        item=np.zeros(number, np.int32),
        moves=np.zeros((number, LIKELY), np.int32),
        shares=np.zeros((number, LIKELY), np.float32),
        hidden_power=np.zeros(number, np.int32),
    )
    attacks = tables.moves.column("category") > 0
    species, starts = np.unique(rows[:, COLUMN["species"]], return_index=True)
    for kind, group in zip(species, np.split(rows, starts[1:]), strict=True):
        found.stats[kind] = np.median(group[:, [COLUMN[name] for name in ("maxhp", *enums.STATS)]], axis=0)
        found.ability[kind] = _most_frequent(group[:, COLUMN["ability"]])
        found.item[kind] = _most_frequent(group[:, COLUMN["item"]])
        types = group[:, COLUMN["hp_type"]]
        found.hidden_power[kind] = _most_frequent(types[types > 0]) if (types > 0).any() else 0
        counts = np.bincount(group[:, MOVE_COLUMNS].reshape(-1), minlength=len(attacks)) * attacks
        best = np.argsort(-counts, kind="stable")[:LIKELY]
        found.moves[kind] = np.where(counts[best] > 0, best, 0)
        found.shares[kind] = counts[best] / len(group)
    return found
