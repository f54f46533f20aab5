from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from benchmarks.training import distributions, minibatches, networks
from benchmarks.training.config import NetworkConfig, PPOConfig, TrainConfig
from benchmarks.training.distributions import Categorical, DiagonalNormal
from benchmarks.training.environments import FunctionalEnvironments
from benchmarks.training.normalize import RunningMoments
from benchmarks.training.ppo import PPO, entropy_coefficient
from tests.benchmarks.ppo_environments import Recall, small_config
from twinenvs import spaces

pytestmark = pytest.mark.usefixtures("quick_compile")

ROUNDING = 1e-5  # float32 against float64, some ten operations
SIZE_TOLERANCE = 0.05  # a network "of 2M parameters" on small observations


def test_masked_categorical_is_the_distribution_over_legal_actions():
    logits = np.array([0.3, -1.2, 5.0, 0.9], np.float32)
    mask = np.array([True, True, False, True])
    legal = np.exp(logits[mask]) / np.exp(logits[mask]).sum()
    found = Categorical.of(jnp.asarray(logits), jnp.asarray(mask))
    assert float(found.entropy()) == pytest.approx(scipy.stats.entropy(legal), abs=ROUNDING)
    assert int(found.mode()) == 3
    for action, probability in zip((0, 1, 3), legal, strict=True):
        assert float(found.log_prob(jnp.int32(action))) == pytest.approx(np.log(probability), abs=ROUNDING)
    drawn = np.asarray(jax.vmap(found.sample)(jax.random.split(jax.random.key(0), 4000)))
    shares = np.bincount(drawn, minlength=4) / 4000
    assert shares[2] == 0
    np.testing.assert_allclose(shares[mask], legal, atol=0.04)  # five deviations of a share of 4,000 draws


def test_masked_entropy_has_finite_gradients_and_none_to_illegal_logits():
    mask = jnp.array([True, False, True])
    gradient = jax.grad(lambda x: Categorical.of(x, mask).entropy())(jnp.array([0.1, 80.0, -0.4]))
    assert np.isfinite(gradient).all()
    assert float(gradient[1]) == 0
    assert float(jnp.abs(gradient[0])) > 0


def test_diagonal_normal_equals_scipy():
    mean, log_std = np.array([0.2, -1.0, 3.0]), np.array([0.1, -0.7, 0.4])
    action = np.array([0.0, -1.5, 3.3])
    found = DiagonalNormal(jnp.asarray(mean, jnp.float32), jnp.asarray(log_std, jnp.float32))
    expected = scipy.stats.norm(mean, np.exp(log_std))
    assert float(found.log_prob(jnp.asarray(action))) == pytest.approx(expected.logpdf(action).sum(), abs=ROUNDING)
    assert float(found.entropy()) == pytest.approx(expected.entropy().sum(), abs=ROUNDING)


def test_normal_action_is_clipped_to_the_box():
    space = spaces.Box(-1.0, 2.0, (2,))
    np.testing.assert_array_equal(distributions.to_environment(space, jnp.array([-3.0, 5.0])), [-1, 2])


def test_running_moments_equal_those_of_all_rows():
    rng = np.random.default_rng(0)
    batches = [rng.normal(loc=center, scale=3, size=(4, 5, 2)).astype(np.float32) for center in (0.0, 10.0, -4.0)]
    moments = RunningMoments.start((2,))
    for batch in batches:
        moments = moments.update(jnp.asarray(batch))
    rows = np.concatenate(batches).reshape(-1, 2)
    assert float(moments.count) == len(rows)
    np.testing.assert_allclose(moments.mean, rows.mean(0), rtol=ROUNDING)
    np.testing.assert_allclose(moments.variance, rows.var(0), rtol=ROUNDING)


