"""Teams of one's own in Showdown's forms."""

from __future__ import annotations

import json
import pathlib

import pytest

import pokejax
from pokejax import enums
from pokejax.teams import TeamError, candidates, pool_team, read_team, rows_of

GIVEN = json.loads((pathlib.Path(__file__).parent / "data" / "gen4randombattle_teams.json").read_text())


@pytest.mark.parametrize("form", ["packed", "sets"])
@pytest.mark.parametrize("given", GIVEN, ids=lambda given: str(given["number"]))
def test_generated_team_in_either_form_gives_the_row_of_the_pool(given, form):
    assert read_team(given[form]) == pool_team(given["number"])


def test_nature_and_spread_change_the_stats():
    plain = GIVEN[0]["sets"]
    first = {**plain[0], "nature": "Adamant", "evs": {"atk": 252}, "ivs": {"hp": 0}}
    before, after = (dict(zip(enums.TEAM_COLUMNS, read_team(sets).rows[0], strict=True)) for sets in
                     (plain, [first, *plain[1:]]))  # fmt: skip
    assert after["atk"] > before["atk"] and after["spa"] < before["spa"] and after["maxhp"] < before["maxhp"]


def test_options_take_teams_in_every_form():
    packed, sets = GIVEN[0]["packed"], GIVEN[1]["sets"]
    env = pokejax.make(team=packed, opponent_team=[packed, sets])
    assert env.teams == (pool_team(0),) and env.opponent_teams == (pool_team(0), pool_team(1))
    assert env == pokejax.make(team=pool_team(0), opponent_team=[pool_team(0), pool_team(1)])
    assert pokejax.make_multi(team=sets).teams == ((pool_team(1),), ())
    assert candidates("pool") == () and rows_of(env.opponent_teams).shape == (2, 6, 20)


def changed(**values):
    return [{**GIVEN[0]["sets"][0], **values}, *GIVEN[0]["sets"][1:]]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("Pikachu", "packed Pokemon 'Pikachu' has 1 fields; the form has at least 11"),
        (5, 'a team must be "pool", packed text or a list of sets, got 5'),
        (GIVEN[0]["sets"][:5], "a team must have 6 Pokemon, got 5"),
        (changed(species="", name=""), "has no species"),
        (changed(species="Missingno"), "unknown species 'Missingno'; it must be one of the 299 that the format has"),
        (changed(moves=["Fly"]), "Cacturne: unknown move 'Fly'"),
        (changed(moves=[]), "Cacturne: a Pokemon must have 1 to 4 moves, got 0"),
        (changed(ability="Stench"), "Cacturne: unknown ability 'Stench'"),
        (changed(ability=""), "Cacturne: the ability must be named"),
        (changed(item="Master Ball"), "Cacturne: unknown item 'Master Ball'"),
        (changed(level=101), "Cacturne: the level must be 1 to 100, got 101"),
        (changed(level="high"), "Cacturne: the level must be a whole number, got 'high'"),
        (changed(nature="Happy"), "Cacturne: unknown nature 'happy'; the natures are adamant"),
        (changed(gender="X"), "Cacturne: the gender must be one of N, M, F, got 'X'"),
        (changed(evs={"atk": 300}), "Cacturne: EVs of atk must be 0 to 255, got 300"),
        (changed(ivs={"speed": 3}), "Cacturne: unknown stat 'speed' in IVs"),
    ],
)
def test_team_that_the_format_does_not_know_is_refused_in_one_sentence(given, words):
    with pytest.raises(TeamError, match=words) as caught:
        pokejax.make(team=given)
    assert "\n" not in str(caught.value)


def test_team_of_the_pool_is_named_by_its_number():
    with pytest.raises(TeamError, match=r"team number must be one of 0 \.\. 16383, got -1"):
        pool_team(-1)
