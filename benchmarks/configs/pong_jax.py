"""Training configurations of Pong."""

from __future__ import annotations

from benchmarks.training.config import NetworkConfig, PPOConfig, TrainConfig

FRAMESKIP = {"frameskip": 8}  # as in the original's own training

DEFAULT = TrainConfig(
    env="pong_jax",
    options=FRAMESKIP,
    total_timesteps=3_276_800,
    log_every=5,
    checkpoint_every=20,
    network=NetworkConfig(hidden=(64, 64)),
    ppo=PPOConfig(num_envs=512, rollout_steps=64, minibatches=8, learning_rate=2e-3),
)

GRU = TrainConfig(
    env="pong_jax",
    options=FRAMESKIP,
    total_timesteps=6_553_600,
    log_every=5,
    checkpoint_every=20,
    network=NetworkConfig(hidden=(64,), recurrent=64),
    ppo=PPOConfig(num_envs=512, rollout_steps=64, minibatches=8, learning_rate=1e-3),
)

CONTINUOUS = TrainConfig(
    env="pong_jax",
    options={**FRAMESKIP, "continuous": True},
    total_timesteps=6_553_600,
    log_every=5,
    checkpoint_every=20,
    network=NetworkConfig(hidden=(64, 64)),
    ppo=PPOConfig(num_envs=512, rollout_steps=64, minibatches=8, learning_rate=1e-3, entropy_coefficient=0.0),
)

CONFIGS = {"default": DEFAULT, "gru": GRU, "continuous": CONTINUOUS}
