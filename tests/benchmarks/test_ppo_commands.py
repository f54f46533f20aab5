from __future__ import annotations

import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.errors import BAD_USAGE, FELL_SHORT, HELD, INPUT_MISSING, InputMissingError, UsageError
from benchmarks.training.breakdown import measure, random_actions
from benchmarks.training.config import TrainConfig
from benchmarks.training.environments import HostEnvironments, make_environment
from benchmarks.training.evaluation import Evaluated
from benchmarks.training.overrides import named_config, override
from benchmarks.training.policy_file import load_policy, memoryless, save_policy
from tests.benchmarks.ppo_environments import HostClock, small_config
from twinenvs import spaces

pytestmark = pytest.mark.usefixtures("quick_compile")

SMALL = ("ppo.num_envs=16", "ppo.rollout_steps=4", "ppo.minibatches=2", "ppo.epochs=1", "network.hidden=8")
UPDATE = 64  # decisions of one update under SMALL
ROW = {
    "env", "timesteps", "seconds", "sps", "return_mean", "return_std", "episodes", "env_time_share", "params"
}  # fmt: skip


def train_command(*flags):
    return main(["train", "--env", "pong_jax", "--quiet", *flags])


@pytest.fixture(scope="module")
def short_run(tmp_path_factory, quick_compile):
    """A run of two updates by the command: its folder and its JSON."""
    folder = tmp_path_factory.mktemp("train")
    path = folder / "rows.json"
    flags = ("--timesteps", str(2 * UPDATE), "--output", str(folder / "run"), "--json", str(path), "--set", *SMALL)
    assert train_command(*flags) == HELD
    return folder / "run", json.loads(path.read_text()), flags


def test_train_writes_policy_metrics_curve_and_gif(short_run):
    folder, _, _ = short_run
    assert (folder / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "episode.gif").read_bytes().startswith(b"GIF8")
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["timesteps"] == 2 * UPDATE


def test_train_writes_its_last_row(short_run):
    _, written, _ = short_run
    row = written["rows"][-1]
    assert row.keys() >= ROW
    assert row["timesteps"] == 2 * UPDATE
    assert row["env_time_share"] > 0
    assert row["params"] == 8 * 8 * 2 + 8 * 2 + 8 * 3 + 3 + 8 + 1  # two trunks, three logits and a value, of width 8


def test_saved_policy_acts_as_the_loaded_one(short_run, tmp_path):
    policy = load_policy(short_run[0] / "policy")
    assert (policy.env, policy.options) == ("pong_jax", {"frameskip": 8})
    save_policy(tmp_path / "copy", policy)
    copy = load_policy(tmp_path / "copy")
    env = make_environment(policy.env, policy.options)
    observation, state = env.reset(jax.random.key(0))
    keys = jax.random.split(jax.random.key(1), 50)
    first, second = (
        jax.vmap(one.act, in_axes=(None, None, None, 0))(one.params, observation, env.action_mask(state), keys)
        for one in (policy, copy)
    )
    np.testing.assert_array_equal(first, second)
    assert set(np.asarray(first)) == {0, 1, 2}


def test_greedy_policy_needs_no_luck(short_run):
    policy = load_policy(short_run[0] / "policy")
    act = memoryless(policy.agent, greedy=True)
    actions = {int(act(policy.params, jnp.ones(8), jnp.ones(3, bool), jax.random.key(seed))) for seed in range(5)}
    assert len(actions) == 1


@pytest.mark.parametrize("damage", ["missing", "cut", "shape"])
def test_unreadable_policy_is_one_sentence(short_run, tmp_path, damage):
    save_policy(tmp_path / "policy", load_policy(short_run[0] / "policy"))
    numbers, facts = tmp_path / "policy.safetensors", tmp_path / "policy.json"
    if damage == "missing":
        numbers.unlink()
    elif damage == "cut":
        numbers.write_bytes(numbers.read_bytes()[:50])
    else:
        facts.write_text(facts.read_text().replace('"features": 8', '"features": 9'))
    with pytest.raises(InputMissingError, match=r"No policy can be read from .*policy.json and .safetensors"):
        load_policy(tmp_path / "policy")


def test_train_refuses_to_run_twice_into_one_folder(short_run, capsys):
    assert train_command(*short_run[2]) == BAD_USAGE
    assert "already holds a run; pass --resume" in capsys.readouterr().err


