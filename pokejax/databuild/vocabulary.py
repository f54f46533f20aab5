"""The closed vocabulary of a format: everything that its battles can hold."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

from pokejax.databuild import showdown
from pokejax.databuild.columns import DataError

SCRIPT = pathlib.Path(__file__).with_name("dump.cjs")
# Fields of a generated Pokemon as dump.cjs writes them.
SPECIES, LEVEL, GENDER, ABILITY, ITEM, HP_TYPE, HP_POWER, HAPPINESS, MAXHP, STATS, MOVES, MAXPP = range(12)
Team = list[list[Any]]
# What a battle can hold beside the teams: moves without a slot, and formes that a Pokemon takes on in battle.
ALWAYS_MOVES = ("struggle", "recharge")


@dataclasses.dataclass
class Vocabulary:
    """Ids by kind."""

    species: set[str] = dataclasses.field(default_factory=set)
    moves: set[str] = dataclasses.field(default_factory=lambda: set(ALWAYS_MOVES))
    abilities: set[str] = dataclasses.field(default_factory=set)
    items: set[str] = dataclasses.field(default_factory=set)

    def add_team(self, team: Team) -> None:
        """Adds what a team holds."""
        for pokemon in team:
            self.species.add(pokemon[SPECIES])
            self.abilities.add(pokemon[ABILITY])
            self.items |= {pokemon[ITEM]} - {""}
            self.moves.update(pokemon[MOVES])

    def merged(self, other: Vocabulary) -> Vocabulary:
        """Both together."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in dataclasses.fields(self))
        return Vocabulary(*(mine | theirs for mine, theirs in pairs))

    def to_json(self) -> dict[str, list[str]]:
        """Sorted lists."""
        return {f.name: sorted(getattr(self, f.name)) for f in dataclasses.fields(self)}


def read_teams(format_id: str, first: int, count: int) -> Iterator[Team]:
    """Teams of Showdown's generator by number, as the simulator builds them.

    Raises:
        DataError: one of them holds what a row of the pool cannot say.
    """
    for i, line in enumerate(showdown.run_lines(SCRIPT, "teams", format_id, str(first), str(count))):
        team = json.loads(line)
        for pokemon in team:
            if pokemon[HAPPINESS] != 255 or ("hiddenpower" in pokemon[MOVES] and pokemon[HP_POWER] != 70):
                raise DataError(
                    f"team {first + i}: {pokemon[SPECIES]} has happiness {pokemon[HAPPINESS]} and Hidden Power"
                    f" {pokemon[HP_POWER]}; the tables take 255 and 70 for granted."
                )
        yield team


def read_sets(format_id: str) -> Vocabulary:
    """What the generator's own list of sets names: all but the items and the formes that battles bring."""
    (line,) = showdown.run_lines(SCRIPT, "sets", format_id)
    listed = json.loads(line)
    return Vocabulary(set(listed["species"]), {*listed["moves"], *ALWAYS_MOVES}, set(listed["abilities"]))


def read_dex(format_id: str, vocabulary: Vocabulary, conditions: Iterable[str]) -> dict[str, Any]:
    """The resolved entries of everything in the vocabulary."""
    asked = json.dumps({**vocabulary.to_json(), "conditions": sorted(conditions)})
    done = subprocess.run(
        showdown.command(SCRIPT, "dex", format_id), input=asked, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"dump.cjs dex failed: {done.stderr.strip()}")
    return json.loads(done.stdout)
