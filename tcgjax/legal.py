"""The legal actions of the player who decides (13.1, 13.2), as three words of bits."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from tcgjax import actions, decisions, tables
from tcgjax.board import (
    BENCH_SLOTS,
    Array,
    Board,
    active_energy,
    cards_in_play,
    count_bits,
    covers,
    equal_to_previous,
    flags_of,
    instance_lines,
    mask_of,
    passes,
    row_line,
)
from tcgjax.state import EnvState
from tcgjax.tables import (
    CHOICE_COPY,
    CHOICE_EVOLVE,
    CHOICE_OPP_ANY,
    CHOICE_OPP_BENCH,
    CHOICE_OPP_DISCARD,
    CHOICE_OWN,
    COPY_ANY,
)


def mask(legal: Array) -> Array:
    """The words of a state as a mask: bool (76,)."""
    return flags_of(legal, 32).reshape(-1)[: actions.NUM_ACTIONS]


def first_legal(legal: Array) -> Array:
    """The lowest legal action: int32 ()."""
    lowest = [count_bits((word & -word) - 1) for word in legal]
    return jnp.where(legal[0] != 0, lowest[0], jnp.where(legal[1] != 0, 32 + lowest[1], 64 + lowest[2]))


def is_legal(legal: Array, action: Array) -> Array:
    """Whether the bit of an action is set: bool ()."""
    inside = (action >= 0) & (action < actions.NUM_ACTIONS)
    index = jnp.clip(action, 0, actions.NUM_ACTIONS - 1)
    word = jnp.where(index < 32, legal[0], jnp.where(index < 64, legal[1], legal[2]))
    return inside & ((word >> (index & 31).astype(jnp.uint32) & 1) == 1)


def own_set(board: Board, facts: dict[str, Array], line: dict[str, Array]) -> Array:
    """The own slots that a row's choice offers: bool (4,)."""
    letter = line["choice_letter"]
    has_unit = ((letter[..., None] == np.arange(1, 9)) & (board.energy[0] > 0)).any(-1)
    return (
        (board.slot_card[0] > 0)
        & passes(facts["filters"][0], line["choice_filter"])
        & (BENCH_SLOTS | (line["choice_bench"] == 0))
        & ((board.damage[0] > 0) | (line["choice_damaged"] == 0))
        & (has_unit | (letter == 0))
    )


def opp_set(board: Board, facts: dict[str, Array], line: dict[str, Array]) -> Array:
    """The opponent's slots that a row's choice offers: bool (4,)."""
    is_filtered = passes(facts["filters"][1], line["choice_filter"])
    return (board.slot_card[1] > 0) & is_filtered & (BENCH_SLOTS | (line["choice"] == CHOICE_OPP_ANY))


def copy_set(board: Board, facts: dict[str, Array], line: dict[str, Array]) -> Array:
    """The attacks that may be copied, 2 * slot + index: bool (8,) (A16)."""
    offered = [
        (facts[f"attack{k}"][1] > 0) & (decisions.A16_COPY_CAN_COPY | (facts[f"is_copy{k}"][1] == 0)) for k in range(2)
    ]
    reach = (~BENCH_SLOTS | (line["copy"] == COPY_ANY))[:, None]
    return (jnp.stack(offered, -1) & reach).reshape(8)


def evolve_set(board: Board, facts: dict[str, Array], evolves_from: Array) -> Array:
    """The own slots on which a card with these `evolves_from` names (...) may be put: bool (..., 4) (4.2)."""
    free = jnp.where(BENCH_SLOTS, True, ~(facts["lock_evolve"][1] > 0).any())
    ready = ~board.is_new[0] & free & (board.turn >= decisions.FIRST_EVOLUTION_TURN)
    return (evolves_from[..., None] == facts["name"][0]) & ready


def discard_matches(board: Board, lines: dict[str, Array], number: Array, equal: Array) -> Array:
    """The cards of the opponent's discard pile that pass a filter, the lowest of equal ones: uint32 ()."""
    found = board.in_discard[1] & mask_of(passes(lines["filters"][1], number))
    return found & ~(found << 1 & equal[1])


