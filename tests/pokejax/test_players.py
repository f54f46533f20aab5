"""The players of PokeJAX: the port of poke-env's choice for choice, the calculator's move, legal actions."""

from __future__ import annotations

import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pokejax import calculator, heuristics, observation_layout, players
from pokejax.expectations import COLUMN, expectations
from pokejax.tables import load_tables, load_teams
from pokejax.view import FOE, OWN, View
from twinenvs import fusion

POSITIONS = pathlib.Path(__file__).parent / "data" / "poke_env_choices.npz"
UNDECIDED = -1  # poke-env draws lots
PARTY = 6
SCRIPTED = {name: play for name, play in players.PLAYERS.items() if name != "trained"}  # that one is in test_learned


@pytest.fixture(scope="module")
def positions():
    with np.load(POSITIONS, allow_pickle=False) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def seen(positions):
    return {part: positions[part] for part in (*observation_layout.PARTS, "mask")}


@pytest.fixture(scope="module")
def chosen(seen):
    """Every named player's choices in the recorded positions."""
    keys = jax.random.split(jax.random.key(0), len(seen["mask"]))

    def play(one, key):
        return {name: player(None, one, one["mask"] > 0, key) for name, player in SCRIPTED.items()}

    return jax.device_get(jax.jit(jax.vmap(play), compiler_options=fusion.OPTIONS)(seen, keys))


def test_recorded_positions_hold_the_columns_of_the_observation(seen):
    for part in observation_layout.PARTS:
        assert seen[part].shape[1:] == observation_layout.shape(part)


@pytest.mark.parametrize("name", ["simple_heuristics", "max_base_power"])
def test_port_chooses_as_poke_env_does(positions, chosen, name):
    theirs = positions[name]
    decided = theirs != UNDECIDED
    assert decided.sum() > len(theirs) / 2
    np.testing.assert_array_equal(chosen[name][decided], theirs[decided])


def test_simple_heuristics_says_where_poke_env_draws_lots(positions, seen):
    decided = jax.jit(jax.vmap(lambda one: heuristics.choose(View(one), one["mask"] > 0)[1]))(seen)
    np.testing.assert_array_equal(np.asarray(decided), positions["simple_heuristics"] != UNDECIDED)


@pytest.mark.parametrize("name", SCRIPTED)
def test_player_chooses_a_legal_action(seen, chosen, name):
    mask = seen["mask"] > 0
    assert mask[np.arange(len(mask)), chosen[name]].all()


def test_players_are_not_all_alike(chosen):
    names = list(SCRIPTED)
    for place, name in enumerate(names):
        for other in names[:place]:
            assert (chosen[name] != chosen[other]).any(), (name, other)


def test_max_damage_takes_the_move_of_most_expected_damage(seen, chosen):
    def damage(one):
        view = View(one)
        return calculator.own_damage(calculator.believe(view), players.own_moves(view))

    expected = np.asarray(jax.jit(jax.vmap(damage))(seen))
    usable = seen["mask"][:, PARTY:] > 0
    expected = np.where(usable, expected, 0.0)
    hits = expected.max(axis=1) > 0
    assert hits.any()
    taken = chosen["max_damage"][hits] - PARTY
    np.testing.assert_array_equal(taken, expected[hits].argmax(axis=1))


def test_view_reads_the_tables_by_name(seen):
    one = {part: table[0] for part, table in seen.items()}
    view = View(one)
    index = observation_layout.index
    row = int(view.standing[FOE])
    assert one["pokemon"][PARTY + row, index("pokemon", "active")] == 1
    assert int(view.at_hand("species")[FOE]) == one["pokemon"][PARTY + row, index("pokemon", "species")]
    assert int(view.field("turn")) == one["field"][index("field", "turn")]
    assert int(view.now("type0")[OWN]) == one["active"][0, index("active", "type0")]


def test_expectations_are_those_of_the_pool():
    pool = load_teams().reshape(-1, load_teams().shape[-1])
    found, species = expectations(), load_tables().species.id["snorlax"]
    rows = pool[pool[:, COLUMN["species"]] == species]
    names = ["maxhp", "atk", "def", "spa", "spd", "spe"]
    np.testing.assert_array_equal(found.stats[species], [np.median(rows[:, COLUMN[name]]) for name in names])
    moves = rows[:, [COLUMN[f"move{i}"] for i in range(4)]]
    for move, share in zip(found.moves[species], found.shares[species], strict=True):
        assert share == pytest.approx((moves == move).any(axis=1).mean() if move else 0.0)
    assert list(found.shares[species]) == sorted(found.shares[species], reverse=True)


def test_lead_is_that_of_hp_and_standing_pokemon():
    hp = np.array([[10, 0, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0]], np.uint16)
    from pokejax import state as layout

    state = layout.empty().replace(hp=hp, max_hp=np.full((2, 6), 10, np.uint16))
    # A whole Pokemon of six against half a one: (1 - 0.75) / 6.
    np.testing.assert_allclose(players.lead(state), [0.25 / 6, -0.25 / 6], rtol=1e-6)
    assert players.lead(state).dtype == jnp.float32
