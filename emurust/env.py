"""Many games in one process, in NumPy: what the Gymnasium and the functional forms stand on.

An episode starts from the machine as it is once the game is ready, with the seed written where the game keeps it.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

from emurust._emurust import Batch
from emurust.cartridge import DEFAULT, load_rom, sha1
from emurust.games import BUILTIN, GameSpec, read_spec

OBSERVATIONS = ("small", "screen", "packed", "tiles", "ram")
LARGEST_SHADE = 3
# Odd and with well spread bits (2^64 over the golden ratio), so that seeds of following episodes differ in all bits.
SEED_STEP = np.uint64(0x9E3779B97F4A7C15)
Windows = tuple[tuple[int, int], ...]  # (address, length) each
STEADY_FRAMES = 60  # of start-up without a `ready` condition
FRAMES_PER_SECOND = 4_194_304 / 70_224


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What the user chooses; the same names are keywords of `gymnasium.make` and `emurust.make`.

    Attributes:
        rom: path, bytes or the name of a cartridge of our own; None is the game Hedgerow.
        game: declaration: a name of `emurust.games.BUILTIN`, a dict, a TOML file; None goes by the cartridge.
        observation: "small", "screen", "packed", "tiles" or "ram"; see docs/emurust.md.
        frame_stack: observations of the last steps kept, the newest last.
        frame_skip: frames of a step; None takes the game's.
        press_frames: frames at the start of a step for which buttons are held; None holds them throughout.
        sticky: probability with which a step holds the buttons of the one before instead.
        noop_max: most frames without a button after a reset, drawn from the seed.
        max_steps_in_episode: steps after which an episode is truncated; None takes the game's.
        threads: processor threads; 0 takes all.
        copy: whether arrays are the caller's to keep; False hands out the same buffers at every step.
        start_state: saved state to start episodes from, bytes or a file, of ours or of PyBoy's; None starts the game
            up once and keeps that.
        hooks: addresses by name, (ROM bank, address), whose executions are counted since the reset in `info["hooks"]`.
    """

    rom: Any = None
    game: Any = None
    observation: str = "small"
    frame_stack: int = 1
    frame_skip: int | None = None
    press_frames: int | None = None
    sticky: float = 0.0
    noop_max: int = 0
    max_steps_in_episode: int | None = None
    threads: int = 0
    copy: bool = True
    start_state: Any = None
    hooks: Mapping[str, tuple[int, int]] | None = None

    def __post_init__(self) -> None:
        if self.observation not in OBSERVATIONS:
            raise ValueError(f"observation must be one of {', '.join(OBSERVATIONS)}, got {self.observation!r}.")
        for name, least in (("frame_stack", 1), ("noop_max", 0), ("threads", 0)):
            _check_int(name, getattr(self, name), least)
        for name in ("frame_skip", "press_frames", "max_steps_in_episode"):
            if getattr(self, name) is not None:
                _check_int(name, getattr(self, name), 1)


@dataclasses.dataclass
class Outcome:
    """What one step of all games gave; arrays with a leading axis of environments.

    Attributes:
        observation: uint8 (envs, ...), as `Options.observation` says.
        reward: float32 (envs,), points.
        terminated: bool (envs,), ended by the game.
        truncated: bool (envs,), cut off by the limit of steps, or a machine that broke.
        info: further arrays (envs,) by name.
    """

    observation: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    info: dict[str, np.ndarray]


