"""Pokemon TCG Pocket from a written specification; importing this loads no JAX.

No id is registered with Gymnasium yet: use `make()`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from twinenvs import registry

if TYPE_CHECKING:
    from tcgjax.env import TCGJax

__all__ = ["EnvParams", "EnvState", "Environment", "TCGJax", "make"]

_LAZY = {
    "EnvParams": ("tcgjax.state", "EnvParams"),
    "EnvState": ("tcgjax.state", "EnvState"),
    "Environment": ("tcgjax.env", "TCGJax"),
    "TCGJax": ("tcgjax.env", "TCGJax"),
}


def make(**options: Any) -> TCGJax:
    """Builds the functional environment.

    Args:
        **options: `deck` and `opponent_deck` (a name, a Deck, a mapping with "cards" and "energy", a list of these to
            draw from, or "random" for the shipped ones), `opponent` ("weighted", "random" or a policy), `opening`
            ("inject" or "mulligan"), `auto_reset`, `pool_size`, `max_turns`, `max_steps_in_episode`.

    Raises:
        TypeError: an unknown option, by name.
        ValueError: a value that is not allowed, with the allowed ones; a deck that breaks a rule, with the rule.
    """
    from tcgjax.data.decks import find_deck
    from tcgjax.env import TCGJax
    from tcgjax.state import EnvParams

    options = registry.gather_options("tcgjax", options, TCGJax, EnvParams, ("deck", "opponent_deck"))
    for option, field in (("deck", "decks"), ("opponent_deck", "opponent_decks")):
        given = options.pop(option, "random")
        listed = given if isinstance(given, list | tuple) else [given]
        if given != "random":
            options[field] = tuple(find_deck(deck) for deck in listed)
    return TCGJax(**options)


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module, attribute = _LAZY[name]
        return getattr(importlib.import_module(module), attribute)
    raise AttributeError(f"module 'tcgjax' has no attribute {name!r}")
