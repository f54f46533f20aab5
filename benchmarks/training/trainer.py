"""A run from start, or from its last checkpoint, to its end."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import tqdm
from jax.sharding import NamedSharding, PartitionSpec

from benchmarks.errors import UsageError
from benchmarks.training import mesh as meshes
from benchmarks.training.checkpoints import Checkpoints
from benchmarks.training.config import TrainConfig
from benchmarks.training.environments import Environments, FunctionalEnvironments
from benchmarks.training.metrics import MetricsFile, as_row, averaged, total_of
from benchmarks.training.ppo import PPO, Metrics, TrainState
from benchmarks.training.rollout import HostCollector

Jit = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """What concerns the running, not the result.

    Attributes:
        seed: of the first run.
        folder: where metrics and checkpoints go; None keeps nothing.
        resume: whether to go on from the folder's last checkpoint.
        devices: devices to use; None means all that divide the environments.
        progress: whether to draw a progress bar.
        two_programs: whether collecting and learning are compiled apart, each with its own compiler options.
        jit: what compiles the programs that step environments.
    """

    seed: int = 0
    folder: pathlib.Path | None = None
    resume: bool = False
    devices: int | None = None
    progress: bool = False
    two_programs: bool = False
    jit: Jit = jax.jit


@dataclasses.dataclass
class RunResult:
    """What a run leaves.

    Attributes:
        state: the last training state; with a leading axis of seeds where there are several.
        rows: one a line of metrics.jsonl, those before a resumption included.
        seconds: wall time of the updates of this process, without compiling, s.
        compile_seconds: wall time of compiling, s.
        timesteps: decisions that `seconds` covers, over all seeds.
    """

    state: TrainState
    rows: list[dict[str, Any]]
    seconds: float
    compile_seconds: float
    timesteps: int


def train(config: TrainConfig, envs: Environments, options: RunOptions) -> RunResult:
    """Trains to the end.

    Raises:
        UsageError: the folder holds another run, or settings that do not fit each other.
        InputMissingError: the checkpoint to resume from cannot be read.
    """
    ppo = PPO.of(config, envs)
    primary = jax.process_index() == 0
    checkpoints = metrics_file = None
    if options.folder is not None:
        if primary:
            claim_folder(options.folder, config, options)
        checkpoints = Checkpoints(options.folder / "checkpoints")
    started = time.perf_counter()
    programs = _programs(ppo, options)
    state, update = programs.state, 0
    if checkpoints is not None:
        latest = checkpoints.latest() if options.resume else None
        if latest is not None:
            state, update = checkpoints.restore(latest, state), latest
        if primary and options.folder is not None:
            metrics_file = MetricsFile(options.folder / "metrics.jsonl", update)
    compile_seconds = time.perf_counter() - started

    rows, seconds, first = ([] if metrics_file is None else metrics_file.rows), 0.0, update
    per_update = config.ppo.decisions_per_update
    bar = tqdm.tqdm(
        total=config.num_updates * per_update,
        initial=update * per_update,
        unit="step",
        unit_scale=True,
        disable=not (options.progress and primary),
    )
    with bar:
        while update < config.num_updates:
            length = min(config.log_every, config.num_updates - update)
            before = programs.compile_seconds
            started = time.perf_counter()
            state, metrics = programs.run(state, length)
            metrics = meshes.fetch(metrics)
            compiling = programs.compile_seconds - before
            elapsed = time.perf_counter() - started - compiling
            seconds, compile_seconds = seconds + elapsed, compile_seconds + compiling
            update += length
            row = as_row(metrics, update, update * per_update)
            # Waiting is no decision: where players take turns, those taken are counted.
            sps = row["decisions"] / elapsed
            row |= {"seconds": elapsed, "sps": sps}
            if metrics_file is not None:
                metrics_file.append(row)
            else:
                rows.append(row)
            bar.set_postfix_str(f"{sps:,.0f} SPS, return {_shown(row['return_mean'])}")
            bar.update(length * per_update)
            if checkpoints is not None and (update % config.checkpoint_every == 0 or update == config.num_updates):
                checkpoints.save(update, state)
    if checkpoints is not None:
        checkpoints.close()
    timesteps = (update - first) * per_update * config.num_seeds
    return RunResult(state, rows, seconds, compile_seconds, timesteps)


class _Traceable:
    """The programs of functional environments: whole chunks of updates on the device."""

    def __init__(self, ppo: PPO, options: RunOptions) -> None:
        if ppo.envs.takes_turns and options.devices not in (None, 1):
            raise UsageError("Games of two players train on one device; leave --devices out.")
        mesh = meshes.make_mesh(ppo.config.ppo.num_envs, 1 if ppo.envs.takes_turns else options.devices)
        if isinstance(ppo.envs, FunctionalEnvironments):
            ppo = dataclasses.replace(ppo, envs=ppo.envs.over(mesh))
        self.ppo = ppo
        self.options = options
        self.compile_seconds = 0.0
        self.num_seeds = ppo.config.num_seeds
        seeds = options.seed + jnp.arange(self.num_seeds, dtype=jnp.int32)
        seeds = seeds if self.num_seeds > 1 else seeds[0]
        init = self._per_seed(ppo.init)
        shapes = jax.eval_shape(init, seeds)
        self.copied = NamedSharding(mesh, PartitionSpec())
        self.shardings = meshes.state_shardings(mesh, shapes, self.num_seeds)
        self.state = jax.jit(init, out_shardings=self.shardings)(jax.device_get(seeds))
        self._compiled: dict[Any, Any] = {}

    def run(self, state: TrainState, length: int) -> tuple[TrainState, Metrics]:
        if not self.options.two_programs:
            number = jax.device_put(jnp.int32(length), self.copied)
            return self._program("chunk", self._chunk, state, number)(state, number)
        collected = []
        for _ in range(length):
            collect = self._program("collect", self._per_seed(self.ppo.collect), state)
            state, rollout = collect(state)
            learn = self._program("learn", self._per_seed(self.ppo.learn), state, rollout)
            state, metrics = learn(state, rollout)
            collected.append(metrics)
        return state, averaged(total_of(collected), jnp.int32(length))

    def _per_seed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return jax.vmap(function) if self.num_seeds > 1 else function

    def _chunk(self, state: TrainState, length: jax.Array) -> tuple[TrainState, Metrics]:
        # The number of updates is an argument, so that a shorter last chunk needs no program of its own.
        update = self._per_seed(self.ppo.update)
        shapes = jax.eval_shape(update, state)[1]
        start = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)

        def body(_: jax.Array, carry: tuple[TrainState, Metrics]) -> tuple[TrainState, Metrics]:
            state, total = carry
            state, metrics = update(state)
            return state, jax.tree.map(jnp.add, total, metrics)

        state, total = jax.lax.fori_loop(0, length, body, (state, start))
        return state, averaged(total, length)

    def _program(self, name: Any, function: Callable[..., Any], *arguments: Any) -> Any:
        if name not in self._compiled:
            started = time.perf_counter()
            compiler: Jit = jax.jit if name == "learn" else self.options.jit
            other = None if name == "collect" else self.copied
            program = compiler(function, donate_argnums=0, out_shardings=(self.shardings, other))
            self._compiled[name] = program.lower(*arguments).compile()
            self.compile_seconds += time.perf_counter() - started
        return self._compiled[name]


class _OnHost:
    """The programs of host-batched environments: a loop on the host around the same pieces."""

    compile_seconds = 0.0

    def __init__(self, ppo: PPO, options: RunOptions) -> None:
        if ppo.config.num_seeds > 1 or jax.process_count() > 1:
            raise UsageError("Host-batched environments train one seed in one process; set num_seeds to 1.")
        self.ppo = ppo
        self.collector = HostCollector(ppo.agent, ppo.envs, ppo.config.ppo.gamma)
        self.learn = jax.jit(ppo.learn)
        self.state = ppo.init(jnp.int32(options.seed))

    def run(self, state: TrainState, length: int) -> tuple[TrainState, Metrics]:
        collected = []
        for _ in range(length):
            key, rollout_key = jax.random.split(state.key)
            worker, rollout = self.collector.collect(
                state.agent, state.worker, rollout_key, self.ppo.config.ppo.rollout_steps
            )
            state, metrics = self.learn(dataclasses.replace(state, key=key, worker=worker), rollout)
            collected.append(metrics)
        return state, averaged(total_of(collected), jnp.int32(length))


def _programs(ppo: PPO, options: RunOptions) -> _Traceable | _OnHost:
    return _Traceable(ppo, options) if ppo.envs.traceable else _OnHost(ppo, options)


def claim_folder(folder: pathlib.Path, config: TrainConfig, options: RunOptions) -> None:
    """Writes a run's settings into its folder, or checks them against those already there.

    Raises:
        UsageError: the folder holds a run and `resume` is not set, or holds one of other settings.
    """
    path = folder / "config.json"
    settings = json.loads(json.dumps({"seed": options.seed, **dataclasses.asdict(config)}))
    if path.exists():
        if not options.resume:
            raise UsageError(f"{folder} already holds a run; pass --resume to go on with it, or another --output.")
        present = json.loads(path.read_text())
        differing = sorted(name for name in settings if settings[name] != present.get(name))
        if differing:
            raise UsageError(
                f"{folder} holds a run with other settings ({', '.join(differing)});"
                " resume it with the flags it was started with, or choose another --output."
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings, indent=2) + "\n")


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
