"""The state at work: one game seen from the player whose turn it is, and the small moves that rules are made of.

Everything is elementwise on scalars, (2,), (2, 4), (2, 4, 8) and bit masks of instances; side 0 is the turn player, in
set-up the
player who decides. A board is a mutable scratch pad inside one traced step; states stay immutable.
"""

from __future__ import annotations

import types
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from tcgjax import actions, decisions
from tcgjax.state import FORM, EnvState
from tcgjax.tables import CARD_COLUMNS, INSTANCE_COLUMNS, ROW_COLUMNS, Arrays
from twinenvs import counter_random

Array: TypeAlias = Any  # a traced array or a NumPy constant
SLOTS = np.arange(4)
BENCH_SLOTS = SLOTS > 0
INSTANCES = np.arange(20)
LETTERS = np.arange(8)
_PER_PLAYER = tuple(name for name, (_, shape) in FORM.items() if shape[:1] == (2,) and name != "seed")
_SLOT_BITS = ("is_new", "ability_used")


class Board(types.SimpleNamespace):
    """The fields of `EnvState` as int32, uint32 or bool arrays, rotated; energy, the largest one, stays int8.

    Further: `flip` (bool (), whether player 1 has index 0), `tape` (uint32 (n,), words that replace the game's own if
    n > 0) and
    `arrays` (the card table).
    """

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def load(state: EnvState, side: Array, tape: Array, arrays: Arrays) -> Board:
    """A board on which `side` (int ()) has index 0."""
    flip = side == 1
    board = Board(tape=tape, arrays=arrays, flip=flip)
    for name, (dtype, _) in FORM.items():
        value = jnp.asarray(getattr(state, name))
        if dtype in ("int8", "int16", "uint8") and name != "energy":
            value = value.astype(jnp.int32)
        if name in _PER_PLAYER:
            value = jnp.where(flip, value[::-1], value)
        if name in _SLOT_BITS:
            value = (value[:, None] >> SLOTS & 1).astype(bool)
        setattr(board, name, value)
    for name in ("first", "turn_player", "decider"):
        setattr(board, name, getattr(board, name) ^ flip.astype(jnp.int32))
    return board


def store(board: Board) -> EnvState:
    """The board as a state, rotated back."""
    fields = {}
    for name, (dtype, _) in FORM.items():
        value = getattr(board, name)
        if name in _SLOT_BITS:
            value = (value.astype(jnp.int32) << SLOTS).sum(-1)
        if name in _PER_PLAYER:
            value = jnp.where(board.flip, value[::-1], value)
        if name in ("first", "turn_player", "decider"):
            value = value ^ board.flip.astype(jnp.int32)
        fields[name] = value.astype(dtype)
    return EnvState(**fields)


# Tables ---------------------------------------------------------------------------------------------------------------


def columns(lines: Array, names: tuple[str, ...]) -> dict[str, Array]:
    """The last axis of table lines by column name."""
    return {name: lines[..., i] for i, name in enumerate(names)}


def cards_in_play(board: Board) -> dict[str, Array]:
    """The facts of the Pokemon in play by column: int32 (2, 4)."""
    return columns(jnp.asarray(board.arrays.cards)[board.slot_card], CARD_COLUMNS)


def row_line(board: Board, row: Array) -> dict[str, Array]:
    """A row's columns: int32 ()."""
    return columns(jnp.asarray(board.arrays.rows)[row], ROW_COLUMNS)


def row_column(board: Board, row: Array, name: str) -> Array:
    """One column of a row: int32 ()."""
    return jnp.asarray(board.arrays.rows)[row, ROW_COLUMNS.index(name)]


def instance_lines(board: Board) -> dict[str, Array]:
    """The facts of all instances by column: int32 (2, 20)."""
    return columns(jnp.asarray(board.arrays.instances)[board.deck], INSTANCE_COLUMNS)


