"""The environment's options and adapters; and, slowly, the contract with its whole step compiled."""

from __future__ import annotations

import dataclasses

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import pokejax
import tcgjax
import twinenvs
from pokejax import battle, enums, features
from pokejax import state as layout
from pokejax.gymnasium import make_single
from pokejax.players import play_random
from twinenvs import registry
from twinenvs.compat import five_value, gymnax_view
from twinenvs.pgx_view import pgx_view
from twinenvs.testing import CHECKS, check_env

BATTLES, STEPS = 32, 160


def test_the_id_is_registered_with_both_entry_points():
    assert registry.entry("PokeJax-v0").package == "pokejax"
    spec = gymnasium.spec("PokeJax-v0")
    assert spec.entry_point == "pokejax.gymnasium:make_single"
    assert spec.vector_entry_point == "pokejax.gymnasium:make_vector"


@pytest.mark.parametrize("form", ["flat", "tokens"])
def test_the_adapter_has_the_environments_spaces(form):
    env = make_single(observation=form)
    assert env.action_space.n == 10
    if form == "flat":
        assert env.observation_space.shape == (len(features.names()),)
    else:
        assert set(env.observation_space.spaces) == {"pokemon", "active", "field", "mask"}


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"format": "gen9ou"}, ValueError, "format must be one of 'gen4randombattle', got 'gen9ou'"),
        ({"opponent": "ash"}, ValueError, "opponent must be one of .*'random'.*, got 'ash'"),
        ({"observation": "text"}, ValueError, "observation must be one of 'flat', 'tokens', got 'text'"),
        ({"auto_reset": "never"}, ValueError, "auto_reset must be one of .* got 'never'"),
        ({"teem": "pool"}, TypeError, "pokejax.make has no option 'teem'; the options are"),
    ],
)
def test_wrong_option_is_named_with_the_allowed_ones(options, error, words):
    with pytest.raises(error, match=words):
        pokejax.make(**options)


def test_observations_are_made_for_the_viewers_alone():
    def players(env):
        seen = jax.eval_shape(lambda state: env.observe(None, state, None, None), layout.empty())
        return {leaf.shape[0] for leaf in jax.tree.leaves(seen)}

    assert players(pokejax.make_multi(observation="tokens")) == {2}
    assert players(pokejax.make_multi(observation="tokens", viewers=(1,))) == {1}


@pytest.mark.parametrize("module", [pokejax, tcgjax])
def test_viewers_are_players_and_a_learner_is_the_only_one_of_its_game(module):
    assert module.make(opponent="random").game == module.make_multi(viewers=(0,))
    with pytest.raises(ValueError, match=r"viewers must be one of \(0, 1\), \(0,\), \(1,\), got \(2,\)"):
        module.make_multi(viewers=(2,))


def test_an_environment_is_a_value():
    env = pokejax.make(max_steps_in_episode=50)
    assert env == pokejax.make(max_steps_in_episode=50) != pokejax.make()
    assert hash(env) == hash(dataclasses.replace(env)) and env.default_params.max_steps_in_episode == 50
    assert env.bytes_per_env() == layout.bytes_per_battle() < 1024


def test_the_same_key_gives_the_same_teams_and_seed():
    env = pokejax.make_multi()
    seeds = []
    for key in (1, 1, 2):
        bits = np.asarray(jax.random.bits(jax.random.key(key), (4,), jnp.uint32))
        seeds.append(tuple(int(word) for word in bits))
    assert seeds[0] == seeds[1] != seeds[2]
    text = str(jax.make_jaxpr(lambda key: env.reset(key)[1].rng_hi)(jax.random.key(0)))
    assert "random_bits" in text  # the only use of the key: everything else of a battle follows from these bits


