"""The operations of step 6.7 and of trainers and abilities: every column of a row, each a masked stage in a fixed
order.

`tables.compile_tables` refuses a program whose operations would need another order, so the fixed one is the program's.
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from tcgjax import actions, decisions, tables
from tcgjax.attacks import gate_holds
from tcgjax.board import (
    LETTERS,
    SLOTS,
    Array,
    Board,
    at,
    bit,
    clear_slots,
    count_bits,
    draw_card,
    enter_play,
    forget_places,
    free_slot,
    known_places,
    leave_hand,
    mask_of,
    nth_bit,
    passes,
    pick,
    set_side,
    shifted,
    top_instance,
    until_tails,
)
from tcgjax.state import MAX_TOP
from tcgjax.tables import MARKS, OPP_HAND_SIZE, RANDOM_ACTIVE, RANDOM_ALL, RESHUFFLE_OPP, RESHUFFLE_SELF, STATUSES


@dataclasses.dataclass
class Use:
    """One use of a row by the turn player; row 0 does nothing.

    Attributes:
        line: the columns of the row.
        row: its number.
        heads: heads of its coins, -1 without coins.
        dealt: damage dealt to the opposing Active, HP.
        reaches: whether effects on the Defending Pokemon apply (6.7).
        own_slot: the slot of the Pokemon with the program, bool (4,).
        own_target: the chosen own slot, bool (4,).
        opp_target: the chosen opposing slot, bool (4,).
        card_target: the chosen instance of the opponent's discard pile, -1 none.
    """

    line: dict[str, Array]
    row: Array
    heads: Array
    dealt: Array
    reaches: Array
    own_slot: Array
    own_target: Array
    opp_target: Array
    card_target: Array

    def gated(self, name: str) -> Array:
        """A column whose operation has a gate; 0 if the gate does not let it run."""
        return jnp.where(gate_holds(self.line[f"{name}_gate"], self.heads), self.line[name], 0)


def healing(board: Board, use: Use, facts: dict[str, Array]) -> None:
    """`HEAL_SELF`, `HEAL_DEALT`, `HEAL_ALL_OWN`, `HEAL_CHOICE`, and damage by an ability's `HIT_CHOICE`."""
    line = use.line
    dealt = use.dealt
    if decisions.A21_HEAL_IS_CAPPED:
        dealt = jnp.minimum(dealt, facts["hp"][1, 0] - board.damage[1, 0] + dealt)
    itself = line["heal_self"] + jnp.where(line["heal_dealt"] > 0, dealt, 0)
    amount = jnp.where(use.own_slot, itself, 0) + jnp.where(use.own_target, line["heal_choice"], 0) + line["heal_all"]
    own = jnp.where(board.slot_card[0] > 0, jnp.maximum(board.damage[0] - amount, 0), board.damage[0])
    hit = jnp.where(use.opp_target & (line["kind"] == tables.ABILITY), line["hit"], 0)
    if decisions.A20_ABILITY_DAMAGE_IS_REDUCED:
        hit = jnp.maximum(hit - facts["reduce"][1], 0)
    board.damage = jnp.stack([own, board.damage[1] + hit])


def conditions(board: Board, use: Use) -> None:
    """`STATUS` on the opposing Active (8.2)."""
    status = jnp.where(use.reaches, use.gated("status"), 0)
    excluding = (status > 0) & (status <= STATUSES.index("confused"))
    board.condition = jnp.where(at(1, excluding), status, board.condition)
    board.poisoned = board.poisoned | at(1, status == STATUSES.index("poisoned"))
    board.burned = board.burned | at(1, status == STATUSES.index("burned"))


def marks(board: Board, use: Use) -> None:
    """`NEXT`, `TURN_PLUS`, `TURN_RETREAT` (section 11)."""
    line = use.line
    mark = use.gated("mark")
    mark = jnp.where(use.reaches | (mark > MARKS.index("def_no_retreat")), mark, 0)

    def side_of(name: str) -> int:
        return 1 if name.startswith(("def_", "opp_")) else 0

    amounts = {"def_attack_minus": "attack_minus", "self_reduce": "reduce", "team_reduce": "team_reduce"}
    for name, field in amounts.items():
        added = jnp.where(at(side_of(name), mark == MARKS.index(name)), line["mark_amount"], 0)
        setattr(board, field, getattr(board, field) + added)
    flags = {
        "def_attack_coin": "attack_coin",
        "def_no_attack": "no_attack",
        "def_no_retreat": "no_retreat",
        "self_immune": "immune",
        "opp_no_supporter": "no_supporter",
    }
    for name, field in flags.items():
        setattr(board, field, getattr(board, field) | at(side_of(name), mark == MARKS.index(name)))
    board.plus = board.plus + line["turn_plus"]
    board.plus_named = board.plus_named + line["turn_plus_named"]
    board.plus_row = jnp.where(line["turn_plus_named"] > 0, use.row, board.plus_row)
    board.retreat_change = board.retreat_change + line["turn_retreat"]


