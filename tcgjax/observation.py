"""What one player sees (section 14) as numbers: a flat vector for a perceptron.

Sides are turned so that the viewer comes first. During set-up the other side shows five cards in hand and nothing in
play (14.5).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from tcgjax import actions, decisions, tables
from tcgjax.board import Array, bit, count_bits, flags_of, passes
from tcgjax.state import MAX_TOP, EnvState

# Divisors that bring numbers near 1.
HP, UNITS, CARDS, POINTS, TURNS, RETREAT = 200.0, 5.0, 10.0, 3.0, 30.0, 4.0
_BASIC = 1  # filter number of Basics, see tables.compile_tables
_SLOT_FACTS = ("hp", "retreat", "is_ex", "points", "is_fossil")
_MARKS = ("attack_coin", "no_attack", "no_retreat", "immune", "no_supporter", "lost_to_attack", "poisoned", "burned")
_AMOUNTS = ("attack_minus", "reduce", "team_reduce")


def names() -> tuple[str, ...]:
    """The entries of the vector, in order."""
    found = []
    for side in ("own", "opp"):
        for slot in range(4):
            place = f"{side} slot {slot}"
            found += [f"{place} present", f"{place} damage / 200", f"{place} HP left / 200", f"{place} is new"]
            found += [f"{place} ability used", *(f"{place} {fact}" for fact in _SLOT_FACTS), f"{place} is Basic"]
            found += [f"{place} energy {letter} / 5" for letter in "GRWLPFDM"]
            found += [f"{place} type {letter}" for letter in "GRWLPFDMNC"]
            found += [f"{place} weakness {letter}" for letter in "GRWLPFDMNC"]
            found += [f"{place} attack {k} damage / 200" for k in (1, 2)]
    for side in ("own", "opp"):
        found += [f"{side} hand / 10", f"{side} deck / 20", f"{side} points / 3"]
        found += [f"{side} energy {letter}" for letter in "GRWLPFDM"]
        found += [f"{side} next energy {letter}" for letter in "GRWLPFDM"]
        found += [f"{side} condition {kind}" for kind in ("asleep", "paralyzed", "confused")]
        found += [f"{side} {mark}" for mark in _MARKS] + [f"{side} {amount} / 200" for amount in _AMOUNTS]
    for zone in ("hand", "deck", "discard"):
        found += [f"own instance {i} in {zone}" for i in range(20)]
    found += [f"own known top {place} is instance {i}" for place in range(MAX_TOP) for i in range(20)]
    found += [f"phase {phase}" for phase in actions.PHASES]
    found += ["turn / 30", "own turn", "own decision", "played first", "supporter played", "retreated"]
    found += ["plus / 200", "plus named / 200", "retreat change / 4", "units / 5"]
    return tuple(found)


def one_hot(index: Array, length: int) -> Array:
    """Flags of an index (...), all false for -1: bool (..., length)."""
    return jnp.asarray(index)[..., None] == np.arange(length)


def flat(state: EnvState, viewer: Array) -> jax.Array:
    """The vector of `names` for a player (int ()): float32 (len(names()),)."""
    flip = jnp.asarray(viewer) == 1

    def sides(name: str) -> Array:
        value = jnp.asarray(getattr(state, name))
        value = value.astype(jnp.int32) if value.dtype not in (jnp.uint32, jnp.bool_) else value
        return jnp.where(flip, value[::-1], value)

    hidden = (np.arange(2) == 1) & (state.turn == 0)
    cards = jnp.where(hidden[:, None], 0, sides("slot_card"))
    facts = jnp.asarray(tables.load_tables().arrays.cards)[cards]
    fact = {name: facts[..., i] for i, name in enumerate(tables.CARD_COLUMNS)}
    present = cards > 0
    rows = jnp.asarray(tables.load_tables().arrays.rows[:, tables.ROW_COLUMNS.index("damage")])
    damage = sides("damage")
    slots = [
        present[..., None],
        (damage / HP)[..., None],
        (jnp.where(present, fact["hp"] - damage, 0) / HP)[..., None],
        present[..., None] & (sides("is_new")[:, None] >> np.arange(4) & 1 == 1)[..., None],
        present[..., None] & (sides("ability_used")[:, None] >> np.arange(4) & 1 == 1)[..., None],
        (jnp.where(present, fact["hp"], 0) / HP)[..., None],
        (fact["retreat"] / RETREAT)[..., None],
        fact["is_ex"][..., None],
        (fact["points"] / POINTS)[..., None],
        fact["is_fossil"][..., None],
        passes(fact["filters"], np.int32(_BASIC))[..., None],
        sides("energy") / UNITS,
        one_hot(fact["type"], 10),
        one_hot(fact["weakness"], 10),
        rows[jnp.stack([fact["attack0"], fact["attack1"]], -1)] / HP,
    ]
    hand = jnp.where(hidden, decisions.OPENING_HAND, count_bits(sides("in_hand")))
    public = np.array([True, decisions.A9_ENERGY_IS_PUBLIC])[:, None]
    players = [
        (hand / CARDS)[:, None],
        (count_bits(sides("in_deck")) / 20.0)[:, None],
        (sides("points") / POINTS)[:, None],
        one_hot(sides("energy_now"), 8),
        one_hot(sides("energy_next"), 8) & public,
        one_hot(sides("condition") - 1, 3),
        *(sides(name)[:, None] for name in _MARKS),
        *((sides(name) / HP)[:, None] for name in _AMOUNTS),
    ]
    own = jnp.stack([sides(name)[0] for name in ("in_hand", "in_deck", "in_discard")])
    top = flags_of(bit(sides("top")[0]), 20)
    # The other player's phase and decision would tell how long that player takes to set up.
    own_decision = state.decider == viewer
    phase = jnp.where((state.turn == 0) & ~own_decision, actions.SETUP_ACTIVE, state.phase)
    scalars = [
        state.turn / TURNS,
        state.turn_player == viewer,
        own_decision,
        state.first == viewer,
        state.supporter_used,
        state.retreated,
        state.plus / HP,
        state.plus_named / HP,
        state.retreat_change / RETREAT,
        state.units / UNITS,
    ]
    parts = [
        jnp.concatenate([part.astype(jnp.float32) for part in slots], -1).reshape(-1),
        jnp.concatenate([part.astype(jnp.float32) for part in players], -1).reshape(-1),
        flags_of(own, 20).reshape(-1).astype(jnp.float32),
        top.reshape(-1).astype(jnp.float32),
        one_hot(phase, len(actions.PHASES)).astype(jnp.float32),
        jnp.stack([jnp.asarray(value).astype(jnp.float32) for value in scalars]),
    ]
    return jnp.concatenate(parts)
