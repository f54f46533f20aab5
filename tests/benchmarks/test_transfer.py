import json

import pytest

from benchmarks import schema, transfer
from benchmarks.commands import transfer as command
from benchmarks.commands.transfer import Transfer, run
from benchmarks.errors import FELL_SHORT, HELD, InputMissingError
from benchmarks.oracles import puffer_pong_vector
from benchmarks.targets import target

pytest.importorskip("benchmarks.training.trainer")


def policies(differences):
    return [
        {"eval_perf_mean": 20.0 + seed + difference, "eval_ref_mean": 20.0 + seed, "episodes": 5}
        for seed, difference in enumerate(differences)
    ]


@pytest.mark.parametrize(("differences", "equivalent"), [([0.1, -0.1, 0.2, 0.0], True), ([1.1, 0.9, 1.2, 1.0], False)])
def test_verdict_rests_on_paired_differences(differences, equivalent):
    row = transfer.summary_row(target("pong_jax"), "perf", policies(differences))
    assert row["equivalent"] is equivalent
    assert row["seeds"] == 4
    assert row["margin"] == puffer_pong_vector.MARGIN
    assert schema.missing_fields("transfer", [row]) == []


def test_one_policy_is_no_equivalence():
    row = transfer.summary_row(target("pong_jax"), "perf", policies([0.0]))
    assert row["p_value"] is None
    assert row["equivalent"] is False


def test_evaluation_seeds_are_disjoint_from_training_and_from_each_other():
    first, second = sorted(transfer.FIRST_EVALUATION_SEED.values())
    assert first > 10_000
    assert second - first > 10_000


@pytest.fixture
def counted(monkeypatch):
    """Replaces training by made-up policies and counts them."""
    trained = []

    def policy_row(self, seed, report):
        trained.append(seed)
        made_up = {"env": "pong_jax", "kind": "policy", "train_backend": self.train_backend, "seed": seed}
        made_up |= {"config": self.config_name, "timesteps": self.config.total_timesteps, "episodes": self.episodes}
        return made_up | {"eval_perf_mean": 20.0 + seed / 10, "eval_ref_mean": 20.0}

    monkeypatch.setattr(transfer.Plan, "policy_row", policy_row)
    monkeypatch.setattr(puffer_pong_vector, "require", lambda: None)
    return trained


def test_resumed_transfer_trains_only_the_missing_policies(tmp_path, counted, capsys):
    path = tmp_path / "transfer.json"
    assert run(Transfer("pong_jax", seeds=3, json=path)) == HELD
    assert run(Transfer("pong_jax", seeds=5, json=path, resume=True)) == HELD
    assert counted == [0, 1, 2, 3, 4]
    rows = json.loads(path.read_text())["rows"]
    assert [row["kind"] for row in rows] == ["policy"] * 5 + ["summary"]


def test_transfer_that_is_not_equivalent_falls_short(monkeypatch, counted, capsys):
    monkeypatch.setattr(puffer_pong_vector, "MARGIN", 0.01)
    assert run(Transfer("pong_jax", seeds=3)) == FELL_SHORT
    assert command.BACKENDS == ("perf", "ref")


@pytest.mark.oracle
@pytest.mark.slow
@pytest.mark.parametrize("backend", transfer.BACKENDS)
def test_policy_is_trained_on_one_side_and_evaluated_on_both(backend, tmp_path):
    try:
        puffer_pong_vector.require()
    except InputMissingError as missing:
        pytest.skip(str(missing))
    path = tmp_path / "transfer.json"
    run(Transfer("pong_jax", seeds=2, episodes=8, train_backend=backend, timesteps=32768, json=path))
    *rows, verdict = json.loads(path.read_text())["rows"]
    assert [row["seed"] for row in rows] == [0, 1]
    for row in rows:
        for side in transfer.BACKENDS:
            # Whatever was learned in so short a time, a game ends with at most 21 points either way and some bounces.
            assert -21 <= row[f"eval_{side}_mean"] <= 60
            assert -21 <= row[f"eval_{side}_score"] <= 21
    assert verdict["kind"] == "summary"
