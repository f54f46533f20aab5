"""poke-env's own players in front of recorded protocol streams: no server, no websocket."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.errors import InputMissingError
from pokejax.converter import legal
from pokejax.protocol import Facts, move_number
from pokejax.state import PARTY

PLAYERS = {"simple_heuristics": "SimpleHeuristicsPlayer", "max_base_power": "MaxBasePowerPlayer"}
# Lines that poke-env's client reads itself, before the battle gets to see the rest.
NOT_FOR_BATTLES = {
    "t:", "expire", "uhtmlchange", "tempnotify", "tempnotifyoff", "request", "win", "tie", "error", "bigerror",
}  # fmt: skip
UNDECIDED = -1


def require() -> str:
    """Checks that poke-env is installed; returns its version.

    Raises:
        InputMissingError: it is not.
    """
    if importlib.util.find_spec("poke_env") is None:
        raise InputMissingError("poke-env is missing; install it with `pip install poke-env==0.16.1`.")
    return importlib.metadata.version("poke-env")


class Mind:
    """A battle as poke-env's `Battle` keeps it for one player, and what its players choose there."""

    def __init__(self, player: str, number: int) -> None:
        """For "p1" or "p2" of battle `number`; both names are those that the oracle gives."""
        from poke_env.battle import Battle

        names = {"p1": "one", "p2": "two"}
        self.battle = Battle(f"battle-gen4randombattle-{number}", names[player], logging.getLogger("poke_env"), gen=4)

    def follow(self, lines: Iterable[str], request: Mapping[str, Any] | None) -> None:
        """Takes the lines of a decision point, then its request, as its client does."""
        for line in lines:
            parts = line.split("|")
            if len(parts) > 1 and parts[1] not in NOT_FOR_BATTLES:
                self.battle.parse_message(parts)
        if request is not None:
            self.battle.parse_request(dict(request))

    def choose(self, name: str, facts: Facts) -> int:
        """What poke-env's player of that name (a key of PLAYERS) does: an action, UNDECIDED if it draws lots."""
        from poke_env.player import baselines

        battle = self.battle
        lots = battle.active_pokemon is None or battle.opponent_active_pokemon is None
        if name == "max_base_power":
            lots = not battle.available_moves
        if lots:
            return UNDECIDED
        chosen = getattr(baselines, PLAYERS[name]).choose_singles_move(battle)
        order = (chosen[0] if isinstance(chosen, tuple) else chosen).order
        if hasattr(order, "base_species"):
            return next(i for i, known in enumerate(facts.own.team) if known.name == order.name)
        moves = [move for move, _ in facts.slots()]
        number = 0 if order.id in ("struggle", "recharge") else move_number(order.id)
        slot = moves.index(number) if number in moves else 0
        assert legal(facts)[PARTY + slot]
        return PARTY + slot
