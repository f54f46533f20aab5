"""What is compared between HalfCheetah and MuJoCo: terms, substeps, steps from the original's states, episodes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

from benchmarks.oracles import mujoco
from benchmarks.parity.checks import Check, Outcome

ORACLE = "MuJoCo, Gymnasium HalfCheetah-v5"
ORACLE_VERSION = mujoco.version()

Report = Callable[[int], None]

COMPONENT = "float64, within the bound in the unit of the quantity"
EXACT = "float64 against C at tolerance 0, every step from C's state"
SINGLE = "float32 against C as Gymnasium runs it, every step from C's state, which is kept to what float32 can hold"
STATISTICAL = "float32 open loop: mean returns of the same resets and actions equivalent within the bound (TOST)"
CHAOTIC = (
    "float32 open loop: a bound on the first step only; the motion is chaotic, so the growth of errors is recorded"
    " beside that of C started 1e-12 away from itself"
)
# Group, level, claim, and the outcomes that the group gives.
GROUPS = (
    ("terms", 1, COMPONENT, ("mass matrix", "bias", "passive forces", "actuation", "constraint rows")),
    ("substep", 2, COMPONENT, ("acceleration", "substep, qpos", "substep, qvel")),
    ("exact", 3, EXACT, ("qpos", "qvel", "reward_forward", "reward")),
    (
        "single", 3, SINGLE,
        ("qpos, 99.9%", "qpos, largest", "qvel, 99.9%", "qvel, largest", "reward, 99.9%", "reward, largest"),
    ),
    ("episodes", 3, STATISTICAL, ("returns, random", "returns, bang_bang", "returns, sine")),
    ("episodes", 3, CHAOTIC, ("error growth",)),
)  # fmt: skip
PREFIX = {"terms": "", "substep": "", "exact": "float64 steps: ", "single": "float32 steps: ", "episodes": "episodes: "}


def require() -> None:
    """Compiles the original's model, so that a missing MuJoCo is noticed before any work."""
    mujoco.model()


def checks() -> Iterator[Check]:
    """All checks, in order of their level; those of one group share one run."""
    run_once = functools.lru_cache(maxsize=None)(_run)
    for group, level, claim, names in GROUPS:
        for name in names:
            run = functools.partial(_outcome, run_once, group, name)
            yield Check(level, PREFIX[group] + name, run, claim)


def _run(group: str, seed: int, episodes: int, report: Report) -> dict[str, Outcome]:
    from benchmarks.parity.halfcheetah_worker import measure

    return measure(group, seed, episodes, report)


def _outcome(run: Callable[..., dict[str, Outcome]], group: str, name: str, seed: int, episodes: int, report: Report):
    # The cache must not tell reports apart; each is a new function.
    return run(group, seed, episodes, _SameReport(report))[name]


class _SameReport:
    """A report function that equals any other, so that it takes no part in a cache's key."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def __call__(self, steps: int) -> None:
        self._report(steps)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SameReport)

    def __hash__(self) -> int:
        return 0
