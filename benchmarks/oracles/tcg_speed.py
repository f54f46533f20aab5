"""Decisions per second of both engines: random legal decisions, reward, terminal and the decider's observation written.

The Python reference runs in one process per core. Every step of a game is a decision of one of its players; the draw at
the start of a turn and a promotion with one candidate happen inside a step and are not counted.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import timing
from benchmarks.errors import InputMissingError
from benchmarks.results_file import Row
from tcgjax.data.decks import shipped_decks

NAME = "tcgjax.reference (Python)"
REFERENCE_DECISIONS = 500  # that a process takes at a time


def require() -> None:
    """Nothing: the oracle is part of the package."""


def measure_here(request: Any) -> Row:
    """Measures one `benchmarks.speed.Request` in this process."""
    cores = request.cores or len(os.sched_getaffinity(0))
    start = time.perf_counter()
    rollout, facts = _ours(request, cores)
    works: dict[str, Callable[[int], float]] = {"ours": rollout}
    seconds = time.perf_counter() - start
    processes = _Processes(cores) if request.reference else None
    try:
        if processes is not None:
            works[f"{cores} processes"] = processes.run
        print("compiled, calibrating", flush=True)
        counts = {name: _steps(work, request.seconds) for name, work in works.items()}
        rates = timing.interleave(
            {name: lambda work=work, name=name: work(counts[name]) for name, work in works.items()},
            request.repeats,
            lambda done: print(f"turn {done} of {request.repeats}", flush=True),
        )
    finally:
        if processes is not None:
            processes.close()
    mine = rates.pop("ours")
    row = {
        "actions": "uniform over the legal actions of the player who decides, drawn in the loop",
        "sps": mine.median,
        "sps_min": mine.low,
        "sps_max": mine.high,
        "frames_per_second": mine.median,
        "reference_flags": None,
        "reference_sps": None,
        "ratio": None,
        "ratio_min": None,
        "ratio_max": None,
        "compile_seconds": seconds,
        "skipped": None,
        **facts,
    }
    for flags, rate in rates.items():
        ratio = mine.ratio_to(rate)
        row |= {
            "reference_flags": flags,
            "reference_sps": rate.median,
            "ratio": ratio.median,
            "ratio_min": ratio.low,
            "ratio_max": ratio.high,
        }
    return row


def _ours(request: Any, cores: int) -> tuple[Callable[[int], float], Row]:
    """A compiled rollout, (steps) -> decisions, and what is known of it."""
    import jax
    import jax.numpy as jnp

    import tcgjax
    from benchmarks.sharding import one_device_per_core, split_over_devices
    from benchmarks.speed import NO_GPU, peak_bytes
    from twinenvs.compile import jit

    one_device_per_core(request.num_envs, cores)
    if request.device == "gpu" and jax.default_backend() != "gpu":
        raise InputMissingError(NO_GPU)
    env = tcgjax.make_multi()
    key = jax.random.key(0)  # no step of this environment reads it

    def step(carry: Any, _: Any) -> Any:
        state, *_ = carry
        action = jax.vmap(random_legal)(state)
        both = jnp.where(np.arange(2) == state.decider[:, None], action[:, None], 0)
        _, new, reward, terminated, _, _ = jax.vmap(env.step, (None, 0, 0))(key, state, both)
        seen = jax.vmap(env.player_observation)(new, new.decider) if request.outputs == "obs" else carry[1]
        return (new, seen, reward, terminated), None

    def rollout(carry: Any, pieces: jax.Array, first: jax.Array, number: jax.Array) -> Any:
        return jax.lax.fori_loop(0, number, lambda _, now: step(now, None)[0], carry)

    states = jit(jax.vmap(lambda key: env.reset(key)[1]), env=env)(jax.random.split(key, request.num_envs))
    seen = jnp.zeros_like(jax.vmap(env.player_observation)(states, states.decider))
    carry = (states, seen, jnp.zeros((request.num_envs, 2), jnp.float32), jnp.zeros(request.num_envs, bool))
    pieces = jnp.zeros((1, 1, request.num_envs), jnp.uint8)
    divided, (carry, pieces) = split_over_devices(rollout, carry, pieces)
    options: dict[str, Any] = {"donate_argnums": 0}
    if request.compiler_options is not None:
        options["compiler_options"] = dict(request.compiler_options)
    start = time.perf_counter()
    compiled = jit(divided, env=env, **options).lower(carry, pieces, np.int32(0), np.int32(1)).compile()
    facts = {
        "compile_seconds": time.perf_counter() - start,
        "bytes_per_env": env.bytes_per_env(),
        "peak_bytes": peak_bytes(compiled),
        "device": jax.default_backend(),
        "device_kind": jax.devices()[0].device_kind,
    }
    held = [carry]

    def run(steps: int) -> float:
        held[0] = jax.block_until_ready(compiled(held[0], pieces, np.int32(0), np.int32(steps)))
        return float(steps * request.num_envs)

    return run, facts


def random_legal(state: Any) -> Any:
    """A uniform legal action of the player who decides, from a word that the game does not use: int32 ()."""
    import jax.numpy as jnp

    from tcgjax.board import count_bits, nth_bit, picked
    from twinenvs.counter_random import hash_uint32

    number = state.time.astype(jnp.uint32) * np.uint32(0x85EBCA6B)
    word = hash_uint32(state.seed[0] ^ hash_uint32(state.seed[1] + number))
    counts = count_bits(state.legal)
    before = jnp.cumsum(counts) - counts
    index = picked(word, counts.sum())
    here = (index >= before) & (index < before + counts)
    chosen = jnp.where(here, state.legal, np.uint32(0)).sum(dtype=jnp.uint32)
    first = jnp.where(here, 32 * np.arange(3, dtype=np.int32), 0).sum()
    return first + nth_bit(chosen, index - jnp.where(here, before, 0).sum())


class _Processes:
    """The reference in one process per core."""

    def __init__(self, cores: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.pairs = [context.Pipe() for _ in range(cores)]
        self.workers = [
            context.Process(target=_play, args=(theirs, number), daemon=True)
            for number, (_, theirs) in enumerate(self.pairs)
        ]
        for worker in self.workers:
            worker.start()
        for mine, _ in self.pairs:
            mine.recv()

    def run(self, pieces: int) -> float:
        """Lets every process take `pieces` times `REFERENCE_DECISIONS` decisions; returns how many in all."""
        for mine, _ in self.pairs:
            mine.send(pieces)
        for mine, _ in self.pairs:
            mine.recv()
        return float(len(self.pairs) * pieces * REFERENCE_DECISIONS)

    def close(self) -> None:
        """Ends the processes."""
        for mine, _ in self.pairs:
            mine.send(0)
        for worker in self.workers:
            worker.join()


def _play(connection: Any, number: int) -> None:
    """Plays games between shipped decks for as long as it is asked to."""
    from tcgjax.reference import Game
    from tcgjax.reference.observation import flat

    rng = random.Random(number)
    decks = list(shipped_decks().values())

    def fresh() -> Any:
        return Game(rng.choices(decks, k=2), (rng.getrandbits(32), rng.getrandbits(32)), keep_log=False)

    game = fresh()
    connection.send("ready")
    while pieces := connection.recv():
        for _ in range(pieces * REFERENCE_DECISIONS):
            game.step(rng.choice(game.legal()))
            if game.is_over:
                game = fresh()
            flat(game.table, game.decider)
        connection.send("done")


def _steps(work: Callable[[int], float], seconds: float) -> int:
    """How many steps take about this long."""
    work(1)
    start = time.perf_counter()
    work(2)
    return max(1, round(2 * seconds / (time.perf_counter() - start)))
