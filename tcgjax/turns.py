"""Set-up, Knock Outs, promotions, Checkup and the change of turns (sections 2, 3, 8, 9)."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np

from tcgjax import actions, decisions
from tcgjax.actions import STAGE_ATTACK, STAGE_CHECKUP, STAGE_MAIN
from tcgjax.board import (
    SLOTS,
    Array,
    Board,
    at,
    bit,
    cards_in_play,
    clear_slots,
    coins,
    count_bits,
    draw_card,
    nth_bit,
    pick,
    picked,
    swap_active,
    words,
)

FIRST_OF_SLOTS = SLOTS == 0
EVERYTHING = (1 << 20) - 1  # all instances of a deck


def roll_energy(board: Board, side: int, used: Array) -> Array:
    """A uniform type of a deck's Energy Zone: int32 ()."""
    mask = board.energy_types[side].astype(jnp.uint32)
    return nth_bit(mask, pick(board, used, count_bits(mask)))


def injected_hands(basics: Array, words: Array) -> Array:
    """Both opening hands with a Basic put in (2.2, A2), from five words each, uint32 (2, 5): uint32 (2,)."""
    deck = np.uint32(EVERYTHING) & ~bit(nth_bit(basics, picked(words[:, 0], count_bits(basics))))
    for number in range(1, decisions.OPENING_HAND):
        deck = deck & ~bit(nth_bit(deck, picked(words[:, number], np.uint32(20 - number))))
    return np.uint32(EVERYTHING) & ~deck


