"""Attacks (section 6), from the declaration to the operations before the Knock Outs."""

from __future__ import annotations

from tcgjax import actions, decisions
from tcgjax.actions import ATTACK, CONFUSED, OPP_SLOT, OWN_SLOT, STAGE_ATTACK, TARGET
from tcgjax.data.schema import ENERGY, Op, names_of, type_of
from tcgjax.data.table import NO_ROW, Row
from tcgjax.reference import damage, energy, targets
from tcgjax.reference.model import Table
from tcgjax.reference.programs import Use, run_rest


def declare(table: Table, action: int) -> None:
    """The turn player's Active uses one of its attacks (6.1)."""
    player = table.me
    row = player.active.card.attacks[action - ATTACK]
    table.emit("attack", table.turn_player, card=player.active.card.name, attack=row.name)
    if player.attack_coin and not table.chance.coins(1, "attack needs heads"):
        finish(table)
    elif player.condition == CONFUSED and not table.chance.coins(1, "confusion"):
        player.active.damage += decisions.A4_CONFUSION_DAMAGE
        finish(table)
    elif row.is_copy:
        ask(table, row, actions.COPYING, targets.copy_targets(table, row))
    else:
        begin(table, row)


def ask(table: Table, row: Row, phase: int, found: list[int]) -> None:
    """Makes a choice the pending decision, or ends the attack if there is nothing to choose (A16)."""
    if found:
        table.row, table.phase, table.decider = row.row, phase, table.turn_player
    else:
        finish(table)


def copy(table: Table, action: int) -> None:
    """The chosen attack is used instead (6.2)."""
    row, copied = table.pending, targets.copied_row(table, action)
    must_pay = any(op.name == "COPY_ATTACK" and op.args[1] == "pay" for op in row.ops)
    player = table.me
    table.emit("copy", table.turn_player, attack=copied.name)
    if (must_pay and not energy.covers(energy.provided(player, player.active), copied.cost)) or copied.is_copy:
        finish(table)
    else:
        begin(table, copied)


def begin(table: Table, row: Row) -> None:
    """Coins, `FAIL`, and the choice of a target (6.3 to 6.5)."""
    heads = flip(table, row)
    if any(op.name == "FAIL" for op in row.ops) and heads == 0:
        finish(table)
        return
    found = targets.slot_targets(table, row, -1) if row.choice else []
    if found and not splits(row):
        table.row, table.phase, table.decider = row.row, TARGET, table.turn_player
    else:
        execute(table, row, -1, heads)


def splits(row: Row) -> Op | None:
    """The operation whose units are split by one choice each."""
    return next((op for op in row.ops if op.name == "ATTACH_ZONE_COINS"), None)


def flip(table: Table, row: Row) -> int:
    """Heads of the program's coins, -1 without coins (6.3)."""
    for op in row.ops:
        match op.name:
            case "COIN":
                return table.chance.coins(1, row.name)
            case "COINS_ALL_PLUS" | "COINS_MULT":
                return table.chance.coins(op.args[0], row.name)
            case "ATTACH_ZONE_COINS":
                return table.chance.coins(op.args[1], row.name)
            case "COINS_PER_ENERGY_MULT":
                return table.chance.coins(energy.counted(table.me, table.me.active), row.name)
            case "COINS_UNTIL_TAILS":
                return table.chance.until_tails(row.name)
    return -1


def number_of(table: Table, count: str) -> int:
    """What `MULT` and `PLUS_PER` count."""
    me, opp = table.me, table.opp
    if count == "opp_active_energy":
        return energy.counted(opp, opp.active)
    if count == "opp_bench":
        return len(opp.bench())
    if count == "own_bench":
        return len(me.bench())
    benched = [pokemon.card for slot, pokemon in me.in_play() if slot]
    if count.startswith("own_bench_type"):
        return sum(card.type == type_of(count) for card in benched)
    return sum(card.name in names_of(count) for card in benched)


def condition_holds(table: Table, row: Row, args: tuple) -> bool:
    """Whether the condition of `PLUS_IF` holds before the damage."""
    me, opp = table.me, table.opp
    match args[0]:
        case "self_damaged":
            return me.active.damage > 0
        case "opp_damaged":
            return opp.active.damage > 0
        case "opp_poisoned":
            return opp.poisoned
        case "opp_is_ex":
            return opp.active.card.is_ex
        case "own_ko_last_turn":
            return me.lost_to_attack
    letter = ENERGY.index(args[1])
    return energy.extra(energy.provided(me, me.active), row, letter) >= args[2]


