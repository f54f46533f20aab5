"""The move as it is used: its type, power and accuracy after the events ModifyType and ModifyMove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from pokejax import enums
from pokejax.core import Battle, Mask, Scalar
from pokejax.modifiers import has_flag
from pokejax.names import has_ability, has_type, is_move, tables, weather
from pokejax.status import cure
from pokejax.vocabulary import FRZ, HAIL, RAIN, SAND, SUN

DARK = enums.TYPES.index("Dark")
SELF = enums.TARGETS.index("self")
SIDES = tuple(enums.TARGETS.index(name) for name in ("all", "foeSide", "allySide", "allyTeam"))
BALL_TYPES = {SUN: "Fire", RAIN: "Water", SAND: "Rock", HAIL: "Ice"}
SURE = 1000  # the tables' accuracy of a move that the weather keeps from missing


@dataclass(frozen=True)
class Use:
    """One use of a move by the acting side.

    Attributes:
        move: int32, move id.
        row: the move's row of the tables.
        type: int32, type index, 0 = typeless.
        power: int32, base power before its formula.
        accuracy: int32, percent, 0 = cannot miss.
        ignore_ability: bool, Mold Breaker: the target's breakable abilities do not count.
        scrappy: bool, Normal and Fighting reach Ghosts.
        to_self: bool, the target is the user.
        to_sides: bool, the target is the field or a side.
        curse_self: bool, Curse of a user that is no Ghost.
        curse_void: bool, Curse of a Ghost at a substitute: it does nothing.
    """

    move: Scalar
    row: Any
    type: Scalar
    power: Scalar
    accuracy: Scalar
    ignore_ability: Mask
    scrappy: Mask
    to_self: Mask
    to_sides: Mask
    curse_self: Mask
    curse_void: Mask

    @property
    def to_foe(self) -> Mask:
        """Whether the target is the foe's Pokemon."""
        return jnp.logical_not(self.to_self) & jnp.logical_not(self.to_sides)

    @property
    def is_status(self) -> Mask:
        """Whether the move is of the category Status."""
        return self.row.category == 0

    def named(self, *names: str) -> Mask:
        """Whether it is one of the moves."""
        return is_move(self.move, *names)

    def flag(self, name: str) -> Mask:
        """Whether it has one of enums.MOVE_FLAGS."""
        return has_flag(self.row, name)


def intend(battle: Battle, move: Scalar, when: Mask) -> Use:
    """Prepares the acting side's use of a move; a move that thaws its user does so here.

    Args:
        battle: the battle.
        move: int32, move id.
        when: bool.
    """
    own, foe, row, now = battle.own, battle.foe, tables().moves.row(move), weather(battle)
    kind = jnp.asarray(row.type)
    kind = jnp.where(is_move(move, "hiddenpower"), jnp.where(own.hp_type == 0, DARK, own.hp_type), kind)
    plate = tables().items.row(own.item).plate_type
    kind = jnp.where(is_move(move, "judgment") & (plate != 0), plate, kind)
    ball: Any = is_move(move, "weatherball")
    for sort, name in BALL_TYPES.items():
        kind = jnp.where(ball & (now == sort), enums.TYPES.index(name), kind)
    kind = jnp.where(is_move(move, "struggle"), 0, kind)

    by_weather = jnp.where(now == RAIN, row.accuracy_by_weather_rain, 0)
    by_weather = jnp.where(now == SUN, row.accuracy_by_weather_sun, by_weather)
    by_weather = jnp.where(now == HAIL, row.accuracy_by_weather_hail, by_weather)
    accuracy = jnp.where(by_weather == 0, row.accuracy, jnp.where(by_weather == SURE, 0, by_weather))
    leaves = foe.called_back | (foe.switch_flag != 0)
    accuracy = jnp.where(is_move(move, "pursuit") & leaves, 0, accuracy)

    cure(own, when & (own.status == FRZ) & has_flag(row, "defrost"))
    curse, ghost = is_move(move, "curse"), has_type(own, "Ghost")
    sides: Any = False
    for target in SIDES:
        sides = sides | (row.target == target)
    return Use(
        move=move,
        row=row,
        type=kind,
        power=jnp.where(ball & (now != 0), row.base_power * 2, row.base_power),
        accuracy=accuracy,
        ignore_ability=has_ability(own, "moldbreaker"),
        scrappy=has_ability(own, "scrappy"),
        to_self=(row.target == SELF) | (curse & jnp.logical_not(ghost)),
        to_sides=sides,
        curse_self=curse & jnp.logical_not(ghost),
        curse_void=curse & ghost & foe.has("substitute"),
    )
