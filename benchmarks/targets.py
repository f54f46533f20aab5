"""The environments that can be measured: where each one's oracle, parity checks and options are."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
from typing import Any

from benchmarks.errors import UsageError


@dataclasses.dataclass(frozen=True)
class Target:
    """One environment as the commands see it.

    Attributes:
        package: the environment's package, which is also the value of `--env`.
        rival: module that offers the original's loop for `sps --reference`, with `rivals`; None where there is no
            environment to time yet.
        parity: module that offers `checks` for `verify`.
        transfer: module that offers `open_backends` for `transfer`, or None where there is no such test.
        fetch: module that offers `fetch() -> path` for `fetch`, or None where there is nothing to get.
        frameskips: values of `frameskip` that are measured by default; (1,) where there is no such option.
        precisions: arithmetic precisions that `--precision` may name, as the environment's `precision`.
        batches: numbers of environments that are measured by default.
        threaded: whether the original's loop uses all the cores it is given.
        peers: module that offers further rivals for `sps --peers`, with `PEERS`; None where there are none.
        cases: names of what else is varied in a measurement of speed, for example cartridges; ("",) where nothing is.
        speed: module that measures the speed itself, with `measure_here`; None where the common rollout does.
        suites: module that judges test programs of the user's, with `judge_all`; None where there are none.
    """

    package: str
    rival: str | None
    parity: str
    transfer: str | None
    fetch: str | None
    frameskips: tuple[int, ...] = (1,)
    precisions: tuple[str, ...] = ()
    batches: tuple[int, ...] = (1024, 16384, 65536)
    threaded: bool = False
    peers: str | None = None
    cases: tuple[str, ...] = ("",)
    speed: str | None = None
    suites: str | None = None

    def make(self, **options: Any) -> Any:
        """The environment with these static options."""
        return importlib.import_module(self.package).make(**options)

    def require_environment(self) -> None:
        """Says that an engine alone can be neither timed nor trained on.

        Raises:
            UsageError: the package has no environment yet.
        """
        if self.rival is None:
            raise UsageError(f"--env {self.package}: no environment yet, only an engine; `verify` and `fetch` know it.")

    def load(self, role: str) -> Any:
        """Imports the module of one role: "rival", "parity", "transfer", "fetch", "peers", "speed" or "suites"."""
        name = getattr(self, role)
        if name is None:
            raise UsageError(f"--env {self.package}: there is nothing of the kind {role!r} for this environment.")
        return importlib.import_module(name)


TARGETS = {
    target.package: target
    for target in (
        Target(
            package="pong_jax",
            rival="benchmarks.oracles.puffer_pong_speed",
            parity="benchmarks.parity.pong",
            transfer="benchmarks.oracles.puffer_pong_vector",
            fetch="benchmarks.oracles.puffer_source",
            frameskips=(1, 8),
        ),
        Target(
            package="halfcheetah_jax",
            rival="benchmarks.oracles.mujoco_speed",
            parity="benchmarks.parity.halfcheetah",
            transfer="benchmarks.oracles.mujoco_vector",
            fetch=None,
            precisions=("float32", "float64"),
            batches=(64, 512, 4096),
            threaded=True,
            peers="benchmarks.oracles.halfcheetah_peers",
        ),
        Target(
            package="tcgjax",
            rival="benchmarks.oracles.tcg_speed",
            parity="benchmarks.parity.tcgjax",
            transfer="benchmarks.oracles.tcg_reference_vector",
            fetch=None,
            batches=(1024,),
            threaded=True,
            speed="benchmarks.oracles.tcg_speed",
        ),
        Target(
            package="pokejax",
            rival="benchmarks.oracles.showdown_speed",
            parity="benchmarks.parity.pokejax",
            transfer="benchmarks.oracles.showdown_vector",
            fetch="benchmarks.oracles.showdown.fetch",
            batches=(1024, 4096),
            threaded=True,
            speed="benchmarks.oracles.showdown_speed",
            peers="benchmarks.oracles.showdown_websocket",
        ),
        Target(
            package="emurust",
            rival="benchmarks.oracles.pyboy_machine",
            parity="benchmarks.parity.emurust",
            transfer=None,
            fetch=None,
            frameskips=(24, 1),
            batches=(1,),
            cases=("workload", "hedgerow"),
            speed="benchmarks.oracles.pyboy_speed",
            peers="benchmarks.oracles.emurust_peers",
            suites="benchmarks.parity.emurust_suites",
        ),
    )
}


def target(env: str) -> Target:
    """The target of this name.

    Raises:
        UsageError: there is none, or its package is not installed.
    """
    if env not in TARGETS:
        raise UsageError(f"--env {env!r}: unknown environment; the environments are {', '.join(TARGETS)}.")
    if importlib.util.find_spec(env) is None:
        raise UsageError(f"--env {env}: the package {env} is not installed; run `make setup`.")
    return TARGETS[env]
