"""The compiled original against its own recordings, and our environment against it. Skips where it cannot be built."""

import json
import pathlib

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from benchmarks.errors import InputMissingError
from benchmarks.oracles import puffer_pong
from benchmarks.oracles.puffer_pong import (
    EXTRA_FIELDS,
    LOG_FIELDS,
    STATE_FIELDS,
    PongBatch,
    PongConstants,
    PongOracle,
    random_tape,
)
from benchmarks.parity import pong as parity
from benchmarks.parity import pong_replay
from benchmarks.parity.checks import row_of, write_case
from benchmarks.parity.pong_replay import Variant, replay_case

pytestmark = pytest.mark.oracle

TRACES = pathlib.Path(__file__).parent / "data" / "pufferlib_pong_3.0.0_traces.npz"


@pytest.fixture(scope="module", autouse=True)
def original():
    try:
        puffer_pong.library("exact")
    except InputMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def traces():
    with np.load(TRACES, allow_pickle=False) as archive:
        return dict(archive)


def bits(array):
    return np.ascontiguousarray(array, np.float32).view(np.int32)


@pytest.mark.parametrize("build", puffer_pong.BUILDS)
def test_original_repeats_its_recorded_episodes(traces, build):
    for episode, frameskip in enumerate(traces["episode_frameskip"]):
        steps, frames, tape = (
            slice(*traces[name][episode : episode + 2]) for name in ("step_offset", "frame_offset", "tape_offset")
        )
        with PongBatch(1, PongConstants(frameskip=int(frameskip)), build) as batch:
            if build == "exact":
                batch.set_tape(traces["tape"][tape][None])
                batch.reset()
            else:
                batch.reset(int(traces["episode_seed"][episode]))
            record = batch.record(traces["action"][steps][:, None])
        np.testing.assert_array_equal(bits(record.observation[:, 0]), bits(traces["observation"][frames][1:]))
        np.testing.assert_array_equal(record.state[:, 0], traces["state"][frames][1:])
        np.testing.assert_array_equal(record.extra[:, 0], traces["state_extra"][frames][1:])
        np.testing.assert_array_equal(bits(record.reward[:, 0]), bits(traces["reward"][steps]))
        np.testing.assert_array_equal(record.terminal[:, 0], traces["terminal"][steps])
        if build == "exact":
            assert record.draws[-1, 0] == tape.stop - tape.start


def test_original_repeats_its_recorded_transitions(traces):
    for frameskip in (1, 8):
        chosen = traces["trans_frameskip"] == frameskip
        with PongBatch(int(chosen.sum()), PongConstants(frameskip=frameskip)) as batch:
            batch.set_tape(traces["trans_rand"][chosen][:, None])
            batch.load(dict(zip(STATE_FIELDS, traces["trans_state"][chosen].T, strict=True)))
            record = batch.record(traces["trans_action"][chosen][None])
        np.testing.assert_array_equal(bits(record.observation[0]), bits(traces["trans_observation"][chosen]))
        np.testing.assert_array_equal(record.state[0], traces["trans_next_state"][chosen])
        np.testing.assert_array_equal(record.extra[0], traces["trans_next_extra"][chosen])
        np.testing.assert_array_equal(record.draws[0], traces["trans_draws"][chosen])


def test_original_repeats_its_recorded_batch_on_one_stream(traces):
    with PongBatch(int(traces["vec_num_envs"]), PongConstants(), "glibc") as batch:
        batch.reset(int(traces["vec_seed"]))
        np.testing.assert_array_equal(bits(batch.observation), bits(traces["vec_observation"][0]))
        record = batch.record(traces["vec_action"])
    np.testing.assert_array_equal(bits(record.observation), bits(traces["vec_observation"][1:]))
    np.testing.assert_array_equal(record.state, traces["vec_state"][1:])


def test_five_methods_of_the_oracle_agree_with_each_other():
    oracle = PongOracle(PongConstants(frameskip=8))
    first = oracle.reset(seed=3)
    assert oracle.draws() == 1
    np.testing.assert_array_equal(first, oracle.export()["observation"])
    before = oracle.export()
    after = oracle.step(1)
    oracle.step(2)
    oracle.load(before)
    again = oracle.step(1)
    np.testing.assert_array_equal(after[0], again[0])
    assert after[1:] == again[1:]
    assert oracle.export()["paddle_yr"] == before["paddle_yr"] + 8 * 8


def test_tape_that_runs_out_is_an_error():
    with PongBatch(1) as batch:
        batch.set_tape(np.zeros((1, 1), np.int32))
        batch.reset()
        with pytest.raises(RuntimeError, match="run out"):
            batch.record(np.full((200, 1), 2))