def mulligan_hands(basics: Array, seed: Array, draws: Array, tape: Array) -> tuple[Array, Array]:
    """Both opening hands, drawn anew until one is a Basic (A2): uint32 (2,) and the number of words used."""

    def body(side_basics: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        deck, used = jnp.uint32(EVERYTHING), carry[1]
        drawn = words(seed, used + np.arange(decisions.OPENING_HAND, dtype=np.uint32), tape)
        for number in range(decisions.OPENING_HAND):
            deck = deck & ~bit(nth_bit(deck, picked(drawn[number], np.uint32(20 - number))))
        return np.uint32(EVERYTHING) & ~deck, used + np.uint32(decisions.OPENING_HAND)

    hands = []
    for side in (0, 1):
        lacks = lambda carry, side=side: (carry[0] & basics[side]) == 0  # noqa: E731
        again = functools.partial(body, basics[side])
        hand, draws = jax.lax.while_loop(lacks, again, (jnp.uint32(0), jnp.asarray(draws, jnp.uint32)))
        hands.append(hand)
    return jnp.stack(hands), draws


def settle(board: Board) -> None:
    """Knock Outs, end of the game, promotions (9.1 to 9.10, 3.6); nothing while a choice is pending or after the
    end.
    """
    is_open = (board.phase == actions.MAIN) & (board.result == actions.ONGOING)
    facts = cards_in_play(board)
    dying = (board.damage >= facts["hp"]) & is_open
    scored = jnp.where(dying, facts["points"], 0).sum(-1)
    board.points = board.points + scored[::-1]
    lost = dying.any(-1) & (board.stage == STAGE_ATTACK)
    board.lost_to_attack = board.lost_to_attack | at(1, lost[1])
    board.in_discard = board.in_discard | clear_slots(board, dying)

    is_empty = (board.slot_card == 0).all(-1)
    met = (board.points >= decisions.POINTS_TO_WIN).astype(jnp.int32) + is_empty[::-1]
    is_last = (board.stage == STAGE_CHECKUP) & (board.turn >= board.max_turns)
    winner = jnp.where(
        met[0] == met[1], actions.DRAW, jnp.where((met[0] > met[1]) ^ board.flip, actions.WON_0, actions.WON_1)
    )
    decided = is_open & (met.sum() > 0)
    over = decided | (is_open & is_last)
    board.result = jnp.where(decided, winner, jnp.where(over, actions.DRAW, board.result))
    board.phase = jnp.where(over, actions.OVER, board.phase)
    board.decider = jnp.where(over, 0, board.decider)
    board.row = jnp.where(over, 0, board.row)

    benched = (board.slot_card > 0) & ~FIRST_OF_SLOTS
    number = benched.sum(-1)
    vacant = (board.slot_card[:, 0] == 0) & is_open & ~over
    asks = vacant & (number > 1)
    order = (1, 0) if decisions.A8_NEXT_PLAYER_FIRST else (0, 1)
    # While the first of them is asked, the second is not yet promoted, not even automatically.
    waits = at(order[1], asks[order[0]])
    fills = vacant & (number == 1) & ~waits
    swap_active(board, benched & fills[:, None])
    board.phase = jnp.where(asks.any(), actions.PROMOTE, board.phase)
    board.decider = jnp.where(asks.any(), jnp.where(asks[order[0]], order[0], order[1]), board.decider)


def checkup(board: Board, used: Array) -> None:
    """Poison, Burn, Sleep, Paralysis of both Actives, turn player's first (8.5 to 8.8)."""
    hurt = jnp.where(board.poisoned, decisions.POISON, 0) + jnp.where(board.burned, decisions.BURN, 0)
    board.damage = board.damage + jnp.where(used & FIRST_OF_SLOTS, hurt[:, None], 0)
    for side in (0, 1):
        burned = used & board.burned[side]
        heads = coins(board, burned, np.int32(1)) > 0
        board.burned = board.burned & ~at(side, burned & heads)
    for side in (0, 1):
        asleep = used & (board.condition[side] == actions.ASLEEP)
        heads = coins(board, asleep, np.int32(1)) > 0
        board.condition = jnp.where(at(side, asleep & heads), actions.NO_CONDITION, board.condition)
    healed = at(0, used & (board.condition[0] == actions.PARALYZED))
    board.condition = jnp.where(healed, actions.NO_CONDITION, board.condition)


def end_turn(board: Board, used: Array) -> None:
    """Ends what ends with the turn (3.4, 3.7, section 11)."""
    mine, theirs = at(0, used), at(1, used)
    board.energy_now = jnp.where(mine, -1, board.energy_now)
    board.attack_minus = jnp.where(mine, 0, board.attack_minus)
    for name in ("attack_coin", "no_attack", "no_retreat", "no_supporter", "lost_to_attack"):
        setattr(board, name, getattr(board, name) & ~mine)
    for name in ("reduce", "team_reduce"):
        setattr(board, name, jnp.where(theirs, 0, getattr(board, name)))
    board.immune = board.immune & ~theirs
    for name in ("plus", "plus_named", "plus_row", "retreat_change"):
        setattr(board, name, jnp.where(used, 0, getattr(board, name)))
    for name in ("supporter_used", "retreated", "is_new", "ability_used"):
        setattr(board, name, getattr(board, name) & ~used)


def start_turn(board: Board, used: Array) -> None:
    """Hands the turn to side 1: draw, Energy Zone (3.1 to 3.3). The board stays as it is rotated."""
    board.turn = board.turn + used
    board.turn_player = jnp.where(used, 1, board.turn_player)
    board.decider = jnp.where(used, 1, board.decider)
    board.phase = jnp.where(used, actions.MAIN, board.phase)
    board.stage = jnp.where(used, STAGE_MAIN, board.stage)
    is_later = board.turn > 1
    draw_card(board, 1, used & (is_later | decisions.A1_FIRST_PLAYER_DRAWS))
    board.energy_now = jnp.where(at(1, used & is_later), board.energy_next, board.energy_now)
    rolls = used & (is_later | decisions.A25_ROLL_ON_TURN_1)
    board.energy_next = jnp.where(at(1, rolls), roll_energy(board, 1, rolls), board.energy_next)


def advance(board: Board, acted: Array) -> None:
    """What follows an action in a turn until the next decision; `acted` is false in set-up and after the end."""
    idle = board.phase
    board.phase = jnp.where(acted, board.phase, actions.OVER)
    settle(board)
    is_settled = (board.phase == actions.MAIN) & (board.result == actions.ONGOING)
    board.decider = jnp.where(is_settled & (board.stage == STAGE_MAIN), 0, board.decider)
    checks = is_settled & (board.stage == STAGE_ATTACK)
    checkup(board, checks)
    board.stage = jnp.where(checks, STAGE_CHECKUP, board.stage)
    settle(board)
    passes_on = (board.phase == actions.MAIN) & (board.result == actions.ONGOING) & (board.stage == STAGE_CHECKUP)
    end_turn(board, passes_on)
    board.phase = jnp.where(acted, board.phase, idle)


def passes_turn(board: Board, acted: Array) -> Array:
    """Whether the turn is over and the next one has not begun: bool ()."""
    return acted & (board.phase == actions.MAIN) & (board.result == actions.ONGOING) & (board.stage == STAGE_CHECKUP)
