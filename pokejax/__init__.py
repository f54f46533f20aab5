"""Pokemon Showdown's random battles in JAX. `import pokejax; env = pokejax.make()`; importing this loads no JAX."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from twinenvs import registry

if TYPE_CHECKING:
    from pokejax.env import PokeJax, PokeJaxMulti
    from pokejax.env import PokeJax as Environment
    from pokejax.state import EnvParams, EnvState
    from pokejax.teams import Team

ENV_ID = "PokeJax-v0"
__all__ = ["ENV_ID", "EnvParams", "EnvState", "Environment", "PokeJax", "PokeJaxMulti", "Team", "make", "make_multi"]

_LAZY = {
    "EnvParams": ("pokejax.state", "EnvParams"),
    "EnvState": ("pokejax.state", "EnvState"),
    "Environment": ("pokejax.env", "PokeJax"),
    "PokeJax": ("pokejax.env", "PokeJax"),
    "PokeJaxMulti": ("pokejax.env", "PokeJaxMulti"),
    "Team": ("pokejax.teams", "Team"),
}

registry.register(ENV_ID, "pokejax", "pokejax.gymnasium:make_single", "pokejax.gymnasium:make_vector")


def make(**options: Any) -> PokeJax:
    """Builds the functional environment of one player.

    Args:
        **options: `format` ("gen4randombattle"), `opponent` (a name out of `pokejax.players.PLAYERS`, or a policy),
            `observation` ("flat" or "tokens"), `team` and `opponent_team` (a team in Showdown's packed or JSON form, a
            list of these to draw from, or "pool" for the format's generated teams), `auto_reset`, `pool_size`,
            `max_steps_in_episode`.

    Raises:
        TypeError: an unknown option, by name.
        ValueError: a value that is not allowed, with the allowed ones; a team with what the format does not know.
    """
    from pokejax.env import PokeJax
    from pokejax.state import EnvParams

    options = registry.gather_options("pokejax", options, PokeJax, EnvParams, ("team", "opponent_team"))
    for option, field in (("team", "teams"), ("opponent_team", "opponent_teams")):
        if option in options:
            options[field] = _candidates(options.pop(option))
    return PokeJax(**options)


def make_multi(**options: Any) -> PokeJaxMulti:
    """Builds the battle of two players; see `twinenvs.multi.MultiEnvironment`.

    Args:
        **options: as for `make`, without `opponent`; `team` is player 0's, `opponent_team` player 1's.

    Raises:
        TypeError: an unknown option, by name.
        ValueError: a value that is not allowed, with the allowed ones; a team with what the format does not know.
    """
    from pokejax.env import PokeJaxMulti
    from pokejax.state import EnvParams

    options = registry.gather_options("pokejax", options, PokeJaxMulti, EnvParams, ("team", "opponent_team"))
    given = [_candidates(options.pop(option, "pool")) for option in ("team", "opponent_team")]
    return PokeJaxMulti(**{"teams": tuple(given), **options})


def _candidates(given: Any) -> tuple[Team, ...]:
    """The teams that an option stands for; empty for the format's pool."""
    from pokejax.teams import candidates

    return candidates(given)


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module, attribute = _LAZY[name]
        return getattr(importlib.import_module(module), attribute)
    raise AttributeError(f"module 'pokejax' has no attribute {name!r}")
