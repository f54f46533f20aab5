"""Steps per second of an environment, beside the original's in the same process where that is asked for.

What is timed is a rollout: scans of vmapped steps over a table of actions drawn before, which repeats. State,
observation, reward and terminal are carried through the scan, so that every step writes them to memory as the
original does, and the last ones leave the program, so that the compiler may drop none of it. The rivals run turn by
turn on the same cores, and ratios are formed within each turn.

Each measurement has a process of its own, pinned to its cores before JAX starts its threads. On several cores JAX gets
a device for each, and the environments are divided among them.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import timing
from benchmarks.action_tables import ActionTable, action_table
from benchmarks.errors import INPUT_MISSING, InputMissingError
from benchmarks.results_file import Row
from benchmarks.targets import target

if TYPE_CHECKING:
    import jax

OUTPUTS = ("obs", "state")
DEVICES = ("auto", "cpu", "gpu")
LEAST_REPEATS = 7
SKIP_MARK = "skipped: "
NO_GPU = "JAX sees no GPU; install jax with CUDA on a machine that has one"


@dataclasses.dataclass(frozen=True)
class Request:
    """One measurement.

    Attributes:
        env: package of the environment.
        num_envs: environments stepped at once.
        frameskip: frames of a step.
        outputs: "obs" carries observation, reward and terminal out of every step, "state" reward and terminal.
        case: what else is varied, one of the target's cases.
        cores: processor cores of both sides; None leaves all that the process may use.
        device: "cpu", "gpu", or "auto" for JAX's default.
        reference: whether the original is timed too.
        peer: name of another rival that is timed too, in place of the original; None for none.
        precision: arithmetic precision, for environments that offer a choice; None keeps the environment's default.
        repeats: timed turns.
        seconds: aimed length of one turn.
        compiler_options: XLA options in place of the environment's own, as pairs; None keeps those.
        case: what else is varied, one of the target's cases.
    """

    env: str
    num_envs: int
    frameskip: int = 1
    outputs: str = "obs"
    case: str = ""
    cores: int | None = None
    device: str = "auto"
    reference: bool = False
    peer: str | None = None
    precision: str | None = None
    repeats: int = LEAST_REPEATS
    seconds: float = 0.5
    compiler_options: tuple[tuple[str, str], ...] | None = None


def measure(report: Callable[[str], None] | None = None, **request: Any) -> Row:
    """Measures in a process of its own.

    Args:
        report: called with lines of progress.
        **request: fields of `Request`.

    Returns:
        One row of `sps`'s JSON; where it could not be measured, `skipped` says why and the figures are None.
    """
    asked = Request(**request)
    environment = {**os.environ, "TWINENVS_CACHE": "off", "TWINENVS_PROGRESS": "0"}
    if asked.device == "cpu":
        environment["JAX_PLATFORMS"] = "cpu"
    if asked.precision is not None:
        environment["JAX_ENABLE_X64"] = str(int(asked.precision == "float64"))
    # Complaints go to a file: nobody reads them while it runs, and a full pipe would stop it.
    with tempfile.TemporaryFile("w+", errors="replace") as complaints:
        worker = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.speed", json.dumps(dataclasses.asdict(asked))],
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env=environment,
            cwd=timing.ROOT,
        )
        try:
            assert worker.stdout is not None
            last = ""
            for line in worker.stdout:
                if report and last:
                    report(last.strip())
                last = line
            worker.wait()
        finally:
            if worker.poll() is None:
                worker.kill()
                worker.wait()
            if worker.stdout is not None:
                worker.stdout.close()
        complaints.seek(0)
        complaint = complaints.read()
    if worker.returncode == 0:
        return json.loads(last)
    if last.startswith(SKIP_MARK):
        missing = worker.returncode == INPUT_MISSING
        return skipped_row(asked, last.removeprefix(SKIP_MARK).strip(), missing)
    lines = complaint.strip().splitlines() or [f"the measuring process ended with status {worker.returncode}"]
    return skipped_row(asked, lines[-1][:300])


def skipped_row(request: Request, reason: str, missing: bool = False) -> Row:
    """The row of a measurement that was not made; `missing` says that something has to be installed first."""
    figures = (
        "sps", "sps_min", "sps_max", "frames_per_second", "reference_flags", "reference_sps", "ratio", "ratio_min",
        "ratio_max", "compile_seconds", "bytes_per_env", "peak_bytes",
    )  # fmt: skip
    identity = _identity(request, request.device, None)
    return {**identity, "actions": None, **dict.fromkeys(figures), "missing": missing, "skipped": reason}


def measure_here(request: Request) -> Row:
    """Measures in this process, which must not have started JAX yet; prints its progress line by line."""
    if request.cores is not None:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: request.cores])
    environment = target(request.env)
    if environment.speed is not None:
        return {**_identity(request, "cpu", None), **environment.load("speed").measure_here(request)}
    import jax

    from benchmarks.sharding import one_device_per_core

    one_device_per_core(request.num_envs, len(os.sched_getaffinity(0)))

    if request.device == "gpu" and jax.default_backend() != "gpu":
        raise InputMissingError(NO_GPU)
    options: dict[str, Any] = {"frameskip": request.frameskip} if environment.frameskips != (1,) else {}
    if request.precision is not None:
        options["precision"] = request.precision
    env = environment.make(**options)
    table = action_table(env, request.num_envs)
    start = time.perf_counter()
    rollout, compiled = _compile(env, request, table)
    compile_seconds = time.perf_counter() - start
    steppers: dict[str, Callable[[int], None]] = {"ours": rollout.run}
    if request.reference:
        steppers |= environment.load("rival").rivals(request.num_envs, options, table.actions)
    elif request.peer is not None:
        steppers |= environment.load("peers").PEERS[request.peer].rivals(request.num_envs, options, table.actions)
    print("compiled, calibrating", flush=True)
    # Some peers need minutes for a piece of the table, and all of them count step by step.
    pieces = {name: 1 if request.peer is not None and name != "ours" else table.piece for name in steppers}
    rivals = {
        name: _turn(step, pieces[name], request.num_envs, _pieces(step, pieces[name], request.seconds))
        for name, step in steppers.items()
    }
    rates = timing.interleave(
        rivals, request.repeats, lambda done: print(f"turn {done} of {request.repeats}", flush=True)
    )
    ours = rates.pop("ours")
    row = {
        **_identity(request, jax.default_backend(), jax.devices()[0].device_kind),
        "actions": table.description,
        "sps": ours.median,
        "sps_min": ours.low,
        "sps_max": ours.high,
        "frames_per_second": ours.median * request.frameskip,
        "reference_flags": None,
        "reference_sps": None,
        "ratio": None,
        "ratio_min": None,
        "ratio_max": None,
        "compile_seconds": compile_seconds,
        "bytes_per_env": env.bytes_per_env(),
        "peak_bytes": peak_bytes(compiled),
        "missing": False,
        "skipped": None,
    }
    if rates:
        flags, original = max(rates.items(), key=lambda item: item[1].median)
        ratio = ours.ratio_to(original)
        row |= {
            "reference_flags": flags,
            "reference_sps": original.median,
            "ratio": ratio.median,
            "ratio_min": ratio.low,
            "ratio_max": ratio.high,
        }
    return row


class Rollout:
    """The compiled rollout with its carry: state and what the last step wrote."""

    def __init__(self, compiled: Any, carry: Any, pieces: jax.Array) -> None:
        """Wraps a compiled `(carry, pieces, first, number) -> carry`; `pieces` has the shape (pieces, piece, ...)."""
        self._compiled, self.carry, self._pieces = compiled, carry, pieces
        self._next = 0

    def run(self, steps: int) -> None:
        """Steps all environments this number of times, a multiple of a piece's length, and waits."""
        import jax

        number = steps // self._pieces.shape[1]
        self.carry = jax.block_until_ready(
            self._compiled(self.carry, self._pieces, np.int32(self._next), np.int32(number))
        )
        self._next = (self._next + number) % len(self._pieces)


