"""The search players: look ahead over the own decisions and their chance, from nothing but the player's own view.

What the player cannot see is replaced before the search: the opponent's unseen cards by a plain Basic, both decks'
order and all coins to come by fresh random words. The average over several such samples is the worth of an action. A
line ends when the other player decides, so an opponent's answer is foreseen only in the worth of the last position.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tcgjax import actions, engine, legal, tables
from tcgjax.board import LETTERS, SLOTS, Array, Board, cards_in_play, count_bits, covers, load, nth_bit, provided_energy
from tcgjax.board import unpack_cost as symbols_of
from tcgjax.data.table import load_table
from tcgjax.state import EnvState
from twinenvs.fusion import planned

DEPTHS = (1, 2)  # own decisions that a line looks ahead
SAMPLES = 4  # of what is hidden and of chance, for each action
_ROWS = tables.load_tables().arrays.rows
_DAMAGE = _ROWS[:, tables.ROW_COLUMNS.index("damage")]
_UNSEEN = load_table().find("Oddish").id  # a plain Basic, in the place of every card that is not seen

# Worth of what a position holds, in hundredths of a point.
WIN = 2000.0
POINT = 100.0
POKEMON = 12.0  # in play
HP_LEFT = 0.15  # a hit point
HURT = 0.25  # a damaged hit point of a Pokemon, times the points that it gives
UNIT = 6.0  # of energy that an attack of the Pokemon needs
STRENGTH = 0.12  # a hit point of its strongest printed attack
CARD = 3.0  # in hand
THREAT = 0.25  # a hit point of what the Active can do now
KNOCK_OUT = 35.0  # a point that the Active can take now; the side that moves next can
LATER = 0.4  # of the threats of the side that does not move next
CONDITION = 8.0  # asleep or paralyzed, half of it for the others


def view_of(state: EnvState, viewer: Array, key: Array) -> EnvState:
    """A state that agrees with all that a player sees, everything else made up.

    Args:
        state: the state.
        viewer: int (), who sees it.
        key: a JAX random key, for the order of the decks and the coins to come.
    """
    side = np.arange(2)
    theirs = side != viewer
    setup = theirs & (state.turn == 0)
    plain_hand = np.uint32(0b11110)
    in_hand = jnp.where(setup, plain_hand, state.in_hand)
    in_deck = jnp.where(setup, np.uint32(0xFFFE0), state.in_deck)
    first_slot = setup[:, None] & (SLOTS == 0)
    in_slot = jnp.where(setup[:, None], jnp.where(SLOTS == 0, np.uint32(1), np.uint32(0)), state.in_slot)
    slot_card = jnp.where(setup[:, None], jnp.where(first_slot, _UNSEEN, 0), state.slot_card)
    shown = jnp.where(setup, 0, state.in_discard | state.seen | in_slot.sum(-1, dtype=jnp.uint32)).astype(jnp.uint32)
    is_hidden = (shown[:, None] >> np.arange(20, dtype=np.uint32) & 1 == 0) & theirs[:, None]
    # Which of the unseen cards the hand holds is hidden, too: the lowest, as all are alike now.
    unseen = (in_hand | in_deck) & ~state.seen
    number = count_bits(in_hand & ~state.seen)
    lowest = jnp.stack([_lowest(unseen[player], number[player]) for player in (0, 1)])
    in_hand = jnp.where(theirs, (in_hand & state.seen) | lowest, in_hand)
    in_deck = jnp.where(theirs, unseen & ~lowest, in_deck)
    known_types = _type_bit(state.energy_now) | _type_bit(state.energy_next)
    return state.replace(
        deck=jnp.where(is_hidden, _UNSEEN, state.deck).astype(state.deck.dtype),
        energy_types=jnp.where(theirs, known_types, state.energy_types).astype(state.energy_types.dtype),
        in_hand=in_hand,
        in_deck=in_deck,
        in_slot=in_slot,
        slot_card=slot_card.astype(state.slot_card.dtype),
        top=jnp.where(theirs[:, None], -1, state.top).astype(state.top.dtype),
        bottom=jnp.where(theirs[:, None], -1, state.bottom).astype(state.bottom.dtype),
        seed=jax.random.bits(key, (2,), jnp.uint32),
        draws=jnp.uint32(0),
    )


def _type_bit(letter: Array) -> Array:
    """The bit of an energy type, 0 for -1: int32 (...)."""
    letter = letter.astype(jnp.int32)
    return jnp.where(letter >= 0, 1 << jnp.maximum(letter, 0), 0)


def _lowest(mask: Array, number: Array) -> Array:
    """The lowest so many instances of a mask: uint32 ()."""
    place = jnp.stack([count_bits(mask & np.uint32((1 << i) - 1)) for i in range(20)])
    flags = (mask >> np.arange(20, dtype=np.uint32) & 1 == 1) & (place < number)
    return (flags.astype(jnp.uint32) << np.arange(20, dtype=np.uint32)).sum(dtype=jnp.uint32)


def worth(state: EnvState, viewer: Array) -> jax.Array:
    """How good a state is for a player (int ()), in hundredths of a point: float32 ()."""
    board = load(state, viewer, engine.NO_TAPE, engine.SHIPPED)
    facts = cards_in_play(board)
    provided = provided_energy(board, facts)
    present = board.slot_card > 0
    left = jnp.maximum(facts["hp"] - board.damage, 0)
    damage = jnp.stack([jnp.asarray(_DAMAGE)[facts[f"attack{k}"]] for k in (0, 1)], -1)
    symbols = jnp.stack([symbols_of(facts[f"cost{k}"]).sum(-1) for k in (0, 1)], -1)
    units = jnp.minimum(provided.sum(-1), symbols.max(-1))
    needed = facts["needed"][..., None] >> LETTERS & 1
    typed = jnp.minimum((provided * needed).sum(-1), units)
    pokemon = (
        POKEMON
        + HP_LEFT * left
        - HURT * facts["points"] * board.damage
        + UNIT * (0.5 * units + 0.5 * jnp.where(needed.sum(-1) > 0, typed, units))
        + STRENGTH * damage.max(-1)
    )
    side = jnp.where(present, pokemon, 0.0).sum(-1) + POINT * board.points + CARD * count_bits(board.in_hand)
    threat = _threats(board, facts, provided, damage, left)
    # The conditions of an Active weigh on its own side.
    side = side - jnp.where((board.condition == actions.ASLEEP) | (board.condition == actions.PARALYZED), CONDITION, 0)
    half = (board.condition == actions.CONFUSED).astype(jnp.int32) + board.poisoned + board.burned
    side = side + threat - CONDITION / 2 * half
    ended = jnp.where(state.result == actions.DRAW, 0.0, jnp.where(state.result == viewer + actions.WON_0, WIN, -WIN))
    return jnp.where(state.result == actions.ONGOING, side[0] - side[1], ended).astype(jnp.float32)


def _threats(board: Board, facts: dict[str, Array], provided: Array, damage: Array, left: Array) -> Array:
    """The worth of what each Active can do to the other: float32 (2,)."""
    costs = [covers(provided[:, 0], facts[f"cost{k}"][:, 0]) & (facts[f"attack{k}"][:, 0] > 0) for k in (0, 1)]
    payable = jnp.stack(costs, -1)
    weak = facts["weakness"][::-1, 0] == facts["type"][:, 0]
    hit = jnp.where(payable, damage[:, 0], 0)
    best = jnp.where(hit > 0, hit + jnp.where(weak, 20, 0)[:, None], 0).max(-1)
    falls = (best >= left[::-1, 0]) & (board.slot_card[::-1, 0] > 0) & (best > 0)
    moves = np.arange(2) == board.turn_player
    taken = THREAT * jnp.minimum(best, left[::-1, 0]) + KNOCK_OUT * jnp.where(falls, facts["points"][::-1, 0], 0)
    return jnp.where(moves, 1.0, LATER) * taken


def action_values(states: EnvState, action: jax.Array, key: jax.Array, depth: int) -> jax.Array:
    """What actions are worth for those who decide, in one sample of what they cannot see.

    Args:
        states: leaves (n, ...), with their legal actions.
        action: int32 (n,), a legal action of each.
        key: JAX random keys (n,); actions that are compared should share theirs.
        depth: own decisions that a line looks ahead, one of `DEPTHS`.

    Returns:
        float32 (n,), in hundredths of a point.
    """
    if depth not in DEPTHS:
        raise ValueError(f"depth must be one of {DEPTHS}, got {depth}.")
    viewer = states.decider.astype(jnp.int32)
    start = jax.vmap(view_of)(states, viewer, key)
    zero = jnp.zeros(action.shape, jnp.int32)

    # One step is compiled for all decisions of a line: the first comes at number 0.
    def body(carry: tuple[Any, ...]) -> tuple[Any, ...]:
        number, now, value, count, best = carry
        chosen = jnp.where(number == 0, action, jax.vmap(nth_legal)(now.legal, jnp.maximum(number - 1, 0) + zero))
        played, _ = jax.vmap(engine.play)(now, chosen)
        worths = jax.vmap(worth)(played, viewer)
        first = number == 0

        def after_first() -> tuple[EnvState, jax.Array]:
            if depth == 1:
                return played, zero
            following = jax.vmap(engine.with_legal)(played)
            goes_on = (following.decider == viewer) & (following.result == actions.ONGOING)
            total = jnp.where(goes_on, jax.vmap(lambda words: count_bits(words).sum())(following.legal), 0)
            return following, total.astype(jnp.int32)

        now, count = jax.lax.cond(first, after_first, lambda: (now, count))
        value = jnp.where(first, worths, value)
        best = jnp.where(~first & (number <= count), jnp.maximum(best, worths), best)
        return number + 1, now, value, count, best

    def goes_on(carry: tuple[Any, ...]) -> jax.Array:
        number, _, _, count, _ = carry
        return number <= jnp.max(count)

    floor = jnp.full(action.shape, -jnp.inf, jnp.float32)
    _, _, value, count, best = jax.lax.while_loop(goes_on, body, (jnp.int32(0), start, floor, zero, floor))
    return jnp.where(count > 0, best, value)


def nth_legal(words: Array, n: Array) -> Array:
    """The n-th legal action of a state's words, counting from 0; any where there are fewer: int32 ()."""
    counts = count_bits(words)
    second, third = counts[0], counts[0] + counts[1]
    place = jnp.where(n < second, 0, jnp.where(n < third, 1, 2))
    word = jnp.where(place == 0, words[0], jnp.where(place == 1, words[1], words[2]))
    rest = n - jnp.where(place == 0, 0, jnp.where(place == 1, second, third))
    return 32 * place + nth_bit(word, rest)


def search(state: EnvState, key: jax.Array, depth: int = 2, samples: int = SAMPLES) -> jax.Array:
    """The best action of the player who decides, by the mean over samples: int32 (); the lowest of equal ones."""
    return planned(lambda state, key: _search(state, key, depth, samples))(state, key)


def _search(state: EnvState, key: jax.Array, depth: int, samples: int) -> jax.Array:
    number = actions.NUM_ACTIONS
    keys = jnp.repeat(jax.random.split(key, samples)[:, None], number, 1).reshape(-1)
    candidates = jnp.tile(jnp.arange(number, dtype=jnp.int32), samples)
    many = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (len(candidates), *jnp.shape(leaf))), state)
    values = action_values(many, candidates, keys, depth).reshape(samples, number).mean(0)
    return jnp.argmax(jnp.where(legal.mask(state.legal), values, -jnp.inf)).astype(jnp.int32)
