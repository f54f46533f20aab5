import json

import numpy as np
import pytest

from pokejax import enums, tables
from pokejax.databuild import families, showdown
from pokejax.databuild.columns import DataError
from pokejax.databuild.families import ONE

FORMAT = "gen4randombattle"
POOL = 16_384
LOADED = tables.load_tables(FORMAT)


def test_numbers_follow_the_sorted_names_and_0_is_none():
    for kind in tables.KINDS:
        table = getattr(LOADED, kind)
        assert list(table.names) == sorted(set(table.names))
        assert table.id[""] == 0 and table.id[table.names[0]] == 1 and table.id[table.names[-1]] == len(table.names)
        assert table.values.shape == (len(table.names) + 1, len(table.columns))


def test_row_none_is_zero_but_factors_are_one():
    for kind in tables.KINDS:
        table = getattr(LOADED, kind)
        expected = [ONE if name.endswith("_mod") else 0 for name in table.columns]
        assert table.values[0].tolist() == expected


def test_row_gives_every_column_as_the_table_has_it():
    table = LOADED.moves
    for name in ("firefang", "struggle", table.names[-1]):
        number = table.id[name]
        row = table.row(number)
        read = {column: int(getattr(row, column)) for column in table.columns}
        assert read == dict(zip(table.columns, table.values[number].tolist(), strict=True))


def test_pool_holds_six_whole_pokemon_a_team():
    teams = tables.load_teams(FORMAT)
    assert teams.shape == (POOL, 6, len(enums.TEAM_COLUMNS)) and teams.dtype == np.int16
    column = {name: teams[..., i] for i, name in enumerate(enums.TEAM_COLUMNS)}
    for name, kind in (("species", "species"), ("ability", "abilities"), ("move0", "moves")):
        assert column[name].min() >= 1 and column[name].max() <= len(getattr(LOADED, kind).names)
    assert column["item"].min() >= 0 and column["item"].max() <= len(LOADED.items.names)
    assert column["gender"].max() < len(enums.GENDERS) and column["hp_type"].max() < len(enums.TYPES)
    for slot in range(4):
        move, pp = column[f"move{slot}"], column[f"maxpp{slot}"]
        assert (pp == LOADED.moves.column("maxpp")[move]).all()
    shedinja = column["species"] == LOADED.species.id["shedinja"]
    assert shedinja.any() and ((column["maxhp"] == 1) == shedinja).all()


def test_every_entry_of_the_pool_occurs_or_is_listed_as_reachable_otherwise():
    teams = tables.load_teams(FORMAT)
    column = {name: teams[..., i] for i, name in enumerate(enums.TEAM_COLUMNS)}
    used = np.unique(np.concatenate([column[f"move{slot}"].ravel() for slot in range(4)]))
    unused = set(LOADED.moves.names) - {LOADED.moves.names[i - 1] for i in used if i}
    assert unused == {"recharge", "struggle"}
    formes = {
        name for name, flag in zip(LOADED.species.names, LOADED.species.column("battle_only")[1:], strict=True) if flag
    }
    present = {LOADED.species.names[i - 1] for i in np.unique(column["species"])}
    assert set(LOADED.species.names) - present == formes


def test_unmapped_names_the_entries_that_need_something_else():
    everything = frozenset(need for needs in LOADED.needs.values() for names in needs.values() for need in names)
    for kind in ("moves", "abilities", "items", "conditions"):
        assert not LOADED.unmapped(kind, everything).any()
    missing = LOADED.unmapped("items", everything - {"life_orb"})
    assert missing.nonzero()[0].tolist() == [LOADED.items.id["lifeorb"]]
    assert LOADED.unmapped("abilities", frozenset())[LOADED.abilities.id["blaze"]]
    assert not LOADED.unmapped("abilities", frozenset())[LOADED.abilities.id["levitate"]]


def test_changed_file_is_refused(tmp_path, monkeypatch):
    for path in tables.DATA.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(tables, "DATA", tmp_path)
    changed = tmp_path / f"{FORMAT}_tables.npz"
    changed.write_bytes(changed.read_bytes()[:-1] + b"!")
    with pytest.raises(tables.DataFileError, match="sha256"):
        tables.load_tables.__wrapped__(FORMAT)
    changed.unlink()
    with pytest.raises(tables.DataFileError, match="is missing"):
        tables.load_tables.__wrapped__(FORMAT)


def test_unknown_format_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match="gen4randombattle"):
        tables.load_tables("gen5randombattle")


def _dex(**moves):
    listed = {entry: {"callbacks": callbacks, "conditions": []} for entry, callbacks in moves.items()}
    return {"moves": listed, "abilities": {}, "items": {}, "conditions": {}}


def _map(uses, conditions=()):
    one_offs = {entry: {name: families.Use(name, {}) for name in names} for entry, names in uses.items()}
    return families.FamilyMap({}, {}, {"moves": one_offs, "abilities": {}, "items": {}}, dict.fromkeys(conditions, "x"))


def test_build_fails_on_a_callback_that_is_not_mapped():
    _map({"haze": ["onHitField"]}).check(_dex(haze=["onHitField"]))
    with pytest.raises(DataError, match=r"not mapped.*moves\.haze\.onHitField"):
        _map({}).check(_dex(haze=["onHitField"]))


def test_build_fails_on_a_condition_that_a_callback_sets_and_nothing_maps():
    dex = _dex(yawn=["onHit"])
    dex["moves"]["yawn"]["conditions"] = ["yawn"]
    with pytest.raises(DataError, match=r"not mapped.*conditions\.yawn"):
        _map({"yawn": ["onHit"]}).check(dex)


def test_build_fails_on_a_mapped_callback_that_showdown_lacks():
    with pytest.raises(DataError, match=r"does not have.*moves\.haze\.onHit\b"):
        _map({"haze": ["onHitField", "onHit"]}).check(_dex(haze=["onHitField"]))


def test_callbacks_of_a_condition_stand_under_conditions():
    listed = ["condition.onStart", "onHit", "secondaries[0].onHit", "secondary.onHit"]
    assert families.callbacks(listed, owns_condition=True) == {"onHit", "secondary.onHit"}
    assert families.callbacks(listed, owns_condition=False) == {"condition.onStart", "onHit", "secondary.onHit"}


def test_families_of_the_format_declare_what_they_use():
    mapped = families.read(FORMAT)
    assert {name: set(found) for name, found in LOADED.needs.items()} == {
        **{kind: set(entries) for kind, entries in mapped.uses.items()},
        "conditions": set(mapped.conditions),
    }


@pytest.mark.parametrize(
    ("value", "expected"), [(1.5, 6144), (1.2, 4915), ([4915, 4096], 4915), (0.75, 3072), (1.3, 5324)]
)
def test_modifier_is_cut_to_4096ths(value, expected):
    assert families.modifier(value, "here") == expected


def test_missing_showdown_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv(showdown.VARIABLE, str(tmp_path))
    with pytest.raises(showdown.ShowdownMissingError, match=r"fetch --env pokejax"):
        showdown.package_folder()
    package = tmp_path / "node_modules" / "pokemon-showdown"
    (package / "dist" / "sim").mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": "0.11.10"}))
    with pytest.raises(showdown.ShowdownMissingError, match=r"version 0\.11\.10"):
        showdown.package_folder()


def test_missing_node_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(showdown.ShowdownMissingError, match="install Node"):
        showdown.node()
