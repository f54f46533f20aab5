"""What `make` runs: the speed of every environment, then Pong from nothing to a policy that wins."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
import shutil
import time
from typing import Any

from benchmarks import display
from benchmarks.commands import train as training
from benchmarks.errors import FELL_SHORT, HELD
from benchmarks.results_file import ResultsFile
from benchmarks.targets import TARGETS

ENV, CONFIG = "pong_jax", "default"
BATCHES = (1024, 16384)  # environments of the speed table
SPEED_REPEATS = 5  # the table is a demonstration; `sps` measures with more
EVALUATION_SEED_OFFSET = 1_000_000  # games of the evaluation share no seed with training
CAP = 20_000  # decisions after which a game is given up: over twenty times a won game's length
LOST = -21.0  # score of a game given up: every point to the opponent
LEAST_WIN_RATE = 0.9
LEAST_SCORE = 15.0  # points, mean difference at the end of a game


@dataclasses.dataclass(frozen=True)
class Demo:
    """Shows the speed of every environment, then trains PPO on Pong and plays games on fresh seeds.

    Attributes:
        seed: of training; the games' seeds follow from it and are others.
        games: games played by the trained policy.
        timesteps: decisions to train for; the configuration's own number if not given.
        output: folder for metrics, policy, curve and GIF.
        speed: whether to measure the speeds.
        json: file for the results.
    """

    seed: int = 0
    games: int = 1000
    timesteps: int | None = None
    output: pathlib.Path = pathlib.Path("runs/demo")
    speed: bool = True
    json: pathlib.Path | None = None


def run(args: Demo) -> int:
    """Returns 0 if the policy won often and clearly enough, else 1."""
    results = ResultsFile("demo", args.json)
    if args.speed:
        _show_speeds(results)
    started = time.perf_counter()
    summary = train_and_play(args)
    summary["seconds"] = time.perf_counter() - started
    results.add({"env": ENV, **summary})
    training.show_facts(f"{ENV}: the trained policy on fresh seeds", summary)
    held = summary["win_rate"] >= LEAST_WIN_RATE and summary["score_mean"] >= LEAST_SCORE
    verdict = "held" if held else "fell short"
    print(f"Wanted: at least {LEAST_WIN_RATE:.0%} won and a mean score of at least {LEAST_SCORE:g}: {verdict}.")
    print(f"Policy, metrics, curve.png and episode.gif are in {args.output}.")
    return HELD if held else FELL_SHORT


def train_and_play(args: Demo) -> dict[str, Any]:
    """Trains, writes the run's folder and plays the games: the evaluation's summary."""
    from benchmarks.training.environments import FunctionalEnvironments
    from benchmarks.training.evaluation import evaluate
    from benchmarks.training.policy_file import policy_of, save_policy
    from benchmarks.training.trainer import RunOptions, train

    config = training.configuration(training.Train(env=ENV, config=CONFIG, timesteps=args.timesteps))
    envs, jit = training.make_environments(config)
    _empty(args.output)
    result = train(config, envs, RunOptions(seed=args.seed, folder=args.output, progress=True, jit=jit))
    policy = policy_of(config, envs, result.state, 0)
    save_policy(args.output / "policy", policy)
    training.draw(args.output, config, envs, result, args.seed)
    games = FunctionalEnvironments(envs.env, args.games)
    seed = args.seed + EVALUATION_SEED_OFFSET
    played = evaluate(policy.agent, policy.params, games, seed, CAP, LOST)
    return {
        "games": args.games,
        **{name: value for name, value in played.summary().items() if name != "episodes"},
        "trained_for": config.num_updates * config.ppo.decisions_per_update,
        "training_seconds": result.seconds,
        "compile_seconds": result.compile_seconds,
        "training_sps": result.timesteps / result.seconds,
    }


def _show_speeds(results: ResultsFile) -> None:
    from benchmarks.speed import measure

    for target in TARGETS.values():
        if target.rival is None:
            continue
        rows = []
        with display.progress("demo") as progress:
            task = progress.add_task(f"speed of {target.package}", total=None)
            batches = BATCHES if target.speed is None else target.batches
            for case, frameskip, num_envs in itertools.product(target.cases, target.frameskips, batches):
                progress.update(task, description=f"speed of {target.package}, {num_envs:,} environments")
                row = measure(
                    env=target.package,
                    case=case,
                    num_envs=num_envs,
                    frameskip=frameskip,
                    outputs="obs",
                    cores=None,
                    device="auto",
                    reference=False,
                    repeats=SPEED_REPEATS,
                    seconds=0.5,
                )
                rows.append(results.add(row))
        columns = ("num_envs", "frameskip", "device", "sps", "sps_min", "sps_max")
        display.table(f"{target.package}: steps per second, random actions", rows, columns)


def _empty(folder: pathlib.Path) -> None:
    """Removes the files of an earlier demonstration, and no others."""
    for name in ("config.json", "metrics.jsonl", "policy.json", "policy.safetensors", "curve.png", "episode.gif"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
