"""Trains a policy with PPO, or measures where training's time goes."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import TYPE_CHECKING, Any

from benchmarks import display
from benchmarks.errors import HELD, UsageError
from benchmarks.results_file import ResultsFile
from benchmarks.targets import target

if TYPE_CHECKING:
    from benchmarks.training.config import TrainConfig
    from benchmarks.training.trainer import RunResult

PICTURES = 400  # decisions shown in the GIF
FRAMES_A_SECOND = 30
SHARE_REPEATS = 3  # of the environment's share in the last row; --breakdown measures it with more


@dataclasses.dataclass(frozen=True)
class Train:
    """Trains a policy with PPO, or measures where training's time goes.

    Attributes:
        env: environment package.
        config: named configuration of benchmarks/configs.
        seed: of parameters, episodes and shuffling.
        timesteps: decisions to train for; the configuration's own number if not given.
        opponent: who plays the other side of a two-player game: self, pool, a player's name, or a mixture by share,
            such as self:0.5,pool:0.25,weighted:0.25.
        set: settings to change, as NAME=VALUE: ppo.num_envs=512 network.hidden=128,128 options.frameskip=1.
        output: folder of the run; runs/ENV-CONFIG-SEED if not given.
        resume: go on from the last checkpoint in the folder.
        devices: devices to split the environments over; all that divide them if not given.
        two_programs: compile collecting and learning apart.
        coordinator: ADDRESS:PORT of the first of several processes.
        num_processes: how many processes train together.
        process_id: which of them this one is, from 0.
        breakdown: measure the shares of environment, transfer and model instead of training.
        sizes: networks of the breakdown, among 2M, 20M, 200M; the configuration's own if none.
        recurrent: whether the networks of the breakdown are recurrent.
        repeats: timed turns of the breakdown.
        evaluate: episodes that each policy plays in the original after training.
        quiet: no progress bar.
        json: file for the results.
    """

    env: str
    config: str = "default"
    seed: int = 0
    timesteps: int | None = None
    opponent: str | None = None
    set: tuple[str, ...] = ()
    output: pathlib.Path | None = None
    resume: bool = False
    devices: int | None = None
    two_programs: bool = False
    coordinator: str | None = None
    num_processes: int = 1
    process_id: int = 0
    breakdown: bool = False
    sizes: tuple[str, ...] = ()
    recurrent: bool = False
    repeats: int = 7
    evaluate: int = 0
    quiet: bool = False
    json: pathlib.Path | None = None


def run(args: Train) -> int:
    """Runs the command and returns its exit status."""
    _connect(args)
    config = configuration(args)
    results = ResultsFile("train-breakdown" if args.breakdown else "train", args.json)
    if args.breakdown:
        return _break_down(args, config, results)
    return _train(args, config, results)


def configuration(args: Train) -> TrainConfig:
    """The run's settings from the flags.

    Raises:
        UsageError: a name or value that is not allowed.
    """
    from benchmarks.training.overrides import named_config, override

    config = named_config(args.env, args.config)
    if args.opponent is not None:
        config = dataclasses.replace(config, opponents=args.opponent)
    if args.evaluate < 0:
        raise UsageError(f"--evaluate must be 0 or more, got {args.evaluate}.")
    if args.evaluate:
        target(args.env).load("transfer").require()
    if args.timesteps is not None:
        if args.timesteps < 1:
            raise UsageError(f"--timesteps must be at least 1, got {args.timesteps}.")
        config = dataclasses.replace(config, total_timesteps=args.timesteps)
    return override(config, args.set)


def _connect(args: Train) -> None:
    if args.num_processes == 1 and args.coordinator is None:
        return
    if args.coordinator is None:
        raise UsageError("--num-processes needs --coordinator ADDRESS:PORT, the same for all processes.")
    from benchmarks.training.mesh import Processes

    Processes(args.coordinator, args.num_processes, args.process_id).connect()


def _train(args: Train, config: TrainConfig, results: ResultsFile) -> int:
    import jax

    from benchmarks.training.policy_file import policy_of, save_policy
    from benchmarks.training.trainer import RunOptions, train

    folder = args.output or pathlib.Path("runs") / f"{args.env}-{args.config}-{args.seed}"
    envs, jit = make_environments(config)
    options = RunOptions(
        seed=args.seed,
        folder=folder,
        resume=args.resume,
        devices=args.devices,
        progress=not args.quiet,
        # The options that suit a game's step do not suit the learning.
        two_programs=args.two_programs or envs.takes_turns,
        jit=jit,
    )
    result = train(config, envs, options)
    if jax.process_index() > 0:
        return HELD
    for index in range(config.num_seeds):
        name = "policy" if config.num_seeds == 1 else f"policy-{args.seed + index}"
        save_policy(folder / name, policy_of(config, envs, result.state, index))
    row = last_row(config, envs, result, args.seed, jit)
    if args.evaluate:
        from benchmarks.training.original import evaluate_in_original

        policies = [policy_of(config, envs, result.state, index) for index in range(config.num_seeds)]
        row |= evaluate_in_original(target(args.env), policies, args.evaluate)
    results.add({**row, "config": args.config})
    draw(folder, config, envs, result, args.seed)
    show_facts(f"{args.env}: the run", row)
    print(f"Policy, metrics, curve and GIF are in {folder}.")
    return HELD


def make_environments(config: TrainConfig) -> tuple[Any, Any]:
    """The batch of environments of a run, and what compiles programs that step them.

    Raises:
        UsageError: the package or its options are not there.
    """
    import jax

    from benchmarks.training.environments import (
        FunctionalEnvironments,
        is_host_batched,
        make_environment,
        make_host_environments,
    )
    from benchmarks.training.programs import environment_jit

    try:
        if is_host_batched(config.env):
            return make_host_environments(config.env, config.options, config.ppo.num_envs), jax.jit
        if config.opponents:
            from benchmarks.training.two_players import TwoPlayerEnvironments

            games = TwoPlayerEnvironments(config)
            return games, environment_jit(games.game)
        env = make_environment(config.env, config.options)
        return FunctionalEnvironments(env, config.ppo.num_envs), environment_jit(env)
    except ValueError as error:
        raise UsageError(str(error)) from error


def last_row(config: TrainConfig, envs: Any, result: RunResult, seed: int, jit: Any) -> dict[str, Any]:
    """The run in one row, a part before its resumption included; episodes of the last chunk in which some finished."""
    import jax

    from benchmarks.training.breakdown import env_seconds
    from benchmarks.training.networks import count_parameters

    finished = [row for row in result.rows if row["episodes"]]
    last = finished[-1] if finished else {"return_mean": None, "return_std": None, "episodes": 0}
    steps = config.ppo.rollout_steps
    seconds = sum(row["seconds"] for row in result.rows)
    updates = config.num_updates * config.num_seeds
    agent = result.state.agent
    if config.num_seeds > 1:
        agent = jax.tree.map(lambda leaf: leaf[0], agent)
    share = env_seconds(envs, steps, seed, SHARE_REPEATS, jit, agent) * updates / seconds
    return {
        "env": config.env,
        "timesteps": config.num_updates * config.ppo.decisions_per_update,
        "seconds": seconds,
        "compile_seconds": result.compile_seconds,
        "sps": updates * config.ppo.decisions_per_update / seconds,
        "return_mean": last["return_mean"],
        "return_std": last["return_std"],
        "score_mean": last.get("score_mean"),
        "win_rate": last.get("win_rate"),
        "episodes": last["episodes"],
        "env_time_share": share,
        "params": count_parameters(result.state.agent.network) // config.num_seeds,
        "seed": seed,
        "num_seeds": config.num_seeds,
    }


def draw(folder: pathlib.Path, config: TrainConfig, envs: Any, result: RunResult, seed: int) -> None:
    """Writes curve.png and episode.gif into a run's folder."""
    from benchmarks.training.environments import FunctionalEnvironments, make_host_environments
    from benchmarks.training.pictures import draw_curve, record_episode, record_on_host
    from benchmarks.training.policy_file import policy_of
    from twinenvs import render

    draw_curve(folder / "curve.png", result.rows, f"PPO on {envs.env.name if envs.traceable else envs.name}")
    policy = policy_of(config, envs, result.state, 0)
    if envs.traceable:
        pictures = record_episode(policy.agent, policy.params, FunctionalEnvironments(envs.env, 1), seed, PICTURES)
    else:
        alone = make_host_environments(config.env, config.options, 1, render_mode="rgb_array")
        pictures = record_on_host(policy.agent, policy.params, alone, seed, PICTURES)
    render.save(folder / "episode.gif", pictures, fps=FRAMES_A_SECOND)


def _break_down(args: Train, config: TrainConfig, results: ResultsFile) -> int:
    from benchmarks.training.breakdown import measure
    from benchmarks.training.networks import sized

    try:
        networks = [sized(size, args.recurrent) for size in args.sizes] or [config.network]
        configs = [
            dataclasses.replace(
                config, network=dataclasses.replace(network, compute_dtype=config.network.compute_dtype)
            )
            for network in networks
        ]
    except ValueError as error:
        raise UsageError(f"--breakdown: {error}") from error
    for one in configs:
        envs, jit = make_environments(one)
        row = results.add(measure(one, envs, args.seed, args.repeats, jit))
        show_facts(f"{args.env}: shares of the time", row)
    return HELD


def show_facts(title: str, row: dict[str, Any]) -> None:
    """Prints one row of results downwards, a line a field."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False)
    for name, value in row.items():
        table.add_row(name.replace("_", " "), display.cell(value))
    Console().print(table)