def passes(word: Array, number: Array) -> Array:
    """Whether filter words (int32) have the bit of a filter: bool."""
    return (word >> number & 1) == 1


# Bit masks ------------------------------------------------------------------------------------------------------------


def bit(index: Array) -> Array:
    """The mask of one instance (int), 0 for -1: uint32."""
    index = jnp.asarray(index)
    return jnp.where(index >= 0, jnp.uint32(1) << jnp.maximum(index, 0).astype(jnp.uint32), jnp.uint32(0))


def count_bits(mask: Array) -> Array:
    """Number of instances in a mask: int32."""
    return jax.lax.population_count(mask).astype(jnp.int32)


def mask_of(flags: Array) -> Array:
    """Flags (..., n) as masks (...): uint32."""
    index = np.arange(flags.shape[-1], dtype=np.uint32)
    return (flags.astype(jnp.uint32) << index).sum(-1, dtype=jnp.uint32)


def flags_of(mask: Array, length: int) -> Array:
    """A mask (uint32 (...)) as flags: bool (..., length)."""
    return (mask[..., None] >> np.arange(length, dtype=np.uint32) & 1) == 1


def nth_bit(mask: Array, n: Array) -> Array:
    """The position of the n-th set bit of a mask of up to 32, counting from 0: int32 (...)."""
    position = jnp.uint32(0)
    rest = n
    for width in (16, 8, 4, 2, 1):
        lower = count_bits(mask >> position & np.uint32((1 << width) - 1))
        is_above = rest >= lower
        rest = jnp.where(is_above, rest - lower, rest)
        position = position + is_above.astype(jnp.uint32) * np.uint32(width)
    return position.astype(jnp.int32)


# Chance (section 10) --------------------------------------------------------------------------------------------------


def words(seed: Array, numbers: Array, tape: Array) -> Array:
    """The words with these numbers, uint32 (...), of a game (10.1), or of a tape that has any: uint32 (...)."""
    if tape.shape[0]:
        return jnp.asarray(tape)[jnp.minimum(numbers, np.uint32(tape.shape[0] - 1))]
    mixed = numbers * jnp.uint32(counter_random.WEYL_INCREMENT) + seed[0]
    return counter_random.hash_uint32(mixed ^ seed[1])


def word(board: Board, used: Array) -> Array:
    """The next word, counted where `used`: uint32 ()."""
    value = words(board.seed, board.draws, board.tape)
    board.draws = board.draws + used.astype(jnp.uint32)
    return value


def picked(value: Array, count: Array) -> Array:
    """The index below `count` that a word picks (10.4): int32 (...)."""
    count = jnp.asarray(count).astype(jnp.uint32)
    return (((value >> 16) * count + ((value & 0xFFFF) * count >> 16)) >> 16).astype(jnp.int32)


def pick(board: Board, used: Array, count: Array) -> Array:
    """A uniform index below `count` from the next word: int32 ()."""
    return picked(word(board, used), count)


def coins(board: Board, used: Array, count: Array) -> Array:
    """Heads of up to 32 coins (10.5): int32 ()."""
    value = word(board, used)
    count = jnp.minimum(count, decisions.MAX_COINS).astype(jnp.uint32)
    return count_bits(value & jnp.where(count >= 32, jnp.uint32(0xFFFFFFFF), (jnp.uint32(1) << count) - 1))


def until_tails(board: Board, used: Array) -> Array:
    """Heads before the first tails (10.6): int32 ()."""
    value = word(board, used)
    return count_bits(value & ~(value + 1))


# Moves ----------------------------------------------------------------------------------------------------------------


def at(side: int, condition: Array) -> Array:
    """A condition as flags of both players, false for the other side: bool (2,)."""
    return (np.arange(2) == side) & condition