@pytest.mark.parametrize("blocks", [1, 4])
def test_minibatches_hold_every_decision_once_and_keep_to_their_blocks(blocks):
    time, envs, number = 3, 8, 2
    label = jnp.arange(time * envs).reshape(time, envs)
    rows = minibatches.decisions_as_rows(({"label": label}, jnp.zeros((envs, 0))))
    dealt, hidden = minibatches.shuffled(jax.random.key(0), rows, blocks, number, recurrent=False)
    found = np.asarray(dealt["label"])
    assert found.shape == (number, 1, time * envs // number)
    assert hidden.shape == (number, time * envs // number, 0)
    assert sorted(found.ravel()) == list(range(time * envs))
    for minibatch in found[:, 0]:
        blocks_of_rows = (minibatch % envs) // (envs // blocks)
        np.testing.assert_array_equal(np.bincount(blocks_of_rows), len(minibatch) // blocks)


def test_recurrent_minibatches_keep_an_environment_whole_with_its_hidden_state():
    time, envs, number = 3, 8, 4
    label = jnp.arange(time)[:, None] * 100 + jnp.arange(envs)
    rows = minibatches.environments_as_rows(({"label": label}, jnp.arange(envs, dtype=jnp.float32)[:, None]))
    dealt, hidden = minibatches.shuffled(jax.random.key(0), rows, 2, number, recurrent=True)
    found = np.asarray(dealt["label"])
    assert found.shape == (number, time, envs // number)
    np.testing.assert_array_equal(found // 100, np.broadcast_to(np.arange(time)[:, None], found.shape))
    np.testing.assert_array_equal(found % 100, np.broadcast_to(np.asarray(hidden)[..., 0][:, None], found.shape))
    assert sorted(np.asarray(hidden).ravel()) == list(range(envs))


def test_hidden_state_is_forgotten_where_an_episode_begins():
    network = networks.ActorCritic(NetworkConfig((4,), recurrent=6), 2, False)
    observation = jax.random.normal(jax.random.key(0), (5, 3, 2))
    reset = jnp.zeros((5, 3), bool).at[2, 1].set(True)
    hidden = jax.random.normal(jax.random.key(1), (3, 6))
    params = network.init(jax.random.key(2), hidden, observation, reset)
    _, _, _, value = network.apply(params, hidden, observation, reset)
    fresh = network.initial_hidden(3)
    _, _, _, later = network.apply(params, fresh, observation[2:], jnp.zeros((3, 3), bool))
    np.testing.assert_allclose(value[2:, 1], later[:, 1], atol=ROUNDING)
    assert float(jnp.abs(value[2:, 0] - later[:, 0]).max()) > ROUNDING


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("count", [2, 20, 200])
def test_sized_networks_have_the_parameters_they_are_called_by(count, recurrent):
    network = networks.ActorCritic(networks.sized(f"{count}M", recurrent), 3, False)
    hidden, observation = network.initial_hidden(1), jnp.zeros((1, 1, 8))
    shapes = jax.eval_shape(network.init, jax.random.key(0), hidden, observation, jnp.zeros((1, 1), bool))
    assert networks.count_parameters(shapes) == pytest.approx(count * 1e6, rel=SIZE_TOLERANCE)


@pytest.mark.parametrize("recurrent", [pytest.param(0, marks=pytest.mark.slow), 8])
def test_bfloat16_computes_products_in_bfloat16_and_keeps_parameters_in_float32(recurrent):
    config = small_config(recurrent)
    network = NetworkConfig((16,), recurrent, compute_dtype="bfloat16")
    config = TrainConfig(**{**vars(config), "network": network})
    ppo = PPO.of(config, FunctionalEnvironments(Recall(), 16))
    state = ppo.init(jnp.int32(0))
    after, metrics = jax.jit(ppo.update)(state)
    assert {leaf.dtype.name for leaf in jax.tree.leaves(after.agent)} == {"float32"}
    assert all(np.isfinite(value) for value in metrics.losses.values())
    products = [line for line in str(jax.make_jaxpr(ppo.update)(state)).splitlines() if "dot_general" in line]
    assert products and all("bf16[" in line.split("=")[0] for line in products)


def test_entropy_coefficient_falls_linearly_to_its_last_value():
    ppo = PPOConfig(entropy_coefficient=0.3, final_entropy_coefficient=0.1)
    found = [float(entropy_coefficient(ppo, jnp.int32(update), 5)) for update in range(5)]
    np.testing.assert_allclose(found, [0.3, 0.25, 0.2, 0.15, 0.1], rtol=ROUNDING)


def test_value_clipping_limits_what_one_update_learns_from():
    def loss(value_clip):
        ppo = PPO.of(small_config(value_clip=value_clip), FunctionalEnvironments(Recall(), 16))
        state, rollout = ppo.collect(ppo.init(jnp.int32(0)))
        return float(ppo.learn(state, rollout)[1].losses["value_loss"])

    assert loss(1e-6) > loss(None)  # the larger of both errors counts, so a change that is not allowed shows


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"num_envs": 0}, "ppo.num_envs must be an integer of at least 1, got 0"),
        ({"gamma": 1.5}, "ppo.gamma must lie between 0 and 1, got 1.5"),
        ({"learning_rate": float("nan")}, "ppo.learning_rate must be above 0, got nan"),
        ({"num_envs": 6, "shuffle_blocks": 4}, "multiple of ppo.shuffle_blocks = 4, got 6"),
    ],
)
def test_wrong_settings_are_refused_with_name_and_value(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        PPOConfig(**settings)