@pytest.fixture(scope="module")
def rollout():
    """Random play of both sides: each step's values with leading axes (STEPS, BATTLES), and the states before."""
    env = pokejax.make_multi()
    step = twinenvs.jit(jax.vmap(env.step), env=env)
    draw = jax.jit(jax.vmap(jax.vmap(lambda mask, key: play_random(None, None, mask, key))))
    keys = jax.random.split(jax.random.key(0), BATTLES)
    _, state = twinenvs.jit(jax.vmap(env.reset), env=env)(keys)
    mask = jax.vmap(env.action_mask)(state)
    kept = []
    for i in range(STEPS):
        now = jax.random.split(jax.random.key(i), BATTLES)
        action = draw(mask, jax.vmap(jax.random.split)(now))
        values = step(now, state, action)
        kept.append(jax.device_get((state, action, values)))
        state, mask = values[1], values[5]["action_mask"]
    return env, kept


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_rewards_are_opposite_and_come_at_the_end(rollout):
    _, kept = rollout
    reward = np.stack([values[2] for _, _, values in kept])
    terminated = np.stack([values[3] for _, _, values in kept])
    assert terminated.sum() >= BATTLES
    assert reward.dtype == np.float32 and (reward.sum(-1) == 0).all() and not reward[~terminated].any()
    assert {-1.0, 1.0} <= set(np.unique(reward[terminated]))
    assert not any(values[4].any() or values[5]["illegal"].any() for _, _, values in kept)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_step_gives_the_state_that_the_engine_gives(rollout):
    env, kept = rollout
    advance = jax.jit(jax.vmap(battle.advance), compiler_options=env.compiler_options("cpu"))
    for state, action, (_, new, _, terminated, _, _) in kept[:: STEPS // 8]:
        ours = jax.device_get(advance(state, action))
        for field in layout.FIELDS:
            pair = getattr(ours, field.name), getattr(new, field.name)
            assert np.array_equal(pair[0][~terminated], pair[1][~terminated]), field.name


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_new_battle_begins_with_other_teams(rollout):
    _, kept = rollout
    ended = [(state, values) for state, _, values in kept if values[3].any()]
    for state, (_, new, _, terminated, _, info) in ended:
        assert (new.time[terminated] == 0).all() and (new.turn[terminated] == 1).all()
        assert (new.base_species[terminated] != state.base_species[terminated]).any(axis=(1, 2)).all()
        assert (info["needs_decision"][terminated]).all()


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("check", CHECKS)
def test_check_env_accepts_the_environment(check):
    check_env(pokejax.make(), steps=24, only=(check,))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_gymnasium_vector_environment_steps():
    env = gymnasium.make_vec("pokejax:PokeJax-v0", num_envs=4)
    _, info = env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(5):
        chosen = [rng.choice(np.flatnonzero(mask)) for mask in info["action_mask"]]
        seen, _, _, _, info = env.step(np.array(chosen))
        assert env.observation_space.contains(seen)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_purejaxrl_shaped_ppo_runs_through_the_five_value_view():
    from tests.contract import purejaxrl_script

    config = {"NUM_ENVS": 8, "NUM_STEPS": 8, "NUM_UPDATES": 2, "UPDATE_EPOCHS": 1, "NUM_MINIBATCHES": 2}
    env = pokejax.make()
    out = twinenvs.jit(purejaxrl_script.make_train(config, five_value(env)), env=env)(jax.random.key(0))
    assert np.isfinite(np.asarray(out["metrics"]["value_loss"])).all()


def test_views_speak_the_other_dialects():
    spaces = pytest.importorskip("gymnax.environments.spaces", reason="gymnax is not installed (extra `train`)")
    view = gymnax_view(pokejax.make())
    assert isinstance(view.action_space(view.default_params), spaces.Discrete)
    pgx = pgx_view(pokejax.make_multi())
    assert pgx.num_actions == 10 and pgx.observation_shape == (len(features.names()),)


def test_frame_shows_both_teams_with_their_hp():
    values = {field.name: np.zeros(field.shape, field.dtype) for field in layout.FIELDS}
    values["base_species"][:] = np.arange(1, 13).reshape(2, 6)
    values["max_hp"][:] = 100
    values["hp"][0], values["hp"][1] = 100, 1
    frame = pokejax.make().render(layout.EnvState(**values))
    assert frame.dtype == np.uint8 and frame.ndim == 3 and len(np.unique(frame.reshape(-1, 3), axis=0)) > 5
    assert len(enums.STATUSES) == 7
