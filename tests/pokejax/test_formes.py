"""Changes of forme, whose stats Showdown computes anew from a training that the state does not hold."""

import jax.numpy as jnp
import numpy as np
import pytest

from pokejax import core, enums, formes, one_offs, state
from pokejax.tables import load_tables, load_teams

COLUMN = {name: i for i, name in enumerate(enums.TEAM_COLUMNS)}

# Showdown's `spreadModify` of the format's two sets of Shaymin-Sky, at level 68: before and after it freezes.
SHAYMIN_SETS = [
    ([146, 141, 203, 142, 213], [142, 175, 176, 176, 176]),
    ([145, 142, 203, 142, 213], [141, 176, 176, 176, 176]),
]


def of_pool(species):
    """The different Pokemon of a species in the pool: level and stats."""
    rows = load_teams().reshape(-1, len(enums.TEAM_COLUMNS)).astype(int)
    rows = rows[rows[:, COLUMN["species"]] == load_tables().species.id[species]]
    return np.unique(rows[:, [COLUMN["level"], *(COLUMN[name] for name in enums.STATS)]], axis=0).tolist()


def holder(own, level, stats, **values):
    """A side with that Pokemon on the field."""
    side = core.unpack(state.empty()).own
    number = load_tables().species.id[own]
    side.put(True, hp=1, fainted=False, species=number, base_species=number, level=level, stats=stats, base_stats=stats)
    side.put(True, **values)
    return side


def test_pool_holds_the_sets_of_shaymin_that_are_known():
    assert sorted(of_pool("shayminsky")) == sorted([68, *before] for before, _ in SHAYMIN_SETS)


@pytest.mark.parametrize(("before", "after"), SHAYMIN_SETS)
def test_frozen_shaymin_lands_with_the_stats_of_its_training(before, after):
    side = holder("shayminsky", 68, before)
    formes.land_shaymin(side, jnp.bool_(True))
    ids = load_tables()
    assert [int(value) for value in side.stats] == [int(value) for value in side.base_stats] == after
    assert int(side.base_species) == int(side.species) == ids.species.id["shaymin"]
    assert int(side.ability) == int(side.base_ability) == ids.abilities.id["naturalcure"]
    assert [int(kind) for kind in side.types] == [enums.TYPES.index("Grass"), 0]


def test_copy_of_shaymin_does_not_land():
    side = holder("ditto", 100, [153] * 5, species=load_tables().species.id["shayminsky"])
    formes.land_shaymin(side, jnp.bool_(True))
    assert int(side.species) == load_tables().species.id["shayminsky"]


def test_every_ditto_is_trained_alike():
    assert of_pool("ditto") == [[100, *[formes.stat_of(48, formes.TRAINED, 100)] * 5]]


@pytest.mark.parametrize(
    ("copied", "item", "forme", "attack"),
    [
        ("arceussteel", "", "arceus", 297),
        ("arceus", "ironplate", "arceussteel", 297),
        ("giratinaorigin", "", "giratina", 257),
        ("giratina", "griseousorb", "giratinaorigin", 297),
    ],
)
def test_copy_takes_the_forme_of_its_own_item_and_forgets_it_when_it_leaves(copied, item, forme, attack):
    ids = load_tables()
    side = holder("ditto", 100, [153] * 5, species=ids.species.id[copied], item=ids.items.id[item] if item else 0)
    side.lift("transformed", True)
    formes.follow_item(side, jnp.bool_(True))
    assert (int(side.species), int(side.stats[0]), int(side.base_stats[0])) == (ids.species.id[forme], attack, attack)
    formes.forget_copy(side, jnp.bool_(True))
    assert [int(value) for value in side.base_stats] == [153] * 5


def test_copy_of_another_pokemon_keeps_its_forme():
    side = holder("ditto", 100, [153] * 5, species=load_tables().species.id["vaporeon"])
    formes.follow_item(side, jnp.bool_(True))
    assert (int(side.species), int(side.base_stats[0])) == (load_tables().species.id["vaporeon"], 153)


@pytest.mark.parametrize(
    ("ability", "item", "knocked_off"),
    [("multitype", "ironplate", False), ("pressure", "griseousorb", False), ("pressure", "ironplate", True)],
)
def test_item_that_belongs_to_its_holder_is_not_knocked_off(ability, item, knocked_off):
    ids, battle = load_tables(), core.unpack(state.empty())
    for side in (battle.own, battle.foe):
        side.put(True, hp=1, fainted=False)
    battle.foe.put(True, ability=ids.abilities.id[ability], item=ids.items.id[item])
    one_offs.knock_off(battle.own, battle.foe, jnp.bool_(True), jnp.bool_(False))
    assert (int(battle.foe.item) == 0) == knocked_off
