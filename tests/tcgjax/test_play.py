"""Playing in the terminal, the page of a game, and the picture of a board."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from tcgjax.__main__ import BAD_USAGE, MISSING, main
from tcgjax.reference import Game
from tcgjax.reference.arrays import to_state
from tcgjax.render import LIFE, TYPE_COLOURS, draw
from tcgjax.replay import page


def last_choice(prompt: str) -> str:
    return "0"


def test_a_game_in_the_terminal_ends_and_leaves_its_page(tmp_path, capsys) -> None:
    saved, made, again = tmp_path / "game.json", tmp_path / "game.html", tmp_path / "again.html"
    arguments = ["play", "--opponent", "random", "--seed", "3", "--html", str(made), "--save", str(saved)]
    assert main(arguments, last_choice) == 0
    out = capsys.readouterr().out
    assert re.search(r"The game is over: (player [01] wins|draw)", out)
    assert "--- turn 0 ---" in out and "  0: " in out
    assert main(["replay", str(saved), str(again)]) == 0
    played = json.loads(saved.read_text())["actions"]
    frames = json.loads(re.search(r"const frames = (.*); let at", again.read_text()).group(1).replace("<\\/", "</"))
    assert len(frames) == len(played) + 1
    assert frames[-1]["text"].endswith(("wins", "draw"))
    assert made.read_text().count("Bench") == again.read_text().count("Bench")


def test_a_player_may_leave_and_is_told_of_a_wrong_answer(capsys) -> None:
    answers = iter(["99", "x", "q"])
    assert main(["play", "--seed", "0"], lambda prompt: next(answers)) == 0
    out = capsys.readouterr().out
    assert "'99' is none of 0 .. " in out and "'x' is none of 0 .. " in out and "The game was left." in out


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["play", "--deck", "none"], BAD_USAGE, "there is no deck 'none'"),
        (["play", "--opponent", "nobody"], BAD_USAGE, "there is no player 'nobody'; the players are random, weighted"),
        (["replay", "nothing.json", "page.html"], MISSING, "there is no file nothing.json"),
    ],
)
def test_a_wrong_argument_is_one_sentence(arguments, status, sentence, capsys) -> None:
    assert main(arguments, last_choice) == status
    told = capsys.readouterr().err
    assert sentence in told and told.count("\n") == 1


def test_an_unknown_command_is_bad_usage(capsys) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["fly"])
    assert raised.value.code == BAD_USAGE


def test_a_page_hides_no_markup_in_names_and_shows_every_slot() -> None:
    game = Game(("pikachu_ex", "weezing_arbok"), (1, 2))
    while game.table.turn < 3:
        game.step(game.legal()[-1])
    made = page(game.decks, game.seed, game.actions, "a <b> title")
    assert "a &lt;b&gt; title" in made and "a <b> title" not in made
    with pytest.raises(ValueError, match="is not legal"):
        page(game.decks, game.seed, [75])


def test_a_board_is_drawn_with_types_and_life() -> None:
    game = Game(("pikachu_ex", "weezing_arbok"), (1, 2))
    empty = draw(to_state(game.table))
    while game.table.turn < 1:
        game.step(game.legal()[-1])
    frame = draw(to_state(game.table))
    assert frame.shape == empty.shape and frame.dtype == np.uint8
    colour = TYPE_COLOURS[game.table.players[0].active.card.type]
    assert (frame == colour).all(-1).any() and (frame == LIFE).all(-1).any()
    assert not (empty == LIFE).all(-1).any()
    game.table.players[0].active.damage = 30
    hurt = draw(to_state(game.table))
    assert (hurt == LIFE).all(-1).sum() < (frame == LIFE).all(-1).sum()