class Games:
    """A batch of one game on many machines; it never resets by itself."""

    extra: Windows = ()  # memory that a subclass watches beside the declared numbers

    def __init__(self, num_envs: int, options: Options, *, draws: bool = False) -> None:
        """Starts the game up once and copies that machine `num_envs` times.

        Args:
            num_envs: machines, at least 1.
            options: what the user chose.
            draws: whether every step leaves a picture, also where the observation needs none.

        Raises:
            FileNotFoundError: no cartridge or declaration of this name.
            ValueError: a value that is not allowed, or a cartridge that does not fit the declaration.
        """
        _check_int("num_envs", num_envs, 1)
        self.options, self.num_envs = options, num_envs
        image = load_rom(options.rom)
        self.spec = spec = self.find_spec(options)
        if spec.sha1 and sha1(image) not in spec.sha1:
            raise ValueError(
                f"the game {spec.name!r} is declared for cartridges with SHA-1 {' or '.join(spec.sha1)}, but this one"
                f" has {sha1(image)}; give that cartridge, or game='generic'."
            )
        self.frame_skip = options.frame_skip or spec.frame_skip
        self.press_frames = options.press_frames or self.frame_skip
        if self.press_frames > self.frame_skip:
            raise ValueError(f"press_frames must be at most frame_skip {self.frame_skip}, got {self.press_frames}.")
        self.max_steps = options.max_steps_in_episode or spec.max_steps
        if options.observation == "ram" and not spec.features:
            raise ValueError(f"game {spec.name!r} declares no features, so observation 'ram' has nothing to show.")
        self._numbers = [*spec.rewards, *spec.done, *((spec.score,) if spec.score else ())]
        needs_picture = options.observation in ("small", "screen", "packed")
        self.batch = Batch(
            image, num_envs,
            threads=min(options.threads or usable_cores(), num_envs),
            observation=options.observation,
            windows=list(spec.features) if options.observation == "ram" else [],
            stack=options.frame_stack,
            watch=[*((number.address, number.bytes) for number in self._numbers), *self.extra],
            sticky=options.sticky,
            drawing="last" if needs_picture or draws else "never",
            seed_address=spec.seed,
        )  # fmt: skip
        if options.start_state is None:
            start_up(self.batch, spec)
        else:
            self.batch.set_start(load_state(image, options.start_state))
        self.hook_names = tuple(options.hooks or ())
        if options.hooks:
            self.batch.set_hooks([(int(bank), int(address)) for bank, address in options.hooks.values()])
        self._masks = spec.masks()
        self.single_shape = tuple(self.batch.observation_shape)
        self._observation = np.zeros((num_envs, *self.single_shape), np.uint8)
        self._watch = np.zeros((num_envs, self.batch.watch_length), np.uint8)
        self._values = [np.zeros(num_envs, np.int64) for _ in spec.rewards]
        self._bases = np.zeros(num_envs, np.uint64)
        self._episodes = np.zeros(num_envs, np.uint64)
        self.steps = np.zeros(num_envs, np.int64)  # of the running episodes

    def find_spec(self, options: Options) -> GameSpec:
        """The declaration to play by."""
        return find_spec(options.rom, options.game)

    @property
    def observation_space(self) -> gymnasium.spaces.Space[Any]:
        """The space of one observation."""
        return gymnasium.spaces.Box(0, self.highest, self.single_shape, np.uint8)

    @property
    def highest(self) -> int:
        """The largest value in an observation."""
        return LARGEST_SHADE if self.options.observation == "screen" else 255

    @property
    def action_space(self) -> gymnasium.spaces.Discrete:
        """The space of one action."""
        return gymnasium.spaces.Discrete(len(self._masks))

    def seed(self, seeds: np.ndarray, mask: np.ndarray) -> None:
        """Gives masked environments new seeds, uint64 (envs,); their next episode is the first of that seed."""
        self._bases[mask] = seeds[mask]
        self._episodes[mask] = 0

    def reset(self, mask: np.ndarray, states: Mapping[int, bytes] | None = None) -> np.ndarray:
        """Starts an episode in the masked environments, bool (envs,).

        Args:
            mask: which ones.
            states: saved states to start from instead, by environment; one frame passes, whose picture is seen.

        Returns:
            Observations of all environments.
        """
        with np.errstate(over="ignore"):
            seeds = _mix(self._bases + self._episodes * SEED_STEP)
        self._episodes[mask] += np.uint64(1)
        chosen = mask.astype(np.uint8)
        noops = 0 if states else self.options.noop_max
        self.batch.reset(chosen, seeds.tolist(), self._observation, self._watch, most_noops=noops)
        for index, state in (states or {}).items():
            self.batch.load_state(index, state)
            self.batch.run_frames(index, 1, 0, True)
        if states:
            self.batch.show(self._observation, self._watch)
        self.steps[mask] = 0
        for values, now in zip(self._values, self._reward_numbers(), strict=True):
            values[mask] = now[mask]
        return self._out(self._observation)

    def step(self, actions: np.ndarray, active: np.ndarray | None = None) -> Outcome:
        """Steps all environments, or the active ones, bool (envs,), with actions int (envs,) that were checked."""
        buttons = self._masks[np.asarray(actions, np.int64)]
        chosen = None if active is None else active.astype(np.uint8)
        self.batch.step(buttons, self.frame_skip, self.press_frames, self._observation, self._watch, active=chosen)
        running = np.ones(self.num_envs, bool) if active is None else active
        self.steps += running
        reward = np.zeros(self.num_envs)
        for term, values, now in zip(self.spec.rewards, self._values, self._reward_numbers(), strict=True):
            reward += term.reward(values, now)
            values[:] = now
        terminated = np.zeros(self.num_envs, bool)
        for condition, memory in zip(self.spec.done, self._columns(len(self.spec.rewards)), strict=False):
            terminated |= condition.holds(memory)
        broken = np.frombuffer(self.batch.statuses, np.uint8) != 0
        truncated = (self.steps >= self.max_steps) | broken
        info = {"broken": broken, "episode_length": self.steps.copy(), "score": self.scores()}
        if self.hook_names:
            info["hooks"] = np.array(self.batch.hook_counts(), np.int64)
        return Outcome(
            self._out(self._observation),
            np.where(running, reward, 0).astype(np.float32),
            terminated & running,
            truncated & running,
            info,
        )

    def scores(self) -> np.ndarray:
        """The games' own scores, int64 (envs,); 0 where the declaration names none."""
        if self.spec.score is None:
            return np.zeros(self.num_envs, np.int64)
        return self.spec.score.value(self._columns(len(self.spec.rewards) + len(self.spec.done))[0])

    def check_actions(self, actions: Any) -> np.ndarray:
        """Actions as int64 (envs,).

        Raises:
            TypeError: not integers.
            ValueError: a wrong shape or a value outside the space.
        """
        array = np.asarray(actions)
        if array.dtype.kind not in "iu":
            raise TypeError(f"{self.spec.name}: actions must be integers, got {array.dtype}.")
        if array.shape != (self.num_envs,):
            raise ValueError(f"{self.spec.name}: actions must have shape ({self.num_envs},), got {array.shape}.")
        wrong = (array < 0) | (array >= len(self._masks))
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            last = len(self._masks) - 1
            raise ValueError(
                f"{self.spec.name}: actions must lie in 0 .. {last}, got {array[first]} for environment {first}."
            )
        return array.astype(np.int64)

    def frame(self, index: int) -> np.ndarray:
        """The last drawn picture of one machine: uint8 (144, 160), shades 0 (lightest) to 3."""
        return np.frombuffer(self.batch.frame(index), np.uint8).reshape(144, 160)

    def save_states(self, mask: np.ndarray | None = None) -> list[bytes | None]:
        """The states of the masked machines, bool (envs,), or of all; None for the others."""
        return [self.batch.save_state(i) if mask is None or mask[i] else None for i in range(self.num_envs)]

    def load_states(self, states: Sequence[bytes | None]) -> None:
        """Puts saved states back; None leaves a machine as it is. Rewards count from there on.

        Raises:
            ValueError: as many states as environments are wanted, or a state is not one of this cartridge.
        """
        if len(states) != self.num_envs:
            raise ValueError(f"states must be {self.num_envs}, one an environment or None, got {len(states)}.")
        for index, state in enumerate(states):
            if state is not None:
                self.batch.load_state(index, state)
        self.batch.show(self._observation, self._watch)
        for values, now in zip(self._values, self._reward_numbers(), strict=True):
            values[:] = now

    def _extra_memory(self) -> np.ndarray:
        """The memory of `extra`: uint8 (envs, bytes)."""
        return self._watch[:, sum(number.bytes for number in self._numbers) :]

    def _columns(self, first: int) -> list[np.ndarray]:
        """The watched memory of each number from `first` on: uint8 (envs, bytes) each."""
        ends = np.cumsum([number.bytes for number in self._numbers], dtype=np.int64)
        return [
            self._watch[:, end - number.bytes : end]
            for number, end in zip(self._numbers[first:], ends[first:], strict=True)
        ]

    def _reward_numbers(self) -> list[np.ndarray]:
        return [term.value(memory) for term, memory in zip(self.spec.rewards, self._columns(0), strict=False)]

    def _out(self, array: np.ndarray) -> np.ndarray:
        return array.copy() if self.options.copy else array


