"""`python -m pokejax play`: what it says to wrong input, and a battle that is played to its end."""

from __future__ import annotations

import pytest

from pokejax import play


def test_unknown_opponent_is_named_in_one_sentence(capsys):
    assert play.main(["play", "--opponent", "nobody"]) == play.BAD_USAGE
    said = capsys.readouterr().err
    assert "'nobody'" in said
    assert "max_damage" in said
    assert said.count("\n") == 1


def test_unknown_command_is_bad_usage():
    with pytest.raises(SystemExit) as ended:
        play.main(["dance"])
    assert ended.value.code == play.BAD_USAGE


def test_question_is_put_again_until_the_answer_is_legal(capsys):
    answers = iter(["x", "3", "7"])
    assert play._ask([6, 7], lambda question: next(answers)) == 7
    assert capsys.readouterr().out.count("is none of 6, 7") == 2


def test_q_leaves(capsys):
    with pytest.raises(EOFError):
        play._ask([6, 7], lambda question: " q ")


@pytest.mark.slow
def test_battle_is_played_to_its_end(capsys):
    said = []

    def answer(question):
        shown = capsys.readouterr().out
        said.append(shown)
        return shown.rpartition("Legal: ")[2].split()[0]

    assert play.run("max_damage", 3, answer) in play.RESULTS.values()
    assert len(said) > 5
    assert all("Legal:" in shown for shown in said)
