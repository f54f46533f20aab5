"""TCGJax through gymnax's wrappers and through a training script in PureJaxRL's shape."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tcgjax
import twinenvs
from twinenvs.compat import five_value, gymnax_view

pytestmark = [pytest.mark.timeout(1800), pytest.mark.slow]  # the step is long to compile on a busy machine

GAMES, STEPS = 16, 240  # steps beyond the longest game between these players


def make():
    return tcgjax.make(deck="pikachu_ex", opponent_deck="weezing_arbok", opponent="attach_attack")


def test_gymnax_wrappers_log_whole_games() -> None:
    wrappers = pytest.importorskip("gymnax.wrappers.purerl", reason="gymnax is not installed (extra `train`)")
    env = gymnax_view(make())
    wrapped = wrappers.LogWrapper(wrappers.FlattenObservationWrapper(env))

    def run(keys):
        observation, state = jax.vmap(wrapped.reset, (0, None))(keys, env.default_params)

        def body(carry, key):
            state, mask = carry
            draws = jax.random.uniform(key, mask.shape)
            action = jnp.where(mask, draws, -1.0).argmax(-1)
            _, state, reward, terminated, _, info = jax.vmap(wrapped.step, (0, 0, 0, None))(
                jax.random.split(key, GAMES), state, action, env.default_params
            )
            return (state, info["action_mask"]), (reward, terminated, info["returned_episode_returns"], info["illegal"])

        first = jax.vmap(env.action_mask)(state.env_state)
        return observation, jax.lax.scan(body, (state, first), jax.random.split(keys[0], STEPS))[1]

    keys = jax.random.split(jax.random.key(0), GAMES)
    observation, values = jax.device_get(twinenvs.jit(run, env=make())(keys))
    reward, terminated, returned, illegal = values
    assert observation.shape == (GAMES, *make().observation_space().shape)
    assert not illegal.any()
    # A win, a draw or a loss comes with the end alone, so it is the whole return.
    assert terminated.sum() >= GAMES // 2 and (returned[terminated] == reward[terminated]).all()
    assert set(np.unique(reward[terminated])) <= {-1.0, 0.0, 1.0} and len(np.unique(reward[terminated])) > 1


def test_a_training_script_of_five_values_runs() -> None:
    from tests.contract import purejaxrl_script

    config = {"NUM_ENVS": GAMES, "NUM_STEPS": 16, "NUM_UPDATES": 2, "UPDATE_EPOCHS": 1, "NUM_MINIBATCHES": 2}
    train = purejaxrl_script.make_train(config, five_value(make()))
    out = twinenvs.jit(train, env=make())(jax.random.key(0))
    assert np.isfinite(np.asarray(out["metrics"]["value_loss"])).all()