def nth_unit(counts: Array, index: Array) -> Array:
    """The entry of counts (8,) that holds the unit with this index, and the index inside it: bool (8,), int32 ()."""
    found, rest = [], index
    passed = jnp.bool_(False)
    for i in range(8):
        here = ~passed & (rest < counts[i])
        found.append(here)
        rest = jnp.where(passed | here, rest, rest - counts[i])
        passed = passed | here
    return jnp.stack(found), rest


def random_discard(board: Board, use: Use, facts: dict[str, Array]) -> None:
    """`DISCARD_RANDOM` of one unit, counted by player, slot and type (10.4)."""
    kind = use.gated("discard_random")
    kind = jnp.where((kind == RANDOM_ACTIVE) & ~use.reaches, 0, kind)
    units = board.energy.sum(-1, dtype=jnp.int16).astype(jnp.int32)  # (2, 4)
    counts_as = (kind == RANDOM_ALL) | ((np.arange(2)[:, None] == 1) & (SLOTS == 0))
    if not decisions.A22_DYING_COUNT:
        counts_as = counts_as & (board.damage < facts["hp"])
    units = jnp.where(counts_as & (kind > 0), units, 0).reshape(8)
    total = units.sum()
    slot, rest = nth_unit(units, pick(board, total > 0, total))
    slot = slot.reshape(2, 4)
    of_slot = jnp.where(slot[..., None], board.energy, 0).sum((0, 1), dtype=jnp.int8).astype(jnp.int32)
    letter, _ = nth_unit(of_slot, rest)
    board.energy = board.energy - (slot[..., None] & letter & (total > 0)).astype(jnp.int8)


def energy(board: Board, use: Use, facts: dict[str, Array]) -> None:
    """`DISCARD_SELF`, `DISCARD_RANDOM`, `ATTACH_ZONE` and its like, `MOVE_ENERGY`, `MOVE_ALL_ENERGY`."""
    line = use.line
    own = board.energy[0]
    code = line["discard_self"]
    lost = jnp.where(code == tables.DISCARD_ALL, 127, jnp.where(code == LETTERS + 1, line["discard_count"], 0))
    own = jnp.where(use.own_slot[:, None], jnp.maximum(own - lost.astype(jnp.int8), 0), own)
    board.energy = jnp.stack([own, board.energy[1]])
    random_discard(board, use, facts)

    own = board.energy[0]
    kind = line["attach"]
    fits = passes(facts["filters"][0], line["attach_filter"]) & (SLOTS == 0)
    heads = until_tails(board, kind == tables.ATTACH_UNTIL_TAILS)
    count = jnp.where(kind == tables.ATTACH_UNTIL_TAILS, heads, line["attach_count"])
    to_chosen = (kind == tables.ATTACH_CHOSEN) | (kind == tables.ATTACH_UNTIL_TAILS)
    target = jnp.where(kind == tables.ATTACH_SELF, use.own_slot, jnp.where(to_chosen, use.own_target, False))
    target = target | ((kind == tables.ATTACH_ACTIVE) & fits)
    letter = line["attach_letter"] == LETTERS
    own = own + jnp.where(target[:, None] & letter, count, 0).astype(jnp.int8)

    letter = line["move"] == LETTERS + 1
    source, reached = use.own_target[:, None] & letter, (SLOTS == 0)[:, None] & letter & use.own_target.any()
    own = own - source.astype(jnp.int8) + reached.astype(jnp.int8)
    moved = jnp.where((SLOTS > 0)[:, None] & (line["move_all"] == LETTERS + 1), own, 0)
    own = own - moved + jnp.where((SLOTS == 0)[:, None], moved.sum(0, dtype=jnp.int8), 0)
    board.energy = jnp.stack([own, board.energy[1]])


