"""The damage calculator against the engine's own hits: the same HP for every roll, where all that is known is true."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pokejax import battle, calculator, damage, observation
from pokejax.core import unpack
from pokejax.rng import advance, scale
from pokejax.tables import load_tables, load_teams
from pokejax.use import intend
from pokejax.view import View

CASES = 256
UNFIT = ("counter", "mirrorcoat", "metalburst")  # they return damage that was taken


@pytest.fixture(scope="module")
def states():
    """Battles as they start, by the engine; teams of the pool."""
    pool = load_teams()
    teams = pool[np.random.default_rng(5).integers(len(pool), size=(CASES, 2))]
    seeds = np.random.default_rng(6).integers(2**32, size=(CASES, 2), dtype=np.uint32)
    start = jax.jit(jax.vmap(battle.start), compiler_options={"xla_disable_hlo_passes": "fusion"})
    return start(seeds, teams)


@pytest.mark.slow  # the belief and the expected damage are compared among the fast tests
def test_rolls_hold_the_damage_that_the_engine_deals(states):
    def one(state):
        now = unpack(state)
        move = now.own.moves[0]
        listed = [calculator.rolls(unpack(state), move, crit)[0] for crit in (False, True)]
        attack = damage.Attack.of(intend(now, move, False))
        # What an ability of the foe takes never gets as far as the damage.
        met = jnp.logical_not(calculator.shielded(now, attack))
        hit, dealt = damage.get_damage(now, now.own, now.foe, attack, met)
        # The draws of the hit: the critical one, then the roll.
        hi, lo = advance(state.rng_hi, state.rng_lo)
        roll, _ = advance(hi, lo)
        return jnp.stack(listed), hit, dealt, scale(roll, damage.ROLLS), now.draws, move

    listed, hit, dealt, roll, draws, move = jax.device_get(jax.jit(jax.vmap(one))(states))
    fit = ~np.isin(move, [load_tables().moves.id[name] for name in UNFIT])
    rolled = dealt & (draws == 2) & fit
    assert rolled.sum() > CASES / 2
    lane = np.arange(CASES)
    at_roll = listed[lane, :, damage.ROLLS - 1 - roll]
    assert ((at_roll[:, 0] == hit) | (at_roll[:, 1] == hit))[rolled].all()
    critical = ((at_roll[:, 1] == hit) & (at_roll[:, 0] != hit))[rolled]
    assert 0 < critical.mean() < 0.3  # one in sixteen, or in eight with some moves
    assert (listed[~dealt & fit] == 0).all()


def test_belief_agrees_with_the_state_where_all_is_known(states):
    def one(state):
        now, view = unpack(state), View(observation.tokens(state, 0))
        believed = calculator.believe(view)
        own = jnp.stack([jnp.asarray(v) for v in (*believed.own.stats, believed.own.hp, believed.own.speed)])
        true = jnp.stack([jnp.asarray(v) for v in (*now.own.stats, now.own.hp, now.own.speed)])
        foe = jnp.stack([jnp.asarray(v) for v in believed.foe.stats])
        return own, true, foe, jnp.stack([jnp.asarray(v) for v in now.foe.stats]), believed.foe.level == now.foe.level

    own, true, foe, foe_true, level = jax.device_get(jax.jit(jax.vmap(one))(states))
    np.testing.assert_array_equal(own, true)
    assert level.all()
    # A few sets of a species differ in effort values from the others.
    assert (np.abs(foe - foe_true) <= 60).all()
    assert (foe == foe_true).mean() > 0.85


def test_expected_damage_counts_accuracy_and_hits(states):
    state = jax.tree.map(lambda leaf: leaf[0], states)
    names = ("stoneedge", "rockblast", "gigaimpact", "")
    numbers = jnp.array([load_tables().moves.id[name] for name in names])

    @jax.jit
    def both(move):
        rolls, chance = calculator.rolls(unpack(state), move)
        return calculator.expected(unpack(state), move), (rolls[0] + rolls[-1]) / 2, chance

    expected, mean, chance = jax.device_get(jax.vmap(both)(numbers))
    np.testing.assert_allclose(chance[:3], [0.8, 0.8, 0.9], rtol=1e-6)
    hits = np.array([1, calculator.MEAN_HITS, 1 / 2, 0])  # Giga Impact rests every other turn
    assert (mean[:3] > 0).all()
    np.testing.assert_allclose(expected, mean * chance * hits * (1 + calculator.CRITICAL), rtol=1e-5)
