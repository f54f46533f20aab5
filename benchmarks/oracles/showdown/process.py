"""A running oracle: battles of Showdown played in process, asked for and answered line by line."""

from __future__ import annotations

import base64
import concurrent.futures
import json
import pathlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np

import pokejax.databuild
from benchmarks.errors import InputMissingError
from pokejax import state
from pokejax.databuild import showdown
from pokejax.tables import KINDS, load_tables

SCRIPT = pathlib.Path(__file__).with_name("server.cjs")
TEAMS = pathlib.Path(pokejax.databuild.__file__).with_name("teams.cjs")
VERSION = showdown.VERSION
POLICIES = ("random", "max_damage", "status_first", "switch_averse", "never_attack")


class OracleError(RuntimeError):
    """The oracle answered with an error, or ended."""


_UNSIGNED = np.flatnonzero(
    np.concatenate([np.full(max(1, int(np.prod(f.shape, dtype=int))), f.dtype) for f in state.HASHED]) == "uint32"
)


def decode_words(texts: Sequence[str]) -> np.ndarray:
    """The words of some states as the server writes them: int64 (states, words), each with its field's value."""
    raw = np.array([np.frombuffer(base64.b64decode(text), "<i4") for text in texts]).astype(np.int64)
    raw[:, _UNSIGNED] &= 0xFFFFFFFF
    return raw


def require() -> None:
    """Checks that Node and Showdown are there.

    Raises:
        InputMissingError: one of them is not; the message says how to get it.
    """
    try:
        showdown.node()
        showdown.package_folder()
    except showdown.ShowdownMissingError as error:
        raise InputMissingError(str(error)) from error


class Oracle:
    """One Node process for one format; use it in a `with` block."""

    def __init__(self, format_id: str = "gen4randombattle") -> None:
        require()
        self.format = format_id
        command = showdown.command(SCRIPT, str(TEAMS))
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        tables = load_tables(format_id)
        names = {kind: list(getattr(tables, kind).names) for kind in KINDS}
        list(self._ask({"command": "open", "format": format_id, "layout": state.layout(), "names": names}))

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self.close()

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def play(
        self, battles: Sequence[Mapping[str, Any]], want: Sequence[str] = (), limit: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Plays battles; server.cjs says what an entry of `battles` and of the answers holds.

        Args:
            battles: one mapping a battle.
            want: what to add: "teams", and for each decision point "words", "draws", "log"; for each battle "coverage",
                and as "sites" how often each place drew. The words come as int64 (decision points, words).
            limit: decision points after which a battle is left.

        Raises:
            OracleError: Showdown threw, or an action was not legal.
        """
        asked = {"command": "play", "battles": list(battles), "want": list(want), "limit": limit}
        for answer in self._ask(asked):
            yield answer | {name: decode_words(answer[name]) for name in ("words", "before") if name in answer}

    def count_coverage(self) -> None:
        """From now on `want` may hold "coverage": counts of the vocabulary's callbacks and branches that ran."""
        tables = load_tables(self.format)
        vocabulary = {kind: list(getattr(tables, kind).names) for kind in ("moves", "abilities", "items")}
        asked = {"command": "coverage", "vocabulary": vocabulary | {"conditions": list(tables.conditions)}}
        list(self._ask(asked))

    def ran(self) -> dict[str, list[int]]:
        """Calls, branches and branches that ran of each callback since the last time; after `count_coverage`."""
        (counts,) = self._ask({"command": "ran"})
        return counts

    def damage(self, pairs: Sequence[Mapping[str, Any]], seeds: Sequence[Sequence[int]]) -> Iterator[dict[str, Any]]:
        """Computes damage and accuracy of single moves; damage.cjs says what a pair and an answer hold.

        Args:
            pairs: teams by number, the first of each by place, and the cases of the pair.
            seeds: generator states, four 16-bit numbers each, most significant first.

        Raises:
            OracleError: Showdown threw.
        """
        yield from self._ask({"command": "damage", "pairs": list(pairs), "seeds": [list(seed) for seed in seeds]})

    def perft(
        self, battles: Sequence[Mapping[str, Any]], every: int, generators: Sequence[Sequence[int]]
    ) -> Iterator[dict[str, Any]]:
        """Tries all joint legal actions from positions of battles; perft.cjs says what an answer's positions hold.

        Args:
            battles: as for `play`, with policies.
            every: of each battle, every so many-th decision point is a position.
            generators: states of the generator under which each pair of actions is tried, four 16-bit numbers each.

        Raises:
            OracleError: Showdown threw.
        """
        states = [list(state) for state in generators]
        yield from self._ask({"command": "perft", "battles": list(battles), "every": every, "generators": states})

    def _ask(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        errors = []
        for line in self._process.stdout:
            answer = json.loads(line)
            if "done" in answer:
                if errors:
                    raise OracleError(errors[0])
                return
            if "error" in answer:
                errors.append(f"seed {answer.get('seed')}, teams {answer.get('teams')}: {answer['error']}")
            else:
                yield answer
        raise OracleError("The oracle's process ended without an answer; its message stands above.")


def play_ahead(
    battles: Sequence[Mapping[str, Any]], chunk: int, want: Sequence[str] = (), limit: int | None = None
) -> Iterator[list[dict[str, Any]]]:
    """Plays battles in chunks, the next one while the caller works on the last; arguments as `Oracle.play`."""
    with Oracle() as oracle, concurrent.futures.ThreadPoolExecutor(1) as pool:
        parts = [battles[first : first + chunk] for first in range(0, len(battles), chunk)]
        waiting = [pool.submit(lambda part=part: list(oracle.play(part, want, limit))) for part in parts[:1]]
        for part in parts[1:]:
            played = waiting.pop().result()
            waiting.append(pool.submit(lambda part=part: list(oracle.play(part, want, limit))))
            yield played
        for last in waiting:
            yield last.result()


def fresh_battles(count: int, seed: int, policies: Sequence[str]) -> list[dict[str, Any]]:
    """Battles of fresh teams that no pool holds, by seed.

    Args:
        count: how many.
        seed: 0 or more; another seed gives other teams and other draws.
        policies: both sides' players.
    """
    import random

    rng = random.Random(f"pokejax {seed}")
    first = FRESH_TEAMS + rng.getrandbits(40) * 2
    return [
        {
            "seed": f"{rng.getrandbits(64):016x}",
            "teams": [first + 2 * i, first + 2 * i + 1],
            "policies": list(policies),
            "policy_seed": rng.getrandbits(31),
        }
        for i in range(count)
    ]


FRESH_TEAMS = 1 << 32  # team numbers below this belong to pools
