"""What a player sees: nothing hidden, and the same from the state as from Showdown's protocol."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.parity import pokejax_observation as comparison
from pokejax import converter, enums, features, observation, vocabulary
from pokejax import observation_layout as columns
from pokejax import state as layout
from pokejax.describe import describe
from pokejax.protocol import Facts, ProtocolError
from pokejax.tables import load_tables

VIEWER, FOE = 0, 1
COPIES = 3  # times that what is hidden in a position is changed


@pytest.fixture(scope="session")
def positions():
    """Recorded battles: lengths, states with one leading axis, streams and actions of both players."""
    return comparison.recorded()


@pytest.fixture(scope="session")
def look():
    return jax.jit(jax.vmap(lambda state: observation.tokens(state, np.int32(VIEWER))))


@pytest.fixture(scope="session")
def seen(positions):
    """Both players' tables of all positions: leaves (positions, 2, ...)."""
    return jax.device_get(comparison.observer()(positions[1]))


def follow(positions, seen):
    """(what the state says, what the protocol says, the request) of each player at each decision it is asked at."""
    lengths, _, battles = positions
    at = 0
    for length, (streams, _) in zip(lengths, battles, strict=True):
        facts = [Facts("p1"), Facts("p2")]
        for step, pair in enumerate(streams):
            for player, stream in enumerate(pair):
                if stream["request"] is not None:
                    facts[player].ask(stream["request"])
                facts[player].read(stream["lines"])
                if stream["request"] is not None:
                    yield {part: table[at + step, player] for part, table in seen.items()}, facts[player]
        at += length


def test_observation_from_the_protocol_equals_that_from_the_state(positions, seen):
    count = 0
    for ours, facts in follow(positions, seen):
        theirs = converter.tokens(facts)
        assert list(comparison.gaps(0, 0, 0, ours, theirs)) == []
        count += 1
    assert count > 500


def test_choices_are_distinct_words_for_every_legal_action(positions, seen):
    for ours, facts in follow(positions, seen):
        legal = np.flatnonzero(ours["mask"])
        words = [converter.choice(facts, int(action)) for action in legal]
        assert len(set(words)) == len(words)
        if ours["field"][columns.index("field", "request")] == 0:
            assert words == [""]
        else:
            assert all(word.split()[0] in ("move", "switch") for word in words)
        illegal = np.flatnonzero(ours["mask"] == 0)
        with pytest.raises(ValueError, match="is not legal now; the legal actions are"):
            converter.choice(facts, int(illegal[0]))


def test_status_of_a_pokemon_that_fainted_is_not_shown(positions, look):
    state = positions[1]
    asleep = np.where(state.hp == 0, enums.STATUSES.index("slp"), state.status).astype(state.status.dtype)
    assert (asleep != state.status).any()
    shown, changed = (jax.device_get(look(one)) for one in (state, state.replace(status=asleep)))
    for part, table in shown.items():
        np.testing.assert_array_equal(changed[part], table)


def hidden_changed(state, rng):
    """A copy of a batch of states in which all that the viewer cannot know of the foe is drawn anew."""
    new = {field.name: np.array(getattr(state, field.name)) for field in layout.FIELDS}
    count = len(new["turn"])
    shown = new["shown"][:, FOE]
    unseen = new["appearance"][:, FOE] == 0
    transformed = (new["slot_flags"][:, FOE] & vocabulary.SLOT_FLAG["transformed"]) != 0
    tables = load_tables()

    def draw(name, where, low, high):
        field = new[name][:, FOE]
        field[where] = rng.integers(low, high, field.shape)[where].astype(field.dtype)

    for slot in range(layout.MOVES):
        secret = (shown & vocabulary.SHOWN_BIT[f"move{slot}"]) == 0
        for name, high in (("base_moves", len(tables.moves.names) + 1), ("base_pp", 65)):
            drawn = rng.integers(0, high, secret.shape)
            new[name][:, FOE, :, slot] = np.where(secret, drawn, new[name][:, FOE, :, slot])
        drawn = rng.integers(0, 65, count)
        kept = transformed | ~secret[:, 0]
        new["pp"][:, FOE, slot] = np.where(kept, new["pp"][:, FOE, slot], drawn)
        new["moves"][:, FOE, slot] = rng.integers(0, len(tables.moves.names) + 1, count)
    secret = (shown & vocabulary.SHOWN_BIT["ability"]) == 0
    other = rng.integers(1, tables.abilities.id["shedskin"], secret.shape)  # Slow Start comes behind it
    same = (new["ability"][:, FOE] == new["base_ability"][:, FOE, 0]) & secret[:, 0] & ~transformed
    new["base_ability"][:, FOE] = np.where(secret, other, new["base_ability"][:, FOE])
    new["ability"][:, FOE] = np.where(same, other[:, 0], new["ability"][:, FOE])
    draw("item", (shown & vocabulary.SHOWN_BIT["item"]) == 0, 0, len(tables.items.names) + 1)
    for name in ("base_species", "level", "gender", "hp", "max_hp", "status"):
        draw(name, unseen & (new["hp"][:, FOE] > 0), 1, 3)
    # As many HP as show the same percentage.
    seen_hp, whole = new["hp"][:, FOE], new["max_hp"][:, FOE]
    for _ in range(8):
        moved = np.clip(seen_hp.astype(int) + rng.integers(-3, 4, seen_hp.shape), 1, whole)
        fits = np.asarray(observation.percent(jnp.asarray(moved), jnp.asarray(whole.astype(int)))) == np.asarray(
            observation.percent(jnp.asarray(seen_hp.astype(int)), jnp.asarray(whole.astype(int)))
        )
        seen_hp[:] = np.where(fits & (seen_hp > 0), moved, seen_hp)
    for name in (
        *("status_time", "confusion_time", "locked_turns", "locked_true", "encore_turns", "taunt_turns", "yawn_turns"),
        *("stall_turns", "stall_counter", "charge_turns", "recharge_turns", "substitute_hp", "choice_move", "speed"),
        *("counter_damage", "mirrorcoat_damage", "attacked_damage", "active_turns_hidden", "base_hp_type", "hp_type"),
        *("last_move_used", "move_this_turn", "locked_move", "charge_move", "encore_move", "healing_wish", "pending"),
    ):
        if name in new:
            draw(name, np.ones(new[name][:, FOE].shape, bool), 1, 100)
    new["slow_start"][:, FOE] = np.where(new["slow_start"][:, FOE] > 0, rng.integers(1, 6, count), 0)
    for name in ("base_stats", "stats"):
        new[name][:, FOE] = rng.integers(1, 700, new[name][:, FOE].shape)
    for name in ("rng_hi", "rng_lo"):
        new[name] = rng.integers(0, 2**32, count).astype(np.uint32)
    lasts = new["weather_turns"] > 0
    new["weather_turns"] = np.where(lasts, rng.integers(1, 9, count), 0).astype(np.uint8)
    order = np.concatenate([[0], 1 + rng.permutation(layout.PARTY - 1)])
    for field in layout.FIELDS:
        if field.scope == "pokemon":
            new[field.name][:, FOE] = new[field.name][:, FOE][:, order]
    return layout.EnvState(**new)