def test_train_with_an_unreadable_checkpoint_exits_with_2(short_run, capsys):
    folder, _, flags = short_run
    for path in (folder / "checkpoints" / "2").rglob("*"):
        if path.is_file():
            path.write_bytes(b"damaged")
    assert train_command(*flags, "--resume") == INPUT_MISSING
    error = capsys.readouterr().err
    assert "cannot be read" in error and "Traceback" not in error


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--set", "ppo.num_envs=0"), "ppo.num_envs must be an integer of at least 1, got 0"),
        (("--set", "ppo.gamma=high"), "could not convert string to float: 'high'"),
        (("--set", "ppo.gama=0.9"), "--set 'ppo.gama' is no setting; the settings are"),
        (("--set", "ppo.gamma"), "must have the form NAME=VALUE"),
        (("--set", "network.activation=sine"), "Expected one of ('tanh', 'relu')"),
        (("--set", "ppo.normalize_reward=maybe"), "the value must be true or false"),
        (("--set", "options.frameskip=0"), "frameskip must be an integer between 1 and 1024, got 0"),
        (("--opponent", "random"), "no game of two players"),
        (("--config", "huge"), "--config 'huge' is unknown for pong_jax; the configurations are default"),
        (("--timesteps", "0"), "--timesteps must be at least 1, got 0"),
        (("--num-processes", "2"), "--num-processes needs --coordinator"),
        (("--breakdown", "--sizes", "3M"), "must be one of 2M, 20M, 200M, got '3M'"),
    ],
)
def test_bad_flags_are_one_sentence(flags, sentence, capsys, tmp_path):
    assert train_command("--output", str(tmp_path / "run"), *flags) == BAD_USAGE
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.strip().splitlines()) == 1


def test_unknown_environment_is_named():
    with pytest.raises(UsageError, match="--env 'pong': there is no training configuration; the environments are"):
        named_config("pong", "default")


def test_overrides_change_what_they_name_and_nothing_else():
    config = named_config("pong_jax", "default")
    assignments = ["ppo.num-envs=64", "network.hidden=32,16", "ppo.value_clip=0.3", "options.frameskip=1"]
    changed = override(config, [*assignments, "ppo.anneal_learning_rate=false", "network.compute_dtype=bfloat16"])
    assert isinstance(changed, TrainConfig)
    assert (changed.ppo.num_envs, changed.network.hidden, changed.ppo.value_clip) == (64, (32, 16), 0.3)
    assert changed.options == {"frameskip": 1}
    assert not changed.ppo.anneal_learning_rate
    assert changed.network.compute_dtype == "bfloat16"
    assert changed.ppo.gamma == config.ppo.gamma
    assert config.options == {"frameskip": 8}


@pytest.mark.slow
def test_breakdown_gives_shares_of_every_size_asked_for(tmp_path):
    path = tmp_path / "rows.json"
    flags = ("--breakdown", "--sizes", "2M", "--recurrent", "--repeats", "1", "--json", str(path), "--set", *SMALL)
    assert train_command(*flags) == HELD
    (row,) = json.loads(path.read_text())["rows"]
    assert row["recurrent"] and row["params"] == pytest.approx(2e6, rel=0.05)
    assert 0 < row["env_time_share"] < row["model_time_share"]
    assert 0 <= row["transfer_time_share"] < 1


@pytest.mark.slow
def test_breakdown_of_a_host_environment_counts_its_copies():
    row = measure(small_config(), HostEnvironments(HostClock(16, 5)), seed=0, repeats=1)
    assert 0 < row["transfer_time_share"] < 1
    assert 0 < row["env_time_share"] < 1


def test_random_actions_are_legal_and_in_bounds():
    mask = jnp.tile(jnp.array([[True, False, True]]), (100, 1))
    drawn = np.asarray(random_actions(spaces.Discrete(3), mask, jax.random.key(0)))
    assert set(drawn) == {0, 2}
    drawn = np.asarray(random_actions(spaces.Box(-1.0, 1.0, (2,)), jnp.ones((100, 2), bool), jax.random.key(0)))
    assert drawn.shape == (100, 2) and np.abs(drawn).max() == 1


@pytest.mark.slow
def test_demo_of_an_untrained_policy_falls_short(tmp_path, monkeypatch):
    from benchmarks.commands import demo
    from benchmarks.training import evaluation

    def lost(agent, params, envs, seed, cap, unfinished_score):
        assert seed >= demo.EVALUATION_SEED_OFFSET
        never = np.zeros(envs.num_envs, bool)
        return Evaluated(
            np.zeros(envs.num_envs), np.full(envs.num_envs, unfinished_score), np.zeros(envs.num_envs), never
        )

    monkeypatch.setattr(evaluation, "evaluate", lost)
    monkeypatch.setattr(
        demo.training,
        "configuration",
        lambda args: override(named_config("pong_jax", "default"), (*SMALL, "total_timesteps=64")),
    )
    path = tmp_path / "rows.json"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{}")  # of an earlier demonstration
    flags = ["demo", "--no-speed", "--games", "4", "--output", str(tmp_path / "run"), "--json", str(path)]
    assert main(flags) == FELL_SHORT
    row = json.loads(path.read_text())["rows"][-1]
    assert (row["games"], row["unfinished"], row["win_rate"], row["score_mean"]) == (4, 4, 0.0, -21.0)
    assert math.isfinite(row["training_sps"])
