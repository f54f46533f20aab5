"""Each constant of an ambiguity is read by the engine: another value changes the outcome of a written scenario."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from tcgjax import decisions
from tcgjax.reference import Game

_SPECIFICATION = importlib.util.spec_from_file_location("tcgjax_scenario", Path(__file__).with_name("scenario.py"))
scenario = importlib.util.module_from_spec(_SPECIFICATION)
sys.modules["tcgjax_scenario"] = scenario
_SPECIFICATION.loader.exec_module(scenario)

SCENARIOS = scenario.read_scenarios()
OTHER_VALUES = {
    "A3_FOSSILS_ARE_BASIC": True,
    "A4_CONFUSION_DAMAGE": 20,
    "A5_FLOOR_BEFORE_WEAKNESS": True,
    "A6_KEEP_NEEDED_ENERGY": False,
    "A7_USELESS_IS_PLAYABLE": True,
    "A8_NEXT_PLAYER_FIRST": False,
    "A10_SEARCH_FILLS_FULL_HAND": True,
    "A13_COUNTS_ARE_DOUBLED": False,
    "A15_HITS_ON_ACTIVE_ARE_MODIFIED": False,
    "A16_COPY_CAN_COPY": True,
    "A20_ABILITY_DAMAGE_IS_REDUCED": True,
    "A21_HEAL_IS_CAPPED": True,
    "A22_DYING_COUNT": False,
    "A23_TAKEN_CARDS_ARE_SHOWN": False,
    "HAND_LIMIT": 9,
    "POINTS_TO_WIN": 4,
    "WEAKNESS": 30,
    "POISON": 20,
    "BURN": 10,
    "FIRST_EVOLUTION_TURN": 2,
}
# Read where a game starts; their tests are in test_rules.py.
AT_THE_START = {"A1_FIRST_PLAYER_DRAWS", "A2_OPENING", "A9_ENERGY_IS_PUBLIC", "A18_MAX_TURNS", "A25_ROLL_ON_TURN_1"}
AT_THE_START |= {"OPENING_HAND", "MAX_COINS"}


def test_every_constant_is_tried() -> None:
    constants = {name for name in vars(decisions) if name.isupper()}
    assert constants == set(OTHER_VALUES) | AT_THE_START


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_another_value_changes_a_scenario(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, name, OTHER_VALUES[name])
    failed = 0
    for one in SCENARIOS:
        try:
            scenario.check(one)
        except (AssertionError, ValueError, IndexError):
            failed += 1
    assert failed


@pytest.mark.parametrize(
    ("name", "other"), [("A1_FIRST_PLAYER_DRAWS", False), ("A25_ROLL_ON_TURN_1", True), ("OPENING_HAND", 4)]
)
def test_another_value_changes_the_start(name: str, other: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def draws_at_turn_1() -> int:
        game = Game(["pikachu_ex", "celebi_ex_serperior"], (1, 2))
        while game.table.turn == 0:
            game.step(game.legal()[0])
        return game.table.chance.draws

    before = draws_at_turn_1()
    monkeypatch.setattr(decisions, name, other)
    assert draws_at_turn_1() != before
