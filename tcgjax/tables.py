"""The card table as integer arrays: one line a card, one line a row, read once a step.

An effect is columns of its row; no code depends on a card. Filters (types, names, Basics) are bits of a card's word.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from tcgjax import decisions
from tcgjax.data.schema import ENERGY, Op, names_of, type_of
from tcgjax.data.table import Card, Row, Table, load_table

KINDS = ("none", "evolve", "attack", "ability", "trainer")
NONE, EVOLVE, ATTACK, ABILITY, TRAINER = range(len(KINDS))

CARD_COLUMNS = (
    "type", "hp", "weakness", "retreat", "is_ex", "points", "name", "evolves_from", "is_fossil", "filters",
    "attack0", "attack1", "cost0", "cost1", "needed", "is_copy0", "is_copy1", "ability", "activation", "ability_use",
    "reduce", "counter", "lock_supporter", "lock_evolve", "double",
)  # fmt: skip
# What a card in a deck is for its player: a Basic, an evolution, a trainer.
INSTANCE_COLUMNS = (
    "is_basic",
    "is_evolution",
    "is_supporter",
    "is_fossil",
    "evolves_from",
    "use",
    "filters",
    "trainer",
)

ROW_COLUMNS = (
    "kind", "damage", "coin", "coins", "fails", "plus_heads", "plus_tails", "plus_all", "per_head", "mult",
    "mult_filter",
    "mult_amount", "per", "per_filter", "per_amount", "if", "if_letter", "if_count", "if_amount",
    "choice", "choice_filter", "choice_bench", "choice_damaged", "choice_letter",
    "hit", "hit_bench", "random_hits", "random_amount", "self_damage", "self_damage_gate",
    "heal_self", "heal_dealt", "heal_all", "heal_choice", "status", "status_gate", "mark", "mark_amount", "mark_gate",
    "turn_plus", "turn_plus_named", "turn_retreat", "discard_self", "discard_count", "discard_random",
    "discard_random_gate", "attach", "attach_letter", "attach_count", "attach_filter", "move", "move_all", "draw",
    "search", "search_filter", "reshuffle", "reshuffle_count", "discard_hand", "discard_hand_gate", "reveal", "look",
    "top_filter", "switch", "bounce", "shuffle_active", "shuffle_active_gate", "copy", "copy_pays", "named_filter",
    "cost",
)  # fmt: skip

# Codes of columns.
COIN_FIXED, COIN_ENERGY, COIN_UNTIL_TAILS = 1, 2, 3
CHOICE_OWN, CHOICE_OPP_ANY, CHOICE_OPP_BENCH, CHOICE_OPP_DISCARD, CHOICE_EVOLVE, CHOICE_COPY = 1, 2, 3, 4, 5, 6
PER_ENERGY, PER_OPP_BENCH, PER_OWN_BENCH = 1, 2, 3
FACTS = ("", "self_damaged", "opp_damaged", "opp_poisoned", "opp_is_ex", "own_ko_last_turn", "extra_energy")
STATUSES = ("", "asleep", "paralyzed", "confused", "poisoned", "burned")
MARKS = (
    "", "def_attack_minus", "def_attack_coin", "def_no_attack", "def_no_retreat", "self_reduce", "self_immune",
    "team_reduce",
    "opp_no_supporter",
)  # fmt: skip
GATES = ("", "H", "T")
ATTACH_SELF, ATTACH_CHOSEN, ATTACH_ACTIVE, ATTACH_SPLIT, ATTACH_UNTIL_TAILS = 1, 2, 3, 4, 5
SEARCH_HAND, SEARCH_BENCH = 1, 2
RANDOM_ACTIVE, RANDOM_ALL = 1, 2
RESHUFFLE_SELF, RESHUFFLE_OPP = 1, 2
OPP_HAND_SIZE = -1
SWITCH_SELF, SWITCH_OPP_CHOOSES, SWITCH_YOU_CHOOSE = 1, 2, 3
COPY_ACTIVE, COPY_ANY = 1, 2
DISCARD_ALL = 9  # discard_self: 1 + letter, or all
ACTIVATIONS = ("", "active_once", "active_once_if_active", "active_unlimited")
# Conditions under which a trainer or ability may be used (4.10), as bits of one word; those with a filter follow.
USES = (
    "always", "own_damaged", "not_poisoned", "own_deck", "opp_hand", "own_bench_free", "opp_bench", "discard_match",
)  # fmt: skip

ANY = 0  # filter that every Pokemon passes


class Arrays(NamedTuple):
    """What the engine reads of the card table; traced or constant."""

    cards: Any  # int32 (cards + 1, len(CARD_COLUMNS)), line 0 = empty slot
    instances: Any  # int32 (cards + 1, len(INSTANCE_COLUMNS))
    rows: Any  # int32 (rows, len(ROW_COLUMNS))


class Tables(NamedTuple):
    """The card table as arrays, with what is fixed when the engine is compiled."""

    arrays: Arrays
    uses: tuple[tuple[str, int, int, int], ...]  # conditions in bit order: name, filter, letter + 1, damaged
    filters: tuple[str, ...]  # the words of each filter, in bit order


class _Filters:
    """Numbers the filters as they are met."""

    def __init__(self) -> None:
        self.words = ["own_any"]

    def number(self, words: str) -> int:
        """The bit of a filter."""
        if words.startswith("names:") or words.startswith("own_names:") or words.startswith("own_bench_name:"):
            words = "name:" + words.partition(":")[2]
        if words.startswith(("own_type:", "own_bench_type:", "own_active_type:")):
            words = "type:" + words.partition(":")[2]
        if words not in self.words:
            self.words.append(words)
        return self.words.index(words)


def card_matches(card: Card, words: str) -> bool:
    """Whether a card passes a filter."""
    if words == "own_any":
        return True
    if words == "basic":
        return card.is_basic or (decisions.A3_FOSSILS_ARE_BASIC and card.is_fossil)
    if words.startswith("type:"):
        return card.type == type_of(words)
    if words.startswith("pokemon_type:"):
        return card.kind == "pokemon" and card.type == type_of(words)
    return card.name in names_of(words)


def _letter(letter: str) -> int:
    return ENERGY.index(letter)


def packed_cost(cost: tuple[int, ...]) -> int:
    """A cost as nine groups of three bits: G R W L P F D M, Colorless."""
    return sum(count << 3 * i for i, count in enumerate(cost))


class _Compiler:
    """Turns a program into the columns of a row."""

    def __init__(self, filters: _Filters) -> None:
        self.filters = filters

    def columns(self, row: Row) -> dict[str, int]:
        """All columns that are not 0."""
        found: dict[str, int] = {"kind": KINDS.index(row.kind), "damage": row.damage, "cost": packed_cost(row.cost)}
        if row.kind == "evolve":
            found["choice"] = CHOICE_EVOLVE
        found |= self.choice(row.choice)
        for op in row.ops:
            for name, value in self.operation(op).items():
                if found.get(name, 0) not in (0, value):
                    raise ValueError(f"row {row.row} {row.name}: two operations write the column {name}.")
                found[name] = value
        return found

    def choice(self, words: str) -> dict[str, int]:
        """The columns of what is chosen from."""
        if not words:
            return {}
        if words.startswith("attack "):
            return {"choice": CHOICE_COPY}
        if words.startswith("opp_discard "):
            filter_ = self.filters.number(words.removeprefix("opp_discard "))
            return {"choice": CHOICE_OPP_DISCARD, "choice_filter": filter_}
        if words.startswith("opp"):
            code = CHOICE_OPP_ANY if words == "opp_any" else CHOICE_OPP_BENCH
            return {"choice": code, "choice_filter": self.filters.number("basic") if words.endswith("basic") else ANY}
        words, _, letter = words.partition(" with ")
        damaged = words.startswith("damaged ")
        words = words.removeprefix("damaged ")
        plain = words in ("own_any", "own_bench")
        return {
            "choice": CHOICE_OWN,
            "choice_filter": ANY if plain else self.filters.number(words),
            "choice_bench": int(words.startswith("own_bench")),
            "choice_damaged": int(damaged),
            "choice_letter": 1 + _letter(letter) if letter else 0,
        }

    def operation(self, op: Op) -> dict[str, int]:
        """The columns of one operation."""
        args, gate = op.args, GATES.index(op.gate)
        match op.name:
            case "COIN":
                return {"coin": COIN_FIXED, "coins": 1}
            case "FAIL":
                return {"fails": 1}
            case "PLUS":
                return {"plus_heads" if op.gate == "H" else "plus_tails": args[0]}
            case "COINS_ALL_PLUS":
                return {"coin": COIN_FIXED, "coins": args[0], "plus_all": args[1]}
            case "COINS_MULT":
                return {"coin": COIN_FIXED, "coins": args[0], "per_head": args[1]}
            case "COINS_PER_ENERGY_MULT":
                return {"coin": COIN_ENERGY, "per_head": args[0]}
            case "COINS_UNTIL_TAILS":
                return {"coin": COIN_UNTIL_TAILS, "per_head": args[0]}
            case "MULT":
                kind = ANY if args[0] == "own_bench" else self.filters.number(args[0])
                return {"mult": 1, "mult_filter": kind, "mult_amount": args[1]}
            case "PLUS_PER":
                code = {"opp_active_energy": PER_ENERGY, "opp_bench": PER_OPP_BENCH}.get(args[0], PER_OWN_BENCH)
                filter_ = self.filters.number(args[0]) if code == PER_OWN_BENCH else ANY
                return {"per": code, "per_filter": filter_, "per_amount": args[1]}
            case "PLUS_IF":
                found = {"if": FACTS.index(args[0]), "if_amount": args[-1]}
                return found | ({"if_letter": _letter(args[1]), "if_count": args[2]} if len(args) == 4 else {})
            case "HIT_CHOICE":
                return {"hit": args[1]}
            case "HIT_OPP_BENCH_ALL":
                return {"hit_bench": args[0]}
            case "RANDOM_HITS":
                return {"random_hits": args[0], "random_amount": args[1]}
            case "SELF_DAMAGE":
                return {"self_damage": args[0], "self_damage_gate": gate}
            case "HEAL_SELF" | "HEAL_ALL_OWN":
                return {"heal_self" if op.name == "HEAL_SELF" else "heal_all": args[0]}
            case "HEAL_DEALT":
                return {"heal_dealt": 1}
            case "HEAL_CHOICE":
                return {"heal_choice": args[1]}
            case "STATUS":
                return {"status": STATUSES.index(args[0]), "status_gate": gate}
            case "NEXT":
                return {"mark": MARKS.index(args[0]), "mark_amount": (*args, 0)[1], "mark_gate": gate}
            case "TURN_PLUS" if args[1] == "all":
                return {"turn_plus": args[0]}
            case "TURN_PLUS":
                return {"turn_plus_named": args[0], "named_filter": self.filters.number(args[1])}
            case "TURN_RETREAT":
                return {"turn_retreat": args[0]}
        return self.energy_operation(op) or self.card_operation(op)

    def energy_operation(self, op: Op) -> dict[str, int]:
        """The columns of an operation on energy."""
        args, gate = op.args, GATES.index(op.gate)
        match op.name:
            case "DISCARD_SELF":
                every = args[0] == "ALL"
                return {"discard_self": DISCARD_ALL if every else 1 + _letter(args[0]), "discard_count": (*args, 0)[1]}
            case "DISCARD_RANDOM":
                if args[1] != 1:
                    raise ValueError("DISCARD_RANDOM of more than one unit needs a second stage in tcgjax/effects.py.")
                code = RANDOM_ACTIVE if args[0] == "opp_active" else RANDOM_ALL
                return {"discard_random": code, "discard_random_gate": gate}
            case "ATTACH_ZONE":
                found = {"attach_letter": _letter(args[0]), "attach_count": args[1]}
                if args[2] == "self":
                    return {**found, "attach": ATTACH_SELF}
                if args[2].startswith("own_active_type"):
                    return {**found, "attach": ATTACH_ACTIVE, "attach_filter": self.filters.number(args[2])}
                return {**found, "attach": ATTACH_CHOSEN}
            case "ATTACH_ZONE_COINS":
                found = {"attach": ATTACH_SPLIT, "attach_letter": _letter(args[0])}
                return {**found, "coin": COIN_FIXED, "coins": args[1]}
            case "ATTACH_ZONE_UNTIL_TAILS":
                return {"attach": ATTACH_UNTIL_TAILS, "attach_letter": _letter(args[0])}
            case "MOVE_ENERGY":
                return {"move": 1 + _letter(args[0])}
            case "MOVE_ALL_ENERGY":
                return {"move_all": 1 + _letter(args[0])}
        return {}

    def card_operation(self, op: Op) -> dict[str, int]:
        """The columns of an operation on cards or positions."""
        args, gate = op.args, GATES.index(op.gate)
        single = {"SEARCH_HAND", "SEARCH_BENCH", "DISCARD_OPP_HAND_RANDOM"}
        if op.name in single and args[-1] != 1:
            raise ValueError(f"{op.name} of more than one card needs a second stage in tcgjax/effects.py.")
        match op.name:
            case "DRAW":
                return {"draw": args[0]}
            case "SEARCH_HAND" | "SEARCH_BENCH":
                code = SEARCH_HAND if op.name == "SEARCH_HAND" else SEARCH_BENCH
                return {"search": code, "search_filter": self.filters.number(args[0])}
            case "SHUFFLE_HAND_DRAW":
                count = OPP_HAND_SIZE if isinstance(args[1], str) else args[1]
                return {"reshuffle": RESHUFFLE_SELF if args[0] == "self" else RESHUFFLE_OPP, "reshuffle_count": count}
            case "DISCARD_OPP_HAND_RANDOM":
                return {"discard_hand": 1, "discard_hand_gate": gate}
            case "REVEAL_OPP_HAND":
                return {"reveal": 1}
            case "LOOK_TOP":
                return {"look": args[0]}
            case "TOP_TO_HAND_IF":
                return {"top_filter": 1 + self.filters.number(args[0])}
            case "SWITCH_SELF":
                return {"switch": SWITCH_SELF}
            case "SWITCH_OPP":
                return {"switch": SWITCH_OPP_CHOOSES if args[0] == "opp_chooses" else SWITCH_YOU_CHOOSE}
            case "BOUNCE_ACTIVE":
                return {"bounce": 1}
            case "SHUFFLE_OPP_ACTIVE":
                return {"shuffle_active": 1, "shuffle_active_gate": gate}
            case "COPY_ATTACK":
                code = COPY_ACTIVE if args[0] == "opp_active" else COPY_ANY
                return {"copy": code, "copy_pays": int(args[1] == "pay")}
            case "FOSSIL" | "OPP_DISCARD_TO_BENCH":
                return {}
        return {}  # passive operations are columns of the card


class _Uses:
    """Numbers the conditions of use (4.10) as they are met; number 0 always holds."""

    def __init__(self, filters: _Filters) -> None:
        self.filters = filters
        self.found: list[tuple[str, int, int, int]] = [("always", ANY, 0, 0)]

    def number(self, row: Row) -> int:
        """The bit of a row's condition."""
        entry = self.entry(row)
        if entry not in self.found:
            self.found.append(entry)
        return self.found.index(entry)

    def entry(self, row: Row) -> tuple[str, int, int, int]:
        """A row's condition: name, filter, letter + 1, damaged."""
        for op in row.ops:
            match op.name, op.args:
                case "HEAL_ALL_OWN", _:
                    return ("own_damaged", ANY, 0, 0)
                case "STATUS", ("poisoned",):
                    return ("not_poisoned", ANY, 0, 0)
                case "ATTACH_ZONE", (_, _, target) if target.startswith("own_active_type"):
                    return ("active", self.filters.number(target), 0, 0)
                case "MOVE_ENERGY", (letter, source, active):
                    if source.partition(":")[2] != active.partition(":")[2]:
                        raise ValueError("MOVE_ENERGY between different types needs its own condition of use.")
                    return ("move", self.filters.number(active), 1 + _letter(letter), 0)
                case "MOVE_ALL_ENERGY", (letter, names):
                    return ("move_all", self.filters.number(names), 1 + _letter(letter), 0)
                case (("DRAW" | "SEARCH_HAND" | "LOOK_TOP" | "TOP_TO_HAND_IF"), _):
                    return ("own_deck", ANY, 0, 0)
                case (("SHUFFLE_HAND_DRAW" | "REVEAL_OPP_HAND"), _):
                    return ("opp_hand", ANY, 0, 0)
                case "OPP_DISCARD_TO_BENCH", (cards,):
                    return ("discard_match", self.filters.number(cards), 0, 0)
                case "FOSSIL", _:
                    return ("own_bench_free", ANY, 0, 0)
                case "SWITCH_OPP", ("opp_chooses",):
                    return ("opp_bench", ANY, 0, 0)
                case "SWITCH_OPP", _:
                    return ("opp_bench", self.filters.number("basic"), 0, 0)
                case "BOUNCE_ACTIVE", (names,):
                    return ("active", self.filters.number(names), 0, 0)
                case "HEAL_CHOICE", (words, _):
                    return ("own", ANY if words == "own_any" else self.filters.number(words), 0, 1)
                case (("ATTACH_ZONE" | "ATTACH_ZONE_UNTIL_TAILS"), args) if row.choice:
                    return ("own", self.filters.number(args[-1]), 0, 0)
        return ("always", ANY, 0, 0)


