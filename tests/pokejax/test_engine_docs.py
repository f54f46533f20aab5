"""The generated pages say what the code says, and what is called partly done exists."""

import pathlib

import pytest

from pokejax import coverage, observation_layout, state
from pokejax.names import tables

PAGES = pathlib.Path(__file__).parents[2] / "docs" / "pokejax"


@pytest.mark.parametrize(
    ("page", "document"),
    [
        ("STATE.md", state.document),
        ("COVERAGE.md", coverage.document),
        ("OBSERVATION.md", observation_layout.document),
    ],
)
def test_generated_page_is_up_to_date(page, document):
    assert (PAGES / page).read_text() == document()


def test_partly_done_families_are_needed_by_the_format():
    for kind, families in coverage.PARTLY.items():
        needed = {family for names in tables().needs[kind].values() for family in names}
        assert set(families) <= needed


def test_every_move_has_its_families():
    assert [
        family for names in tables().needs["moves"].values() for family in names if coverage.missing("moves", family)
    ] == []
