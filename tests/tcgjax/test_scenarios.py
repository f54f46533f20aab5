"""Every effect and rule on written positions, and the proof that these notice a change of any effect."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tcgjax.data.schema import OPERATIONS, Op, choice_of
from tcgjax.data.table import load_table

# A scenario that a fault breaks may fail in any way that a test can.
FAILURES = (AssertionError, ValueError, IndexError, TypeError, KeyError, AttributeError)
OTHER_WORDS = {
    "own_bench": ["own_any", "opp_bench"], "own_any": ["own_type:G"], "opp_any": ["opp_bench", "opp_active"],
    "opp_bench": ["opp_any", "opp_active_energy"], "opp_active": ["opp_any", "all"], "all": ["opp_active",
    "names:Nobody"],
    "self": ["own_active_type:M", "opp"], "opp": ["self"],
    "asleep": ["paralyzed", "confused"], "paralyzed": ["asleep"], "poisoned": ["burned"],
    "self_damaged": ["opp_damaged"], "opp_damaged": ["self_damaged"], "opp_poisoned": ["opp_damaged"],
    "opp_is_ex": ["opp_damaged"], "own_ko_last_turn": ["self_damaged"], "opp_active_energy": ["opp_bench"],
    "def_attack_minus": ["team_reduce"], "self_reduce": ["team_reduce"], "team_reduce": ["self_reduce"],
    "def_attack_coin": ["def_no_attack"], "def_no_attack": ["def_no_retreat"], "def_no_retreat": ["def_no_attack"],
    "self_immune": ["def_no_attack"], "opp_no_supporter": ["def_no_retreat"],
    "opp_chooses": ["you_choose_basic"], "you_choose_basic": ["opp_chooses"], "free": ["pay"], "pay": ["free"],
    "basic": ["name:Potion", "pokemon_type:M"], "opp_hand_size": [1], "ALL": [],
}  # fmt: skip


def _module(name: str):
    path = Path(__file__).with_name(f"{name}.py")
    specification = importlib.util.spec_from_file_location(f"tcgjax_{name}", path)
    module = importlib.util.module_from_spec(specification)
    sys.modules[f"tcgjax_{name}"] = module
    specification.loader.exec_module(module)
    return module


scenario = _module("scenario")
SCENARIOS = scenario.read_scenarios()
BY_SUBJECT = defaultdict(list)
for _scenario in SCENARIOS:
    BY_SUBJECT[_scenario.subject].append(_scenario)
EFFECTS = tuple(load_table().effects)


@pytest.mark.parametrize("one", SCENARIOS, ids=str)
def test_a_scenario_ends_as_written(one) -> None:
    scenario.check(one)


def test_every_effect_has_a_scenario() -> None:
    assert [effect for effect in EFFECTS if effect not in BY_SUBJECT] == []
    known = set(EFFECTS)
    assert [s for s in BY_SUBJECT if s.startswith(("attack", "ability", "trainer")) and s not in known] == []


def test_every_rule_and_ambiguity_of_the_specification_has_a_test() -> None:
    """Rules by scenarios; those that no position shows by tests whose names end with the rule's number."""
    text = (Path(__file__).parents[2] / "docs" / "tcgjax" / "SPEC.md").read_text()
    numbered = set(re.findall(r"(?:^- |\s)(\d+\.\d+) (?=[A-Z(*`\"])", text, re.M))
    numbered |= set(re.findall(r"^\| (A\d+) \|", text, re.M))
    tested = {subject for subject in BY_SUBJECT if subject not in EFFECTS}
    for name in ("test_rules.py", "test_data.py"):
        source = Path(__file__).with_name(name).read_text()
        tested |= {f"1.{number}" for number in re.findall(r"rule 1\\\.(\d)", source)}
        for test in re.findall(r"def (test_\w+)", source):
            tested |= {rule.replace("_", ".") for rule in re.findall(r"_(\d+_\d+)(?=_|$)", test)}
            tested |= {rule.upper() for rule in re.findall(r"_(a\d+)(?=_|$)", test)}
    assert len(numbered) > 100
    assert sorted(numbered - tested) == []
    assert sorted(tested - numbered) == []


def changed_args(op: Op) -> list[tuple]:
    """The argument lists that differ from an operation's in one argument."""
    found = []
    for index, value in enumerate(op.args):
        others = []
        if isinstance(value, int):
            others = [value + (10 if value % 10 == 0 else 1)] if value > 0 else [value - 1]
        elif value in OTHER_WORDS:
            others = OTHER_WORDS[value]
        elif isinstance(value, str) and len(value) == 1:
            others = ["M" if value != "M" else "D"]
        elif isinstance(value, str) and ":" in value:
            prefix, _, rest = value.partition(":")
            if "type" in prefix:
                others = [f"{prefix}:{'M' if rest != 'M' else 'D'}"]
            else:
                names = rest.split("|")
                others = [f"{prefix}:{'|'.join([*names[:i], 'Nobody', *names[i + 1 :]])}" for i in range(len(names))]
        found += [(*op.args[:index], other, *op.args[index + 1 :]) for other in others]
    return [args for args in found if any(fits(form, args) for form in OPERATIONS[op.name].forms)]


def fits(form: tuple, args: tuple) -> bool:
    return len(form) == len(args) and all(check(arg) for check, arg in zip(form, args, strict=True))


def faults(ops: tuple[Op, ...]) -> list[tuple[str, tuple[Op, ...]]]:
    """Programs that differ in one operation: left out, with another argument, with another gate."""
    found = []
    for index, op in enumerate(ops):
        before, after = ops[:index], ops[index + 1 :]
        if op.name != "COIN":  # without its coin a gate would have nothing to read
            found.append((f"without {op.name}", before + after))
        found += [(f"{op.name} {args}", (*before, Op(op.name, args, op.gate), *after)) for args in changed_args(op)]
        gates = OPERATIONS[op.name].gates if op.gate else ()
        others = [Op(op.name, op.args, gate) for gate in gates if gate != op.gate]
        found += [(f"{op.name} gated {other.gate!r}", (*before, other, *after)) for other in others]
    return found


class Swapped:
    """The card table with another program for one effect, while in use."""

    def __init__(self, effect: str, ops: tuple[Op, ...]) -> None:
        table = load_table()
        self.rows = [row for row in table.rows if row.effect is not None and row.effect.id == effect]
        self.cards = [table.cards[row.card] for row in self.rows]
        self.ops = ops

    def __enter__(self) -> None:
        for row in self.rows:
            row.__dict__.update(
                ops=self.ops,
                choice=next((c for op in self.ops if (c := choice_of(op))), ""),
                is_copy=any(op.name == "COPY_ATTACK" for op in self.ops),
            )
        self.derive(self.ops)

    def derive(self, ops: tuple[Op, ...]) -> None:
        """What the cards derive from the program."""
        for card in self.cards:
            card.__dict__.pop("passives", None)
            if card.is_fossil:
                object.__setattr__(card, "hp", next((op.args[0] for op in ops if op.name == "FOSSIL"), 0))

    def __exit__(self, *_: object) -> None:
        for row in self.rows:
            for name in ("ops", "choice", "is_copy"):
                row.__dict__.pop(name)
        assert self.rows[0].effect is not None
        self.derive(self.rows[0].effect.ops)


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_changed_effect_fails_one_of_its_scenarios(effect: str) -> None:
    survivors = []
    for what, ops in faults(load_table().effects[effect].ops):
        with Swapped(effect, ops):
            for one in BY_SUBJECT[effect]:
                try:
                    scenario.check(one)
                except FAILURES:
                    break
            else:
                survivors.append(what)
    assert survivors == []