def _card_line(card: Card, names: dict[str, int], filters: _Filters, uses: _Uses) -> dict[str, int]:
    passives = card.passives
    attacks = [*card.attacks, None, None][:2]
    needed = sum(1 << i for i in range(8) if any(row.cost[i] for row in card.attacks))
    activation = card.ability.activation if card.ability else ""
    line: dict[str, int] = {
        "type": card.type, "hp": card.hp, "weakness": card.weakness, "retreat": card.retreat, "is_ex": int(card.is_ex),
        "points": card.points, "name": names[card.name], "evolves_from": names.get(card.evolves_from, -1),
        "is_fossil": int(card.is_fossil), "needed": needed,
        "ability": card.ability.row if card.ability else 0,
        "activation": ACTIVATIONS.index(activation) if activation in ACTIVATIONS else 0,
        "ability_use": uses.number(card.ability) if card.ability else 0,
        "reduce": passives.get("REDUCE_SELF", (0,))[0], "counter": passives.get("COUNTER", (0,))[0],
        "lock_supporter": int("LOCK_OPP_SUPPORTER" in passives),
        "lock_evolve": int("LOCK_OPP_ACTIVE_EVOLVE" in passives),
        "double": 1 + _letter(passives["ENERGY_DOUBLE"][0]) if "ENERGY_DOUBLE" in passives else 0,
    }  # fmt: skip
    for k, row in enumerate(attacks):
        line[f"attack{k}"] = row.row if row else 0
        line[f"cost{k}"] = packed_cost(row.cost) if row else 0
        line[f"is_copy{k}"] = int(row.is_copy) if row else 0
    return line


