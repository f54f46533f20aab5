"""The environments on our own game: Gymnasium's contract, autoreset modes, determinism, states, faults."""

from __future__ import annotations

import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import emurust  # noqa: F401  (registers the ids)
from emurust.asm import assemble
from emurust.gymnasium_env import EmuRustEnv, EmuRustVectorEnv

SHORT = {"max_steps_in_episode": 5, "observation": "ram"}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("observation", ["small", "screen", "packed", "tiles", "ram"])
def test_gymnasium_checker_passes_without_a_warning(observation):
    env = gymnasium.make("EmuRust-v0", render_mode="rgb_array", observation=observation).unwrapped
    check_env(env, skip_render_check=True)  # it would open a window


@pytest.mark.parametrize(
    ("observation", "shape"),
    [("small", (72, 80)), ("screen", (144, 160)), ("packed", (144, 40)), ("tiles", (18, 20)), ("ram", (17,))],
)
def test_an_observation_has_the_documented_shape(observation, shape):
    envs = EmuRustVectorEnv(2, observation=observation, frame_stack=3)
    assert envs.single_observation_space.shape == (3, *shape)
    seen, _ = envs.reset(seed=0)
    assert envs.observation_space.contains(seen)
    assert all(np.array_equal(seen[:, 0], seen[:, k]) for k in (1, 2)), "a fresh stack repeats the first observation"