def _compile(env: Any, request: Request, table: ActionTable) -> tuple[Rollout, Any]:
    import jax
    import jax.numpy as jnp

    from benchmarks.sharding import ENVS, split_over_devices
    from twinenvs.compile import jit

    params = env.default_params
    base = jax.random.key(0)
    devices = jax.local_device_count()
    own = request.num_envs // devices

    def step(carry: Any, action: jax.Array) -> Any:
        state, _, count = carry
        # Keys of their own for every environment and step; they cost nothing where `step` does not read them.
        keys = jax.random.split(jax.random.fold_in(base, count * devices + jax.lax.axis_index(ENVS)), own)
        observation, state, reward, terminated, _, _ = jax.vmap(env.step, (0, 0, 0, None))(keys, state, action, params)
        written = (reward, terminated)
        return (state, (observation, *written) if request.outputs == "obs" else written, count + 1), None

    def rollout(carry: Any, pieces: jax.Array, first: jax.Array, number: jax.Array) -> Any:
        def body(index: jax.Array, now: Any) -> Any:
            # A table of one piece needs no copy of it.
            piece = pieces[0] if len(pieces) == 1 else pieces[(first + index) % len(pieces)]
            return jax.lax.scan(step, now, piece)[0]

        return jax.lax.fori_loop(0, number, body, carry)

    @jax.jit
    def begin(key: jax.Array) -> Any:
        observation, state = jax.vmap(env.reset)(jax.random.split(key, request.num_envs))
        written = (jnp.zeros(request.num_envs, jnp.float32), jnp.zeros(request.num_envs, bool))
        return state, (observation, *written) if request.outputs == "obs" else written, jnp.zeros((), jnp.int32)

    options: dict[str, Any] = {"donate_argnums": 0}
    if request.compiler_options is not None:
        # An option of the environment's own that is not named here falls back to XLA's default.
        defaults = dict.fromkeys(env.compiler_options(jax.default_backend()), "")
        options["compiler_options"] = {**defaults, **dict(request.compiler_options)}
    actions = table.actions
    carry, pieces = begin(jax.random.key(1)), jnp.asarray(actions.reshape(-1, table.piece, *actions.shape[1:]))
    rollout, (carry, pieces) = split_over_devices(rollout, carry, pieces)
    compiled = jit(rollout, env=env, **options).lower(carry, pieces, np.int32(0), np.int32(1)).compile()
    return Rollout(compiled, carry, pieces), compiled