def _instance_line(card: Card, names: dict[str, int], uses: _Uses) -> dict[str, int]:
    return {
        "is_basic": int(card.is_basic), "is_evolution": int(card.stage > 0),
        "is_supporter": int(card.kind == "supporter"),
        "is_fossil": int(card.is_fossil), "evolves_from": names.get(card.evolves_from, -1),
        "use": uses.number(card.trainer) if card.trainer else 0, "trainer": card.trainer.row if card.trainer else 0,
    }  # fmt: skip


def compile_tables(table: Table) -> Tables:
    """The arrays of a card table."""
    filters = _Filters()
    filters.number("basic")
    uses = _Uses(filters)
    names = {name: i for i, name in enumerate(dict.fromkeys(card.name for card in table.cards[1:]))}
    compiler = _Compiler(filters)
    row_lines = [compiler.columns(row) for row in table.rows]
    card_lines = [_card_line(card, names, filters, uses) for card in table.cards[1:]]
    instance_lines = [_instance_line(card, names, uses) for card in table.cards[1:]]
    if len(filters.words) > 31 or len(uses.found) > 31:
        raise ValueError("more than 31 filters or conditions of use; they need a second word in tcgjax/tables.py.")
    for card, card_line, instance_line in zip(table.cards[1:], card_lines, instance_lines, strict=True):
        word = sum(1 << i for i, words in enumerate(filters.words) if card_matches(card, words))
        card_line["filters"] = instance_line["filters"] = word
    empty: dict[str, Any] = {"type": -1, "weakness": -2, "name": -2, "evolves_from": -1, "hp": 10000}
    return Tables(
        Arrays(
            _array([empty, *card_lines], CARD_COLUMNS),
            _array([{}, *instance_lines], INSTANCE_COLUMNS),
            _array(row_lines, ROW_COLUMNS),
        ),
        tuple(uses.found),
        tuple(filters.words),
    )


def _array(lines: list[dict[str, int]], columns: tuple[str, ...]) -> np.ndarray:
    unknown = set().union(*lines) - set(columns)
    assert not unknown, unknown
    return np.array([[line.get(column, 0) for column in columns] for line in lines], np.int32)


@functools.cache
def load_tables() -> Tables:
    """The arrays of the shipped table."""
    return compile_tables(load_table())
