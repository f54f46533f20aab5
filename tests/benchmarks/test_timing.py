import json
import socket

import pytest

from benchmarks import timing
from benchmarks.timing import Rates


def fake_machine(seconds):
    """A clock that only the rivals move: (clock, function making a rival of that many seconds and units)."""
    now = [0.0]

    def rival(name, units):
        def work():
            now[0] += seconds[name]
            return units

        return work

    return lambda: now[0], rival


def test_rates_are_units_over_seconds_and_ratios_are_paired():
    clock, rival = fake_machine({"ours": 2.0, "original": 4.0})
    rivals = {"ours": rival("ours", 10), "original": rival("original", 10)}
    rates = timing.interleave(rivals, 3, clock=clock)
    assert rates["ours"].values == (5.0, 5.0, 5.0)
    assert rates["ours"].ratio_to(rates["original"]).values == (2.0, 2.0, 2.0)


def test_rivals_take_turns_and_warm_up_first():
    order = []
    rivals = {name: lambda name=name: order.append(name) or 1.0 for name in ("a", "b")}
    timing.interleave(rivals, 2)
    assert order == ["a", "b", "a", "b", "b", "a"]


def test_median_low_and_high():
    rates = Rates((3.0, 1.0, 2.0))
    assert (rates.median, rates.low, rates.high) == (2.0, 1.0, 3.0)


def test_ratio_needs_as_many_turns_on_both_sides():
    with pytest.raises(ValueError, match="argument"):
        Rates((1.0,)).ratio_to(Rates((1.0, 2.0)))


def test_facts_name_no_machine():
    facts = json.dumps([timing.machine_facts(), timing.versions(), timing.commit()])
    assert socket.gethostname() not in facts
    assert "/" not in facts.replace("@", "")
    assert timing.machine_facts()["cores"] >= 1
    assert "jax" in timing.versions()
