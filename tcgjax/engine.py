"""One decision of a game: the action, what it sets off, and the legal actions that follow."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from tcgjax import actions, attacks, decisions, effects, legal, tables, turns
from tcgjax.actions import STAGE_ATTACK
from tcgjax.board import (
    INSTANCES,
    LETTERS,
    SLOTS,
    Array,
    Board,
    active_energy,
    at,
    bit,
    cards_in_play,
    clear_active,
    clear_slots,
    coins,
    count_bits,
    covers,
    enter_play,
    equal_to_previous,
    free_slot,
    instance_lines,
    leave_hand,
    load,
    mask_of,
    nth_bit,
    picked,
    row_column,
    row_line,
    set_side,
    store,
    swap_active,
    until_tails,
    words,
)
from tcgjax.effects import Use
from tcgjax.state import FORM, EnvState
from tcgjax.tables import (
    CHOICE_COPY,
    CHOICE_OPP_ANY,
    CHOICE_OPP_BENCH,
    CHOICE_OPP_DISCARD,
    CHOICE_OWN,
    COIN_ENERGY,
    COIN_FIXED,
    COIN_UNTIL_TAILS,
    Arrays,
)

NO_TAPE = np.zeros(0, np.uint32)
SHIPPED = tables.load_tables().arrays


class Action:
    """An action taken apart: flags bool (), false outside the phase in which they mean something; slots int32 ()."""

    def __init__(self, board: Board, action: Array) -> None:
        main = board.phase == actions.MAIN

        def within(first: int, count: int, phase: Array) -> tuple[Array, Array]:
            index = action - first
            return phase & (index >= 0) & (index < count), index

        self.ends = main & (action == actions.END)
        self.attacks, self.attack = within(actions.ATTACK, 2, main)
        self.uses_ability, self.ability_slot = within(actions.ABILITY, 4, main)
        self.attaches, self.attach_slot = within(actions.ATTACH, 4, main)
        self.retreats, index = within(actions.RETREAT, 3, main)
        self.retreat_slot = index + 1
        is_setup = board.phase <= actions.SETUP_BENCH
        self.plays, self.instance = within(actions.PLAY, 20, main)
        self.sets_up, _ = within(actions.PLAY, 20, is_setup)
        self.ends_setup = is_setup & (action == actions.END)
        chooses = board.phase == actions.TARGET
        self.chooses_own, self.own_slot = within(actions.OWN_SLOT, 4, chooses)
        self.chooses_opp, self.opp_slot = within(actions.OPP_SLOT, 4, chooses)
        self.chooses_card, self.discarded = within(actions.DISCARDED, 20, board.phase == actions.CARD)
        self.copies, self.copied = within(actions.COPY, 8, board.phase == actions.COPYING)
        promotes = (board.phase == actions.PROMOTE) | (board.phase == actions.SWITCH)
        self.promotes, self.promoted = within(actions.OWN_SLOT, 4, promotes)
        self.discards_fossil, self.fossil_slot = within(actions.DISCARD_FOSSIL, 4, main)


def pay_retreat(board: Board, facts: dict[str, Array], used: Array) -> None:
    """Discards units of the Active until its retreat is paid (5.4)."""
    due = jnp.where(used, jnp.maximum(facts["retreat"][0, 0] + board.retreat_change, 0), 0)
    units = board.energy[0, 0].astype(jnp.int32)
    double = facts["double"][0].max()
    is_double = (double == LETTERS + 1) & (facts["type"][0, 0] == LETTERS)
    needed = (facts["needed"][0, 0] >> LETTERS & 1) > 0
    for _ in range(4):
        keep = needed if decisions.A6_KEEP_NEEDED_ENERGY else np.zeros(8, bool)
        score = jnp.where(keep, 0, 1000) + 8 * units + (7 - LETTERS)
        score = score + jnp.where((due >= 2) & is_double, 10000, 0)
        score = jnp.where(units > 0, score, -1)
        paid = (score == score.max()) & (due > 0) & (units > 0)
        units = units - paid
        due = due - paid.sum() - (paid & is_double).sum()
    active = (np.arange(2)[:, None] == 0) & (SLOTS == 0)
    board.energy = jnp.where(active[..., None], units.astype(jnp.int8), board.energy)


def evolve(board: Board, slot: Array, used: Array, equal: Array) -> None:
    """Puts the pending card on an own Pokemon (4.2)."""
    mask = jnp.where(used, bit(board.card), jnp.uint32(0))
    leave_hand(board, 0, mask, equal)
    here = (np.arange(2)[:, None] == 0) & (slot == SLOTS) & used
    card = jnp.where(board.card == INSTANCES, board.deck[0], 0).sum()
    board.in_slot = jnp.where(here, board.in_slot | mask, board.in_slot)
    board.slot_card = jnp.where(here, card, board.slot_card)
    board.is_new, board.ability_used = board.is_new | here, board.ability_used & ~here
    clear_active(board, here[:, 0])


def set_up(board: Board, act: Action, equal: Array) -> None:
    """One Basic of the set-up, or its end (2.3, 2.4)."""
    is_first = board.phase == actions.SETUP_ACTIVE
    slot = jnp.where(is_first, 0, free_slot(board, 0))
    leave_hand(board, 0, jnp.where(act.sets_up, bit(act.instance), jnp.uint32(0)), equal)
    enter_play(board, 0, act.instance, slot, act.sets_up)
    board.phase = jnp.where(act.sets_up, actions.SETUP_BENCH, board.phase)
    hands_over = act.ends_setup & (board.decider == board.first)
    board.phase = jnp.where(hands_over, actions.SETUP_ACTIVE, board.phase)
    board.decider = jnp.where(hands_over, 1, board.decider)


def simple_actions(board: Board, act: Action, facts: dict[str, Array], equal: Array) -> Array:
    """Attaching, retreating, evolving, Basics, Fossils, promotions; returns the slots to swap, bool (2, 4)."""
    attached = (act.attach_slot == SLOTS) & act.attaches
    units = (attached[:, None] & (board.energy_now[0] == LETTERS)).astype(jnp.int8)
    board.energy = board.energy + jnp.stack([units, jnp.zeros_like(units)])
    board.energy_now = jnp.where(at(0, act.attaches), -1, board.energy_now)
    pay_retreat(board, facts, act.retreats)
    board.retreated = board.retreated | act.retreats
    discarded = clear_slots(board, at(0, act.discards_fossil)[:, None] & (act.fossil_slot == SLOTS))
    board.in_discard = board.in_discard | discarded
    own = (act.retreats & (act.retreat_slot == SLOTS)) | (act.promotes & (board.decider == 0) & (act.promoted == SLOTS))
    opp = act.promotes & (board.decider == 1) & (act.promoted == SLOTS)
    return jnp.stack([own, opp])


def play_card(board: Board, act: Action, lines: dict[str, Array], equal: Array) -> Array:
    """Plays a card of the hand; returns the row of a trainer, 0 for other cards (4.1, 4.2, 4.5, 4.6, 4.12)."""
    here = act.plays & (act.instance == INSTANCES)

    def fact(name: str) -> Array:
        return jnp.where(here, lines[name][0], 0).sum()

    is_evolution, is_supporter = fact("is_evolution") > 0, fact("is_supporter") > 0
    enters = (fact("is_basic") > 0) | (fact("is_fossil") > 0)
    is_trainer = act.plays & ~is_evolution & ~enters
    mask = jnp.where(act.plays & ~is_evolution, bit(act.instance), jnp.uint32(0))
    leave_hand(board, 0, mask, equal)
    enter_play(board, 0, act.instance, free_slot(board, 0), enters)
    set_side(board, "in_discard", 0, board.in_discard[0] | jnp.where(is_trainer, mask, jnp.uint32(0)))
    board.supporter_used = board.supporter_used | (is_trainer & is_supporter)
    board.card = jnp.where(is_evolution, act.instance, board.card)
    board.row = jnp.where(is_evolution, tables.EVOLVE, board.row)
    board.phase = jnp.where(is_evolution, actions.TARGET, board.phase)
    return jnp.where(is_trainer, fact("trainer"), 0)


def in_turn(board: Board, act: Action, equal: Array) -> None:
    """One action of a turn, up to what follows it."""
    facts, lines = cards_in_play(board), instance_lines(board)
    provided = active_energy(board, facts)
    pending = board.row
    pending_slot = board.source_slot
    splits = board.units > 0
    was_split = splits & act.chooses_own

    # The Active's pre-checks (6.1).
    flips = act.attacks & board.attack_coin[0]
    stopped = flips & (coins(board, flips, np.int32(1)) == 0)
    confused = act.attacks & ~stopped & (board.condition[0] == actions.CONFUSED)
    failed = confused & (coins(board, confused, np.int32(1)) == 0)
    itself = jnp.where(failed, decisions.A4_CONFUSION_DAMAGE, 0)
    board.damage = board.damage + jnp.where(at(0, failed)[:, None] & (SLOTS == 0), itself, 0)
    stopped = stopped | failed

    # The row that this action uses: 0 none.
    trainer = play_card(board, act, lines, equal)
    attack = jnp.where(act.attack == 0, facts["attack0"][0, 0], facts["attack1"][0, 0])
    ability = jnp.where(act.ability_slot == SLOTS, facts["ability"][0], 0).sum()
    offered = jnp.stack([facts["attack0"][1], facts["attack1"][1]], -1).reshape(8)
    copied = jnp.where(np.arange(8) == act.copied, offered, 0).sum()
    chose = jnp.logical_or(act.chooses_own, jnp.logical_or(act.chooses_opp, act.chooses_card))
    row = trainer + jnp.where(act.attacks & ~stopped, attack, 0) + jnp.where(act.uses_ability, ability, 0)
    row = row + jnp.where(act.copies, copied, 0) + jnp.where(chose, pending, 0)
    line = row_line(board, row)
    kind = line["kind"]
    is_attack, is_other = kind == tables.ATTACK, (kind == tables.ABILITY) | (kind == tables.TRAINER)
    is_new_attack = is_attack & (act.attacks | act.copies)
    pays = act.copies & (row_column(board, pending, "copy_pays") > 0)
    unpaid = pays & ~covers(provided[0], line["cost"])
    is_copy = line["choice"] == CHOICE_COPY
    begins = is_new_attack & ~unpaid & ~is_copy
    board.ability_used = board.ability_used | (
        at(0, act.uses_ability & (line["kind"] == tables.ABILITY))[:, None] & (act.ability_slot == SLOTS)
        & (facts["activation"][0] != tables.ACTIVATIONS.index("active_unlimited"))
    )  # fmt: skip

    # Choices: what would have to be chosen now (6.5, 4.11).
    own_set = (line["choice"] == CHOICE_OWN) & legal.own_set(board, facts, line)
    is_opp = (line["choice"] == CHOICE_OPP_ANY) | (line["choice"] == CHOICE_OPP_BENCH)
    opp_set = is_opp & legal.opp_set(board, facts, line)
    has_slots = own_set.any() | opp_set.any()
    is_split = line["attach"] == tables.ATTACH_SPLIT
    fresh = act.uses_ability | (trainer > 0)
    asks_copy = act.attacks & is_attack & is_copy & legal.copy_set(board, facts, line).any()
    asks_card = fresh & (line["choice"] == CHOICE_OPP_DISCARD)

    # Coins of the program (6.3), and what they stop (6.4).
    runs_now = is_other & jnp.where(fresh, line["choice"] == 0, chose)
    flipped = (begins | runs_now) & (line["coin"] > 0)
    is_until_tails = line["coin"] == COIN_UNTIL_TAILS
    number = jnp.where(line["coin"] == COIN_ENERGY, attacks.counted(board, provided, 0), line["coins"])
    before = board.draws
    many = coins(board, flipped, number)
    after, board.draws = board.draws, before
    heads = jnp.where(is_until_tails, until_tails(board, flipped), many)
    board.draws = after
    heads = jnp.where(flipped & (line["coin"] >= COIN_FIXED), heads, -1)
    fails = begins & (line["fails"] > 0) & (heads == 0)
    asks_slot = (begins & ~fails & ~is_split & has_slots) | (fresh & ((line["choice"] == CHOICE_OWN) | is_opp))
    resumes = is_attack & chose & ~splits
    executes = (begins & ~fails & ~asks_slot) | resumes

    asks = asks_copy | asks_card | asks_slot
    board.phase = jnp.where(chose | act.copies | act.promotes, actions.MAIN, board.phase)
    board.phase = jnp.where(asks_copy, actions.COPYING, board.phase)
    board.phase = jnp.where(asks_card, actions.CARD, jnp.where(asks_slot, actions.TARGET, board.phase))
    board.row = jnp.where(asks, row, jnp.where(chose & ~was_split, 0, board.row))
    board.source_slot = jnp.where(act.uses_ability & asks, act.ability_slot, jnp.where(chose, -1, board.source_slot))
    evolves = chose & (kind == tables.EVOLVE)
    evolve(board, act.own_slot, evolves, equal)
    board.card = jnp.where(evolves, -1, board.card)

    # Damage and the rest of the program; row 0 where nothing runs.
    goes = executes | runs_now
    gated = {name: jnp.where(goes, value, 0) for name, value in line.items()}
    hitting = {name: jnp.where(executes, value, 0) for name, value in line.items()}
    own_target = goes & act.chooses_own & (act.own_slot == SLOTS)
    opp_target = goes & act.chooses_opp & (act.opp_slot == SLOTS)
    named = row_column(board, board.plus_row, "named_filter")
    dealt = attacks.deal(board, facts, hitting, named, provided, heads, own_target, opp_target)
    defender_falls = board.damage[1, 0] >= facts["hp"][1, 0]
    reaches = ~is_attack | ~(defender_falls | board.immune[1])
    source = jnp.where(is_attack, 0, jnp.where(act.uses_ability, act.ability_slot, pending_slot))
    use = Use(
        gated,
        row,
        heads,
        dealt,
        reaches,
        source == SLOTS,
        own_target,
        opp_target,
        jnp.where(goes & act.chooses_card, act.discarded, -1),
    )
    # A promotion or retreat swaps before the rest; both never come with a program that reads the board.
    swaps = simple_actions(board, act, facts, equal) | effects.run(board, use, facts, lines, equal)

    # Units that are split, one choice each.
    target = was_split & (act.own_slot == SLOTS)
    units = (target[:, None] & (line["attach_letter"] == LETTERS)).astype(jnp.int8)
    board.energy = board.energy + jnp.stack([units, jnp.zeros_like(units)])
    begins_split = executes & is_split & (heads > 0) & own_set.any()
    board.units = jnp.where(begins_split, heads, board.units - was_split)
    goes_on = begins_split | (was_split & (board.units > 0))
    board.phase = jnp.where(goes_on, actions.TARGET, board.phase)
    board.row = jnp.where(begins_split, row, jnp.where(was_split & (board.units == 0), 0, board.row))
    swap_active(board, swaps)

    ends_attack = stopped | (executes & ~begins_split) | (was_split & ~goes_on) | fails | unpaid
    ends_attack = ends_attack | (is_new_attack & is_copy & ~asks_copy)
    finished = act.ends | ends_attack
    board.stage = jnp.where(finished, STAGE_ATTACK, board.stage)
    board.row = jnp.where(finished, 0, board.row)
    board.decider = jnp.where(asks | goes_on | (board.phase == actions.TARGET), 0, board.decider)


def step_board(board: Board, action: Array) -> None:
    """One legal action and all that follows until the next decision."""
    act, equal = Action(board, action), equal_to_previous(board)
    was_setup = board.phase <= actions.SETUP_BENCH
    was_over = board.phase == actions.OVER
    acted = ~was_setup & ~was_over
    ends_setup = act.ends_setup & (board.decider != board.first)
    set_up(board, act, equal)
    in_turn(board, act, equal)
    board.time = board.time + 1
    turns.advance(board, acted)
    turns.start_turn(board, turns.passes_turn(board, acted) | ends_setup)


def perspective(state: EnvState) -> Array:
    """The side that a board has first: the turn player, in set-up the player who decides: int ()."""
    return jnp.where(state.phase <= actions.SETUP_BENCH, state.decider, state.turn_player)


def with_legal(state: EnvState, arrays: Arrays = SHIPPED) -> EnvState:
    """The state with its legal actions."""
    return state.replace(legal=legal.legal_words(load(state, perspective(state), NO_TAPE, arrays)))


def step(state: EnvState, action: Array, tape: Array = NO_TAPE, arrays: Arrays = SHIPPED) -> tuple[EnvState, Array]:
    """One decision, with the legal actions that follow; see `play`."""
    played, was_illegal = play(state, action, tape, arrays)
    return with_legal(played, arrays), was_illegal


def play(state: EnvState, action: Array, tape: Array = NO_TAPE, arrays: Arrays = SHIPPED) -> tuple[EnvState, Array]:
    """One decision; the field `legal` of the new state is not yet renewed.

    Args:
        state: the state before.
        action: int (); one that is not legal is replaced by the first legal one.
        tape: uint32 (n,), words that replace the game's own if n > 0.
        arrays: the card table.

    Returns:
        (state, whether the action was replaced: bool ()).
    """
    action = jnp.asarray(action).astype(jnp.int32)
    is_legal = legal.is_legal(state.legal, action)
    board = load(state, perspective(state), tape, arrays)
    step_board(board, jnp.where(is_legal, action, legal.first_legal(state.legal)))
    return store(board), ~is_legal


def reset(
    seed: Array, decks: Array, energy_types: Array, opening: str, max_turns: Array, tape: Array = NO_TAPE
) -> EnvState:
    """A game at its first decision, with its legal actions; see `begin`."""
    return with_legal(begin(seed, decks, energy_types, opening, max_turns, tape))


def begin(
    seed: Array, decks: Array, energy_types: Array, opening: str, max_turns: Array, tape: Array = NO_TAPE
) -> EnvState:
    """A game at its first decision (section 2); the field `legal` is not yet filled.

    Args:
        seed: uint32 (2,), the random stream.
        decks: int16 (2, 20), sorted card ids.
        energy_types: uint8 (2,), bits of the types.
        opening: "inject" or "mulligan".
        max_turns: int (), the turn after which the game is a draw.
        tape: uint32 (n,), words that replace the game's own if n > 0.
    """
    fields: dict[str, Array] = {name: np.zeros(shape, dtype) for name, (dtype, shape) in FORM.items()}
    for name in ("top", "bottom", "energy_now", "source_slot", "card"):
        fields[name] = fields[name] - 1
    is_basic = jnp.asarray(SHIPPED.instances[:, tables.INSTANCE_COLUMNS.index("is_basic")])[decks] > 0
    basics, count = mask_of(is_basic), 1 + 2 * decisions.OPENING_HAND
    if opening == "inject":
        drawn = words(seed, np.arange(count + 2, dtype=np.uint32), tape)
        hands = turns.injected_hands(basics, drawn[1:count].reshape(2, decisions.OPENING_HAND))
        draws, coin, rolls = jnp.uint32(count + 2), drawn[0], drawn[count:]
    else:
        coin = words(seed, np.zeros((), np.uint32), tape)
        hands, draws = turns.mulligan_hands(basics, seed, np.uint32(1), tape)
        rolls, draws = words(seed, draws + np.arange(2, dtype=np.uint32), tape), draws + np.uint32(2)
    zones = jnp.asarray(energy_types).astype(jnp.uint32)
    first = (coin & 1).astype(jnp.int8)
    fields |= {
        "seed": seed,
        "deck": decks,
        "energy_types": energy_types,
        "energy_next": nth_bit(zones, picked(rolls, count_bits(zones))),
        "max_turns": max_turns,
        "in_hand": hands,
        "in_deck": np.uint32(turns.EVERYTHING) & ~hands,
        "draws": draws,
        **dict.fromkeys(("first", "turn_player", "decider"), first),
    }
    return EnvState(**{name: jnp.asarray(value).astype(FORM[name][0]) for name, value in fields.items()})