def test_what_a_player_cannot_know_changes_nothing_it_sees(positions, look):
    state = positions[1]
    before = jax.device_get(look(state))
    for copy in range(COPIES):
        changed = hidden_changed(state, np.random.default_rng(copy))
        after = jax.device_get(look(changed))
        assert not np.array_equal(changed.base_stats, state.base_stats)
        for part, table in before.items():
            differing = np.argwhere(table != after[part])
            assert differing.size == 0, (part, differing[:3])


def test_a_known_fact_changed_is_seen(positions, look):
    state = positions[1]
    before = jax.device_get(look(state))
    halved = state.replace(hp=np.concatenate([state.hp[:, :1], state.hp[:, 1:] // 2], axis=1))
    shown = state.replace(shown=np.full_like(state.shown, 63))
    for changed, part in ((halved, "pokemon"), (shown, "pokemon")):
        assert not np.array_equal(jax.device_get(look(changed))[part], before[part])


def test_tables_lie_in_their_space_and_the_vector_in_its_own(positions, seen):
    space, vector = observation.space("tokens"), observation.space("flat")
    spread = jax.device_get(jax.jit(jax.vmap(features.flat))({part: table[:, 0] for part, table in seen.items()}))
    assert spread.shape[1] == len(features.names()) == len(set(features.names()))
    for i in range(0, len(seen["mask"]), 7):
        assert space.contains({part: table[i, 1] for part, table in seen.items()})
        assert vector.contains(spread[i])
    assert (spread.max(axis=0) > spread.min(axis=0)).mean() > 0.5  # a few battles show most entries at work


def test_the_players_see_each_other_as_the_log_shows(positions, seen):
    own, foe = seen["pokemon"][:, 0], seen["pokemon"][:, 1, layout.PARTY :]
    percent = columns.index("pokemon", "percent")
    known = foe[..., 0] > 0
    assert known.any() and not known.all()
    alive = own[:, : layout.PARTY, columns.index("pokemon", "active")] == 1
    active = foe[..., columns.index("pokemon", "active")] == 1
    assert (active.sum(axis=1) == 1).all()
    assert np.array_equal(foe[active][:, percent], own[:, : layout.PARTY][alive][:, percent])
    assert not foe[..., [columns.index("pokemon", c.name) for c in columns.POKEMON if c.own]].any()


def test_description_names_what_the_player_knows_and_nothing_else(positions):
    state = jax.tree.map(lambda leaf: leaf[2], positions[1])  # few of the foe's Pokemon have come in
    text = describe(state, 0)
    names = load_tables().species.names
    own = [names[int(n) - 1] for n in state.base_species[0]]
    hidden = [names[int(n) - 1] for n, seen in zip(state.base_species[1], state.appearance[1], strict=True) if not seen]
    about_foe = text.partition("Foe:")[2]
    assert all(name in text for name in own) and hidden and not any(f" {name} L" in about_foe for name in hidden)
    with pytest.raises(ValueError, match="player must be 0 or 1, got 2"):
        describe(state, 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda facts: Facts("p3"), "player must be one of 'p1', 'p2', got 'p3'"),
        (
            lambda facts: facts.read(["|switch|p2a: X|Missingno, L5|100/100"]),
            "species: the format .* has no 'Missingno'",
        ),
        (lambda facts: facts.read(["|-damage|p2a: X|50/100"]), "'p2a: X' acts before any Pokemon of its side came in"),
        (lambda facts: facts.read(["|-curestatus|p2: X|par"]), "'p2: X' is spoken of before it was seen"),
    ],
)
def test_protocol_names_what_it_cannot_read(call, words):
    with pytest.raises(ProtocolError, match=words):
        call(Facts("p1"))