def draws(board: Board, use: Use) -> None:
    """`DRAW` and `SHUFFLE_HAND_DRAW`."""
    line = use.line
    opp_hand = count_bits(board.in_hand[1])
    for side, code in ((0, RESHUFFLE_SELF), (1, RESHUFFLE_OPP)):
        shuffles = line["reshuffle"] == code
        hand = jnp.where(shuffles, board.in_hand[side], jnp.uint32(0))
        set_side(board, "in_deck", side, board.in_deck[side] | hand)
        set_side(board, "in_hand", side, board.in_hand[side] & ~hand)
        set_side(board, "seen", side, board.seen[side] & ~hand)
        forget_places(board, side, shuffles)
    count = jnp.where(line["reshuffle_count"] == OPP_HAND_SIZE, opp_hand, line["reshuffle_count"])
    number = jnp.where(line["reshuffle"] > 0, count, line["draw"])
    is_opp = line["reshuffle"] == RESHUFFLE_OPP
    names = ("in_deck", "in_hand", "seen", "top", "bottom", "draws")

    def body(carry: tuple) -> tuple:
        drawn, *fields = carry
        scratch = Board(tape=board.tape, seed=board.seed, **dict(zip(names, fields, strict=True)))
        draw_card(scratch, 0, drawn < number)
        return (drawn + 1, *(getattr(scratch, name) for name in names))

    def turned(name: str) -> Array:
        value = getattr(board, name)
        return value if name == "draws" else jnp.where(is_opp, value[::-1], value)

    # One player draws; the loop is as long as the longest of a batch, which is one or two nearly always.
    _, *fields = jax.lax.while_loop(
        lambda carry: carry[0] < number, body, (jnp.int32(0), *(turned(name) for name in names))
    )
    for name, value in zip(names, fields, strict=True):
        setattr(board, name, value if name == "draws" else jnp.where(is_opp, value[::-1], value))


def searches(board: Board, use: Use, lines: dict[str, Array]) -> tuple[Array, Array]:
    """`SEARCH_HAND`, `SEARCH_BENCH`: the instance that goes to the Bench, -1 none, and its slot (A10, A17, A27)."""
    line = use.line
    to_hand, to_bench = line["search"] == tables.SEARCH_HAND, line["search"] == tables.SEARCH_BENCH
    has_room = count_bits(board.in_hand[0]) < decisions.HAND_LIMIT
    slot = free_slot(board, 0)
    searched = (to_hand & (has_room | decisions.A10_SEARCH_FILLS_FULL_HAND)) | (to_bench & (slot < 4))
    found = board.in_deck[0] & mask_of(passes(lines["filters"][0], line["search_filter"]))
    count = count_bits(found)
    taken = searched & (count > 0)
    instance = nth_bit(found, pick(board, taken, count))
    mask = jnp.where(taken, bit(instance), jnp.uint32(0))
    forget_places(board, 0, searched)
    set_side(board, "in_deck", 0, board.in_deck[0] & ~mask)
    mask = jnp.where(to_hand, mask, jnp.uint32(0))
    set_side(board, "in_hand", 0, board.in_hand[0] | mask)
    shown = mask if decisions.A23_TAKEN_CARDS_ARE_SHOWN else jnp.uint32(0)
    set_side(board, "seen", 0, board.seen[0] | shown)
    return jnp.where(taken & to_bench, instance, -1), slot


def hand_of_opponent(board: Board, use: Use, equal: Array) -> None:
    """`DISCARD_OPP_HAND_RANDOM`, `REVEAL_OPP_HAND`."""
    hand = board.in_hand[1]
    count = count_bits(hand)
    used = (use.gated("discard_hand") > 0) & (count > 0)
    mask = jnp.where(used, bit(nth_bit(hand, pick(board, used, count))), jnp.uint32(0))
    leave_hand(board, 1, mask, equal)
    set_side(board, "in_discard", 1, board.in_discard[1] | mask)
    shown = jnp.where(use.line["reveal"] > 0, board.in_hand[1], jnp.uint32(0))
    set_side(board, "seen", 1, board.seen[1] | shown)


