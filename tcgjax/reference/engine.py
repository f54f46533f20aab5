"""A game of the reference engine: reset, step, replay, and the readable form of its actions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tcgjax import actions, decisions
from tcgjax.actions import DISCARD, SLOT
from tcgjax.data.decks import Deck, find_deck
from tcgjax.data.table import EVOLVE_ROW, NO_ROW
from tcgjax.reference import attack, cards, energy, targets, turn
from tcgjax.reference.chance import Chance
from tcgjax.reference.legal import legal_actions
from tcgjax.reference.model import Table, new_player
from tcgjax.reference.programs import run_program

OPENINGS = ("inject", "mulligan")
DeckLike = str | Deck | Mapping[str, Any]


class IllegalActionError(ValueError):
    """An action that the mask does not offer; the sentence lists the legal ones."""


def start(decks: Sequence[DeckLike], seed: tuple[int, int], opening: str, max_turns: int, tape: list | None) -> Table:
    """A table at its first decision."""
    if len(decks) != 2:
        raise ValueError(f"decks must be two decks, got {len(decks)}.")
    if opening not in OPENINGS:
        raise ValueError(f"opening must be one of {', '.join(map(repr, OPENINGS))}, got {opening!r}.")
    table = Table([new_player(find_deck(deck)) for deck in decks], Chance(seed, 0, tape), max_turns)
    turn.set_up(table, opening)
    return table


def play_setup(table: Table, action: int) -> None:
    """One card of the set-up, or its end (2.3)."""
    if action == actions.END:
        turn.end_setup(table)
        return
    player = table.players[table.decider]
    slot = 0 if table.phase == actions.SETUP_ACTIVE else player.free_slot()
    cards.enter_play(table, table.decider, action - actions.PLAY, slot)
    table.phase = actions.SETUP_BENCH


def play_card(table: Table, instance: int) -> None:
    """Plays a card of the hand (4.1, 4.2, 4.5, 4.6, 4.12)."""
    player, card = table.me, table.me.cards[instance]
    if card.is_basic or card.is_fossil:
        cards.enter_play(table, table.turn_player, instance, player.free_slot())
        return
    if card.trainer is None:
        table.row, table.card, table.phase = EVOLVE_ROW, instance, actions.TARGET
        return
    table.emit("play", table.turn_player, card=card.name)
    cards.leave_hand(player, instance, DISCARD)
    table.supporter_used |= card.kind == "supporter"
    phase, _ = targets.targets_of(table, card.trainer)
    if phase == actions.MAIN:
        run_program(table, card.trainer, -1)
    else:
        table.row, table.phase = card.trainer.row, phase


def use_ability(table: Table, slot: int) -> None:
    """Uses the ability in a slot (4.7)."""
    pokemon = table.me.slots[slot]
    assert pokemon is not None and pokemon.card.ability is not None
    row = pokemon.card.ability
    pokemon.ability_used = row.activation != "active_unlimited"
    table.emit("ability", table.turn_player, card=pokemon.card.name, ability=row.name, slot=slot)
    phase, _ = targets.targets_of(table, row)
    if phase == actions.MAIN:
        run_program(table, row, slot)
    else:
        table.row, table.source_slot, table.phase = row.row, slot, phase


def attach(table: Table, slot: int) -> None:
    """Attaches the current energy (4.3)."""
    player, pokemon = table.me, table.me.slots[slot]
    assert pokemon is not None
    pokemon.energy[player.energy_now] += 1
    table.emit("attach", table.turn_player, card=pokemon.card.name, slot=slot, energy=player.energy_now)
    player.energy_now = -1


def retreat(table: Table, slot: int) -> None:
    """Pays the retreat and swaps (4.4)."""
    table.emit("retreat", table.turn_player, slot=slot)
    energy.pay_retreat(table, table.me)
    cards.swap_active(table.me, slot)
    table.retreated = True


def choose(table: Table, action: int) -> None:
    """The choice that a pending row asked for (13.2)."""
    row, source_slot, instance = table.pending, table.source_slot, table.card
    if row.kind == "attack":
        if table.phase == actions.COPYING:
            attack.copy(table, action)
        elif table.units:
            attack.split_unit(table, action)
        else:
            attack.execute(table, row, action, -1)
        return
    table.row, table.source_slot, table.card, table.phase = NO_ROW, -1, -1, actions.MAIN
    if row.row == EVOLVE_ROW:
        cards.evolve(table, table.turn_player, instance, action - actions.OWN_SLOT)
    else:
        run_program(table, row, source_slot, action)


def play_main(table: Table, action: int) -> None:
    """One action of a turn (section 4)."""
    if action == actions.END:
        table.emit("end", table.turn_player)
        attack.finish(table)
    elif action < actions.ABILITY:
        attack.declare(table, action)
    elif action < actions.ATTACH:
        use_ability(table, action - actions.ABILITY)
    elif action < actions.RETREAT:
        attach(table, action - actions.ATTACH)
    elif action < actions.PLAY:
        retreat(table, action - actions.RETREAT + 1)
    elif action < actions.OWN_SLOT:
        play_card(table, action - actions.PLAY)
    else:
        cards.discard_pokemon(table.me, action - actions.DISCARD_FOSSIL)


def act(table: Table, action: int) -> None:
    """One legal action and all that follows until the next decision."""
    table.time += 1
    match table.phase:
        case actions.OVER:
            return
        case actions.SETUP_ACTIVE | actions.SETUP_BENCH:
            play_setup(table, action)
            return
        case actions.MAIN:
            play_main(table, action)
        case actions.PROMOTE | actions.SWITCH:
            player = table.players[table.decider]
            table.phase = actions.MAIN
            table.emit("active", table.decider, slot=action - actions.OWN_SLOT)
            cards.swap_active(player, action - actions.OWN_SLOT)
        case _:
            choose(table, action)
    turn.advance(table)


@dataclasses.dataclass
class Game:
    """A game between two decks.

    Attributes:
        decks: two decks: names, `Deck`s or mappings with "cards" and "energy".
        seed: two 32-bit words; the same seed and actions give the same game, here and in the JAX engine.
        opening: how the opening Basic is guaranteed (A2).
        max_turns: the turn after which the game is a draw.
        tape: what replaces the random words, see `Chance`.
        table: the state.
        actions: the actions so far.
    """

    decks: Sequence[DeckLike]
    seed: tuple[int, int] = (0, 0)
    opening: str = decisions.A2_OPENING
    max_turns: int = decisions.A18_MAX_TURNS
    tape: list[Any] | None = None
    keep_log: bool = True
    table: Table = dataclasses.field(init=False)
    actions: list[int] = dataclasses.field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.table = start(self.decks, self.seed, self.opening, self.max_turns, self.tape)
        self.table.log = [] if self.keep_log else None

    def legal(self) -> list[int]:
        """The legal actions of the player who decides."""
        return legal_actions(self.table)

    @property
    def decider(self) -> int:
        """The player who decides: 0 or 1."""
        return self.table.decider

    @property
    def is_over(self) -> bool:
        """Whether the game has ended."""
        return self.table.result != actions.ONGOING

    @property
    def rewards(self) -> tuple[float, float]:
        """Rewards of both players at the end, zeros before (9.6)."""
        return {actions.WON_0: (1.0, -1.0), actions.WON_1: (-1.0, 1.0)}.get(self.table.result, (0.0, 0.0))

    def step(self, action: int) -> tuple[float, float]:
        """One decision; returns both players' rewards.

        Raises:
            IllegalActionError: the action is not legal; after the end only 0 is.
        """
        legal = self.legal()
        if action not in legal:
            raise IllegalActionError(
                f"action {action!r} is not legal for player {self.decider} in phase"
                f" {actions.PHASES[self.table.phase]}; the legal actions are {legal}."
            )
        return self.play_legal(int(action))

    def play_legal(self, action: int) -> tuple[float, float]:
        """One decision that is known to be legal; returns both players' rewards."""
        self.actions.append(action)
        was_over = self.is_over
        act(self.table, action)
        return (0.0, 0.0) if was_over else self.rewards


def replay(decks: Sequence[DeckLike], seed: tuple[int, int], played: Iterable[int], **options: Any) -> Game:
    """The game that these actions made."""
    game = Game(decks, seed, **options)
    for action in played:
        game.step(action)
    return game


def cards_in_slot(table: Table, side: int, slot: int) -> list[str]:
    """Names of the cards of a Pokemon in play, in instance order."""
    player = table.players[side]
    return [player.cards[i].name for i in player.instances(SLOT + slot)]
