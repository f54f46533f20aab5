"""Items used up, eaten and taken (`useItem`, `eatItem`, `takeItem`), and what eating a berry does."""

from __future__ import annotations

from pokejax import harm
from pokejax.core import Battle, Mask, Side
from pokejax.names import has_ability, has_item
from pokejax.reveal import show_item
from pokejax.vocabulary import POKEMON_FLAG, SLP


def lose_item(side: Side, when: Mask) -> None:
    """Takes the item away, with Unburden; the caller has seen that it can go."""
    when = when & (side.item != 0)
    show_item(side, when)
    side.put(when, item=0)
    side.start("unburden", when & has_ability(side, "unburden"))


def use_item(battle: Battle, side: Side, when: Mask) -> None:
    """Uses up the item of a Pokemon on the field that has HP left (`useItem`)."""
    lose_item(side, when & (side.hp > 0))


def eat_item(battle: Battle, side: Side, when: Mask) -> None:
    """Lets a Pokemon on the field eat its berry (`eatItem`)."""
    when = when & (side.hp > 0) & (side.item != 0)
    harm.heal(side, side.max_hp // 4, when & has_item(side, "sitrusberry"))
    lum, chesto = when & has_item(side, "lumberry"), when & has_item(side, "chestoberry")
    cured = lum | (chesto & (side.status == SLP))
    side.put(cured, status=0, status_time=0, flags=side.flags & ~POKEMON_FLAG["sleptByFoe"])
    side.end("confusion", lum)
    lose_item(side, when)
