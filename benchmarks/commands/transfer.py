"""Trains policies on one side and tests that they do equally well in the environment and in its original."""

from __future__ import annotations

import dataclasses
import importlib
import pathlib

from benchmarks import display
from benchmarks.errors import FELL_SHORT, HELD, UsageError
from benchmarks.results_file import ResultsFile
from benchmarks.targets import target
from benchmarks.transfer import BACKENDS, Plan, summary_row


@dataclasses.dataclass(frozen=True)
class Transfer:
    """Trains policies, evaluates each in both backends, and tests the paired differences for equivalence."""

    env: str
    """Package of the environment, for example pong_jax."""
    seeds: int = 10
    """Policies to train, with seeds 0, 1, ...; the test needs at least 2."""
    episodes: int = 100
    """Evaluation episodes of each policy in each backend, on seeds that training never uses."""
    train_backend: str = "perf"
    """Where to train: perf (this environment) or ref (the original)."""
    config: str = "default"
    """Training configuration of the environment, by name."""
    timesteps: int | None = None
    """Decisions to train for, in place of the configuration's."""
    json: pathlib.Path | None = None
    """Where to write the rows as JSON: one a policy, then the verdict."""
    resume: bool = False
    """Keep the policies that --json holds and train the missing ones."""


def run(flags: Transfer) -> int:
    """Held if the policies are equivalent within the margin."""
    environment = target(flags.env)
    backends = environment.load("transfer")
    if flags.train_backend not in BACKENDS:
        raise UsageError(f"--train-backend must be one of {', '.join(BACKENDS)}, got {flags.train_backend!r}.")
    if flags.seeds < 2:
        raise UsageError(f"--seeds must be at least 2 for a test, got {flags.seeds}.")
    if flags.episodes < 1:
        raise UsageError(f"--episodes must be at least 1, got {flags.episodes}.")
    if flags.timesteps is not None and flags.timesteps < 1:
        raise UsageError(f"--timesteps must be at least 1, got {flags.timesteps}.")
    configs = importlib.import_module(f"benchmarks.configs.{flags.env}").CONFIGS
    if flags.config not in configs:
        raise UsageError(f"--config {flags.config!r}: {flags.env} has {', '.join(configs)}.")
    # One policy after the other, since the original on the host trains no more than one at a time.
    config = dataclasses.replace(configs[flags.config], num_seeds=1)
    if flags.timesteps is not None:
        config = dataclasses.replace(config, total_timesteps=flags.timesteps)
    backends.require()
    results = ResultsFile("transfer", flags.json, flags.resume)
    # The verdict of an interrupted run covers fewer policies; it is made anew.
    results.rows = [row for row in results.rows if row.get("kind") == "policy"]
    plan = Plan(environment, flags.train_backend, flags.config, config, flags.episodes)
    policies = []
    with display.progress("transfer") as progress:
        task = progress.add_task("starting", total=None)
        for seed in range(flags.seeds):
            identity = {
                "env": flags.env, "train_backend": flags.train_backend, "config": flags.config, "seed": seed,
                "timesteps": config.total_timesteps, "episodes": flags.episodes,
            }  # fmt: skip
            row = results.find(**identity)
            if row is None:
                row = results.add(plan.policy_row(seed, lambda line: progress.update(task, description=line)))
            policies.append(row)
    verdict = results.add(summary_row(environment, flags.train_backend, policies))
    columns = ("seed", "eval_perf_mean", "eval_ref_mean", "eval_perf_score", "eval_ref_score", "eval_perf_win_rate")
    display.table(f"{flags.env}: policies trained on {flags.train_backend}", policies, columns)
    columns = ("measure", "eval_perf_mean", "eval_ref_mean", "margin", "p_value", "equivalent", "seeds", "episodes")
    display.table("equivalence of the two backends", [verdict], columns)
    return HELD if verdict["equivalent"] else FELL_SHORT
