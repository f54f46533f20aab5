"""Pokemon TCG Pocket from a written specification, in JAX. `import tcgjax; env = tcgjax.make()`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from twinenvs import registry

if TYPE_CHECKING:
    from tcgjax.data.decks import Deck
    from tcgjax.env import TCGJax, TCGJaxMulti
    from tcgjax.env import TCGJax as Environment
    from tcgjax.state import EnvParams, EnvState

ENV_ID = "TCGJax-v0"
__all__ = ["ENV_ID", "EnvParams", "EnvState", "Environment", "TCGJax", "TCGJaxMulti", "make", "make_multi"]

_LAZY = {
    "EnvParams": ("tcgjax.state", "EnvParams"),
    "EnvState": ("tcgjax.state", "EnvState"),
    "Environment": ("tcgjax.env", "TCGJax"),
    "TCGJax": ("tcgjax.env", "TCGJax"),
    "TCGJaxMulti": ("tcgjax.env", "TCGJaxMulti"),
}

registry.register(ENV_ID, "tcgjax", "tcgjax.gymnasium:make_single", "tcgjax.gymnasium:make_vector")


def make(**options: Any) -> TCGJax:
    """Builds the functional environment of one player.

    Args:
        **options: `deck` and `opponent_deck` (a name, a Deck, a mapping with "cards" and "energy", a list of these to
            draw from, "random" for the shipped ones, "random_legal" for random legal ones of the whole pool),
            `opponent` (a name out of `tcgjax.players.PLAYERS` or `SEARCHERS`, or a policy), `observation` ("flat" or
            "tokens"), `opening` ("inject" or "mulligan"), `auto_reset`, `pool_size`, `max_turns`,
            `max_steps_in_episode`.

    Raises:
        TypeError: an unknown option, by name.
        ValueError: a value that is not allowed, with the allowed ones; a deck that breaks a rule, with the rule.
    """
    from tcgjax.env import TCGJax
    from tcgjax.state import EnvParams

    options = registry.gather_options("tcgjax", options, TCGJax, EnvParams, ("deck", "opponent_deck"))
    for option, field in (("deck", "decks"), ("opponent_deck", "opponent_decks")):
        if option in options:
            options[field] = _candidates(options.pop(option))
    return TCGJax(**options)


def make_multi(**options: Any) -> TCGJaxMulti:
    """Builds the game of two players; see `twinenvs.multi.MultiEnvironment`.

    Args:
        **options: as for `make`, without `opponent`; `deck` is player 0's, `opponent_deck` player 1's.

    Raises:
        TypeError: an unknown option, by name.
        ValueError: a value that is not allowed, with the allowed ones; a deck that breaks a rule, with the rule.
    """
    from tcgjax.env import TCGJaxMulti
    from tcgjax.state import EnvParams

    options = registry.gather_options("tcgjax", options, TCGJaxMulti, EnvParams, ("deck", "opponent_deck"))
    given = [_candidates(options.pop(option, "random")) for option in ("deck", "opponent_deck")]
    return TCGJaxMulti(**{"decks": tuple(given), **options})


def _candidates(given: Any) -> tuple[Deck, ...]:
    """The decks that an option stands for; empty for the shipped ones."""
    from tcgjax.data.decks import find_deck, random_decks

    if given == "random":
        return ()
    if given == "random_legal":
        return random_decks()
    return tuple(find_deck(deck) for deck in (given if isinstance(given, list | tuple) else [given]))


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module, attribute = _LAZY[name]
        return getattr(importlib.import_module(module), attribute)
    raise AttributeError(f"module 'tcgjax' has no attribute {name!r}")