def find_spec(rom: Any, game: Any) -> GameSpec:
    """The declaration that the user means.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the declaration is wrong.
    """
    if game is None:
        own = DEFAULT if rom is None else rom
        return BUILTIN[own] if isinstance(own, str) and own in BUILTIN else BUILTIN["generic"]
    if isinstance(game, str) and game in BUILTIN:
        return BUILTIN[game]
    return read_spec(game)


def load_state(rom: bytes, source: bytes | str | os.PathLike[str]) -> bytes:
    """A state of ours from one of ours or of PyBoy's, in bytes or a file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no state for this cartridge.
    """
    from emurust import pyboy_state

    if isinstance(source, bytes):
        state = source
    else:
        path = pathlib.Path(source).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"there is no state {str(source)!r}; name a file or give its bytes.")
        state = path.read_bytes()
    return pyboy_state.convert(rom, state) if pyboy_state.is_pyboy_state(state) else state


def read_symbols(path: str | os.PathLike[str]) -> dict[str, tuple[int, int]]:
    """Labels of a symbol file as assemblers write them, `BB:AAAA Name` a line: (bank, address) by name, for `hooks`.

    Raises:
        ValueError: a line is of another form.
    """
    found = {}
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        words = line.partition(";")[0].split()
        if not words:
            continue
        try:
            bank, address = (int(part, 16) for part in words[0].split(":"))
            found[words[1]] = (bank, address)
        except (ValueError, IndexError):
            raise ValueError(f"{path}, line {number}: a symbol has the form 'BB:AAAA Name', got {line!r}.") from None
    return found


def start_up(batch: Batch, spec: GameSpec) -> None:
    """Runs machine 0 until the game is ready, and lets all episodes of the batch start from there.

    Raises:
        ValueError: it does not become ready in time.
    """
    if spec.ready is None:
        batch.run_frames(0, STEADY_FRAMES, 0, False)
        batch.set_start_from(0)
        return
    for _ in range(spec.ready_frames):
        memory = np.frombuffer(batch.read(0, spec.ready.address, spec.ready.bytes), np.uint8)
        if spec.ready.holds(memory[None])[0]:
            batch.set_start_from(0)
            return
        batch.run_frames(0, 1, 0, False)
    raise ValueError(
        f"the game {spec.name!r} did not become ready within {spec.ready_frames} frames; is this its cartridge?"
    )


def usable_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _mix(numbers: np.ndarray) -> np.ndarray:
    """Spreads the bits of uint64 numbers (splitmix64's last steps)."""
    with np.errstate(over="ignore"):
        mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))


def _check_int(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}.")
