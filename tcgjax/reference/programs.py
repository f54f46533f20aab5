"""The operations of step 6.7 and of trainers and abilities: one function each, called with its arguments."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from tcgjax import actions, decisions
from tcgjax.actions import ASLEEP, CONFUSED, DECK, DISCARD, HAND, PARALYZED
from tcgjax.data.schema import ENERGY, Op, type_of
from tcgjax.data.table import Row
from tcgjax.reference import cards, energy
from tcgjax.reference.damage import heal, hurt
from tcgjax.reference.model import Player, Pokemon, Table


@dataclasses.dataclass
class Use:
    """One use of a program by the turn player.

    Attributes:
        table: the game.
        row: the program's row.
        slot: slot of the Pokemon with the program; -1 for a trainer.
        target: the chosen action, -1 without a choice.
        heads: heads of the program's coins, -1 without coins.
        dealt: damage that the attack dealt to the opposing Active, HP.
        reaches_defender: whether effects on the Defending Pokemon apply (6.7).
    """

    table: Table
    row: Row
    slot: int = -1
    target: int = -1
    heads: int = -1
    dealt: int = 0
    reaches_defender: bool = True

    @property
    def me(self) -> Player:
        """The player who uses it."""
        return self.table.me

    @property
    def opp(self) -> Player:
        """The other player."""
        return self.table.opp

    @property
    def own(self) -> Pokemon:
        """The Pokemon with the program."""
        pokemon = self.me.slots[self.slot]
        assert pokemon is not None
        return pokemon

    def chosen_own(self) -> Pokemon | None:
        """The chosen own Pokemon, None without a choice."""
        return self.me.slots[self.target - actions.OWN_SLOT] if self.target >= 0 else None

    def holds(self, op: Op) -> bool:
        """Whether the operation's gate lets it run."""
        return not op.gate or (op.gate == "H") == (self.heads > 0)


def heal_self(use: Use, amount: int) -> None:
    """`HEAL_SELF`."""
    heal(use.own, amount)


def heal_dealt(use: Use) -> None:
    """`HEAL_DEALT` (A21)."""
    amount = use.dealt
    if decisions.A21_HEAL_IS_CAPPED:
        amount = min(amount, use.opp.active.card.hp - use.opp.active.damage + amount)
    heal(use.own, amount)


def heal_all_own(use: Use, amount: int) -> None:
    """`HEAL_ALL_OWN`."""
    for _, pokemon in use.me.in_play():
        heal(pokemon, amount)


def heal_choice(use: Use, _: str, amount: int) -> None:
    """`HEAL_CHOICE`."""
    chosen = use.chosen_own()
    assert chosen is not None
    heal(chosen, amount)


def status(use: Use, condition: str) -> None:
    """`STATUS` (8.2)."""
    if not use.reaches_defender:
        return
    match condition:
        case "poisoned":
            use.opp.poisoned = True
        case "burned":
            use.opp.burned = True
        case _:
            use.opp.condition = {"asleep": ASLEEP, "paralyzed": PARALYZED, "confused": CONFUSED}[condition]
    use.table.emit("condition", 1 - use.table.turn_player, condition=condition)


def next_turn(use: Use, mark: str, amount: int = 0) -> None:
    """`NEXT` (section 11)."""
    if mark.startswith("def_") and not use.reaches_defender:
        return
    match mark:
        case "def_attack_minus":
            use.opp.attack_minus += amount
        case "def_attack_coin":
            use.opp.attack_coin = True
        case "def_no_attack":
            use.opp.no_attack = True
        case "def_no_retreat":
            use.opp.no_retreat = True
        case "self_reduce":
            use.me.reduce += amount
        case "self_immune":
            use.me.immune = True
        case "team_reduce":
            use.me.team_reduce += amount
        case "opp_no_supporter":
            use.opp.no_supporter = True


def turn_plus(use: Use, amount: int, whose: str) -> None:
    """`TURN_PLUS` (11.3)."""
    if whose == "all":
        use.table.plus += amount
    else:
        use.table.plus_named += amount
        use.table.plus_row = use.row.row


def turn_retreat(use: Use, change: int) -> None:
    """`TURN_RETREAT` (11.3)."""
    use.table.retreat_change += change