def look(board: Board, use: Use) -> None:
    """`LOOK_TOP` (10.8)."""
    wanted = jnp.minimum(use.line["look"], count_bits(board.in_deck[0]))
    for place in range(MAX_TOP):
        top, bottom = board.top[0], board.bottom[0]
        used = (place < wanted) & (top[place] < 0)
        unknown = board.in_deck[0] & ~known_places(board, 0)
        count = count_bits(unknown)
        index = pick(board, used & (count > 0), count)
        instance = jnp.where(count > 0, nth_bit(unknown, index), bottom[0])
        set_side(board, "bottom", 0, jnp.where(used & (count == 0), shifted(bottom), bottom))
        set_side(board, "top", 0, jnp.where(used & (np.arange(MAX_TOP) == place), instance, top))


def top_or_bottom(board: Board, use: Use, lines: dict[str, Array]) -> None:
    """`TOP_TO_HAND_IF` (A23, A30)."""
    used = use.line["top_filter"] > 0
    instance = top_instance(board, 0, used)
    mask = bit(instance)
    matches = (mask_of(passes(lines["filters"][0], use.line["top_filter"] - 1)) & mask) != 0
    has_room = count_bits(board.in_hand[0]) < decisions.HAND_LIMIT
    taken = jnp.where(used & matches & has_room, mask, jnp.uint32(0))
    set_side(board, "in_deck", 0, board.in_deck[0] & ~taken)
    set_side(board, "in_hand", 0, board.in_hand[0] | taken)
    shown = taken if decisions.A23_TAKEN_CARDS_ARE_SHOWN else jnp.uint32(0)
    set_side(board, "seen", 0, board.seen[0] | shown)
    top, bottom = board.top[0], board.bottom[0]
    back = jnp.concatenate([instance[None].astype(top.dtype), top[:-1]])
    set_side(board, "top", 0, jnp.where(used & matches & ~has_room, back, top))
    first_free = jnp.where(bottom[0] < 0, 0, 1)
    below = jnp.where(np.arange(2) == first_free, instance, bottom)
    set_side(board, "bottom", 0, jnp.where(used & ~matches, below, bottom))


def positions(board: Board, use: Use) -> Array:
    """What leaves play or changes places: the slots to swap, bool (2, 4); a choice of the opponent becomes pending."""
    line = use.line
    bounced = clear_slots(board, at(0, line["bounce"] > 0)[:, None] & (SLOTS == 0))[0]
    set_side(board, "in_hand", 0, board.in_hand[0] | bounced)
    set_side(board, "seen", 0, board.seen[0] | bounced)
    shuffles = (use.gated("shuffle_active") > 0) & use.reaches
    returned = clear_slots(board, at(1, shuffles)[:, None] & (SLOTS == 0))[1]
    set_side(board, "in_deck", 1, board.in_deck[1] | returned)
    forget_places(board, 1, shuffles)

    own = use.own_target & (line["switch"] == tables.SWITCH_SELF)
    opp = use.opp_target & (line["switch"] == tables.SWITCH_YOU_CHOOSE)
    benched = (board.slot_card[1] > 0) & (SLOTS > 0)
    forced = (line["switch"] == tables.SWITCH_OPP_CHOOSES) & use.reaches
    opp = opp | (benched & forced & (benched.sum() == 1))
    asks = forced & (benched.sum() > 1)
    board.phase = jnp.where(asks, actions.SWITCH, board.phase)
    board.decider = jnp.where(asks, 1, board.decider)
    return jnp.stack([own, opp])


def run(board: Board, use: Use, facts: dict[str, Array], lines: dict[str, Array], equal: Array) -> Array:
    """All stages; returns the slots to swap, bool (2, 4)."""
    countered = jnp.where(use.dealt > 0, facts["counter"][1, 0], 0)
    healing(board, use, facts)
    conditions(board, use)
    marks(board, use)
    energy(board, use, facts)
    draws(board, use)
    instance, slot = searches(board, use, lines)
    enter_play(board, 0, instance, slot, instance >= 0)
    hand_of_opponent(board, use, equal)
    look(board, use)
    top_or_bottom(board, use, lines)
    taken = use.card_target
    set_side(board, "in_discard", 1, board.in_discard[1] & ~bit(taken))
    enter_play(board, 1, taken, free_slot(board, 1), taken >= 0)
    board.damage = board.damage + jnp.where(at(0, jnp.bool_(True))[:, None] & (SLOTS == 0), countered, 0)
    return positions(board, use)
