"""The card table and the decks: counts, schema, hashes, error sentences, and what a new set would need."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from tcgjax.data import table as table_module
from tcgjax.data.__main__ import main
from tcgjax.data.decks import DeckError, find_deck, make_deck, random_deck, shipped_decks
from tcgjax.data.new_cards import needs_code
from tcgjax.data.schema import OPERATIONS, DataError
from tcgjax.data.table import FILES, build_table, load_table, read_json

CARDS = read_json("cards.json")["cards"]
EFFECTS = read_json("effects.json")["effects"]
VALID = [card for name in ("Bulbasaur", "Ivysaur", "Venusaur", "Abra", "Kadabra", "Alakazam", "Doduo", "Snorlax",
"Potion", "Erika")
         for card in (name, name)]  # fmt: skip


def test_the_pool_is_complete() -> None:
    table = load_table()
    kinds = Counter(effect.kind for effect in table.effects.values())
    assert len(table.cards) - 1 == 302
    assert len(table.by_print) == 396
    assert kinds == {"attack": 84, "ability": 16, "trainer": 21}
    assert {op.name for effect in table.effects.values() for op in effect.ops} == set(OPERATIONS)
    assert len(OPERATIONS) == 49
    assert Counter(row.kind for row in table.rows) == {
        "none": 1,
        "evolve": 1,
        "attack": 287,
        "ability": 17,
        "trainer": 23,
    }


def test_rows_are_numbered_in_order_13_3() -> None:
    rows = load_table().rows
    assert [row.row for row in rows] == list(range(len(rows)))
    kinds = [row.kind for row in rows[2:]]
    assert kinds == sorted(kinds, key=("attack", "ability", "trainer").index)


def test_the_manifest_fits_and_a_changed_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*FILES, "manifest.json"):
        (tmp_path / name).write_bytes((table_module.FOLDER / name).read_bytes())
    monkeypatch.setattr(table_module, "FOLDER", tmp_path)
    assert read_json("decks.json")
    (tmp_path / "decks.json").write_text((tmp_path / "decks.json").read_text() + " ")
    with pytest.raises(DataError, match=r"^decks\.json has changed since its manifest was written"):
        read_json("decks.json")


def test_sixteen_decks_are_legal_and_named_right() -> None:
    assert len(shipped_decks()) == 16
    for entry in read_json("decks.json")["decks"].values():
        for _, card, name in entry["cards"]:
            assert load_table().find(card).name == name


def test_random_decks_are_legal() -> None:
    rng = random.Random(0)
    decks = [random_deck(rng) for _ in range(200)]
    assert len({card for deck in decks for card in deck.cards}) > 250


@pytest.mark.parametrize(
    ("cards", "energy", "sentence"),
    [
        (VALID[:-1], "G", r"^rule 1\.1: a deck has exactly 20 cards, got 19\.$"),
        ([*VALID[:-1], "Bulbasaur"], "G", r"^rule 1\.2: at most 2 cards of a name, got 3 of 'Bulbasaur'\.$"),
        (["Ivysaur", "Old Amber"] * 2 + [c for c in VALID if c not in ("Bulbasaur", "Abra", "Doduo", "Snorlax",
        "Ivysaur")]
         + ["Kakuna", "Metapod"] * 2 + ["Leaf", "Blue"], "G", r"^rule 1\.3: a deck needs at least one Basic"),
        (VALID, "", r"^rule 1\.4: the Energy Zone has 1 to 3 different types out of G R W L P F D M, got \[\]\.$"),
        (VALID, "GRWL", r"^rule 1\.4"),
        (VALID, "GG", r"^rule 1\.4"),
        (VALID, "C", r"^rule 1\.4"),
        ([*VALID[:-1], "Missingno"], "G", r"^there is no card 'Missingno'; give a name or a print"),
        ([*VALID[:-1], "Pikachu"], "G", r"^2 cards are named 'Pikachu'; give one of the prints A1-094, A1a-025\.$"),
        ([*VALID[:-1], 303], "G", r"^there is no card 303; ids are 1 \.\. 302\.$"),
    ],
)  # fmt: skip
def test_an_illegal_deck_names_the_rule(cards: list, energy: str, sentence: str) -> None:
    with pytest.raises(DeckError, match=sentence):
        make_deck(cards, energy)


def test_a_valid_list_is_sorted_1_5() -> None:
    deck = make_deck(reversed(VALID), "WG")
    assert deck.cards == tuple(sorted(deck.cards))
    assert (deck.energy, deck.energy_mask) == ("GW", 0b101)


def test_an_unknown_deck_is_named() -> None:
    with pytest.raises(DeckError, match=r"^there is no deck 'nothing'; the decks are pikachu_ex, "):
        find_deck("nothing")
    with pytest.raises(DeckError, match=r"^a deck is a name, a Deck or a mapping"):
        find_deck(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ops", "sentence"),
    [
        ([["TELEPORT"]], "is no known operation"),
        ([["HEAL_SELF"]], "does not take the arguments"),
        ([["HEAL_SELF", 15]], "does not take the arguments"),
        ([["PLUS", 30, "H"]], "a gate needs a COIN"),
        ([["COIN"], ["COINS_MULT", 2, 10]], "at most one group of coins, got 2"),
        ([["HIT_CHOICE", "opp_any", 10], ["SWITCH_SELF"]], "at most one choice"),
        ([["COIN"], ["FAIL", "H"]], "takes the gates 'T', got 'H'"),
        ([["TURN_PLUS", 10, "all"]], "may stand in trainer effects, not in this attack"),
        ([], "it needs at least one operation"),
    ],
)
def test_a_program_that_breaks_the_schema_is_named(ops: list, sentence: str) -> None:
    effects = copy.deepcopy(EFFECTS)
    effects[0]["ops"] = ops
    with pytest.raises(DataError, match=rf"^effect 'attack01': .*{sentence}"):
        build_table(CARDS, effects)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("type", "Q", "unknown type 'Q'"),
        ("hp", 75, "HP are a multiple of 10"),
        ("stage", 1, "stages 1 and 2 evolve, 0 does not"),
        ("retreat", 5, "the retreat cost is 0 to 4"),
        ("prints", ["A1"], "prints look like A1-001"),
    ],
)
def test_a_card_that_breaks_the_schema_is_named(field: str, value: object, sentence: str) -> None:
    cards = copy.deepcopy(CARDS)
    cards[0][field] = value
    with pytest.raises(DataError, match=rf"^card 1 Bulbasaur: {sentence}"):
        build_table(cards, EFFECTS)


NEW_SET = [
    {"kind": "pokemon", "name": "Plain", "attacks": [{"name": "Hit", "cost": "C", "damage": 20}], "ability": None},
    {"kind": "pokemon", "name": "Known", "attacks": [
        {"name": "Sip", "cost": "C", "damage": 20, "text": "heal 10", "ops": [["HEAL_SELF", 10]]}], "ability": None},
    {"kind": "pokemon", "name": "Strange", "attacks": [
        {"name": "Warp", "cost": "C", "damage": 20, "text": "skip a turn", "ops": [["SKIP_TURN", 1]]}],
        "ability": None},
    {"kind": "trainer", "name": "Unread", "text": "something"},
]  # fmt: skip


def test_a_new_set_names_the_effects_that_need_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    findings = needs_code(NEW_SET)
    assert [(finding.card, finding.where) for finding in findings] == [("Strange", "Warp"), ("Unread", "Unread")]
    path = tmp_path / "set.json"
    path.write_text(json.dumps({"cards": NEW_SET}))
    assert main(["check", str(path)]) == 1
    assert "4 cards, 2 effects need code" in capsys.readouterr().out
    path.write_text(json.dumps({"cards": NEW_SET[:2]}))
    assert main(["check", str(path)]) == 0


@pytest.mark.parametrize(("arguments", "status"), [([], 64), (["check"], 64), (["check", "nowhere.json"], 2)])
def test_a_wrong_command_says_what_to_do(arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == status
    assert capsys.readouterr().err.count("\n") == 1


def test_a_card_with_existing_operations_needs_no_code() -> None:
    """A new card in the data alone: it is built, and the engine plays its attack."""
    cards, effects = copy.deepcopy(CARDS), copy.deepcopy(EFFECTS)
    cards.append({
        "id": 303, "kind": "pokemon", "name": "Newcomer", "type": "G", "stage": 0, "evolves_from": None, "hp": 60,
        "ex": False,
        "points": 1, "weakness": None, "retreat": 1, "ability": None, "prints": ["A9-001"],
        "attacks": [{"name": "Big Sip", "cost": "G", "damage": 10, "effect": "attack85"}],
    })  # fmt: skip
    effects.append({"id": "attack85", "text": "heal 50 from self", "ops": [["HEAL_SELF", 50]]})
    table = build_table(cards, effects)
    assert table.find("Newcomer").attacks[0].ops[0].args == (50,)


def test_jigglypuff_keeps_the_hp_of_the_source_a19() -> None:
    assert load_table().find("P-A-022").hp == 50
