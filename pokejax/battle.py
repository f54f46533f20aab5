"""A battle's start and its decision points on stored states."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from pokejax import enums
from pokejax import state as layout
from pokejax.core import Battle, pack, unpack
from pokejax.names import move_id
from pokejax.rules import rules
from pokejax.slot import enter
from pokejax.speed import action_speed
from pokejax.status import set_flag
from pokejax.turn import advance as advance_battle
from pokejax.turn import begin
from twinenvs.fusion import planned

COLUMN = {name: i for i, name in enumerate(enums.TEAM_COLUMNS)}
TEAM_FIELDS = {
    "base_species": "species", "level": "level", "gender": "gender", "base_ability": "ability", "item": "item",
    "max_hp": "maxhp", "hp": "maxhp", "base_hp_type": "hp_type",
}  # fmt: skip
TEAM_LISTS = {
    "base_stats": enums.STATS,
    "base_moves": ("move0", "move1", "move2", "move3"),
    "base_pp": ("maxpp0", "maxpp1", "maxpp2", "maxpp3"),
}


@planned
def start(seed: jax.Array, teams: jax.Array) -> layout.EnvState:
    """Starts a battle: both first Pokemon come in, which can draw.

    Args:
        seed: uint32 (2,), the generator's state, upper half first.
        teams: int16 (2, 6, len(enums.TEAM_COLUMNS)), as `tables.load_teams` holds them.

    Returns:
        The state at the first decision point.
    """
    teams = jnp.asarray(teams).astype(jnp.int32)
    values: dict[str, Any] = {field.name: jnp.zeros(field.shape, field.dtype) for field in layout.FIELDS}
    values["rng_hi"], values["rng_lo"] = jnp.asarray(seed[0], jnp.uint32), jnp.asarray(seed[1], jnp.uint32)
    for name, column in TEAM_FIELDS.items():
        values[name] = teams[..., COLUMN[column]]
    for name, columns in TEAM_LISTS.items():
        values[name] = jnp.stack([teams[..., COLUMN[column]] for column in columns], axis=-1)
    knows = jnp.any(values["base_moves"] == move_id("hiddenpower"), axis=-1)
    values["base_hp_type"] = jnp.where(knows, values["base_hp_type"], 0)
    values["place"] = jnp.broadcast_to(jnp.arange(layout.PARTY), (2, layout.PARTY))
    battle = unpack(layout.EnvState(**values))
    for side in (battle.own, battle.foe):
        enter(side, True)
        side.put(True, speed=action_speed(battle, side), switched=True)
        set_flag(side, "seen", True, True)
        side.put(True, appearance=1)
    begin(battle)
    return pack(battle)


@planned
def advance(state: layout.EnvState, actions: jax.Array) -> layout.EnvState:
    """Plays one decision point.

    Args:
        state: a stored state of one battle.
        actions: int32 (2,), p1's and p2's action, each legal by `masks.action_masks`.

    Returns:
        The state at the next decision point; unchanged but for the time if the battle has ended.
    """
    battle: Battle = unpack(state)
    advance_battle(battle, rules(), [actions[0], actions[1]])
    return pack(battle)