def clear_active(board: Board, sides: Array) -> None:
    """Ends conditions and marks of the Actives of some players, bool (2,) (8.1, 11.1)."""
    for name in ("condition", "attack_minus", "reduce"):
        setattr(board, name, jnp.where(sides, 0, getattr(board, name)))
    for name in ("poisoned", "burned", "attack_coin", "no_attack", "no_retreat", "immune"):
        setattr(board, name, getattr(board, name) & ~sides)


def clear_slots(board: Board, slots: Array) -> Array:
    """Empties slots, bool (2, 4); returns the instances that lay there: uint32 (2,) (9.1)."""
    left = jnp.where(slots, board.in_slot, 0).sum(-1, dtype=jnp.uint32)
    board.in_slot = jnp.where(slots, jnp.uint32(0), board.in_slot)
    board.slot_card = jnp.where(slots, 0, board.slot_card)
    board.damage = jnp.where(slots, 0, board.damage)
    board.energy = jnp.where(slots[..., None], 0, board.energy)
    board.is_new, board.ability_used = board.is_new & ~slots, board.ability_used & ~slots
    clear_active(board, slots[:, 0])
    return left


def swap_active(board: Board, chosen: Array) -> None:
    """Swaps Actives with benched Pokemon: bool (2, 4), at most one slot a player, none where nothing swaps."""
    swaps = chosen[:, 1:].any(-1)
    for name in ("in_slot", "slot_card", "damage", "energy", "is_new", "ability_used"):
        old = getattr(board, name)
        flags = chosen.reshape(chosen.shape + (1,) * (old.ndim - 2))
        chosen_one = jnp.where(flags, old, jnp.zeros_like(old))
        is_flag = old.dtype == jnp.bool_
        up = chosen_one.any(1, keepdims=True) if is_flag else chosen_one.sum(1, keepdims=True, dtype=old.dtype)
        moved = jnp.where(flags, old[:, :1], old)
        is_first = (SLOTS == 0).reshape((1, 4) + (1,) * (old.ndim - 2))
        here = swaps.reshape((2, 1) + (1,) * (old.ndim - 2))
        setattr(board, name, jnp.where(here & is_first, up, moved))
    clear_active(board, swaps)


def enter_play(board: Board, side: int, instance: Array, slot: Array, used: Array) -> None:
    """Puts an instance (int32 ()) into a free slot (int32 ()) as a new Pokemon where `used`."""
    here = used & (np.arange(2)[:, None] == side) & (slot == SLOTS)
    card = jnp.where(instance == INSTANCES, board.deck[side], 0).sum()
    board.in_slot = jnp.where(here, bit(instance), board.in_slot)
    board.slot_card = jnp.where(here, card, board.slot_card)
    board.is_new = board.is_new | here


def free_slot(board: Board, side: int) -> Array:
    """The lowest free Bench slot of a player, 4 if there is none: int32 ()."""
    free = board.slot_card[side] == 0
    return jnp.where(free[1], 1, jnp.where(free[2], 2, jnp.where(free[3], 3, 4)))


def leave_hand(board: Board, side: int, mask: Array, equal: Array) -> None:
    """Takes instances (uint32, at most one) out of a hand; of equal cards the seen one goes (14.4).

    `equal` (uint32 (2,)) marks the instances that are equal to the one before.
    """
    hand = board.in_hand[side] & ~mask
    seen = board.seen[side]
    others = ((mask & equal[side]) >> 1 | (mask << 1 & equal[side])) & hand
    seen = jnp.where((seen & mask) == 0, seen & ~others, seen) & ~mask
    set_side(board, "in_hand", side, hand)
    set_side(board, "seen", side, seen)


def set_side(board: Board, name: str, side: int, value: Array) -> None:
    """Replaces one player's entry of a field."""
    old = getattr(board, name)
    sides = (np.arange(2) == side).reshape((2,) + (1,) * (old.ndim - 1))
    setattr(board, name, jnp.where(sides, value, old))