def test_the_forms_of_the_picture_agree(rng):
    envs = {name: EmuRustEnv(observation=name) for name in ("screen", "packed", "small")}
    seen = {name: env.reset(seed=3)[0] for name, env in envs.items()}
    for _ in range(40):
        action = int(rng.integers(5))
        seen = {name: env.step(action)[0] for name, env in envs.items()}
    screen = seen["screen"]
    assert len(np.unique(screen)) == 4
    four = screen.reshape(144, 40, 4)
    assert np.array_equal(seen["packed"], four[..., 0] << 6 | four[..., 1] << 4 | four[..., 2] << 2 | four[..., 3])
    grey = 255 - 85 * screen.astype(int)
    assert np.array_equal(seen["small"], grey.reshape(72, 2, 80, 2).sum((1, 3)) // 4)


def test_a_stack_holds_the_last_observations_newest_last(rng):
    plain, stacked = EmuRustEnv(observation="ram"), EmuRustEnv(observation="ram", frame_stack=3)
    plain.reset(seed=1), stacked.reset(seed=1)
    last = []
    for _ in range(6):
        action = int(rng.integers(5))
        last.append(plain.step(action)[0])
        seen = stacked.step(action)[0]
    assert np.array_equal(seen, np.stack(last[-3:]))


def run_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_package_prefix_registers_the_id_without_an_import():
    done = run_python("import gymnasium; print(gymnasium.make('emurust:EmuRust-v0').spec.id)")
    assert done.stdout.strip() == "EmuRust-v0", done.stderr


def test_import_loads_no_jax():
    program = "import sys, emurust, emurust.gymnasium_env; print('jax' in sys.modules, 'flax' in sys.modules)"
    done = run_python(program)
    assert done.stdout.split() == ["False", "False"], done.stderr


def test_make_vec_steps_many_environments_to_their_ends(rng):
    envs = gymnasium.make_vec("EmuRust-v0", num_envs=64, observation="ram")
    assert envs.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    envs.reset(seed=1)
    ended = 0
    for _ in range(200):
        seen, reward, terminated, truncated, info = envs.step(rng.integers(0, 5, 64))
        assert envs.observation_space.contains(seen)
        assert reward.dtype == np.float32 and terminated.dtype == truncated.dtype == bool
        for index in np.flatnonzero(terminated | truncated):
            assert info["_final_obs"][index] and info["final_obs"][index][16] == 0, "no life is left"
            assert info["final_info"]["episode_length"][index] > 10
            assert seen[index][16] == 3, "the next episode has begun"
        ended += int(terminated.sum())
    assert ended > 20


def test_rewards_of_an_episode_sum_up_to_its_score(rng):
    env = EmuRustEnv(observation="ram")
    seen, _ = env.reset(seed=5)
    total, ended = 0.0, False
    while not ended:
        seen, reward, terminated, truncated, info = env.step(1 + int(seen[5] + 12 > seen[1]))
        total, ended = total + reward, terminated or truncated
        assert (type(reward), type(terminated), type(truncated)) == (float, bool, bool)
    assert info["score"] == total
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        env.step(0)


def test_vector_index_equals_the_single_environment_of_its_seed(rng):
    envs = EmuRustVectorEnv(4, observation="small", threads=2, sticky=0.25, noop_max=9)
    singles = [EmuRustEnv(observation="small", sticky=0.25, noop_max=9) for _ in range(4)]
    batch, _ = envs.reset(seed=10)
    for index, single in enumerate(singles):
        assert np.array_equal(batch[index], single.reset(seed=10 + index)[0])
    for _ in range(150):
        actions = rng.integers(0, 5, 4)
        batch, rewards, *_ = envs.step(actions)
        for index, single in enumerate(singles):
            seen, reward, terminated, truncated, _ = single.step(int(actions[index]))
            if terminated or truncated:
                seen, _ = single.reset()
            assert np.array_equal(batch[index], seen) and rewards[index] == np.float32(reward)


def test_the_number_of_threads_changes_nothing(rng):
    one, two = (EmuRustVectorEnv(5, observation="screen", threads=threads) for threads in (1, 2))
    assert np.array_equal(one.reset(seed=0)[0], two.reset(seed=0)[0])
    for _ in range(60):
        actions = rng.integers(0, 5, 5)
        assert all(np.array_equal(a, b) for a, b in zip(one.step(actions)[:4], two.step(actions)[:4], strict=True))


def test_unseeded_resets_differ_and_seeded_ones_agree():
    first, second = (EmuRustVectorEnv(8, observation="ram") for _ in range(2))
    first.reset(), second.reset()
    actions = np.zeros(8, int)
    for _ in range(40):
        a, b = first.step(actions)[0], second.step(actions)[0]
    assert not np.array_equal(a, b)
    first.reset(seed=7), second.reset(seed=7)
    for _ in range(40):
        a, b = first.step(actions)[0], second.step(actions)[0]
    assert np.array_equal(a, b)


def test_following_episodes_differ():
    env = EmuRustEnv(observation="ram", max_steps_in_episode=40)
    ends = []
    env.reset(seed=0)
    for _ in range(3):
        for _ in range(40):
            seen, *_, truncated, _ = env.step(0)
            if truncated:
                break
        ends.append(seen[4:8].tolist())
        env.reset()
    assert len({tuple(end) for end in ends}) == 3


def test_next_step_mode_resets_one_step_later():
    envs = EmuRustVectorEnv(2, autoreset_mode="NextStep", **SHORT)
    start, _ = envs.reset(seed=0)
    for _ in range(5):
        last, _, _, truncated, info = envs.step(np.array([1, 1]))
    assert truncated.all() and "final_obs" not in info and not np.array_equal(last, start)
    seen, reward, _, truncated, info = envs.step(np.array([1, 1]))
    assert np.array_equal(seen, start) and not truncated.any() and not reward.any()
    assert not info["_episode_length"].any()
    assert envs.step(np.array([1, 1]))[4]["episode_length"].tolist() == [1, 1]


def test_disabled_mode_resets_by_mask_only():
    envs = EmuRustVectorEnv(2, autoreset_mode=AutoresetMode.DISABLED, **SHORT)
    start, _ = envs.reset(seed=0)
    for _ in range(5):
        last, *_ = envs.step(np.array([1, 1]))
    with pytest.raises(gymnasium.error.ResetNeeded, match="environment 0 has ended"):
        envs.step(np.array([1, 1]))
    seen, info = envs.reset(options={"reset_mask": np.array([True, False])})
    assert np.array_equal(seen[0], start[0]) and np.array_equal(seen[1], last[1])
    assert info["_action_mask"].tolist() == [True, False]
    with pytest.raises(gymnasium.error.ResetNeeded, match="environment 1 has ended"):
        envs.step(np.array([1, 1]))
    with pytest.raises(ValueError, match="reset_mask"):
        envs.reset(options={"reset_mask": np.array([True])})


def test_returned_arrays_are_copies_unless_asked_otherwise():
    copying, sharing = EmuRustVectorEnv(2, observation="ram"), EmuRustVectorEnv(2, observation="ram", copy=False)
    first, _ = copying.reset(seed=0)
    kept = first.copy()
    copying.step(np.array([1, 1]))
    assert np.array_equal(first, kept)
    shared, _ = sharing.reset(seed=0)
    assert sharing.step(np.array([1, 1]))[0] is shared


def test_send_and_recv_equal_step(rng):
    plain, split = (EmuRustVectorEnv(3, observation="ram") for _ in range(2))
    plain.reset(seed=0), split.reset(seed=0)
    for _ in range(30):
        actions = rng.integers(0, 5, 3)
        split.send(actions)
        with pytest.raises(RuntimeError, match="recv"):
            split.step(actions)
        assert all(np.array_equal(a, b) for a, b in zip(plain.step(actions)[:4], split.recv()[:4], strict=True))
    with pytest.raises(RuntimeError, match="send"):
        split.recv()
    split.close()


def test_a_saved_state_goes_on_as_the_original_did(rng):
    env = EmuRustEnv(observation="screen")
    env.reset(seed=2)
    for _ in range(30):
        env.step(int(rng.integers(5)))
    state, actions = env.save_state(), rng.integers(0, 5, 20)
    first = [env.step(int(action))[0] for action in actions]
    env.games.load_states([state])
    assert all(np.array_equal(seen, env.step(int(action))[0]) for seen, action in zip(first, actions, strict=True))


def test_reset_starts_from_a_given_state():
    env = EmuRustEnv(observation="ram")
    env.reset(seed=2)
    for _ in range(30):
        seen, *_ = env.step(1)
    state = env.save_state()
    again, _ = env.reset(options={"state": state})
    assert again[1] == seen[1] and again[16] == seen[16]
    envs = EmuRustVectorEnv(2, observation="ram")
    envs.reset(seed=0)
    batch, _ = envs.reset(options={"state": [None, state]})
    assert np.array_equal(batch[1], again) and not np.array_equal(batch[0], again)


def test_a_state_of_something_else_is_refused():
    env = EmuRustEnv(observation="ram")
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"state"):
        env.reset(options={"state": b"no state at all"})


