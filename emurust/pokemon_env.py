"""`EmuRust-PokemonRed-v0`: the environment on a cartridge that the user owns."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode

from emurust.cartridge import load_rom, sha1
from emurust.env import Games, Options, Outcome
from emurust.games import pokemon_red
from emurust.games.pokemon_red import Progress, Weights
from emurust.games.spec import GameSpec
from emurust.gymnasium_env import EmuRustEnv, EmuRustVectorEnv, known_options
from twinenvs import cache

VARIABLE = "EMURUST_POKEMON_RED"
FILE_NAME = "pokemon_red.gb"
SCREENS = 3


def find_rom(rom: Any = None) -> bytes:
    """The cartridge: what is given, else the file that $EMURUST_POKEMON_RED names, else the one in the user's cache.

    Raises:
        FileNotFoundError: it is at none of these places.
        ValueError: it is another cartridge.
    """
    in_cache = cache.cache_folder() / FILE_NAME
    named = os.environ.get(VARIABLE)
    source = rom if rom is not None else named if named else in_cache
    if not isinstance(source, bytes) and not pathlib.Path(source).expanduser().is_file():
        raise FileNotFoundError(
            f"Pokemon Red is not at {str(source)!r}: give the path of your own copy as rom=..., in ${VARIABLE}, or as"
            f" {in_cache}; its SHA-1 must be {pokemon_red.SHA1}."
        )
    image = load_rom(source)
    if sha1(image) != pokemon_red.SHA1:
        what = "these bytes" if isinstance(source, bytes) else repr(str(source))
        raise ValueError(
            f"Pokemon Red: {what} has SHA-1 {sha1(image)}, but {pokemon_red.SHA1} is needed; give the cartridge of the"
            " first English edition, unpatched."
        )
    return image


class PokemonRedGames(Games):
    """Machines with Pokemon Red; observations are dictionaries."""

    extra = pokemon_red.WINDOWS

    def __init__(self, num_envs: int, options: Options, *, weights: Weights, draws: bool = False) -> None:
        """See `Games`; frame skip, held frames and observation are the community's unless given."""
        fixed = {
            "rom": find_rom(options.rom),
            "observation": "small",
            "frame_stack": SCREENS,
            "press_frames": options.press_frames or min(pokemon_red.PRESS_FRAMES, options.frame_skip or 24),
            "copy": True,
        }
        super().__init__(num_envs, dataclasses.replace(options, **fixed), draws=draws)
        self._progress = Progress(num_envs, weights)

    def find_spec(self, options: Options) -> GameSpec:
        """The declaration of this game; there is no other."""
        return GameSpec(
            "pokemon_red",
            actions=pokemon_red.ACTIONS,
            frame_skip=pokemon_red.FRAME_SKIP,
            max_steps=pokemon_red.MAX_STEPS,
            sha1=(pokemon_red.SHA1,),
        )

    @property
    def observation_space(self) -> gymnasium.spaces.Dict:
        """Screens, the party's state, events, the seen map and the last actions."""
        box = gymnasium.spaces.Box
        return gymnasium.spaces.Dict(
            {
                "screens": box(0, 255, (72, 80, SCREENS), np.uint8),
                "health": box(0, 1, (1,), np.float32),
                "level": box(-1, 1, (pokemon_red.LEVEL_FREQUENCIES,), np.float32),
                "badges": gymnasium.spaces.MultiBinary(8),
                "events": gymnasium.spaces.MultiBinary(pokemon_red.NUM_EVENTS),
                "map": box(0, 255, (pokemon_red.MAP_VIEW, pokemon_red.MAP_VIEW, 1), np.uint8),
                "recent_actions": gymnasium.spaces.MultiDiscrete(
                    [len(pokemon_red.ACTIONS)] * pokemon_red.RECENT_ACTIONS
                ),
            }
        )

    def reset(self, mask: np.ndarray, states: Mapping[int, bytes] | None = None) -> Any:
        """See `Games.reset`."""
        screens = super().reset(mask, states)
        self._progress.start(mask, self._extra_memory())
        return self._dictionary(screens)

    def step(self, actions: np.ndarray, active: np.ndarray | None = None) -> Outcome:
        """See `Games.step`."""
        outcome = super().step(actions, active)
        running = np.ones(self.num_envs, bool) if active is None else active
        reward = self._progress.advance(actions, self._extra_memory(), running)
        observation: Any = self._dictionary(outcome.observation)
        return dataclasses.replace(outcome, observation=observation, reward=reward.astype(np.float32))

    def _dictionary(self, screens: np.ndarray) -> dict[str, np.ndarray]:
        memory = self._extra_memory()
        return {
            "screens": np.ascontiguousarray(screens[:, ::-1].transpose(0, 2, 3, 1)),  # the newest first
            "health": np.minimum(pokemon_red.health(memory), 1).astype(np.float32)[:, None],
            "level": pokemon_red.level_waves(memory),
            "badges": pokemon_red.badge_bits(memory),
            "events": pokemon_red.event_bits(memory),
            "map": self._progress.view(memory),
            "recent_actions": self._progress.actions.copy(),
        }


class PokemonRedEnv(EmuRustEnv):
    """Pokemon Red as a `gymnasium.Env`."""

    def __init__(self, render_mode: str | None, weights: Weights, **options: Any) -> None:
        """See `EmuRustEnv`."""
        self._weights = weights
        super().__init__(render_mode, **options)

    def make_games(self, options: Options, draws: bool) -> Games:
        """The machine."""
        return PokemonRedGames(1, options, weights=self._weights, draws=draws)


class PokemonRedVectorEnv(EmuRustVectorEnv):
    """Pokemon Red as a `gymnasium.vector.VectorEnv`."""

    def __init__(self, num_envs: int, weights: Weights, **options: Any) -> None:
        """See `EmuRustVectorEnv`."""
        self._weights = weights
        super().__init__(num_envs, **options)

    def make_games(self, num_envs: int, options: Options, draws: bool) -> Games:
        """The machines."""
        return PokemonRedGames(num_envs, options, weights=self._weights, draws=draws)


def make_single(
    *, render_mode: str | None = None, reward_scale: float = 0.5, explore_weight: float = 0.25, **options: Any
) -> PokemonRedEnv:
    """The single environment; further `options` are the fields of `emurust.env.Options`."""
    return PokemonRedEnv(render_mode, Weights(reward_scale, explore_weight), **known_options(options))


def make_vector(
    num_envs: int = 1,
    *,
    autoreset_mode: Any = AutoresetMode.SAME_STEP,
    render_mode: str | None = None,
    max_episode_steps: int | None = None,
    reward_scale: float = 0.5,
    explore_weight: float = 0.25,
    **options: Any,
) -> PokemonRedVectorEnv:
    """The vector environment; further `options` are the fields of `emurust.env.Options`."""
    if max_episode_steps is not None:
        options["max_steps_in_episode"] = max_episode_steps
    weights = Weights(reward_scale, explore_weight)
    return PokemonRedVectorEnv(
        num_envs, weights, autoreset_mode=autoreset_mode, render_mode=render_mode, **known_options(options)
    )