def forget_places(board: Board, side: int, used: Array) -> None:
    """Shuffles a deck where `used` (10.3)."""
    shuffled = at(side, used)[:, None]
    board.top, board.bottom = jnp.where(shuffled, -1, board.top), jnp.where(shuffled, -1, board.bottom)


def known_places(board: Board, side: int) -> Array:
    """The instances of a deck whose place is known: uint32 ()."""
    known = jnp.concatenate([board.top[side], board.bottom[side]])
    return bit(known).sum(dtype=jnp.uint32)


def top_instance(board: Board, side: int, used: Array) -> Array:
    """The card on top of a deck (10.2), which leaves its place where `used`: int32 ()."""
    top, bottom = board.top[side], board.bottom[side]
    is_known = top[0] >= 0
    unknown = board.in_deck[side] & ~known_places(board, side)
    count = count_bits(unknown)
    index = pick(board, used & ~is_known & (count > 0), count)
    instance = jnp.where(is_known, top[0], jnp.where(count > 0, nth_bit(unknown, index), bottom[0]))
    from_bottom = ~is_known & (count == 0)
    set_side(board, "top", side, jnp.where(used & is_known, shifted(top), top))
    set_side(board, "bottom", side, jnp.where(used & from_bottom, shifted(bottom), bottom))
    return instance


def shifted(places: Array) -> Array:
    """Known places without the first, int32 (n,)."""
    return jnp.where(np.arange(places.shape[0]) == places.shape[0] - 1, -1, jnp.roll(places, -1))


def draw_card(board: Board, side: int, used: Array) -> None:
    """Draws a card unless the deck is empty or the hand full (3.2)."""
    used = used & (board.in_deck[side] != 0) & (count_bits(board.in_hand[side]) < decisions.HAND_LIMIT)
    mask = jnp.where(used, bit(top_instance(board, side, used)), jnp.uint32(0))
    set_side(board, "in_deck", side, board.in_deck[side] & ~mask)
    set_side(board, "in_hand", side, board.in_hand[side] | mask)
    set_side(board, "seen", side, board.seen[side] & ~mask)


def equal_to_previous(board: Board) -> Array:
    """The instances whose card is that of the instance before: uint32 (2,)."""
    same = board.deck[:, 1:] == board.deck[:, :-1]
    return mask_of(same) << 1


def provided_energy(board: Board, facts: dict[str, Array]) -> Array:
    """Provided energy of every Pokemon: int32 (2, 4, 8) (5.1)."""
    units = board.energy.astype(jnp.int32)
    return jnp.where(_doubled(facts, facts["type"]), 2 * units, units)


def active_energy(board: Board, facts: dict[str, Array]) -> Array:
    """Provided energy of both Actives: int32 (2, 8) (5.1)."""
    units = board.energy[:, 0].astype(jnp.int32)
    return jnp.where(_doubled(facts, facts["type"][:, :1])[:, 0], 2 * units, units)


def _doubled(facts: dict[str, Array], types: Array) -> Array:
    """Whether units count twice for Pokemon of these types, int32 (2, n): bool (2, n, 8)."""
    letter = facts["double"].max(-1)[:, None, None]  # 1 + type, 0 without a doubling Pokemon; one letter in the pool
    return (letter == LETTERS + 1) & (types[..., None] == LETTERS)


def unpack_cost(packed: Array) -> Array:
    """A packed cost (...) as counts of G R W L P F D M, Colorless: int32 (..., 9)."""
    return packed[..., None] >> 3 * np.arange(9) & 7


def covers(energy: Array, cost: Array) -> Array:
    """Whether provided energy (..., 8) covers a packed cost (...): bool (...) (5.2)."""
    symbols = unpack_cost(cost)
    return (energy >= symbols[..., :8]).all(-1) & (energy.sum(-1) >= symbols.sum(-1))


IS_SETUP = (actions.SETUP_ACTIVE, actions.SETUP_BENCH)
