import numpy as np
import pytest

from benchmarks.parity.compare import Tally


def record(**fields):
    return {name: np.asarray(values) for name, values in fields.items()}


def test_equal_records_leave_no_mismatch():
    tally = Tally()
    both = record(draws=np.zeros((3, 2), np.int64), observation=np.ones((3, 2, 4), np.float32))
    tally.add(both, both)
    assert (tally.mismatches, tally.first, tally.steps, tally.max_error) == (0, None, 3, 0)


def test_first_divergence_is_the_earliest_step_and_then_the_first_field():
    ours = record(draws=np.zeros((4, 2), np.int64), reward=np.zeros((4, 2), np.float32))
    original = {name: values.copy() for name, values in ours.items()}
    original["reward"][2, 1] = 1
    original["draws"][2, 1] = 1
    original["reward"][3, 0] = 1
    tally = Tally(steps=100)
    tally.add(ours, original)
    assert tally.mismatches == 3
    assert tally.first is not None
    assert (tally.first.step, tally.first.env_index, tally.first.field) == (102, 1, "draws")
    assert "draws is 0.0 here and 1.0 in the original" in tally.first.sentence()


def test_one_bit_is_a_mismatch_without_a_bound_and_none_with_one():
    ours = record(observation=np.full((1, 1, 2), 0.3, np.float32))
    original = {"observation": np.nextafter(ours["observation"], np.float32(1))}
    exact, bounded = Tally(), Tally(1e-7, ("observation",))
    exact.add(ours, original)
    bounded.add(ours, original)
    assert exact.mismatches == 2
    assert bounded.mismatches == 0
    assert 0 < bounded.max_error < 1e-7


def test_bound_covers_only_the_fields_it_names():
    ours, original = record(reward=np.zeros((1, 1), np.float32)), record(reward=np.full((1, 1), 1e-9, np.float32))
    tally = Tally(1e-7, ("observation",))
    tally.add(ours, original)
    assert tally.mismatches == 1


def test_not_a_number_is_never_within_a_bound():
    ours = record(observation=np.full((1, 1), np.nan, np.float32))
    tally = Tally(1.0, ("observation",))
    tally.add(ours, record(observation=np.zeros((1, 1), np.float32)))
    assert tally.mismatches == 1


def test_records_of_different_form_are_refused():
    with pytest.raises(ValueError, match="different fields"):
        Tally().add(record(a=[[0]]), record(b=[[0]]))
    with pytest.raises(ValueError, match="shape"):
        Tally().add(record(a=[[0]]), record(a=[[0, 1]]))
