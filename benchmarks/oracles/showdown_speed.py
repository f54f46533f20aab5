"""Decision points per second of PokeJAX and of Showdown in process: random legal choices of both sides on both sides.

A decision point is one commit of choices, or one that was refused, and is counted alike. PokeJAX writes both players'
observations, rewards and terminal; Showdown makes both requests and keeps no log, which is the fastest it can. It runs
in one Node process per core.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import timing
from benchmarks.errors import InputMissingError
from benchmarks.oracles.showdown import process
from benchmarks.results_file import Row
from pokejax.databuild import showdown

NAME = f"Pokemon Showdown {process.VERSION} in process"
SCRIPT = process.SCRIPT.with_name("speed.cjs")
FORMAT = "gen4randombattle"
COMPARABLE = ("obs", "state")  # Showdown makes requests, that is legal choices: all that "state" leaves to PokeJAX, too
PIECE = 50  # commits that a process of Showdown plays at a time


def require() -> None:
    """Checks that Node and Showdown are there."""
    process.require()


def measure_here(request: Any) -> Row:
    """Measures one `benchmarks.speed.Request` in this process."""
    cores = request.cores or len(os.sched_getaffinity(0))
    rollout, facts = _ours(request, cores)
    works: dict[str, Callable[[int], float]] = {"ours": rollout}
    with contextlib.ExitStack() as stack:
        if request.reference:
            processes = _Processes(cores)
            stack.callback(processes.close)
            works[f"{cores} processes, no log"] = processes.run
        elif request.peer is not None:
            from benchmarks.oracles.showdown_websocket import PEERS

            peer = PEERS[request.peer]
            works[peer.flags] = stack.enter_context(peer.opened())
        print("compiled, calibrating", flush=True)
        counts = {name: _steps(work, request.seconds) for name, work in works.items()}
        rates = timing.interleave(
            {name: lambda work=work, name=name: work(counts[name]) for name, work in works.items()},
            request.repeats,
            lambda done: print(f"turn {done} of {request.repeats}", flush=True),
        )
    mine = rates.pop("ours")
    row = {
        "actions": "uniform over the legal actions of both sides, drawn in the loop",
        "sps": mine.median,
        "sps_min": mine.low,
        "sps_max": mine.high,
        "frames_per_second": mine.median,
        "reference_flags": None,
        "reference_sps": None,
        "ratio": None,
        "ratio_min": None,
        "ratio_max": None,
        "missing": False,
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
    """A compiled rollout, (steps) -> decision points, and what is known of it."""
    import jax
    import jax.numpy as jnp

    import pokejax
    from benchmarks.sharding import one_device_per_core, split_over_devices
    from benchmarks.speed import NO_GPU, peak_bytes
    from twinenvs.compile import jit

    one_device_per_core(request.num_envs, cores)
    if request.device == "gpu" and jax.default_backend() != "gpu":
        raise InputMissingError(NO_GPU)
    env = pokejax.make_multi()

    def step(number: Any, carry: Any) -> Any:
        states, seen, _, _, masks, keys = carry
        actions = jax.vmap(random_legal, (0, 0, None))(masks, keys, number)
        step_keys = jax.vmap(jax.random.fold_in, (0, None))(jax.vmap(jax.random.wrap_key_data)(keys), number)
        new_seen, new, reward, terminated, _, info = jax.vmap(env.step)(step_keys, states, actions)
        return new, new_seen if request.outputs == "obs" else seen, reward, terminated, info["action_mask"], keys

    def rollout(carry: Any, pieces: jax.Array, first: jax.Array, number: jax.Array) -> Any:
        return jax.lax.fori_loop(first, first + number, step, carry)

    count = request.num_envs
    keys = jax.random.split(jax.random.key(0), count)
    seen, states = jit(jax.vmap(env.reset), env=env)(keys)
    masks = jax.jit(jax.vmap(env.action_mask))(states)
    data = jax.random.key_data(keys)
    carry = (states, seen, jnp.zeros((count, 2), jnp.float32), jnp.zeros(count, bool), masks, data)
    pieces = jnp.zeros((1, 1, count), jnp.uint8)
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
    held: list[Any] = [carry, 0]

    def run(steps: int) -> float:
        held[0] = jax.block_until_ready(compiled(held[0], pieces, np.int32(held[1]), np.int32(steps)))
        held[1] += steps
        return float(steps * count)

    return run, facts


def random_legal(masks: Any, key: Any, number: Any) -> Any:
    """A uniform legal action of each side, from a counter: int32 (2,).

    Args:
        masks: bool (2, 10).
        key: uint32 (2,), other words for each battle.
        number: int32, of the step.
    """
    import jax.numpy as jnp

    from twinenvs.counter_random import hash_uint32

    word = hash_uint32(key[0] ^ hash_uint32(key[1] + number.astype(jnp.uint32) * np.uint32(0x85EBCA6B)))
    words = jnp.stack([word, hash_uint32(word)])
    rank = jnp.cumsum(masks.astype(jnp.int32), axis=1)
    wanted = 1 + (words % rank[:, -1].astype(jnp.uint32)).astype(jnp.int32)
    return jnp.argmax(masks & (rank == wanted[:, None]), axis=1).astype(jnp.int32)


class _Processes:
    """Showdown in one Node process per core."""

    def __init__(self, cores: int) -> None:
        self.workers = [
            subprocess.Popen(
                showdown.command(SCRIPT, str(process.TEAMS), FORMAT, str(number)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
            )
            for number in range(cores)
        ]
        for worker in self.workers:
            self._await(worker)

    def _await(self, worker: Any) -> None:
        if not worker.stdout.readline():
            raise process.OracleError("A process of Showdown ended; its message stands above.")

    def run(self, pieces: int) -> float:
        """Lets every process play `pieces` times `PIECE` decision points; returns how many in all."""
        for worker in self.workers:
            assert worker.stdin is not None
            worker.stdin.write(f"{pieces * PIECE}\n")
            worker.stdin.flush()
        for worker in self.workers:
            self._await(worker)
        return float(len(self.workers) * pieces * PIECE)

    def close(self) -> None:
        """Ends the processes."""
        for worker in self.workers:
            assert worker.stdin is not None and worker.stdout is not None
            worker.stdin.close()
            worker.stdout.close()
            worker.wait()


def _steps(work: Callable[[int], float], seconds: float) -> int:
    """How many steps take about this long."""
    work(1)
    start = time.perf_counter()
    work(2)
    return max(1, round(2 * seconds / (time.perf_counter() - start)))
