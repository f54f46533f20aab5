"""The declaration of a game: actions, rewards and the end of an episode in terms of memory addresses.

A declaration is a dictionary or a TOML file of the same shape; docs/emurust.md lists the keys.
"""

from __future__ import annotations

import dataclasses
import operator
import pathlib
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

BUTTONS = ("right", "left", "up", "down", "a", "b", "select", "start")  # by bit of the mask of held buttons
FORMATS = ("little", "big", "bcd")
KINDS = ("delta", "gain", "value")
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "&": lambda value, bits: (value & bits) != 0,
}  # fmt: skip
LARGEST_ADDRESS = 0xFFFF
MOST_BYTES = 4


@dataclasses.dataclass(frozen=True)
class Number:
    """A number in memory.

    Attributes:
        address: its first byte, 0 .. FFFF.
        bytes: how many, 1 .. 4.
        format: "little" or "big" endian, or "bcd": two decimal digits a byte, the highest first.
    """

    address: int
    bytes: int = 1
    format: str = "little"

    def __post_init__(self) -> None:
        if not (_is_int(self.address) and 0 <= self.address <= LARGEST_ADDRESS - (self.bytes - 1)):
            raise ValueError(f"an address must lie in 0x0000 .. 0xFFFF, got {self.address!r} with {self.bytes} bytes.")
        if not (_is_int(self.bytes) and 1 <= self.bytes <= MOST_BYTES):
            raise ValueError(f"bytes must lie in 1 .. {MOST_BYTES}, got {self.bytes!r}.")
        _check_one_of("format", self.format, FORMATS)

    def value(self, memory: np.ndarray) -> np.ndarray:
        """The numbers in uint8 (envs, bytes): int64 (envs,)."""
        columns = memory.astype(np.int64)
        if self.format == "little":
            columns = columns[:, ::-1]
        if self.format == "bcd":
            columns, base = (columns >> 4) * 10 + (columns & 15), 100
        else:
            base = 256
        total = np.zeros(len(columns), np.int64)
        for column in columns.T:
            total = total * base + column
        return total


@dataclasses.dataclass(frozen=True)
class Term(Number):
    """A part of the reward.

    Attributes:
        weight: points for each unit.
        kind: "delta" rewards the difference to the step before, "gain" only what was added, "value" the number itself.
    """

    weight: float = 1.0
    kind: str = "delta"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_one_of("kind", self.kind, KINDS)

    def reward(self, before: np.ndarray, now: np.ndarray) -> np.ndarray:
        """Points of this term, float64 (envs,), for the numbers of the last step and this one, int64 (envs,)."""
        if self.kind == "value":
            return now * self.weight
        change = now - before
        return (np.maximum(change, 0) if self.kind == "gain" else change) * self.weight


@dataclasses.dataclass(frozen=True)
class Condition(Number):
    """A comparison of a number in memory.

    Attributes:
        op: ==, !=, <, <=, >, >=, or & for "has any of these bits".
        to: what the number is compared with.
    """

    op: str = "=="
    to: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_one_of("op", self.op, tuple(COMPARISONS))

    def holds(self, memory: np.ndarray) -> np.ndarray:
        """Whether it holds, bool (envs,), for uint8 (envs, bytes)."""
        return np.asarray(COMPARISONS[self.op](self.value(memory), self.to), bool)


@dataclasses.dataclass(frozen=True)
class GameSpec:
    """A game as an environment plays it.

    Attributes:
        name: how messages call it.
        actions: for each action the buttons that are held.
        rewards: parts of the reward, summed.
        done: the episode is over when any of these holds.
        score: the game's own score, reported in `info`; None where there is none.
        features: windows of the memory, (address, length), that observation "ram" shows.
        ready: start-up is over when this holds; None starts at the first frame.
        ready_frames: frames after which a start-up that is not over has failed.
        seed: address of a 16-bit seed, low byte first, written at every reset; None where there is none.
        frame_skip: frames of a step.
        max_steps: steps after which an episode is truncated.
        sha1: of the cartridges that the declaration is meant for; empty means any.
    """

    name: str
    actions: tuple[tuple[str, ...], ...] = (
        (), ("up",), ("down",), ("left",), ("right",), ("a",), ("b",), ("start",), ("select",),
    )  # fmt: skip
    rewards: tuple[Term, ...] = ()
    done: tuple[Condition, ...] = ()
    score: Number | None = None
    features: tuple[tuple[int, int], ...] = ()
    ready: Condition | None = None
    ready_frames: int = 1200
    seed: int | None = None
    frame_skip: int = 24
    max_steps: int = 2048
    sha1: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.actions:
            raise ValueError(f"game {self.name!r}: actions must name at least one action.")
        for held in self.actions:
            for button in held:
                _check_one_of("a button", button, BUTTONS)
        for name in ("ready_frames", "frame_skip", "max_steps"):
            if not _is_int(getattr(self, name)) or getattr(self, name) < 1:
                raise ValueError(f"game {self.name!r}: {name} must be at least 1, got {getattr(self, name)!r}.")

    def masks(self) -> np.ndarray:
        """Held buttons by action: uint8 (actions,), bit 0 to 7 as in `BUTTONS`."""
        return np.array([sum(1 << BUTTONS.index(button) for button in held) for held in self.actions], np.uint8)


def read_spec(source: GameSpec | Mapping[str, Any] | str | pathlib.Path) -> GameSpec:
    """A declaration from a dictionary or a TOML file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: an unknown key or a value that is not allowed; the sentence names it.
    """
    if isinstance(source, GameSpec):
        return source
    if isinstance(source, Mapping):
        return _from_mapping(dict(source))
    path = pathlib.Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"there is no game declaration {str(path)!r}; name a TOML file, a dict or 'generic'.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is no TOML: {error}.") from None
    return _from_mapping({"name": path.stem, **content})


def _from_mapping(content: dict[str, Any]) -> GameSpec:
    name = content.get("name", "unnamed")
    makers: dict[str, Callable[[Any], Any]] = {
        "actions": lambda value: tuple(tuple(held) for held in value),
        "rewards": lambda value: tuple(Term(**term) for term in value),
        "done": lambda value: tuple(Condition(**condition) for condition in value),
        "score": lambda value: Number(**value),
        "ready": lambda value: Condition(**value),
        "features": lambda value: tuple((int(start), int(length)) for start, length in value),
        "sha1": lambda value: (value,) if isinstance(value, str) else tuple(value),
    }
    known = [field.name for field in dataclasses.fields(GameSpec)]
    for key in content:
        if key not in known:
            raise ValueError(f"game {name!r}: there is no key {key!r}; the keys are {', '.join(known)}.")
    made = {}
    for key, value in content.items():
        try:
            made[key] = makers[key](value) if key in makers else value
        except TypeError as error:
            reason = str(error).split("__init__() ")[-1]
            raise ValueError(f"game {name!r}: {key} is not of the documented form: {reason}.") from None
        except ValueError as error:
            raise ValueError(f"game {name!r}: {key}: {error}") from None
    return GameSpec(**{"name": "unnamed", **made})


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_one_of(what: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{what} must be one of {', '.join(allowed)}, got {value!r}.")


GENERIC = GameSpec("generic")