def useful_bits(board: Board, facts: dict[str, Array], lines: dict[str, Array]) -> Array:
    """The conditions of use that hold (4.10), bit by bit as `Tables.uses` numbers them: int32 ()."""
    own, opp = board.slot_card[0] > 0, board.slot_card[1] > 0
    result = jnp.int32(0)
    for number, (name, kind, letter, damaged) in enumerate(tables.load_tables().uses):
        filtered = own & passes(facts["filters"][0], np.int32(kind))
        benched_unit = (board.energy[0, :, letter - 1] > 0) & BENCH_SLOTS & own if letter else own
        held = {
            "always": lambda: jnp.bool_(True),
            "own_damaged": lambda own=own: (own & (board.damage[0] > 0)).any(),
            "not_poisoned": lambda: ~board.poisoned[1],
            "own_deck": lambda: board.in_deck[0] != 0,
            "opp_hand": lambda: board.in_hand[1] != 0,
            "own_bench_free": lambda own=own: ~own[1:].all(),
            "opp_bench": lambda kind=kind: (opp & BENCH_SLOTS & passes(facts["filters"][1], np.int32(kind))).any(),
            "discard_match": lambda kind=kind: (
                ~opp[1:].all() & ((board.in_discard[1] & mask_of(passes(lines["filters"][1], np.int32(kind)))) != 0)
            ),
            "active": lambda filtered=filtered: filtered[0],
            "move": lambda filtered=filtered, unit=benched_unit: filtered[0] & (filtered & unit).any(),
            "move_all": lambda filtered=filtered, unit=benched_unit: filtered[0] & unit.any(),
            "own": lambda filtered=filtered, damaged=damaged: (
                filtered & ((board.damage[0] > 0) | (damaged == 0))
            ).any(),
        }[name]()
        result = result | held.astype(jnp.int32) << number
    return jnp.int32(-1) if decisions.A7_USELESS_IS_PLAYABLE else result


def playable(board: Board, facts: dict[str, Array], lines: dict[str, Array], useful: Array, equal: Array) -> Array:
    """The cards of the hand that may be played in a turn: uint32 () (4.1, 4.2, 4.5, 4.6, 4.13)."""
    locked = board.supporter_used | board.no_supporter[0] | (facts["lock_supporter"][1, 0] > 0)
    basic = lines["is_basic"][0] > 0
    evolution = lines["is_evolution"][0] > 0
    can_evolve = evolve_set(board, facts, lines["evolves_from"][0]).any(-1)
    trainer = passes(useful, lines["use"][0]) & ~((lines["is_supporter"][0] > 0) & locked)
    room = (board.slot_card[0, 1:] == 0).any()
    ok = jnp.where(basic, room, jnp.where(evolution, can_evolve, trainer))
    return mask_of(ok) & lowest_in_hand(board, equal)


def lowest_in_hand(board: Board, equal: Array) -> Array:
    """The instances in hand, of equal ones the lowest: uint32 () (4.13)."""
    hand = board.in_hand[0]
    return hand & ~(hand << 1 & equal[0])


def can_attack(board: Board, facts: dict[str, Array]) -> Array:
    """Which attacks the Active may use: bool (2,) (4.9)."""
    stopped = board.no_attack[0] | (board.condition[0] == actions.ASLEEP) | (board.condition[0] == actions.PARALYZED)
    energy = active_energy(board, facts)[0]
    able = [(facts[f"attack{k}"][0, 0] > 0) & covers(energy, facts[f"cost{k}"][0, 0]) for k in range(2)]
    return jnp.stack(able) & ~stopped


def can_retreat(board: Board, facts: dict[str, Array]) -> Array:
    """Whether the Active may retreat: bool () (4.4)."""
    stopped = board.retreated | board.no_retreat[0] | (facts["is_fossil"][0, 0] > 0)
    stopped = stopped | (board.condition[0] == actions.ASLEEP) | (board.condition[0] == actions.PARALYZED)
    cost = jnp.maximum(facts["retreat"][0, 0] + board.retreat_change, 0)
    return ~stopped & (active_energy(board, facts)[0].sum() >= cost)


