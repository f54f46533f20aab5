"""Damage of an attack (6.5, 6.6, section 7), read from the columns of its row."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from tcgjax import decisions, tables
from tcgjax.board import BENCH_SLOTS, SLOTS, Array, Board, count_bits, mask_of, nth_bit, passes, pick, unpack_cost
from tcgjax.tables import GATES

HEADS, TAILS = GATES.index("H"), GATES.index("T")
RANDOM_HITS = int(tables.load_tables().arrays.rows[:, tables.ROW_COLUMNS.index("random_hits")].max())


def gate_holds(gate: Array, heads: Array) -> Array:
    """Whether a gate lets its operation run: bool ()."""
    return (gate == 0) | ((gate == HEADS) == (heads > 0))


def counted(board: Board, provided: Array, side: int) -> Array:
    """The energy of an Active that effects count: int32 () (A13)."""
    return (provided if decisions.A13_COUNTS_ARE_DOUBLED else board.energy[:, 0])[side].sum()


def fact_holds(board: Board, facts: dict[str, Array], line: dict[str, Array], provided: Array) -> Array:
    """Whether the condition of `PLUS_IF` holds before the damage: bool ()."""
    energy, symbols = provided[0], unpack_cost(line["cost"])
    beyond = jnp.minimum(energy - symbols[:8], energy.sum() - symbols.sum())
    letter = np.arange(8) == line["if_letter"]
    flags = (
        board.damage[0, 0] > 0,
        board.damage[1, 0] > 0,
        board.poisoned[1],
        facts["is_ex"][1, 0] > 0,
        board.lost_to_attack[0],
        (letter & (jnp.maximum(beyond, 0) >= line["if_count"])).any(),
    )
    result = jnp.bool_(False)
    for number, flag in enumerate(flags, 1):
        result = result | ((line["if"] == number) & flag)
    return result


def base_damage(board: Board, facts: dict[str, Array], line: dict[str, Array], provided: Array, heads: Array) -> Array:
    """The attack's damage before modifiers, HP: int32 () (6.5)."""
    benched = (board.slot_card > 0) & BENCH_SLOTS
    base = jnp.where(line["per_head"] > 0, line["per_head"] * heads, line["damage"])
    own = benched[0] & passes(facts["filters"][0], line["mult_filter"])
    base = jnp.where(line["mult"] > 0, line["mult_amount"] * own.sum(), base)
    base = base + jnp.where(heads > 0, line["plus_heads"], line["plus_tails"])
    base = base + jnp.where(heads == line["coins"], line["plus_all"], 0)
    named = (benched[0] & passes(facts["filters"][0], line["per_filter"])).sum()
    number = jnp.where(
        line["per"] == tables.PER_ENERGY,
        counted(board, provided, 1),
        jnp.where(line["per"] == tables.PER_OPP_BENCH, benched[1].sum(), named),
    )
    base = base + line["per_amount"] * jnp.where(line["per"] > 0, number, 0)
    return base + jnp.where(fact_holds(board, facts, line, provided), line["if_amount"], 0)


def turn_plus(board: Board, facts: dict[str, Array], named_filter: Array) -> Array:
    """What attacks deal more this turn, HP: int32 () (11.3)."""
    return board.plus + jnp.where(passes(facts["filters"][0, 0], named_filter), board.plus_named, 0)


def to_active(board: Board, facts: dict[str, Array], base: Array, plus: Array, reduction: Array) -> Array:
    """Damage of an attack to the opposing Active, HP: int32 () (7.1, 7.2)."""
    damage = base + plus - board.attack_minus[0]
    if decisions.A5_FLOOR_BEFORE_WEAKNESS:
        damage = jnp.maximum(damage, 0)
    weak = facts["weakness"][1, 0] == facts["type"][0, 0]
    damage = damage + jnp.where(weak, decisions.WEAKNESS, 0) - reduction
    return jnp.where((base <= 0) | board.immune[1], 0, jnp.maximum(damage, 0))


def random_hits(board: Board, line: dict[str, Array]) -> Array:
    """Amounts of `RANDOM_HITS` by opposing slot, HP: int32 (4,)."""
    occupied = mask_of(board.slot_card[1] > 0)
    amounts = jnp.zeros(4, jnp.int32)
    for number in range(RANDOM_HITS):
        index = pick(board, line["random_hits"] > number, count_bits(occupied))
        hit = (nth_bit(occupied, index) == SLOTS) & (line["random_hits"] > number)
        amounts = amounts + jnp.where(hit, line["random_amount"], 0)
    return amounts


def deal(
    board: Board,
    facts: dict[str, Array],
    line: dict[str, Array],
    named_filter: Array,
    provided: Array,
    heads: Array,
    own_target: Array,
    opp_target: Array,
) -> Array:
    """All damage of the attack of a row (row 0 deals none); returns that to the opposing Active, HP: int32 () (6.6).

    Args:
        board: the board, whose damage is raised.
        facts: the cards in play.
        line: the columns of the attack's row.
        named_filter: the filter of the trainer behind `plus_named`.
        provided: provided energy of the Actives, int32 (2, 8).
        heads: heads of the attack's coins, -1 without coins.
        own_target: chosen own slot, bool (4,).
        opp_target: chosen opposing slot, bool (4,).
    """
    base = base_damage(board, facts, line, provided, heads)
    hits = jnp.where(opp_target, line["hit"], 0) + random_hits(board, line)
    hits = hits + jnp.where(BENCH_SLOTS & (board.slot_card[1] > 0), line["hit_bench"], 0)
    marks = jnp.where(SLOTS == 0, board.reduce[1], 0) + board.team_reduce[1]
    reductions = facts["reduce"][1] + marks
    plus = turn_plus(board, facts, named_filter)
    joined = base + hits[0] if decisions.A15_HITS_ON_ACTIVE_ARE_MODIFIED else base
    active = to_active(board, facts, joined, plus, reductions[0])
    dealt = active if decisions.A15_HITS_ON_ACTIVE_ARE_MODIFIED else active + hits[0]
    bench = jnp.where(BENCH_SLOTS & (hits > 0), jnp.maximum(hits - reductions, 0), 0)
    opposing = jnp.where(SLOTS == 0, dealt, bench)
    itself = jnp.where(gate_holds(line["self_damage_gate"], heads), line["self_damage"], 0)
    own = jnp.where(own_target, line["hit"], 0) + jnp.where(SLOTS == 0, itself, 0)
    board.damage = board.damage + jnp.stack([own, opposing])
    return dealt
