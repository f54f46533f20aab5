"""A check of the verification ladder and what it leaves: counts, a tally, and a case to keep if it diverged."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from collections.abc import Callable
from typing import Any

from benchmarks.parity.compare import Tally
from benchmarks.results_file import Row


@dataclasses.dataclass
class Outcome:
    """What one check found.

    Attributes:
        tally: differences.
        steps: environment steps compared.
        episodes: episodes that ended while they were compared.
        draws: random numbers that the original consumed.
        agent_wins: of the episodes, those the agent won.
        complete: whether everything that the check set out to compare was compared.
        case: the first diverging transition, in a form that can be replayed.
        extra: further figures of the row, by name.
    """

    tally: Tally
    steps: int = 0
    episodes: int = 0
    draws: int = 0
    agent_wins: int = 0
    complete: bool = True
    case: dict[str, Any] | None = None
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Check:
    """One check: `run(seed, episodes, report)`, where `report` takes the number of steps compared so far."""

    level: int
    name: str
    run: Callable[[int, int, Callable[[int], None]], Outcome]
    claim: str


def row_of(env: str, parity: Any, check: Check, outcome: Outcome, seed: int, asked: int) -> Row:
    """The result as a row of `verify`'s JSON."""
    import jax

    tally = outcome.tally
    return {
        "env": env,
        "device": jax.default_backend(),
        "check": check.name,
        "claim": check.claim,
        "oracle": parity.ORACLE,
        "oracle_version": parity.ORACLE_VERSION,
        "level": check.level,
        "episodes": outcome.episodes,
        "episodes_asked": asked,
        "agent_wins": outcome.agent_wins,
        "steps": outcome.steps,
        "draws": outcome.draws,
        "mismatches": tally.mismatches,
        "max_error": tally.max_error,
        "bound": tally.bound,
        "first_divergence": None if tally.first is None else tally.first.sentence(),
        "seed": seed,
        "passed": tally.mismatches == 0 and outcome.complete,
        "skipped": None,
        **outcome.extra,
    }


def write_case(folder: pathlib.Path, env: str, check: Check, outcome: Outcome, seed: int) -> pathlib.Path | None:
    """Writes the diverging transition as a regression file; None if there is none to write."""
    if outcome.case is None or outcome.tally.first is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "_", check.name.lower()).strip("_")
    path = folder / f"{env}_{name}_seed{seed}.json"
    content = {"env": env, "check": check.name, "seed": seed, "divergence": outcome.tally.first.sentence()}
    path.write_text(json.dumps({**content, **outcome.case}, indent=1) + "\n")
    return path
