"""Set-up, turns, Checkup, Knock Outs, promotions and the end of the game (sections 2, 3, 8, 9)."""

from __future__ import annotations

from tcgjax import actions, decisions
from tcgjax.actions import ASLEEP, HAND, NO_CONDITION, PARALYZED, STAGE_ATTACK, STAGE_CHECKUP, STAGE_MAIN
from tcgjax.data.table import NO_ROW
from tcgjax.reference import cards
from tcgjax.reference.damage import hurt
from tcgjax.reference.model import Player, Table


def set_up(table: Table, opening: str) -> None:
    """Everything up to the first decision (2.1, 2.2, 2.5)."""
    table.first = table.chance.coins(1, "who plays first")
    for side in (0, 1):
        draw_opening_hand(table, side, opening)
    for player in table.players:
        player.energy_next = roll_energy(table, player)
    table.turn_player = table.decider = table.first
    table.phase = actions.SETUP_ACTIVE


def draw_opening_hand(table: Table, side: int, opening: str) -> None:
    """Five cards with at least one Basic (2.2, A2)."""
    player = table.players[side]
    if opening == "inject":
        basics = [i for i, card in enumerate(player.cards) if cards.counts_as_basic(card)]
        player.zone[basics[table.chance.pick(len(basics), "opening Basic")]] = HAND
    while player.count(HAND) < decisions.OPENING_HAND:
        cards.draw_card(table, side)
        full = player.count(HAND) == decisions.OPENING_HAND
        if full and not any(cards.counts_as_basic(player.cards[i]) for i in player.instances(HAND)):
            cards.hand_to_deck(player)


def roll_energy(table: Table, player: Player) -> int:
    """A uniform type of the deck's Energy Zone."""
    mask = player.deck.energy_mask
    letters = [letter for letter in range(8) if mask >> letter & 1]
    return letters[table.chance.pick(len(letters), "energy")]


def end_setup(table: Table) -> None:
    """The second player sets up, or turn 1 starts (2.4)."""
    table.phase = actions.SETUP_ACTIVE
    if table.decider == table.first:
        table.decider = 1 - table.first
        return
    table.turn_player = 1 - table.first  # start_turn hands the turn over
    start_turn(table)


def start_turn(table: Table) -> None:
    """Hands the turn to the other player: draw, Energy Zone (3.1 to 3.3)."""
    table.turn += 1
    table.turn_player = 1 - table.turn_player
    table.decider, table.phase, table.stage = table.turn_player, actions.MAIN, STAGE_MAIN
    table.emit("turn", table.turn_player)
    if table.turn > 1 or decisions.A1_FIRST_PLAYER_DRAWS:
        cards.draw_card(table, table.turn_player)
    player = table.me
    if table.turn > 1:
        player.energy_now = player.energy_next
    if table.turn > 1 or decisions.A25_ROLL_ON_TURN_1:
        player.energy_next = roll_energy(table, player)


def end_turn(table: Table) -> None:
    """Ends what ends with the turn (3.4, 3.7, section 11)."""
    me, opp = table.me, table.opp
    me.energy_now = -1
    me.attack_minus = 0
    me.attack_coin = me.no_attack = me.no_retreat = me.no_supporter = me.lost_to_attack = False
    opp.reduce = opp.team_reduce = 0
    opp.immune = False
    table.plus = table.plus_named = table.retreat_change = 0
    table.plus_row = NO_ROW
    table.supporter_used = table.retreated = False
    for player in table.players:
        for _, pokemon in player.in_play():
            pokemon.is_new = pokemon.ability_used = False


def checkup(table: Table) -> None:
    """Poison, Burn, Sleep, Paralysis of both Actives, turn player's first (8.5 to 8.8)."""
    sides = (table.turn_player, 1 - table.turn_player)
    for side in sides:
        if table.players[side].poisoned:
            hurt(table, side, 0, decisions.POISON)
    for side in sides:
        if table.players[side].burned:
            hurt(table, side, 0, decisions.BURN)
            table.players[side].burned = not table.chance.coins(1, "burn")
    for side in sides:
        if table.players[side].condition == ASLEEP and table.chance.coins(1, "sleep"):
            table.players[side].condition = NO_CONDITION
    if table.me.condition == PARALYZED:
        table.me.condition = NO_CONDITION


def knock_outs(table: Table) -> None:
    """All Pokemon with damage of their HP or more, at once (9.1 to 9.3)."""
    for side, player in enumerate(table.players):
        for slot, pokemon in list(player.in_play()):
            if pokemon.is_dying:
                table.players[1 - side].points += pokemon.card.points
                table.emit("knockOut", side, card=pokemon.card.name, slot=slot, points=pokemon.card.points)
                cards.discard_pokemon(player, slot)
                if table.stage == STAGE_ATTACK and side != table.turn_player:
                    player.lost_to_attack = True


def decide_winner(table: Table) -> bool:
    """Whether the game has ended, by points, empty boards or the last turn (9.4, 3.6)."""
    met = []
    for side, player in enumerate(table.players):
        opponent_is_empty = not any(table.players[1 - side].slots)
        met.append((player.points >= decisions.POINTS_TO_WIN) + opponent_is_empty)
    if met[0] or met[1]:
        table.result = actions.DRAW if met[0] == met[1] else (actions.WON_0 if met[0] > met[1] else actions.WON_1)
    elif table.stage == STAGE_CHECKUP and table.turn >= table.max_turns:
        table.result = actions.DRAW
    else:
        return False
    table.phase, table.decider, table.row = actions.OVER, table.turn_player, NO_ROW
    table.emit("result", table.turn_player, result=("", "player 0", "player 1", "draw")[table.result])
    return True


def promote(table: Table) -> bool:
    """Fills empty Active Spots; whether a player must choose first (9.8, 9.9)."""
    order = (1 - table.turn_player, table.turn_player)
    for side in order if decisions.A8_NEXT_PLAYER_FIRST else order[::-1]:
        player = table.players[side]
        if player.slots[0] is None:
            bench = player.bench()
            if len(bench) > 1:
                table.phase, table.decider = actions.PROMOTE, side
                return True
            cards.swap_active(player, bench[0])
    return False


def advance(table: Table) -> None:
    """What follows an action until the next decision: Knock Outs, promotions, Checkup, the next turn."""
    if table.phase in (actions.TARGET, actions.CARD, actions.COPYING, actions.SWITCH):
        return
    while True:
        knock_outs(table)
        if decide_winner(table) or promote(table):
            return
        match table.stage:
            case actions.STAGE_MAIN:
                table.phase, table.decider = actions.MAIN, table.turn_player
                return
            case actions.STAGE_ATTACK:
                checkup(table)
                table.stage = STAGE_CHECKUP
            case _:
                end_turn(table)
                start_turn(table)
                return