def peak_bytes(compiled: Any) -> int | None:
    """Bytes that a compiled program holds at once, as the compiler says; None where it does not."""
    memory = compiled.memory_analysis()
    if memory is None:
        return None
    held = memory.argument_size_in_bytes + memory.output_size_in_bytes + memory.temp_size_in_bytes
    return held - memory.alias_size_in_bytes


def _pieces(step: Callable[[int], None], piece: int, seconds: float) -> int:
    """How many pieces of the action table take about this many seconds."""
    step(piece)
    start = time.perf_counter()
    step(piece)
    return max(1, round(seconds / (time.perf_counter() - start)))


def _turn(step: Callable[[int], None], piece: int, num_envs: int, number: int) -> Callable[[], float]:
    def turn() -> float:
        step(number * piece)
        return number * piece * num_envs

    return turn


def _identity(request: Request, device: str, device_kind: str | None) -> Row:
    reference = note = None
    if request.reference:
        reference = target(request.env).load("rival").NAME
    elif request.peer is not None:
        peer = target(request.env).load("peers").PEERS[request.peer]
        reference, note = peer.title, peer.note
    return {
        "env": request.env,
        "device": device,
        "device_kind": device_kind,
        "num_envs": request.num_envs,
        "frameskip": request.frameskip,
        "outputs": request.outputs,
        "cores": request.cores or len(os.sched_getaffinity(0)),
        "precision": request.precision,
        "peer": request.peer,
        "reference": reference,
        "reference_note": note,
        "repeats": request.repeats,
        **({"case": request.case} if request.case else {}),
        "compiler_options": None if request.compiler_options is None else dict(request.compiler_options),
        "commit": timing.commit(),
        "versions": timing.versions(),
    }


def _main(text: str) -> int:
    fields = json.loads(text)
    if fields["compiler_options"] is not None:
        fields["compiler_options"] = tuple(tuple(pair) for pair in fields["compiler_options"])
    request = Request(**fields)
    try:
        row = measure_here(request)
    except InputMissingError as error:
        print(f"{SKIP_MARK}{error}", flush=True)
        return INPUT_MISSING
    except Exception as error:
        # The parent shows one line; what matters of a failed start or of full memory is in the first one.
        first = next(iter(str(error).splitlines()), "no message")
        print(f"{SKIP_MARK}{type(error).__name__}: {first[:250]}", flush=True)
        return 1
    print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1]))