def hit_choice(use: Use, _: str, amount: int) -> None:
    """`HIT_CHOICE` of an ability: the bare amount (7.5, A20); that of an attack is part of step 6.6."""
    slot = use.target - actions.OPP_SLOT
    if decisions.A20_ABILITY_DAMAGE_IS_REDUCED:
        pokemon = use.opp.slots[slot]
        assert pokemon is not None
        amount = max(amount - pokemon.card.passives.get("REDUCE_SELF", (0,))[0], 0)
    hurt(use.table, 1 - use.table.turn_player, slot, amount)


def discard_self(use: Use, letter: str, count: int = 0) -> None:
    """`DISCARD_SELF` (A11)."""
    if letter == "ALL":
        use.own.energy = [0] * energy.NUM_ENERGY
    else:
        index = ENERGY.index(letter)
        use.own.energy[index] = max(use.own.energy[index] - count, 0)


def discard_random(use: Use, whose: str, count: int) -> None:
    """`DISCARD_RANDOM`."""
    me, opp = use.table.turn_player, 1 - use.table.turn_player
    for _ in range(count):
        if whose == "all":
            energy.discard_random_unit(use.table, [me, opp], only_active=False)
        elif use.reaches_defender:
            energy.discard_random_unit(use.table, [opp], only_active=True)


def attach_zone(use: Use, letter: str, count: int, target: str) -> None:
    """`ATTACH_ZONE`."""
    pokemon = use.chosen_own()
    if target == "self":
        pokemon = use.own
    elif target.startswith("own_active_type"):
        pokemon = use.me.active if use.me.active.card.type == type_of(target) else None
    if pokemon is not None:
        pokemon.energy[ENERGY.index(letter)] += count


def attach_zone_until_tails(use: Use, letter: str, _: str) -> None:
    """`ATTACH_ZONE_UNTIL_TAILS`: the target is chosen before the coins."""
    chosen = use.chosen_own()
    assert chosen is not None
    chosen.energy[ENERGY.index(letter)] += use.table.chance.until_tails("until tails")


def move_energy(use: Use, letter: str, _: str, __: str) -> None:
    """`MOVE_ENERGY`: one unit to the Active."""
    chosen = use.chosen_own()
    assert chosen is not None
    chosen.energy[ENERGY.index(letter)] -= 1
    use.me.active.energy[ENERGY.index(letter)] += 1


def move_all_energy(use: Use, letter: str, _: str) -> None:
    """`MOVE_ALL_ENERGY`: all units of the Bench to the Active."""
    index = ENERGY.index(letter)
    for slot, pokemon in use.me.in_play():
        if slot:
            use.me.active.energy[index] += pokemon.energy[index]
            pokemon.energy[index] = 0


def draw(use: Use, count: int) -> None:
    """`DRAW`."""
    for _ in range(count):
        cards.draw_card(use.table, use.table.turn_player)


def search_hand(use: Use, which: str, count: int) -> None:
    """`SEARCH_HAND`."""
    for _ in range(count):
        cards.search_to_hand(use.table, use.table.turn_player, which)


def search_bench(use: Use, which: str, count: int) -> None:
    """`SEARCH_BENCH`."""
    for _ in range(count):
        cards.search_to_bench(use.table, use.table.turn_player, which)


def shuffle_hand_draw(use: Use, who: str, count: int | str) -> None:
    """`SHUFFLE_HAND_DRAW`."""
    side = use.table.turn_player if who == "self" else 1 - use.table.turn_player
    number = use.opp.count(HAND) if isinstance(count, str) else count
    cards.hand_to_deck(use.table.players[side])
    for _ in range(number):
        cards.draw_card(use.table, side)


def discard_opp_hand_random(use: Use, count: int) -> None:
    """`DISCARD_OPP_HAND_RANDOM`."""
    for _ in range(count):
        hand = use.opp.instances(HAND)
        if hand:
            instance = hand[use.table.chance.pick(len(hand), "hand")]
            cards.leave_hand(use.opp, instance, DISCARD)
            use.table.emit("discard", 1 - use.table.turn_player, card=use.opp.cards[instance].name)