def base_damage(table: Table, row: Row, heads: int) -> int:
    """The attack's damage before modifiers, HP (6.5)."""
    base = row.damage
    for op in row.ops:
        match op.name:
            case "PLUS":
                base += op.args[0] if (op.gate == "H") == (heads > 0) else 0
            case "COINS_ALL_PLUS":
                base += op.args[1] if heads == op.args[0] else 0
            case "COINS_MULT":
                base = op.args[1] * heads
            case "COINS_PER_ENERGY_MULT" | "COINS_UNTIL_TAILS":
                base = op.args[0] * heads
            case "MULT":
                base = op.args[1] * number_of(table, op.args[0])
            case "PLUS_PER":
                base += op.args[1] * number_of(table, op.args[0])
            case "PLUS_IF":
                base += op.args[-1] if condition_holds(table, row, op.args) else 0
    return base


def hits(table: Table, row: Row, target: int) -> tuple[list[int], list[int]]:
    """Chosen, random and bench hits: amounts by own slot and by opposing slot, HP (6.6)."""
    own, opposing = [0] * 4, [0] * 4
    for op in row.ops:
        match op.name:
            case "HIT_CHOICE" if target >= 0:
                side, slot = (own, target - OWN_SLOT) if target < OPP_SLOT else (opposing, target - OPP_SLOT)
                side[slot] += op.args[1]
            case "HIT_OPP_BENCH_ALL":
                for slot in table.opp.bench():
                    opposing[slot] += op.args[0]
            case "RANDOM_HITS":
                candidates = [slot for slot, _ in table.opp.in_play()]
                for _ in range(op.args[0]):
                    opposing[candidates[table.chance.pick(len(candidates), row.name)]] += op.args[1]
    return own, opposing


def deal(table: Table, row: Row, target: int, heads: int) -> int:
    """All damage of the attack; returns that to the opposing Active, HP (6.6)."""
    me, opp = table.turn_player, 1 - table.turn_player
    base = base_damage(table, row, heads)
    own, opposing = hits(table, row, target)
    if decisions.A15_HITS_ON_ACTIVE_ARE_MODIFIED:
        dealt = damage.to_active(table, base + opposing[0])
    else:
        dealt = damage.to_active(table, base) + opposing[0]
    damage.hurt(table, opp, 0, dealt)
    for slot in table.opp.bench():
        pokemon = table.opp.slots[slot]
        assert pokemon is not None
        if opposing[slot]:
            damage.hurt(table, opp, slot, damage.to_bench(table, pokemon, opposing[slot]))
    for slot in range(4):
        if own[slot]:
            damage.hurt(table, me, slot, own[slot])
    for op in row.ops:
        if op.name == "SELF_DAMAGE" and (not op.gate or (op.gate == "H") == (heads > 0)):
            damage.hurt(table, me, 0, op.args[0])
    return dealt


def counter_amount(table: Table, dealt: int) -> int:
    """What the damaged Active deals to the attacker, HP (6.8)."""
    return table.opp.active.card.passives.get("COUNTER", (0,))[0] if dealt > 0 else 0


def execute(table: Table, row: Row, target: int, heads: int) -> None:
    """Damage, operations, counter-damage, then the units still to be split (6.6 to 6.9)."""
    table.phase = actions.MAIN
    dealt = deal(table, row, target, heads)
    countered = counter_amount(table, dealt)  # read now: the operations may change the opposing Active
    run_rest(Use(table, row, 0, target, heads, dealt, not table.opp.active.is_dying and not table.opp.immune))
    if countered:
        damage.hurt(table, table.turn_player, 0, countered)
    split = splits(row)
    if split and heads > 0 and targets.slot_targets(table, row, -1):
        table.row, table.units, table.phase, table.decider = row.row, heads, TARGET, table.turn_player
    else:
        finish(table)


def split_unit(table: Table, action: int) -> None:
    """One of the units of `ATTACH_ZONE_COINS` goes to the chosen Pokemon."""
    split = splits(table.pending)
    pokemon = table.me.slots[action - OWN_SLOT]
    assert split is not None and pokemon is not None
    pokemon.energy[ENERGY.index(split.args[0])] += 1
    table.units -= 1
    if table.units == 0:
        finish(table)


def finish(table: Table) -> None:
    """The attack is over; Knock Outs follow (6.10), after a choice of the opponent if one is pending (6.9)."""
    table.stage = STAGE_ATTACK
    table.row, table.units = NO_ROW, 0
    if table.phase != actions.SWITCH:
        table.phase = actions.MAIN
