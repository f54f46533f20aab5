"""Declarations of games, our own game's addresses and difficulty, hooks, states, records, and the command line."""

from __future__ import annotations

import dataclasses

import gymnasium
import numpy as np
import pytest

from benchmarks.parity import emurust_players as players
from emurust import Batch, recorder
from emurust.__main__ import main
from emurust.asm import assemble, library
from emurust.env import Games, Options, read_symbols
from emurust.games import BUILTIN, GameSpec, read_spec
from emurust.games.builtin import HEDGEROW
from emurust.gymnasium_env import EmuRustEnv, EmuRustVectorEnv

PLAYERS = 32
LEAST_SCORE = 40  # berries: five levels


def test_random_play_stays_far_below_a_scripted_player():
    yardstick = players.scores(players.scripted, PLAYERS, 0).mean()
    assert yardstick > LEAST_SCORE
    assert players.scores(players.random_player(0), PLAYERS, 0).mean() < players.MOST_OF_RANDOM * yardstick


def test_the_declaration_names_the_games_own_addresses():
    symbols = library.program("hedgerow").symbols
    assert HEDGEROW.score.address == HEDGEROW.rewards[0].address == symbols["score"]
    assert HEDGEROW.done[0].address == symbols["game_over"] and HEDGEROW.ready.address == symbols["ready"]
    assert HEDGEROW.seed == symbols["seed"]
    assert HEDGEROW.features == ((symbols["player_x"], 16), (symbols["lives"], 1))


@pytest.mark.parametrize(("name", "least", "most"), [("hedgerow", 1000, 2100), ("workload", 5000, 6000)])
def test_a_cartridge_has_its_share_of_work(name, least, most):
    def instructions(skipping):
        machine = Batch(library.rom(name), 1, threads=1)
        machine.set_skipping(skipping)
        machine.run_frames(0, 300, 0, False)
        before = machine.instructions(0)
        machine.run_frames(0, 500, 0, False)
        return [(b - a) / 500 for a, b in zip(before, machine.instructions(0), strict=True)]

    executed, none = instructions(False)
    assert least <= executed <= most and none == 0
    fewer, skipped = instructions(True)
    assert fewer + skipped == pytest.approx(executed, abs=1)
    assert (skipped == 0) == (name == "workload")


def test_a_toml_file_declares_a_game(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'actions = [[], ["up", "a"]]\nframe_skip = 2\nmax_steps = 9\n'
        'rewards = [{address = 0xC008, bytes = 2, weight = 0.5, kind = "gain"}]\n'
        'done = [{address = 0xC008, op = ">=", to = 12}]\nready = {address = 0xC000}\nfeatures = [[0xC008, 1]]\n'
    )
    env = EmuRustEnv(rom="hedgerow", game=path, observation="ram")
    first, _ = env.reset(seed=0)
    steps = [env.step(1) for _ in range((12 - int(first[0])) // 2)]
    assert [reward for _, reward, *_ in steps] == [1.0] * len(steps), "two frames counted, half a point each"
    assert [terminated for _, _, terminated, *_ in steps] == [False] * (len(steps) - 1) + [True]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"name": "x", "colour": 1}, "there is no key 'colour'; the keys are name, actions"),
        ({"name": "x", "rewards": [{"address": 0x10000}]}, r"rewards: an address must lie in 0x0000 \.\. 0xFFFF"),
        (
            {"name": "x", "rewards": [{"address": 1, "kind": "sum"}]},
            "kind must be one of delta, gain, value, got 'sum'",
        ),
        ({"name": "x", "done": [{"address": 1, "op": "=~"}]}, "op must be one of ==, !=,"),
        ({"name": "x", "done": [{"to": 1}]}, "done is not of the documented form"),
        ({"name": "x", "actions": [["jump"]]}, "a button must be one of right, left"),
        ({"name": "x", "actions": []}, "actions must name at least one"),
        ({"name": "x", "frame_skip": 0}, "frame_skip must be at least 1, got 0"),
        ({"name": "x", "score": {"address": 1, "format": "hex"}}, "format must be one of little, big, bcd"),
    ],
)
def test_a_wrong_declaration_is_named(content, words):
    with pytest.raises(ValueError, match=words):
        read_spec(content)


def test_a_missing_declaration_is_named():
    with pytest.raises(FileNotFoundError, match=r"no game declaration 'absent\.toml'"):
        EmuRustEnv(game="absent.toml")


@pytest.mark.parametrize(
    ("form", "value"), [("little", 0x3412), ("big", 0x1234), ("bcd", 1234)], ids=["little", "big", "bcd"]
)
def test_numbers_are_read_in_their_format(form, value):
    number = dataclasses.replace(HEDGEROW.score, format=form)
    assert number.value(np.array([[0x12, 0x34]], np.uint8)).tolist() == [value]


