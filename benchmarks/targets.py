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
        rival: module that offers the original's loop for `sps --reference`, with `open_rivals`.
        parity: module that offers `checks` for `verify`.
        transfer: module that offers `open_backends` for `transfer`.
        fetch: module that offers `fetch() -> path` for `fetch`, or None where there is nothing to get.
        frameskips: values of `frameskip` that are measured by default; (1,) where there is no such option.
        precisions: arithmetic precisions that `--precision` may name.
    """

    package: str
    rival: str
    parity: str
    transfer: str
    fetch: str | None
    frameskips: tuple[int, ...] = (1,)
    precisions: tuple[str, ...] = ()

    def make(self, **options: Any) -> Any:
        """The environment with these static options."""
        return importlib.import_module(self.package).make(**options)

    def load(self, role: str) -> Any:
        """Imports the module of one role: "rival", "parity", "transfer" or "fetch"."""
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
