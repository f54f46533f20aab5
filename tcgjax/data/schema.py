"""The form of an effect program: which operations there are, what their arguments may be, where they may stand.

What an operation means is written in docs/tcgjax/OPERATIONS.md. A card that uses existing operations needs no code.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

TYPES = "GRWLPFDMNC"  # Grass, Fire, Water, Lightning, Psychic, Fighting, Darkness, Metal, Dragon, Colorless
ENERGY = TYPES[:8]  # the types that units of energy have
CONDITIONS = ("asleep", "paralyzed", "confused", "poisoned", "burned")
MARKS_WITH_AMOUNT = ("def_attack_minus", "self_reduce", "team_reduce")
MARKS = ("def_attack_coin", "def_no_attack", "def_no_retreat", "self_immune", "opp_no_supporter")
FACTS = ("self_damaged", "opp_damaged", "opp_poisoned", "opp_is_ex", "own_ko_last_turn")
ABILITY_KINDS = (
    "active_once",
    "active_once_if_active",
    "active_unlimited",
    "passive",
    "passive_team",
    "passive_if_active",
    "passive_on_damaged",
)
EFFECT_KINDS = ("attack", "ability", "trainer")


@dataclasses.dataclass(frozen=True)
class Op:
    """One operation of a program.

    Attributes:
        name: a key of `OPERATIONS`.
        args: its arguments, in HP, counts or words.
        gate: "H" or "T": only on heads or tails of the program's `COIN`; "" always.
    """

    name: str
    args: tuple[Any, ...] = ()
    gate: str = ""


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _one_of(*words: str) -> Callable[[Any], bool]:
    """Words that stand as they are, or `prefix:` (a type follows) or `prefix=` (names, separated by |)."""

    def check(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        prefix, _, rest = value.partition(":")
        with_type = f"{prefix}:" in words and rest in tuple(TYPES)
        with_names = f"{prefix}=" in words and all(rest.split("|"))
        return value in words or with_type or with_names

    return check


def _amount(value: Any) -> bool:
    return _is_whole(value, 10, 300) and value % 10 == 0


def _count(value: Any) -> bool:
    return _is_whole(value, 1, 10)


def _letter(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 1 and value in ENERGY


def _less(value: Any) -> bool:
    return _is_whole(value, -4, -1)


Form = tuple[Callable[[Any], bool], ...]
_CARDS = _one_of("basic", "pokemon_type:", "name=")


@dataclasses.dataclass(frozen=True)
class Operation:
    """Where an operation may stand and which argument lists it takes; gates are those of its effect kinds."""

    kinds: tuple[str, ...]
    forms: tuple[Form, ...] = ((),)
    gates: tuple[str, ...] = ("",)


_ATTACK, _ABILITY, _TRAINER = (("attack",), ("ability",), ("trainer",))
_ANY = EFFECT_KINDS
_GATED = ("", "H", "T")

OPERATIONS: dict[str, Operation] = {
    "COIN": Operation(("attack", "ability")),
    "FAIL": Operation(_ATTACK, gates=("T",)),
    "PLUS": Operation(_ATTACK, ((_amount,),), ("H", "T")),
    "COINS_ALL_PLUS": Operation(_ATTACK, ((_count, _amount),)),
    "COINS_MULT": Operation(_ATTACK, ((_count, _amount),)),
    "COINS_PER_ENERGY_MULT": Operation(_ATTACK, ((_amount,),)),
    "COINS_UNTIL_TAILS": Operation(_ATTACK, ((_amount,),)),
    "MULT": Operation(_ATTACK, ((_one_of("own_bench", "own_bench_type:"), _amount),)),
    "PLUS_PER": Operation(_ATTACK, ((_one_of("opp_active_energy", "opp_bench", "own_bench_name="), _amount),)),
    "PLUS_IF": Operation(
        _ATTACK, ((_one_of(*FACTS), _amount), (_one_of("extra_energy"), _letter, _count, _amount))
    ),
    "HIT_CHOICE": Operation(("attack", "ability"), ((_one_of("opp_any", "opp_bench", "own_bench"), _amount),)),
    "HIT_OPP_BENCH_ALL": Operation(_ATTACK, ((_amount,),)),
    "RANDOM_HITS": Operation(_ATTACK, ((_count, _amount),)),
    "SELF_DAMAGE": Operation(_ATTACK, ((_amount,),), _GATED),
    "HEAL_SELF": Operation(_ATTACK, ((_amount,),)),
    "HEAL_DEALT": Operation(_ATTACK),
    "HEAL_ALL_OWN": Operation(("attack", "ability"), ((_amount,),)),
    "HEAL_CHOICE": Operation(_TRAINER, ((_one_of("own_any", "own_type:"), _amount),)),
    "STATUS": Operation(("attack", "ability"), ((_one_of(*CONDITIONS),),), _GATED),
    "NEXT": Operation(_ANY, ((_one_of(*MARKS),), (_one_of(*MARKS_WITH_AMOUNT), _amount)), _GATED),
    "TURN_PLUS": Operation(_TRAINER, ((_amount, _one_of("all", "names=")),)),
    "TURN_RETREAT": Operation(_TRAINER, ((_less,),)),
    "REDUCE_SELF": Operation(_ABILITY, ((_amount,),)),
    "COUNTER": Operation(_ABILITY, ((_amount,),)),
    "LOCK_OPP_SUPPORTER": Operation(_ABILITY),
    "LOCK_OPP_ACTIVE_EVOLVE": Operation(_ABILITY),
    "ENERGY_DOUBLE": Operation(_ABILITY, ((_letter,),)),
    "DISCARD_SELF": Operation(_ATTACK, ((_letter, _count), (_one_of("ALL"),))),
    "DISCARD_RANDOM": Operation(_ATTACK, ((_one_of("opp_active", "all"), _count),), _GATED),
    "ATTACH_ZONE": Operation(
        _ANY, ((_letter, _count, _one_of("self", "own_bench_type:", "own_names=", "own_active_type:")),)
    ),
    "ATTACH_ZONE_COINS": Operation(_ATTACK, ((_letter, _count, _one_of("own_bench_type:")),)),
    "ATTACH_ZONE_UNTIL_TAILS": Operation(_TRAINER, ((_letter, _one_of("own_type:")),)),
    "MOVE_ENERGY": Operation(_ABILITY, ((_letter, _one_of("own_bench_type:"), _one_of("own_active_type:")),)),
    "MOVE_ALL_ENERGY": Operation(_TRAINER, ((_letter, _one_of("names=")),)),
    "DRAW": Operation(("attack", "trainer"), ((_count,),)),
    "SEARCH_HAND": Operation(("attack", "trainer"), ((_CARDS, _count),)),
    "SEARCH_BENCH": Operation(_ATTACK, ((_CARDS, _count),)),
    "SHUFFLE_HAND_DRAW": Operation(
        ("attack", "trainer"), ((_one_of("self", "opp"), _count), (_one_of("self"), _one_of("opp_hand_size")))
    ),
    "DISCARD_OPP_HAND_RANDOM": Operation(_ATTACK, ((_count,),), _GATED),
    "REVEAL_OPP_HAND": Operation(("attack", "trainer")),
    "LOOK_TOP": Operation(("ability", "trainer"), ((lambda n: _is_whole(n, 1, 3),),)),
    "TOP_TO_HAND_IF": Operation(_TRAINER, ((_CARDS,),)),
    "OPP_DISCARD_TO_BENCH": Operation(_TRAINER, ((_CARDS,),)),
    "FOSSIL": Operation(_TRAINER, ((_amount,),)),
    "SWITCH_SELF": Operation(_ATTACK),
    "SWITCH_OPP": Operation(_ANY, ((_one_of("opp_chooses", "you_choose_basic"),),)),
    "BOUNCE_ACTIVE": Operation(_TRAINER, ((_one_of("names="),),)),
    "SHUFFLE_OPP_ACTIVE": Operation(_ATTACK, gates=_GATED),
    "COPY_ATTACK": Operation(
        _ATTACK, ((_one_of("opp_active", "opp_any"), _one_of("free", "pay")),)
    ),
}  # fmt: skip

COIN_OPS = (
    "COIN",
    "COINS_ALL_PLUS",
    "COINS_MULT",
    "COINS_PER_ENERGY_MULT",
    "COINS_UNTIL_TAILS",
    "ATTACH_ZONE_COINS",
)


class DataError(ValueError):
    """The card table breaks its schema; the message names the entry and the rule."""


def parse_op(entry: Any, kind: str, where: str) -> Op:
    """One JSON list [name, arguments ..., gate] as an operation.

    Raises:
        DataError: the operation is unknown, may not stand in an effect of this kind, or its arguments do not fit.
    """
    if not isinstance(entry, list) or not entry or entry[0] not in OPERATIONS:
        raise DataError(f"{where}: {entry!r} is no known operation; OPERATIONS.md lists the known ones.")
    operation = OPERATIONS[entry[0]]
    if kind not in operation.kinds:
        raise DataError(f"{where}: {entry[0]} may stand in {', '.join(operation.kinds)} effects, not in this {kind}.")
    gate = entry[-1] if len(entry) > 1 and entry[-1] in ("H", "T") else ""
    args = tuple(entry[1 : len(entry) - bool(gate)])
    if gate not in operation.gates:
        allowed = ", ".join(repr(g) for g in operation.gates)
        raise DataError(f"{where}: {entry[0]} takes the gates {allowed}, got {gate!r}.")
    fits = any(
        len(form) == len(args) and all(f(a) for f, a in zip(form, args, strict=True)) for form in operation.forms
    )
    if not fits:
        raise DataError(f"{where}: {entry[0]} does not take the arguments {list(args)}; see OPERATIONS.md.")
    return Op(entry[0], args, gate)


def parse_program(entries: Iterable[Any], kind: str, where: str) -> tuple[Op, ...]:
    """A whole program.

    Raises:
        DataError: an operation does not fit, a gate has no coin, or there are two groups of coins or two choices.
    """
    ops = tuple(parse_op(entry, kind, where) for entry in entries)
    coins = [op for op in ops if op.name in COIN_OPS]
    if len(coins) > 1:
        raise DataError(f"{where}: a program has at most one group of coins, got {len(coins)}.")
    if any(op.gate for op in ops) and not any(op.name == "COIN" for op in ops):
        raise DataError(f"{where}: a gate needs a COIN in the same program.")
    choices = [op.name for op in ops if choice_of(op)]
    if len(choices) > 1:
        raise DataError(f"{where}: a program asks for at most one choice, got {', '.join(choices)}.")
    return ops


def choice_of(op: Op) -> str:
    """The set of slots or cards that an operation lets its player choose from; "" if there is nothing to choose."""
    match op.name, op.args:
        case "HIT_CHOICE", (target, _):
            return target
        case "HEAL_CHOICE", (target, _):
            return f"damaged {target}"
        case "ATTACH_ZONE" | "ATTACH_ZONE_COINS", (_, _, target) if target.startswith(("own_bench", "own_names")):
            return target
        case "ATTACH_ZONE_UNTIL_TAILS", (_, target):
            return target
        case "MOVE_ENERGY", (letter, source, _):
            return f"{source} with {letter}"
        case "SWITCH_SELF", _:
            return "own_bench"
        case "SWITCH_OPP", ("you_choose_basic",):
            return "opp_bench_basic"
        case "OPP_DISCARD_TO_BENCH", (cards,):
            return f"opp_discard {cards}"
        case "COPY_ATTACK", (whose, _):
            return f"attack {whose}"
    return ""


@functools.cache
def names_of(words: str) -> tuple[str, ...]:
    """The names after the colon of `names:A|B`, `own_names:A|B`, `name:A`, `own_bench_name:A`."""
    return tuple(words.partition(":")[2].split("|"))


@functools.cache
def type_of(words: str) -> int:
    """The index in `TYPES` of the letter after the colon of `own_type:X` and its like."""
    return TYPES.index(words.partition(":")[2])


PRINT = re.compile(r"(?:[A-Z]\d+[a-z]?|P-[A-Z])-\d{3}")