def test_a_panic_kills_its_own_environment_only(capfd):
    envs = EmuRustVectorEnv(3, observation="ram")
    envs.reset(seed=0)
    envs.games.batch.break_next_step(1)
    _, _, terminated, truncated, info = envs.step(np.array([0, 0, 0]))
    assert truncated.tolist() == [False, True, False] and not terminated.any()
    assert info["final_info"]["broken"].tolist() == [False, True, False]
    capfd.readouterr()
    assert not envs.step(np.array([0, 0, 0]))[3].any(), "the next episode runs"


def test_a_machine_that_locks_up_is_reported():
    rom = assemble("org $100\n  db $D3").rom
    env = EmuRustEnv(rom=rom, game={"name": "locks up"}, observation="screen")
    env.reset(seed=0)
    *_, truncated, info = env.step(0)
    assert truncated and "locked up" in info["error"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"observation": "sound"}, "observation must be one of small, screen, packed, tiles, ram, got 'sound'"),
        ({"frame_skip": 0}, "frame_skip must be an integer of at least 1, got 0"),
        ({"frame_skip": 4, "press_frames": 5}, "press_frames must be at most frame_skip 4, got 5"),
        ({"frame_stack": 65}, "stack must lie between 1 and 64, got 65"),
        ({"sticky": 1.5}, "sticky must lie between 0 and 1, got 1.5"),
        ({"render_mode": "ascii"}, "render_mode must be None or one of rgb_array, human, got 'ascii'"),
        ({"rom": b"short"}, r"ROM|cartridge|header"),
        ({"game": {"name": "x", "sha1": "00"}}, "declared for cartridges with SHA-1 00"),
        ({"game": {"name": "x", "ready": {"address": 0xC000, "to": 77}, "ready_frames": 3}}, "did not become ready"),
    ],
)
def test_a_bad_option_is_named(options, words):
    with pytest.raises(ValueError, match=words):
        gymnasium.make("EmuRust-v0", **options)


def test_an_unknown_option_is_named():
    with pytest.raises(TypeError, match="no option 'frameskip'; the options are rom, game"):
        gymnasium.make("EmuRust-v0", frameskip=4)


def test_a_missing_cartridge_is_named():
    with pytest.raises(FileNotFoundError, match=r"no cartridge 'red.gb'; give the path of a .gb file"):
        gymnasium.make("EmuRust-v0", rom="red.gb")


@pytest.mark.parametrize(
    ("actions", "error", "words"),
    [
        (np.array([0, 5]), ValueError, "0 .. 4, got 5 for environment 1"),
        (np.array([-1, 0]), ValueError, "got -1 for environment 0"),
        (np.array([0, 1, 2]), ValueError, r"shape \(2,\), got \(3,\)"),
        (np.array([0.0, 1.0]), TypeError, "must be integers, got float64"),
    ],
)
def test_a_bad_action_is_named(actions, error, words):
    envs = EmuRustVectorEnv(2, observation="ram")
    envs.reset(seed=0)
    with pytest.raises(error, match=words):
        envs.step(actions)


def test_step_before_reset_is_refused():
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        EmuRustVectorEnv(2, observation="ram").step(np.array([0, 0]))


def test_render_draws_the_screen_in_grey():
    env = EmuRustEnv("rgb_array", observation="ram")
    env.reset(seed=0)
    picture = env.render()
    assert picture.shape == (144, 160, 3) and picture.dtype == np.uint8
    assert set(np.unique(picture)) <= {0, 85, 170, 255} and len(np.unique(picture)) > 1