def test_continuous_actions_are_clipped_as_in_the_originals_python_layer():
    ends = []
    for action in (1.0, 5.0):
        with PongBatch(1, PongConstants(continuous=True)) as batch:
            batch.set_tape(np.zeros((1, 4), np.int32))
            batch.reset()
            ends.append(batch.record(np.full((3, 1), action, np.float32)).state)
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize("check", list(parity.checks()), ids=lambda check: check.name.replace(" ", "_"))
def test_every_check_of_verify_holds_on_a_few_episodes(check):
    outcome = check.run(11, 2, lambda steps: None)
    assert outcome.tally.first is None, outcome.tally.first.sentence()
    assert outcome.complete
    assert outcome.steps > 0


def test_players_make_the_agent_win_and_lose():
    wins = losses = 0
    for player in parity.PLAYERS[8]:
        outcome = parity.episodes(Variant(8), player, 1, 5, 2, lambda steps: None)
        wins += outcome.agent_wins
        losses += outcome.episodes - outcome.agent_wins
    assert wins > 0
    assert losses > 0


FAULTS = {
    "reward": ("pong_jax.rules.BOUNCE_REWARD", np.float32(0.1000001)),
    "ball_vy": ("pong_jax.rules.LEAST_SPEED_Y", 2.0),
    "observation": ("pong_jax.observation.split_reciprocal", lambda divisor: (1 / divisor, 0 * divisor)),
}


@pytest.mark.parametrize("field", FAULTS)
def test_seeded_fault_is_found_and_kept(field, monkeypatch, tmp_path):
    check = next(check for check in parity.checks() if check.name == "episodes, frameskip 8, player track")
    with monkeypatch.context() as patched:
        patched.setattr(*FAULTS[field])
        pong_replay._programs.cache_clear()
        outcome = check.run(1, 3, lambda steps: None)
        path = write_case(tmp_path, "pong_jax", check, outcome, 1)
        assert path is not None
        case = json.loads(path.read_text())
        pong_replay._programs.cache_clear()
        assert field in replay_case(case)
    pong_replay._programs.cache_clear()
    row = row_of("pong_jax", parity, check, outcome, 1, 3)
    assert not row["passed"]
    assert "first difference at step" in row["first_divergence"]
    assert replay_case(case) == []


def test_other_random_numbers_are_found(monkeypatch):
    tape = pong_replay.Replay.tape
    monkeypatch.setattr(pong_replay.Replay, "tape", lambda self, length: tape(self, length) ^ 1)
    outcome = parity.episodes(Variant(8), "random", 1, 1, 3, lambda steps: None)
    assert outcome.tally.first is not None
    assert outcome.tally.first.field == "observation"
    assert not outcome.complete


@pytest.fixture
def vector_env():
    from benchmarks.oracles.puffer_pong_vector import PufferPongVectorEnv

    env = PufferPongVectorEnv(6, frameskip=8)
    yield env
    env.close()


def test_vector_env_of_the_original_resets_in_the_same_step(vector_env):
    assert vector_env.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    observation, _ = vector_env.reset(seed=2)
    serve = observation[0]
    for _ in range(2000):
        observation, reward, terminated, truncated, info = vector_env.step(np.full(6, 1))
        assert not truncated.any()
        if terminated.any():
            break
    row = int(np.flatnonzero(terminated)[0])
    assert reward[row] == -1
    assert info["final_info"]["score"][row] == -21
    assert info["final_info"]["n"][row] == 1
    assert info["final_obs"][row][LOST_SCORE] == 1
    assert observation[row][LOST_SCORE] == 0
    np.testing.assert_array_equal(observation[row][:4], serve[:4])
    assert [value is None for value in info["final_obs"]] == list(~terminated)


LOST_SCORE = STATE_FIELDS.index("score_l")


def test_vector_env_of_the_original_repeats_with_its_seed(vector_env):
    def play():
        vector_env.reset(seed=9)
        return np.stack([vector_env.step(np.full(6, step % 3))[0] for step in range(300)])

    np.testing.assert_array_equal(play(), play())


def test_log_of_the_original_counts_episodes():
    with PongBatch(2, PongConstants(frameskip=8)) as batch:
        batch.set_tape(random_tape(np.random.default_rng(0), 2, 400))
        batch.reset()
        record = batch.record(np.ones((600, 2)))
        log = dict(zip(LOG_FIELDS, batch.export()["log"].T, strict=True))
    np.testing.assert_array_equal(log["n"], record.terminal.sum(0))
    np.testing.assert_array_equal(log["score"], -21 * log["n"])
    assert record.extra.shape[-1] == len(EXTRA_FIELDS)
