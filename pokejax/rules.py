"""What the turn asks of the hit path, so that either can be built and tested without the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pokejax import enums
from pokejax.core import Battle, Mask, Scalar

DEFROST = 1 << enums.MOVE_FLAGS.index("defrost")


@dataclass(frozen=True)
class Rules:
    """The hit path as the turn calls it.

    Attributes:
        use_move: `use_move(battle, move, when, called)`, see docs/pokejax/ENGINE.md.
        confusion_damage: `confusion_damage(battle, when)`, int32 HP that the acting side's Pokemon deals to itself; it
            draws the roll.
    """

    use_move: Callable[[Battle, Scalar, Mask, Mask], Mask]
    confusion_damage: Callable[[Battle, Mask], Scalar]

    @staticmethod
    def defrosts(row: Any) -> Mask:
        """Whether a move thaws its user."""
        return (row.flags & DEFROST) != 0


def rules() -> Rules:
    """Returns the rules of the hit path."""
    from pokejax.damage import confusion_damage
    from pokejax.hit import use_move

    return Rules(use_move, confusion_damage)