def reveal_opp_hand(use: Use) -> None:
    """`REVEAL_OPP_HAND` (14.3)."""
    for instance in use.opp.instances(HAND):
        use.opp.seen[instance] = True


def look_top(use: Use, count: int) -> None:
    """`LOOK_TOP`."""
    cards.look_at_top(use.table, use.table.turn_player, count)


def top_to_hand_if(use: Use, which: str) -> None:
    """`TOP_TO_HAND_IF`."""
    cards.top_to_hand_or_bottom(use.table, use.table.turn_player, which)


def opp_discard_to_bench(use: Use, _: str) -> None:
    """`OPP_DISCARD_TO_BENCH`."""
    slot = use.opp.free_slot()
    cards.enter_play(use.table, 1 - use.table.turn_player, use.target - actions.DISCARDED, slot)


def switch_self(use: Use) -> None:
    """`SWITCH_SELF`: nothing without a Bench."""
    if use.target >= 0:
        cards.swap_active(use.me, use.target - actions.OWN_SLOT)


def switch_opp(use: Use, who: str) -> None:
    """`SWITCH_OPP`: the opponent's choice becomes the pending decision (4.11, 6.9)."""
    if who == "you_choose_basic":
        cards.swap_active(use.opp, use.target - actions.OPP_SLOT)
    elif use.reaches_defender:
        bench = use.opp.bench()
        if len(bench) == 1:
            cards.swap_active(use.opp, bench[0])
        elif bench:
            use.table.phase = actions.SWITCH
            use.table.decider = 1 - use.table.turn_player


def bounce_active(use: Use, _: str) -> None:
    """`BOUNCE_ACTIVE`: the hand may go beyond its limit (A10)."""
    cards.leave_play(use.me, 0, HAND)


def shuffle_opp_active(use: Use) -> None:
    """`SHUFFLE_OPP_ACTIVE`."""
    if use.reaches_defender:
        cards.leave_play(use.opp, 0, DECK)
        cards.shuffle(use.opp)


FUNCTIONS: dict[str, Callable[..., None]] = {
    "HEAL_SELF": heal_self,
    "HEAL_DEALT": heal_dealt,
    "HEAL_ALL_OWN": heal_all_own,
    "HEAL_CHOICE": heal_choice,
    "STATUS": status,
    "NEXT": next_turn,
    "TURN_PLUS": turn_plus,
    "TURN_RETREAT": turn_retreat,
    "DISCARD_SELF": discard_self,
    "DISCARD_RANDOM": discard_random,
    "ATTACH_ZONE": attach_zone,
    "ATTACH_ZONE_UNTIL_TAILS": attach_zone_until_tails,
    "MOVE_ENERGY": move_energy,
    "MOVE_ALL_ENERGY": move_all_energy,
    "DRAW": draw,
    "SEARCH_HAND": search_hand,
    "SEARCH_BENCH": search_bench,
    "SHUFFLE_HAND_DRAW": shuffle_hand_draw,
    "DISCARD_OPP_HAND_RANDOM": discard_opp_hand_random,
    "REVEAL_OPP_HAND": reveal_opp_hand,
    "LOOK_TOP": look_top,
    "TOP_TO_HAND_IF": top_to_hand_if,
    "OPP_DISCARD_TO_BENCH": opp_discard_to_bench,
    "SWITCH_SELF": switch_self,
    "SWITCH_OPP": switch_opp,
    "BOUNCE_ACTIVE": bounce_active,
    "SHUFFLE_OPP_ACTIVE": shuffle_opp_active,
}


def run_rest(use: Use) -> None:
    """All operations that have a function, in program order."""
    for op in use.row.ops:
        function: Any = FUNCTIONS.get(op.name)
        if function is not None and use.holds(op):
            function(use, *op.args)


def run_program(table: Table, row: Row, slot: int, target: int = -1) -> None:
    """The program of a trainer or ability: coins, then its operations in order."""
    use = Use(table, row, slot, target)
    for op in row.ops:
        if op.name == "COIN":
            use.heads = table.chance.coins(1, row.name)
        if op.name == "HIT_CHOICE":
            hit_choice(use, *op.args)
    run_rest(use)
