"""A small PPO in PureJaxRL's shape, as its users write it: `obs, state, reward, done, info = env.step(...)`."""

from __future__ import annotations

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


class ActorCritic(nn.Module):
    """Two small towers."""

    num_actions: int

    @nn.compact
    def __call__(self, x):
        """Logits and value of a batch of observations."""
        actor = nn.Dense(self.num_actions, kernel_init=nn.initializers.orthogonal(0.01))(nn.tanh(nn.Dense(32)(x)))
        critic = nn.Dense(1)(nn.tanh(nn.Dense(32)(x)))
        return actor, critic.squeeze(-1)


class Transition(NamedTuple):
    """One step of every environment."""

    done: jax.Array
    action: jax.Array
    value: jax.Array
    reward: jax.Array
    log_prob: jax.Array
    obs: jax.Array


def make_train(config, env):
    """The train function of one seed."""
    params = env.default_params
    network = ActorCritic(env.action_space(params).n)
    batch = config["NUM_ENVS"] * config["NUM_STEPS"]

    def train(key):
        key, key_init, key_reset = jax.random.split(key, 3)
        variables = network.init(key_init, jnp.zeros(env.observation_space(params).shape))
        train_state = TrainState.create(
            apply_fn=network.apply, params=variables, tx=optax.chain(optax.clip_by_global_norm(0.5), optax.adam(1e-3))
        )
        obs, env_state = jax.vmap(env.reset, in_axes=(0, None))(jax.random.split(key_reset, config["NUM_ENVS"]), params)

        def env_step(carry, _):
            train_state, env_state, obs, key = carry
            key, key_action, key_step = jax.random.split(key, 3)
            logits, value = network.apply(train_state.params, obs)
            action = jax.random.categorical(key_action, logits)
            log_prob = jnp.take_along_axis(jax.nn.log_softmax(logits), action[:, None], 1)[:, 0]
            keys = jax.random.split(key_step, config["NUM_ENVS"])
            next_obs, env_state, reward, done, _ = jax.vmap(env.step, in_axes=(0, 0, 0, None))(
                keys, env_state, action, params
            )
            transition = Transition(done, action, value, reward, log_prob, obs)
            return (train_state, env_state, next_obs, key), transition

        def advantages(transitions, last_value):
            def back(carry, t):
                gae, next_value = carry
                delta = t.reward + 0.99 * next_value * (1 - t.done) - t.value
                gae = delta + 0.99 * 0.95 * (1 - t.done) * gae
                return (gae, t.value), gae

            _, gae = jax.lax.scan(back, (jnp.zeros_like(last_value), last_value), transitions, reverse=True)
            return gae, gae + transitions.value

        def loss(variables, t, gae, target):
            logits, value = network.apply(variables, t.obs)
            log_probs = jax.nn.log_softmax(logits)
            ratio = jnp.exp(jnp.take_along_axis(log_probs, t.action[:, None], 1)[:, 0] - t.log_prob)
            gae = (gae - gae.mean()) / (gae.std() + 1e-8)
            actor = -jnp.minimum(ratio * gae, jnp.clip(ratio, 0.8, 1.2) * gae).mean()
            value_loss = ((value - target) ** 2).mean()
            entropy = -(jnp.exp(log_probs) * log_probs).sum(-1).mean()
            return actor + 0.5 * value_loss - 0.01 * entropy, value_loss

        def update(carry, _):
            carry, transitions = jax.lax.scan(env_step, carry, None, config["NUM_STEPS"])
            train_state, env_state, obs, key = carry
            gae, target = advantages(transitions, network.apply(train_state.params, obs)[1])

            def minibatch(train_state, data):
                (_, value_loss), grads = jax.value_and_grad(loss, has_aux=True)(train_state.params, *data)
                return train_state.apply_gradients(grads=grads), value_loss

            def epoch(carry, key):
                order = jax.random.permutation(key, batch)
                data = jax.tree.map(
                    lambda x: x.reshape(batch, *x.shape[2:])[order].reshape(
                        config["NUM_MINIBATCHES"], -1, *x.shape[2:]
                    ),
                    (transitions, gae, target),
                )
                return jax.lax.scan(minibatch, carry, data)

            key, key_epochs = jax.random.split(key)
            keys = jax.random.split(key_epochs, config["UPDATE_EPOCHS"])
            train_state, value_loss = jax.lax.scan(epoch, train_state, keys)
            metrics = {"value_loss": value_loss.mean(), "finished": transitions.done.sum()}
            return (train_state, env_state, obs, key), metrics

        _, metrics = jax.lax.scan(update, (train_state, env_state, obs, key), None, config["NUM_UPDATES"])
        return {"metrics": metrics}

    return train
