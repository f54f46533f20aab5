"""EmuRust, a Game Boy in Rust for reinforcement learning: many machines in one process, stepped by one call.

`import emurust; gymnasium.make_vec("EmuRust-v0", num_envs=64)`. The compiled half is optional at installation: without
it this package alone cannot be imported.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from twinenvs import registry

try:
    from emurust._emurust import Batch, Registers, describe_rom
except ModuleNotFoundError as error:
    if error.name != "emurust._emurust":
        raise
    raise ImportError(
        "emurust needs its compiled part, which this installation lacks: install cargo 1.83 or newer "
        "(https://rustup.rs) and run `REQUIRE_EMURUST=1 python -m pip install --force-reinstall --no-deps .` in the "
        "source folder of TwinEnvs."
    ) from None

if TYPE_CHECKING:
    from emurust.functional import EmuRust
    from emurust.games.spec import GameSpec

ENV_ID = "EmuRust-v0"
HOST_BATCHED = True  # it steps on the host: trainers take its Gymnasium vector form
POKEMON_RED_ID = "EmuRust-PokemonRed-v0"
__all__ = [
    "ENV_ID",
    "HOST_BATCHED",
    "POKEMON_RED_ID",
    "Batch",
    "EmuRust",
    "GameSpec",
    "Registers",
    "describe_rom",
    "make",
]

_LAZY = {"EmuRust": ("emurust.functional", "EmuRust"), "GameSpec": ("emurust.games.spec", "GameSpec")}

registry.register(ENV_ID, "emurust", "emurust.gymnasium_env:make_single", "emurust.gymnasium_env:make_vector")
registry.register(POKEMON_RED_ID, "emurust", "emurust.pokemon_env:make_single", "emurust.pokemon_env:make_vector")


def make(num_envs: int = 1, **options: Any) -> EmuRust:
    """Builds the functional form, which is batched: one call steps all environments, and `vmap` is not for it.

    Args:
        num_envs: how many environments.
        **options: fields of `emurust.env.Options`, such as `rom`, `game`, `observation`, `frame_skip`, `threads`.

    Raises:
        TypeError: an unknown option, by name.
        ValueError: a value that is not allowed, with the allowed ones.
    """
    from emurust.functional import EmuRust

    return EmuRust(num_envs, **options)


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module, attribute = _LAZY[name]
        return getattr(importlib.import_module(module), attribute)
    raise AttributeError(f"module 'emurust' has no attribute {name!r}")
