"""The base power of an attack: formulas of moves, then the chain of factors (`basePowerCallback`, event BasePower)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pokejax.core import Battle, Mask, Scalar, Side
from pokejax.modifiers import ONE, chain, dex_number, facts_of, has_flag, holds, species_fits, type_fits
from pokejax.names import tables
from pokejax.speed import modify

HIDDEN_POWER = 70  # of every set of the format
RETURN = 102  # floor(255 * 10 / 25): every Pokemon of the format is as happy as can be
WEIGHTS = ((2000, 120), (1000, 100), (500, 80), (250, 60), (100, 40))  # hectograms and the power from there on
LIGHTEST = 20
WEAK = 60  # most power that Technician lifts


def formula(source: Side, target: Side, code: Scalar, power: Scalar) -> Scalar:
    """Returns the base power that a move's formula gives.

    Args:
        source: the side that attacks.
        target: the side attacked.
        code: int32, index in the tables' list of formulas; 0 leaves the power as it is.
        power: int32, the move's own.
    """
    words = tables().codes["bp_formula"]
    heft = tables().species.row(target.species).weight_hg
    by_weight: Any = jnp.int32(LIGHTEST)
    for least, given in reversed(WEIGHTS):
        by_weight = jnp.where(heft >= least, given, by_weight)
    leaves = target.called_back | (target.switch_flag != 0)
    moves_later = target.to_move & jnp.logical_not(target.fainted)
    found = {
        "hp_ratio": jnp.maximum(power * source.hp // jnp.maximum(source.max_hp, 1), 1),
        "target_weight": by_weight,
        "hidden_power": HIDDEN_POWER,
        "payback": jnp.where(moves_later, power, power * 2),
        "pursuit": jnp.where(leaves, power * 2, power),
        "happiness": RETURN,
    }
    for word, value in found.items():
        power = jnp.where(code == words.index(word), value, power)
    return power


def _priorities(column: np.ndarray, codes: np.ndarray) -> set[int]:
    return {int(p) for p, code in zip(column, codes, strict=True) if code}


def boosted(
    battle: Battle, source: Side, target: Side, row: Any, kind: Scalar, power: Scalar, ignore_ability: Mask
) -> Scalar:
    """Returns the base power after the factors of the move, both abilities and the item, by descending priority.

    Args:
        battle: the battle.
        source: the side that attacks.
        target: the side attacked.
        row: the move's row.
        kind: int32, the attack's type.
        power: int32.
        ignore_ability: bool, Mold Breaker is at work.
    """
    book = tables()
    ability, item = book.abilities.row(source.ability), book.items.row(source.item)
    guard = book.abilities.row(target.ability)
    facts = facts_of(battle, source) | {"punch_move": has_flag(row, "punch")}
    number = dex_number(source.species)
    guarded = (guard.foe_bp_mult_types != 0) & type_fits(guard.foe_bp_mult_types, kind)
    guarded = guarded & jnp.logical_not(ignore_ability)

    def own(holder: Any, known: dict[str, Mask]) -> Mask:
        fits = holds(holder.bp_mult_when, known) & type_fits(holder.bp_mult_types, kind)
        return fits & species_fits(holder.bp_mult_species0, holder.bp_mult_species1, number)

    abilities, items = book.abilities, book.items
    places = [
        *((p, "ability") for p in _priorities(abilities.column("bp_mult_priority"), abilities.column("bp_mult_when"))),
        *(
            (p, "guard")
            for p in _priorities(abilities.column("foe_bp_mult_priority"), abilities.column("foe_bp_mult_types"))
        ),
        *((p, "item") for p in _priorities(items.column("bp_mult_priority"), items.column("bp_mult_when"))),
        (0, "move"),
    ]
    modifier: Any = jnp.int32(ONE)
    for priority, who in sorted(places, reverse=True):
        if who == "guard":
            modifier = chain(modifier, guard.foe_bp_mult_mod, guarded & (guard.foe_bp_mult_priority == priority))
            continue
        holder = {"ability": ability, "item": item, "move": row}[who]
        known = facts | {"weak_move": modify(power, modifier) <= WEAK}
        here = own(holder, known) & (holder.bp_mult_priority == priority)
        modifier = chain(modifier, holder.bp_mult_mod, here)
    return jnp.maximum(modify(power, modifier), 1)
