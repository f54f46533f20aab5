"""Recording episodes as what caused them, seed and actions, and playing them back.

A record is a JSON file: the cartridge's SHA-1, the environment's options, and for each episode its seed or start state,
its actions and a hash of the machine at the end, by which a playback is known to be the same.
"""

from __future__ import annotations

import base64
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np

from emurust.cartridge import load_rom, sha1
from emurust.gymnasium_env import EmuRustEnv

FORMAT = "emurust-record-1"
RECORDED_OPTIONS = (
    "game", "observation", "frame_stack", "frame_skip", "press_frames", "max_steps_in_episode",
)  # fmt: skip


class Recorder(gymnasium.Wrapper):
    """Records every episode of an `EmuRustEnv`; `save` writes them."""

    def __init__(self, env: gymnasium.Env) -> None:
        """Wraps `env`, made by `gymnasium.make("EmuRust-v0", ...)` or directly."""
        super().__init__(env)
        if not isinstance(env.unwrapped, EmuRustEnv):
            raise TypeError(f"a Recorder wraps an EmuRustEnv, got {type(env.unwrapped).__name__}.")
        self.machine: EmuRustEnv = env.unwrapped
        if self.machine.games.options.sticky:
            raise ValueError("sticky actions cannot be recorded, since their random numbers are not; set sticky=0.")
        self.episodes: list[dict[str, Any]] = []

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode and its record, which begins with the machine as the reset left it."""
        self._close_episode()
        observation, info = self.env.reset(seed=seed, options=options)
        start = base64.b64encode(self.machine.save_state()).decode()
        self.episodes.append({"start": start, "actions": [], "hash": None})
        return observation, info

    def step(self, action: Any) -> Any:
        """Steps and notes the action."""
        outcome = self.env.step(action)
        self.episodes[-1]["actions"].append(int(action))
        return outcome

    def save(self, path: str | pathlib.Path) -> None:
        """Writes all episodes so far.

        Raises:
            ValueError: nothing was recorded.
        """
        if not self.episodes:
            raise ValueError("nothing was recorded; call reset() first.")
        self._close_episode()
        options = self.machine.games.options
        kept = {name: getattr(options, name) for name in RECORDED_OPTIONS}
        if not isinstance(kept["game"], str | None):
            kept["game"] = None
        content = {
            "format": FORMAT,
            "cartridge": sha1(load_rom(options.rom)),
            "options": kept,
            "episodes": self.episodes,
        }
        pathlib.Path(path).write_text(json.dumps(content) + "\n")

    def _close_episode(self) -> None:
        if self.episodes:
            self.episodes[-1]["hash"] = f"{self.machine.games.batch.state_hash(0):016x}"


def replay(path: str | pathlib.Path, rom: Any = None, episode: int = 0, game: Any = None) -> Iterator[np.ndarray]:
    """Plays a recorded episode back.

    Args:
        path: a file that `Recorder.save` wrote.
        rom: the cartridge, as for the environment.
        episode: which one, from 0.
        game: the declaration, where it was none of our own.

    Yields:
        The picture before the first step and after each: uint8 (144, 160, 3).

    Raises:
        ValueError: no such record, another cartridge, or the playback ended in another state than the recording.
    """
    try:
        content = json.loads(pathlib.Path(path).read_text())
        if content["format"] != FORMAT:
            raise ValueError
        record = content["episodes"][episode]
        start, actions, wanted = base64.b64decode(record["start"]), record["actions"], record["hash"]
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        raise ValueError(f"{path} holds no record of an episode {episode} in the form {FORMAT}.") from None
    found = sha1(load_rom(rom))
    if found != content["cartridge"]:
        raise ValueError(f"{path} was recorded with cartridge {content['cartridge']}, but this one is {found}.")
    options = {name: content["options"][name] for name in RECORDED_OPTIONS}
    env = EmuRustEnv("rgb_array", rom=rom, **(options if game is None else {**options, "game": game}))
    env.reset(seed=0)
    env.games.load_states([start])
    yield _picture(env)
    for action in actions:
        env.games.step(np.array([action]))
        yield _picture(env)
    if f"{env.games.batch.state_hash(0):016x}" != wanted:
        raise ValueError(f"{path}: the playback of episode {episode} ended in another state than the recording.")


def _picture(env: EmuRustEnv) -> np.ndarray:
    picture = env.render()
    assert picture is not None
    return picture