def test_any_cartridge_runs_as_a_generic_game():
    env = EmuRustEnv(rom=library.rom("workload"), observation="tiles")
    assert env.games.spec is BUILTIN["generic"] and env.action_space.n == 9
    env.reset(seed=0)
    _, reward, terminated, truncated, info = env.step(3)
    assert (reward, terminated, truncated, info["score"]) == (0.0, False, False, 0)


def test_hooks_count_executions_since_the_reset(tmp_path):
    symbols = library.program("hedgerow").symbols
    path = tmp_path / "game.sym"
    path.write_text(f"; labels\n00:{symbols['play']:04X} play\n00:{symbols['start']:04X} start\n")
    hooks = read_symbols(path)
    assert hooks == {"play": (0, symbols["play"]), "start": (0, symbols["start"])}
    envs = EmuRustVectorEnv(2, observation="ram", hooks=hooks, frame_skip=5)
    envs.reset(seed=0)
    for step in range(1, 4):
        info = envs.step(np.array([0, 0]))[4]
        assert info["hooks"].tolist() == [[5 * step, 0]] * 2, "once a frame"


def test_a_symbol_file_of_another_form_is_named(tmp_path):
    path = tmp_path / "bad.sym"
    path.write_text("00:0150 start\nnonsense\n")
    with pytest.raises(ValueError, match=r"line 2: a symbol has the form 'BB:AAAA Name', got 'nonsense'"):
        read_symbols(path)


def test_a_record_plays_back_to_the_same_state(tmp_path):
    env = recorder.Recorder(gymnasium.make("EmuRust-v0", render_mode="rgb_array"))
    env.reset(seed=4)
    rng, pictures = np.random.default_rng(0), [env.render()]
    for _ in range(25):
        env.step(int(rng.integers(5)))
        pictures.append(env.render())
    env.save(tmp_path / "record.json")
    played = list(recorder.replay(tmp_path / "record.json"))
    assert len(played) == 26 and all(np.array_equal(a, b) for a, b in zip(played[1:], pictures[1:], strict=True))
    with pytest.raises(ValueError, match="recorded with cartridge"):
        next(recorder.replay(tmp_path / "record.json", rom="workload"))
    text = (tmp_path / "record.json").read_text()
    (tmp_path / "record.json").write_text(text.replace('"actions": [', '"actions": [1, 1, '))
    with pytest.raises(ValueError, match="ended in another state"):
        list(recorder.replay(tmp_path / "record.json"))
    with pytest.raises(ValueError, match="holds no record of an episode 3"):
        next(recorder.replay(tmp_path / "record.json", episode=3))


def test_sticky_actions_repeat_as_often_as_asked():
    games = Games(256, Options(rom="workload", game="workload", observation="ram", sticky=0.25, frame_skip=1))
    everyone = np.ones(256, bool)
    games.seed(np.arange(256, dtype=np.uint64), everyone)
    games.reset(everyone)
    held = []
    for step in range(40):
        games.step(np.full(256, 1 + step % 2))
        held.append(np.frombuffer(games.batch.held_buttons(), np.uint8))
    wanted = np.array([games.spec.masks()[1 + step % 2] for step in range(40)])[:, None]
    repeated = (np.array(held) != wanted)[1:].mean()
    assert 0.17 < repeated < 0.23, "0.25 of the steps hold the old button; after one of them the next is no change"


def test_doctor_says_what_a_cartridge_is(capsys, tmp_path):
    assert main(["doctor", "hedgerow"]) == 0
    out = capsys.readouterr().out
    for words in ("HEDGEROW", "32 KiB", "right", "supported"):
        assert words in out
    path = tmp_path / "locks.gb"
    path.write_bytes(assemble('header "LOCKS", 0, 0\norg $100\n  db $D3').rom)
    assert main(["doctor", str(path)]) == 1
    assert "locks up" in capsys.readouterr().out
    assert main(["doctor", str(tmp_path / "absent.gb")]) == 2
    assert "no cartridge" in capsys.readouterr().err
    path.write_bytes(b"short")
    assert main(["doctor", str(path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_assemble_writes_every_cartridge(capsys, tmp_path):
    assert main(["assemble", "--out", str(tmp_path)]) == 0
    assert all((tmp_path / f"{name}.gb").read_bytes() == library.rom(name) for name in library.names())
    assert main(["assemble"]) == 64 and "--out" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(["fly"])
    assert stopped.value.code == 64


def test_a_declaration_is_checked_once_only():
    assert read_spec(HEDGEROW) is HEDGEROW and isinstance(BUILTIN["generic"], GameSpec)
