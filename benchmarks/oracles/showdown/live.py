"""Games of Showdown that are played from here, decision by decision, as a server would have both players see them."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.oracles.showdown.process import FRESH_TEAMS, Oracle
from pokejax import converter
from pokejax import observation_layout as columns
from pokejax.protocol import Facts

PLAYERS = ("p1", "p2")
RESULTS = {"one": 1, "two": -1, "tie": 0}  # p1's; the names are those of battle.cjs


class LiveOracle(Oracle):
    """An oracle whose games wait for our choices, each at a place of its own."""

    def begin(self, places: Sequence[int], battles: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Starts games, each with "seed" and "teams" as `process.fresh_battles` makes them; an answer each."""
        return list(self._ask({"command": "begin", "places": list(places), "battles": list(battles)}))

    def advance(self, places: Sequence[int], actions: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
        """Plays a decision point of games: actions of both players, 0 for one who waits."""
        return list(self._ask({"command": "advance", "places": list(places), "actions": [list(a) for a in actions]}))


def fresh(generator: random.Random) -> dict[str, Any]:
    """A battle of fresh teams that no pool holds."""
    first = FRESH_TEAMS + generator.getrandbits(40) * 2
    return {"seed": f"{generator.getrandbits(64):016x}", "teams": [first, first + 1]}


@dataclasses.dataclass
class LiveGame:
    """A game as both players know it.

    Attributes:
        facts: what p1 and p2 have been sent.
        chooses: which of them choose now.
        result: p1's result once it has ended: 1, 0 or -1; None before.
    """

    facts: tuple[Facts, Facts] = dataclasses.field(default_factory=lambda: (Facts("p1"), Facts("p2")))
    chooses: list[bool] = dataclasses.field(default_factory=lambda: [False, False])
    result: int | None = None

    def take(self, answer: Mapping[str, Any]) -> None:
        """Takes an answer of the oracle."""
        for player, stream in enumerate(answer["protocol"]):
            request = stream["request"]
            if request is not None:
                self.facts[player].ask(request)
            self.facts[player].read(stream["lines"])
            self.chooses[player] = request is not None and not request.get("wait")
        if answer["ended"]:
            self.chooses, self.result = [False, False], RESULTS[answer["winner"]]

    def tokens(self, player: int) -> dict[str, np.ndarray]:
        """What a player sees: the tables of `observation_layout` and the legal actions, int16."""
        return converter.tokens(self.facts[player])

    def mask(self, player: int) -> np.ndarray:
        """A player's legal actions: bool (10,), only the first while it waits."""
        if self.chooses[player]:
            return converter.legal(self.facts[player])
        return np.arange(columns.ACTIONS) == 0
