"""A stronger scripted player: it weighs every attack and every switch by the damage that both sides may expect.

An action is worth the share of the foe's HP that it takes, less the share of the own HP that the answer takes; who is
faster and brings the other down is not answered at all. A switch takes the foe's attack first.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import calculator, enums, heuristics
from pokejax import state as layout
from pokejax.tables import load_tables
from pokejax.view import FOE, OWN, View

KNOCK_OUT = 0.5  # what bringing the foe down is worth beyond its HP
SWITCH_COST = 0.35  # of the foe's HP: the turn that a switch takes
SAFE = 0.4  # share of the own HP that the foe may take for a turn to be free for something else
WOUNDED = 0.55  # share of the own HP left, below which healing is worth a safe turn
PREPARE = 0.45  # worth of hazards and of setting up, in a safe turn
SETUP_STAGES = 2  # in all, that make a move worth setting up with
ENOUGH_STAGES = 2  # of a stat, from which on it is not raised further
HEAL = 0.6  # worth of healing, in a safe turn


def _race(dealt: Any, taken: Any, faster: Any) -> Any:
    """The worth of a turn in which both attack: shares of HP dealt and taken, 1 and more brings down; float32."""
    falls_first = faster & (dealt >= 1)
    loses_first = jnp.logical_not(faster) & (taken >= 1)
    won = jnp.where(loses_first, 0.0, jnp.minimum(dealt, 1.0) + KNOCK_OUT * (dealt >= 1))
    lost = jnp.where(falls_first, 0.0, jnp.minimum(taken, 1.0) + KNOCK_OUT * (taken >= 1))
    return won - lost


def _facing(view: View, row: Any) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """An own Pokemon against the foe on the field.

    Returns:
        Damage of its four moves and the most that the foe deals, both float32 in HP, its HP and whether it is faster.
    """
    battle = calculator.believe(view, row)
    here = row == view.standing[OWN]
    slots = []
    for i in range(layout.MOVES):
        known = jnp.sum(jnp.where(np.arange(layout.PARTY) == row, view.team(f"move{i}")[OWN], 0))
        slots.append(jnp.where(here, view.now(f"move{i}")[OWN], known))
    dealt = calculator.own_damage(battle, jnp.stack(slots))
    taken = jnp.max(calculator.foe_damage(view, battle))
    return dealt, taken, battle.own.hp, battle.own.speed > battle.foe.speed


def values(view: View, action_mask: jax.Array) -> jax.Array:
    """What every action is worth, in shares of a Pokemon's HP: float32 (10,), not less than -10 where it is legal."""
    dealt, taken, left, faster = jax.vmap(lambda row: _facing(view, row))(jnp.arange(layout.PARTY))
    left = jnp.maximum(left, 1).astype(jnp.float32)
    foe_left = jnp.maximum(calculator.believe(view).foe.hp, 1).astype(jnp.float32)
    foe_stands = view.now("species")[FOE] > 0
    taken = jnp.where(foe_stands, taken, 0.0)
    shares = dealt / foe_left  # (6, 4)

    row = view.standing[OWN]
    answer = taken[row] / left[row]
    attacks = _race(shares[row], answer, faster[row])
    moves = jnp.stack([view.now(f"move{i}")[OWN] for i in range(layout.MOVES)])
    attacks = jnp.where(shares[row] > 0, attacks, -jnp.minimum(answer, 1.0))
    attacks = jnp.maximum(attacks, _quiet(view, moves, action_mask, answer))

    forced = view.field("request") == 2
    after = left - jnp.where(forced, 0.0, taken)  # it takes the foe's attack as it comes in
    best = jnp.max(shares, axis=1)
    worth = _race(best, taken / jnp.maximum(after, 1.0), faster)
    entry = jnp.where(after <= 0, -2.0, -jnp.where(forced, 0.0, taken / left) - jnp.where(forced, 0.0, SWITCH_COST))
    return jnp.concatenate([worth + entry, attacks])


def _quiet(view: View, moves: jax.Array, action_mask: jax.Array, answer: Any) -> jax.Array:
    """What moves without damage are worth while the foe cannot hurt much: float32 (4,), low elsewhere."""
    facts = load_tables().moves
    is_status = facts.column("category") == 0
    heals = jnp.asarray((facts.column("heal_num") > 0) & is_status)[moves]
    wounded = view.at_hand("percent")[OWN] < 100 * WOUNDED
    usual, decided = heuristics.choose(view, action_mask)
    lays = decided & (np.arange(layout.PARTY, layout.PARTY + layout.MOVES) == usual) & jnp.asarray(is_status)[moves]
    given = np.stack([facts.column(f"boost_{stat}") for stat in enums.STATS], axis=1)
    to_self = is_status & (facts.column("target") == enums.TARGETS.index("self"))
    sets_up = to_self & (given.sum(axis=1) >= SETUP_STAGES)
    stages = jnp.stack([view.now(f"boost_{stat}")[OWN] for stat in enums.STATS])
    gains = jnp.any((jnp.asarray(given)[moves] > 0) & (stages < ENOUGH_STAGES), axis=1) & jnp.asarray(sets_up)[moves]
    quiet = jnp.where(lays | gains, PREPARE, -jnp.inf)
    quiet = jnp.where(heals & wounded, HEAL, quiet)
    return jnp.where(answer < SAFE, quiet - answer, -jnp.inf)


def choose(view: View, action_mask: jax.Array) -> jax.Array:
    """The legal action of most worth, the first of equal ones: int32 ()."""
    worth = jnp.where(action_mask, jnp.maximum(values(view, action_mask), -10.0), -jnp.inf)
    return jnp.argmax(worth).astype(jnp.int32)
