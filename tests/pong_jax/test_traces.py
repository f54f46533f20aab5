"""The recorded games of the original, replayed bit for bit: needs neither the original nor a compiler."""

import json
import pathlib

import numpy as np
import pytest

from benchmarks.oracles.puffer_pong import EXTRA_FIELDS, LOG_FIELDS, STATE_FIELDS
from benchmarks.parity.pong_replay import Replay, Variant, replay_case

FOLDER = pathlib.Path(__file__).parent
REGRESSIONS = sorted(FOLDER.parent.glob("regressions/pong_jax_*.json"))
NUMBERS = ("int16", "float32")


@pytest.fixture(scope="module")
def traces():
    with np.load(FOLDER / "data" / "pufferlib_pong_3.0.0_traces.npz", allow_pickle=False) as archive:
        return dict(archive)


def bits(array):
    return np.ascontiguousarray(array, np.float32).view(np.int32)


def replay_episodes(traces, episodes, number):
    """Replays episodes of one frameskip side by side, the shorter ones padded by standing still."""
    frameskip = int(traces["episode_frameskip"][episodes[0]])
    lengths = np.diff(traces["step_offset"])[episodes]
    actions = np.zeros((lengths.max(), len(episodes)), np.uint8)
    rand = np.zeros(actions.shape, np.int32)
    first = np.zeros(len(episodes), np.int64)
    for column, episode in enumerate(episodes):
        steps = slice(*traces["step_offset"][episode : episode + 2])
        tape = traces["tape"][slice(*traces["tape_offset"][episode : episode + 2])]
        points = np.abs(traces["reward"][steps]) == 1
        drawn_before = 1 + np.cumsum(points) - points
        actions[: lengths[column], column] = traces["action"][steps]
        rand[: lengths[column], column] = np.append(tape, 0)[drawn_before]
        first[column] = tape[0]
    replay = Replay(Variant(frameskip, number=number), 0, len(episodes))
    replay.serve(first)
    return replay, replay.follow(actions, rand), lengths


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("frameskip", [1, 8])
def test_recorded_episodes_are_equal(traces, frameskip, number):
    episodes = np.flatnonzero(traces["episode_frameskip"] == frameskip)
    replay, ours, lengths = replay_episodes(traces, episodes, number)
    for column, episode in enumerate(episodes):
        steps = slice(*traces["step_offset"][episode : episode + 2])
        frames = slice(traces["frame_offset"][episode] + 1, traces["frame_offset"][episode + 1])
        mine = {name: values[: lengths[column], column] for name, values in ours.items()}
        draws = 1 + np.cumsum(np.abs(traces["reward"][steps]) == 1)
        np.testing.assert_array_equal(mine["draws"], draws)
        assert draws[-1] == np.diff(traces["tape_offset"])[episode]
        np.testing.assert_array_equal(mine["terminal"], traces["terminal"][steps])
        np.testing.assert_array_equal(bits(mine["reward"]), bits(traces["reward"][steps]))
        for i, name in enumerate(STATE_FIELDS):
            np.testing.assert_array_equal(mine[name], traces["state"][frames][:, i], err_msg=name)
        for i, name in enumerate(EXTRA_FIELDS):
            np.testing.assert_array_equal(mine[name], traces["state_extra"][frames][:, i], err_msg=name)
        np.testing.assert_array_equal(bits(mine["observation"]), bits(traces["observation"][frames]))
        np.testing.assert_array_equal(
            bits(np.asarray(replay.observation)[column]), bits(traces["observation"][frames.start - 1])
        )


def test_recorded_logs_are_equal(traces):
    assert tuple(traces["log_names"]) == LOG_FIELDS
    for frameskip in (1, 8):
        episodes = np.flatnonzero(traces["episode_frameskip"] == frameskip)
        _, ours, _ = replay_episodes(traces, episodes, "int16")
        ended_once = np.array([ours["terminal"][:, i].sum() == 1 for i in range(len(episodes))])
        assert ended_once.any()
        expected = traces["episode_log"][episodes][ended_once]
        np.testing.assert_array_equal(bits(ours["log"][-1][ended_once]), bits(expected))


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("frameskip", [1, 8])
def test_recorded_transitions_are_equal(traces, frameskip, number):
    chosen = traces["trans_frameskip"] == frameskip
    replay = Replay(Variant(frameskip, number=number), 0, int(chosen.sum()))
    replay.load(dict(zip(STATE_FIELDS, traces["trans_state"][chosen].T, strict=True)))
    ours = replay.follow(traces["trans_action"][chosen][None], traces["trans_rand"][chosen][None])
    np.testing.assert_array_equal(ours["draws"][0] - 1, traces["trans_draws"][chosen])
    np.testing.assert_array_equal(ours["terminal"][0], traces["trans_terminal"][chosen])
    np.testing.assert_array_equal(bits(ours["reward"][0]), bits(traces["trans_reward"][chosen]))
    for i, name in enumerate(STATE_FIELDS):
        np.testing.assert_array_equal(ours[name][0], traces["trans_next_state"][chosen][:, i], err_msg=name)
    for i, name in enumerate(EXTRA_FIELDS):
        np.testing.assert_array_equal(ours[name][0], traces["trans_next_extra"][chosen][:, i], err_msg=name)
    np.testing.assert_array_equal(bits(ours["observation"][0]), bits(traces["trans_observation"][chosen]))


def test_recorded_batch_on_one_stream_is_equal(traces):
    num_envs, tape = int(traces["vec_num_envs"]), traces["vec_tape"]
    points = np.abs(traces["vec_reward"]) == 1
    drawn_before = num_envs + np.cumsum(points.ravel()) - points.ravel()
    rand = np.append(tape, 0)[drawn_before].reshape(points.shape)
    replay = Replay(Variant(int(traces["vec_frameskip"])), 0, num_envs)
    replay.serve(tape[:num_envs])
    ours = replay.follow(traces["vec_action"], rand)
    assert num_envs + points.sum() == len(tape)
    np.testing.assert_array_equal(ours["terminal"], traces["vec_terminal"])
    np.testing.assert_array_equal(bits(ours["reward"]), bits(traces["vec_reward"]))
    np.testing.assert_array_equal(bits(ours["observation"]), bits(traces["vec_observation"][1:]))
    for i, name in enumerate(STATE_FIELDS):
        np.testing.assert_array_equal(ours[name], traces["vec_state"][1:, :, i], err_msg=name)


def test_other_random_values_are_noticed(traces):
    episodes = np.flatnonzero(traces["episode_frameskip"] == 8)[:1]
    changed = {**traces, "tape": traces["tape"] ^ 1}
    _, ours, lengths = replay_episodes(changed, episodes, "int16")
    frames = slice(traces["frame_offset"][episodes[0]] + 1, traces["frame_offset"][episodes[0] + 1])
    assert (bits(ours["observation"][: lengths[0], 0]) != bits(traces["observation"][frames])).any()


def test_regressions_stay_fixed():
    for path in REGRESSIONS:
        differing = replay_case(json.loads(path.read_text()))
        assert not differing, f"{path.name}: {differing} differ again"
