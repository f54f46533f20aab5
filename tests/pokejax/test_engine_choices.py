"""Legal actions, refused choices, faints and trapping, each on states set up by hand; no numbers of damage."""

import jax.numpy as jnp
import numpy as np
import pytest

from pokejax import core, faint, harm, masks, requests, state, turn, vocabulary
from pokejax.names import tables

WAITING = [True] + [False] * 9


def values() -> dict[str, np.ndarray]:
    """Both sides asked for a move, six Pokemon each, four moves with PP."""
    made = {field.name: np.zeros(field.shape, np.int64) for field in state.FIELDS}
    made["request"][:] = vocabulary.MOVE
    made["hp"][:] = 100
    made["max_hp"][:] = 100
    made["place"][:] = np.arange(6)
    known = [tables().moves.id[name] for name in ("surf", "icebeam", "rest", "sleeptalk")]
    made["moves"][:] = known
    made["pp"][:] = 8
    made["base_moves"][:] = known
    made["base_pp"][:] = 8
    made["species"][:] = made["base_species"][:] = tables().species.id["vaporeon"]
    return made


def working(made: dict[str, np.ndarray]) -> core.Battle:
    return core.unpack(state.pack(made))


def legal(made: dict[str, np.ndarray], side: int = 0) -> list[bool]:
    battle = working(made)
    return np.asarray(masks.side_mask((battle.own, battle.foe)[side])).tolist()


def test_free_side_may_use_each_move_and_switch_to_each_of_the_bench():
    assert legal(values()) == [False] + [True] * 9


def test_switches_are_numbered_by_the_first_order_of_the_team():
    made = values()
    made["place"][0] = [3, 1, 2, 0, 4, 5]
    made["hp"][0, 2] = 0
    assert legal(made)[:6] == [True, True, False, False, True, True]


def test_moves_without_pp_or_disabled_are_not_legal():
    made = values()
    made["pp"][0, 1] = 0
    made["disabled"][0] = 0b1000
    assert legal(made)[6:] == [True, False, True, False]


def test_struggle_stands_in_the_first_slot():
    made = values()
    made["pp"][0] = 0
    assert legal(made)[6:] == [True, False, False, False]


def test_locked_move_is_its_own_slot_and_recharging_the_first():
    made = values()
    made["volatiles"][0] = vocabulary.VOLATILE["lockedmove"]
    made["locked_move"][0] = made["moves"][0, 2]
    made["trap_known"][0] = 1
    assert legal(made) == [False] * 8 + [True, False]
    made["volatiles"][0] = vocabulary.VOLATILE["mustrecharge"]
    assert legal(made) == [False] * 6 + [True, False, False, False]


@pytest.mark.parametrize(("request_", "fainted"), [(vocabulary.WAIT, False), (vocabulary.SWITCH, True)])
def test_waiting_and_replacing_sides(request_, fainted):
    made = values()
    made["request"][0] = request_
    made["hp"][0, 0] = 0 if fainted else 100
    assert legal(made) == (([False] + [True] * 5 + [False] * 4) if fainted else WAITING)


def test_side_whose_choice_stands_waits():
    made = values()
    made["kept"][1] = 7
    assert legal(made, side=1) == WAITING


def test_hidden_trap_refuses_the_switch_and_keeps_the_other_choice():
    made = values()
    made["trapped"][0] = vocabulary.TRAPPED.index("hidden")
    battle = working(made)
    assert bool(turn.refuse(battle, [jnp.int32(2), jnp.int32(8)]))
    assert (int(battle.own.trap_known), int(battle.own.kept), int(battle.foe.kept)) == (1, 0, 9)
    assert np.asarray(masks.side_mask(battle.own)).tolist() == [False] * 6 + [True] * 4


def test_moves_of_a_trapped_side_are_not_refused():
    made = values()
    made["trapped"][:] = vocabulary.TRAPPED.index("hidden")
    assert not bool(turn.refuse(working(made), [jnp.int32(6), jnp.int32(9)]))


@pytest.mark.parametrize(
    ("gone", "result"), [((0, 1), "tie"), ((1,), "p1"), ((0,), "p2")], ids=["both", "second", "first"]
)
def test_last_faint_ends_the_battle(gone, result):
    made = values()
    for side in gone:
        made["hp"][side, 1:] = 0
        made["hp"][side, 0] = 30
    battle = working(made)
    for side in gone:
        harm.lose_hp(battle, (battle.own, battle.foe)[side], 30, True)
    faint.faint_messages(battle, True)
    assert vocabulary.RESULTS[int(battle.result)] == result


def test_destiny_bond_takes_the_attacker_along_and_only_after_a_move():
    for by_move in (True, False):
        made = values()
        made["volatiles"][1] = vocabulary.VOLATILE["destinybond"]
        battle = working(made)
        harm.lose_hp(battle, battle.foe, 500, True, by_move=by_move)
        faint.faint_messages(battle, True)
        assert bool(battle.own.fainted) == by_move
        assert bool(battle.foe.fainted)
        assert int(battle.result) == 0


@pytest.mark.parametrize(
    ("ability", "species", "held"),
    [
        ("arenatrap", "vaporeon", 2),
        ("arenatrap", "pidgeot", 0),
        ("magnetpull", "vaporeon", 0),
        ("shadowtag", "pidgeot", 2),
    ],
)
def test_trapping_abilities_hold_whom_they_reach(ability, species, held):
    made = values()
    made["ability"][1] = tables().abilities.id[ability]
    number = tables().species.id[species]
    made["types"][0] = [tables().species.column(name)[number] for name in ("type0", "type1")]
    battle = working(made)
    requests.trap(battle.own, battle.foe, True)
    assert (int(battle.own.trapped), int(battle.own.maybe_trapped)) == (held, int(held > 0))
    assert int(battle.own.trap_known) == 0


def test_species_that_may_have_a_trapping_ability_may_trap_with_another():
    made = values()
    made["species"][1] = tables().species.id["wobbuffet"]
    made["ability"][1] = tables().abilities.id["pressure"]
    battle = working(made)
    requests.trap(battle.own, battle.foe, True)
    assert (int(battle.own.trapped), int(battle.own.maybe_trapped)) == (0, 1)


def test_turn_past_the_limit_is_a_tie():
    made = values()
    made["turn"][...] = state.TURN_LIMIT
    battle = working(made)
    requests.end_turn(battle, True)
    assert vocabulary.RESULTS[int(battle.result)] == "tie"
    assert (int(battle.own.request), int(battle.foe.request)) == (vocabulary.WAIT, vocabulary.WAIT)
