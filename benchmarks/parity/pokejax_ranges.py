"""The values that each field of a battle's state may take, and which fields of a state are outside them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pokejax import enums, masks, vocabulary
from pokejax.state import BY_NAME, MOVES, PARTY, TURN_LIMIT
from pokejax.tables import load_tables

MOST_HP = 714  # of a Pokemon with 255 base HP, 31 individual and 255 effort points at level 100
MOST_PP = 64  # 40 with three PP Ups
MOST_STAT = 658  # as MOST_HP, with 230 in a base stat and a helpful nature
BOOST = 6
ANY = ("rng_hi", "rng_lo", "time")  # fields whose type is their range


def largest() -> dict[str, int]:
    """The largest value of each field but those of ANY; the smallest is 0 but for stages and the speed."""
    tables = load_tables()
    moves, abilities, items, species = (
        len(table.names) for table in (tables.moves, tables.abilities, tables.items, tables.species)
    )
    types = len(enums.TYPES) - 1

    def bits(names: Any) -> int:
        return (1 << len(names)) - 1

    found = {
        "turn": TURN_LIMIT, "result": len(vocabulary.RESULTS) - 1, "weather": len(enums.WEATHERS) - 1,
        "weather_turns": 8, "trick_room": 5, "residual_due": 1, "request": len(vocabulary.REQUESTS) - 1, "spikes": 3,
        "toxic_spikes": 2, "wish": 2, "healing_wish": 2, "species": species, "types": types, "ability": abilities,
        "stats": MOST_STAT, "pp": MOST_PP, "hp_type": types, "boosts": BOOST,
        "volatiles": bits(vocabulary.VOLATILES), "slot_flags": bits(vocabulary.SLOT_FLAGS),
        "switch_flag": len(vocabulary.SWITCH_FLAGS) - 1, "trapped": len(vocabulary.TRAPPED) - 1, "maybe_trapped": 1,
        "trap_known": 1, "disabled": bits(range(MOVES)), "active_turns": TURN_LIMIT, "move_actions": TURN_LIMIT,
        "substitute_hp": MOST_HP // 4, "substitute_half": 1, "confusion_time": 5, "locked_turns": 3, "locked_true": 3,
        "charge_turns": 2, "recharge_turns": 2, "encore_turns": 8, "taunt_turns": 5, "yawn_turns": 2, "yawn_by_foe": 1,
        "stall_turns": 2, "stall_counter": 8, "counter_damage": 2 * MOST_HP, "mirrorcoat_damage": 2 * MOST_HP,
        "attract_by": PARTY, "slow_start": 5, "attacked_damage": MOST_HP, "base_species": species, "level": 100,
        "gender": len(enums.GENDERS) - 1, "base_ability": abilities, "item": items, "hp": MOST_HP, "max_hp": MOST_HP,
        "base_stats": MOST_STAT, "base_pp": MOST_PP, "base_hp_type": types, "status": len(enums.STATUSES) - 1,
        "status_time": 15, "flags": bits(vocabulary.POKEMON_FLAGS), "place": PARTY - 1, "err": 0, "attacked_by": PARTY,
        "type_unknown": 1, "kept": masks.ACTIONS, "weather_since": TURN_LIMIT, "shown": bits(vocabulary.SHOWN),
        "appearance": PARTY, "speed": 12 * MOST_STAT,
    }  # fmt: skip
    of_move = [name for name in BY_NAME if "move id" in BY_NAME[name].showdown or name in ("active_move", "shown_move")]
    return found | dict.fromkeys([*of_move, "broken_by"], moves)


def out_of_range(state: Any) -> dict[str, Any]:
    """What of a battle's state cannot be, by name, bool each; traceable, one battle.

    Beside each field's own range: no more HP or PP than there can be, the places of a team are a permutation, and a
    condition's counters are zero while it is off.
    """
    found = {}
    for name, most in largest().items():
        value = jnp.asarray(getattr(state, name))
        signed = BY_NAME[name].dtype.startswith("int")
        value = value.astype(jnp.int32) if signed else value
        high = value > (most if signed else np.asarray(most, value.dtype)) if most < 2**32 - 1 else False
        found[name] = jnp.any(high | (value < (-most if name in ("boosts", "speed") else 0)) if signed else high)
    found["hp above max_hp"] = jnp.any(state.hp > state.max_hp)
    places = (1 << jnp.asarray(state.place).astype(jnp.int32)).sum(axis=-1)
    found["places"] = jnp.any(places != (1 << PARTY) - 1)
    for name, field in BY_NAME.items():
        if field.owner in vocabulary.VOLATILE:
            on = (jnp.asarray(state.volatiles) & np.uint32(vocabulary.VOLATILE[field.owner])) != 0
            found[f"{name} without {field.owner}"] = jnp.any((jnp.asarray(getattr(state, name)) != 0) & ~on)
    found["no legal action"] = jnp.logical_not(masks.action_masks(state).any(axis=-1).all())
    return found
