"""Pokemon Red without its cartridge: rules on made-up memory, the environment on a stub that writes the addresses."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import emurust
from emurust import pokemon_env
from emurust.asm import assemble
from emurust.cartridge import sha1
from emurust.games import pokemon_red
from emurust.games.pokemon_red import Progress, Weights, windows_of

EVERYONE = np.ones(1, bool)
# Walks to the right one square a frame, sets one more event bit every 32 frames, and has one Pokemon with 10 of 40 HP.
STUB = """
header "STUB", $13, $03
org $40
  jp frame
org $100
  nop
  jp start
org $150
start:
  ld sp, $DFFF
  ld a, 1
  ld [$D163], a
  ld a, 10
  ld [$D16D], a
  ld a, 40
  ld [$D18E], a
  ld a, 6
  ld [$D18C], a
  ld a, 1
  ldh [$FFFF], a
  ei
wait:
  halt
  jr wait
frame:
  push af
  ld a, [$D362]
  inc a
  ld [$D362], a
  and 31
  jr nz, walked
  ld a, [$D750]
  scf
  rla
  ld [$D750], a
walked:
  pop af
  reti
"""


def memory(**values: int) -> np.ndarray:
    image = bytearray(0x10000)
    for name, value in values.items():
        image[int(name[1:], 16)] = value
    return windows_of(bytes(image))


@pytest.fixture
def stub(monkeypatch):
    rom = assemble(STUB).rom
    monkeypatch.setattr(pokemon_red, "SHA1", sha1(rom))
    return rom


def test_numbers_are_read_from_their_addresses():
    seen = memory(xD16C=1, xD16D=4, xD18D=2, xD18E=8, xD18C=7, xD1B8=5, xD356=0b101, xD747=0b10, xD87D=0x80)
    assert pokemon_red.health(seen)[0] == (256 + 4) / (512 + 8)
    assert pokemon_red.levels(seen)[0].tolist() == [7, 5, 0, 0, 0, 0]
    assert pokemon_red.badge_bits(seen)[0].tolist() == [1, 0, 1, 0, 0, 0, 0, 0]
    assert np.flatnonzero(pokemon_red.event_bits(seen)[0]).tolist() == [1, pokemon_red.NUM_EVENTS - 1]
    assert np.allclose(pokemon_red.level_waves(seen)[0], np.sin(0.02 * 12 * 2.0 ** np.arange(8)))


def test_an_address_outside_the_windows_is_named():
    with pytest.raises(ValueError, match="C000 with 1 bytes"):
        pokemon_red.column(memory(), 0xC000)


@pytest.mark.parametrize(
    ("before", "after", "points"),
    [
        ({}, {"xD747": 0b111}, 4 * 3),  # events
        ({"xD747": 0b1}, {"xD747": 0b111}, 4 * 2),  # those there at the start do not count
        ({}, {"xD754": 0b1}, 0),  # the museum's ticket
        ({}, {"xD356": 0b11}, 10 * 2),  # badges
        ({"xD163": 1, "xD16D": 10, "xD18E": 40}, {"xD163": 1, "xD16D": 30, "xD18E": 40}, 10 * 0.5**2),  # healing
        ({"xD163": 1, "xD16D": 10, "xD18E": 40}, {"xD163": 2, "xD16D": 30, "xD18E": 40}, 0),  # a new member
        ({"xD163": 1, "xD16D": 0, "xD18E": 40}, {"xD163": 1, "xD16D": 40, "xD18E": 40}, 0),  # after a defeat
    ],
)
def test_a_change_pays_what_version_2_pays(before, after, points):
    progress = Progress(1, Weights(scale=0.5, explore=0.0))
    progress.start(EVERYONE, memory(**before))
    assert progress.advance(np.array([0]), memory(**after), EVERYONE)[0] == pytest.approx(0.5 * points)
    assert progress.advance(np.array([0]), memory(**after), EVERYONE)[0] == 0, "it is paid once"


def test_events_that_vanish_cost_nothing():
    progress = Progress(1, Weights(explore=0.0))
    progress.start(EVERYONE, memory())
    progress.advance(np.array([0]), memory(xD747=7), EVERYONE)
    assert progress.advance(np.array([0]), memory(), EVERYONE)[0] == 0


def test_new_places_pay_and_staying_costs_in_the_end():
    progress = Progress(1, Weights())
    progress.start(EVERYONE, memory())
    place = 0.5 * 0.1 * 0.25
    assert progress.advance(np.array([0]), memory(xD362=1), EVERYONE)[0] == pytest.approx(place)
    assert progress.advance(np.array([0]), memory(xD362=2, xD057=1), EVERYONE)[0] == 0, "nothing is seen in battle"
    rewards = [progress.advance(np.array([0]), memory(xD362=1), EVERYONE)[0] for _ in range(600)]
    assert rewards.index(pytest.approx(-0.5 * 0.05)) == 598 and np.count_nonzero(rewards) == 1
    assert progress.advance(np.array([0]), memory(xD362=3), EVERYONE)[0] == pytest.approx(place + 0.5 * 0.05)


def test_the_map_shows_where_one_was_around_the_player():
    progress = Progress(1, Weights())
    progress.start(EVERYONE, memory())
    for x in (5, 6, 7):
        progress.advance(np.array([0]), memory(xD35E=3, xD361=9, xD362=x), EVERYONE)
    view = progress.view(memory(xD35E=3, xD361=9, xD362=7))[0, :, :, 0]
    assert np.argwhere(view).tolist() == [[24, 22], [24, 23], [24, 24]]
    assert not progress.view(memory(xD35E=4, xD361=9, xD362=7)).any(), "another map"


def test_gymnasium_checker_passes_on_the_stub(stub):
    env = gymnasium.make(emurust.POKEMON_RED_ID, rom=stub).unwrapped
    check_env(env, skip_render_check=True)
    assert env.action_space.n == 7


def test_the_environment_rewards_the_stubs_walk(stub):
    envs = gymnasium.make_vec(emurust.POKEMON_RED_ID, num_envs=2, rom=stub, max_episode_steps=4)
    seen, _ = envs.reset(seed=0)
    assert seen["health"].tolist() == [[0.25]] * 2 and seen["screens"].shape == (2, 72, 80, 3)
    at_start, total = seen["events"][0].sum(), 0.0
    for step in range(4):
        seen, reward, _, truncated, info = envs.step(np.array([step, 6 - step]))
        total += reward[0]
    assert truncated.all() and info["final_obs"][0]["recent_actions"].tolist() == [3, 2, 1]
    # 96 frames pass: four new squares are seen, and an event every 32 frames.
    events = info["final_obs"][0]["events"].sum() - at_start
    assert events == 3 and total == pytest.approx(0.5 * (4 * events + 4 * 0.1 * 0.25))
    assert seen["recent_actions"].tolist() == [[0, 0, 0]] * 2


def test_screens_are_newest_first(stub):
    games = pokemon_env.PokemonRedGames(1, pokemon_env.Options(rom=stub), weights=Weights())
    screens = np.arange(3, dtype=np.uint8)[None, :, None, None] * np.ones((1, 3, 72, 80), np.uint8)
    assert games._dictionary(screens)["screens"][0, 0, 0].tolist() == [2, 1, 0]


def test_an_absent_cartridge_is_one_clear_sentence(monkeypatch, tmp_path):
    monkeypatch.delenv(pokemon_env.VARIABLE, raising=False)
    monkeypatch.setenv("TWINENVS_CACHE", str(tmp_path))
    with pytest.raises(FileNotFoundError) as raised:
        gymnasium.make(emurust.POKEMON_RED_ID)
    sentence = str(raised.value)
    for part in (str(tmp_path / "pokemon_red.gb"), "rom=", "EMURUST_POKEMON_RED", pokemon_red.SHA1):
        assert part in sentence


def test_a_wrong_cartridge_is_named_with_both_hashes(monkeypatch, tmp_path):
    path = tmp_path / "other.gb"
    path.write_bytes(bytes(0x8000))
    monkeypatch.setenv(pokemon_env.VARIABLE, str(path))
    with pytest.raises(ValueError, match=f"other.gb.*{sha1(bytes(0x8000))}.*{pokemon_red.SHA1}"):
        gymnasium.make(emurust.POKEMON_RED_ID)