def abilities(board: Board, facts: dict[str, Array], useful: Array) -> Array:
    """The slots whose ability may be used: bool (4,) (4.7)."""
    kind = facts["activation"][0]
    once = (kind == 1) | (kind == 2)
    ok = (kind > 0) & ~(once & board.ability_used[0]) & ~((kind == 2) & BENCH_SLOTS)
    return ok & passes(useful, facts["ability_use"][0])


def _word(*parts: tuple[Array, int]) -> Array:
    """Masks at their first bit, one word: uint32 ()."""
    result = jnp.uint32(0)
    for part, first in parts:
        result = result | part << first
    return result


def legal_words(board: Board) -> Array:
    """The legal actions of the player who decides, on a board seen from `engine.perspective`: uint32 (3,)."""
    facts, lines, equal = cards_in_play(board), instance_lines(board), equal_to_previous(board)
    own, opp = board.slot_card[0] > 0, board.slot_card[1] > 0
    phase, line = board.phase, row_line(board, board.row)
    useful = useful_bits(board, facts, lines)
    is_main, is_setup = phase == actions.MAIN, phase <= actions.SETUP_BENCH

    basics = mask_of(lines["is_basic"][0] > 0) & lowest_in_hand(board, equal)
    room = (phase == actions.SETUP_ACTIVE) | ~own[1:].all()
    plays = jnp.where(is_main, playable(board, facts, lines, useful, equal), jnp.uint32(0))
    plays = jnp.where(is_setup & room, basics, plays)

    main = is_main & own
    attach = main & (board.energy_now[0] >= 0)
    retreat = main & can_retreat(board, facts)
    fossil = main & (facts["is_fossil"][0] > 0)

    card_line = jnp.where(board.card == np.arange(20), lines["evolves_from"][0], 0).sum()
    choice = jnp.where(phase == actions.TARGET, line["choice"], 0)
    slots = jnp.where(choice == CHOICE_OWN, own_set(board, facts, line), False)
    slots = slots | ((choice == CHOICE_EVOLVE) & evolve_set(board, facts, card_line))
    is_promotion = (phase == actions.PROMOTE) | (phase == actions.SWITCH)
    benched = jnp.where(board.decider == 0, own, opp) & BENCH_SLOTS
    slots = slots | (is_promotion & benched)
    is_opp = (choice == CHOICE_OPP_ANY) | (choice == CHOICE_OPP_BENCH)
    opp_slots = is_opp & opp_set(board, facts, line)
    discards = discard_matches(board, lines, line["choice_filter"], equal)
    discards = jnp.where((phase == actions.CARD) & (line["choice"] == CHOICE_OPP_DISCARD), discards, jnp.uint32(0))
    is_copy = (phase == actions.COPYING) & (line["choice"] == CHOICE_COPY)
    copies = mask_of(is_copy & copy_set(board, facts, line))

    end = (is_main | (phase == actions.SETUP_BENCH) | (phase == actions.OVER)).astype(jnp.uint32)
    words = [
        _word(
            (end, 0),
            (mask_of(is_main & can_attack(board, facts)), actions.ATTACK),
            (mask_of(main & abilities(board, facts, useful)), actions.ABILITY),
            (mask_of(attach), actions.ATTACH),
            (mask_of(retreat) >> 1, actions.RETREAT),
            (plays, actions.PLAY),
        ),
        (plays >> (32 - actions.PLAY))
        | _word(
            (mask_of(slots), actions.OWN_SLOT - 32),
            (mask_of(opp_slots), actions.OPP_SLOT - 32),
            (discards, actions.DISCARDED - 32),
            (copies, actions.COPY - 32),
        ),
        (copies >> (64 - actions.COPY)) | _word((mask_of(fossil), actions.DISCARD_FOSSIL - 64)),
    ]
    return jnp.stack(words)


def needs_decision(state: EnvState) -> Array:
    """Whether each player decides now: bool (2,)."""
    return (np.arange(2) == state.decider) & (state.result == actions.ONGOING)
