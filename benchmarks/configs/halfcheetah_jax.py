"""Training configurations of HalfCheetah."""

from __future__ import annotations

import dataclasses

from benchmarks.training.config import NetworkConfig, PPOConfig, TrainConfig

DEFAULT = TrainConfig(
    env="halfcheetah_jax",
    total_timesteps=1_000_000,
    num_seeds=5,
    log_every=35,
    checkpoint_every=105,
    network=NetworkConfig(hidden=(64, 64), initial_log_std=-1.0),
    ppo=PPOConfig(
        num_envs=64,
        rollout_steps=32,
        epochs=10,
        minibatches=32,
        learning_rate=4e-4,
        gamma=0.98,
        gae_lambda=0.95,
        clip=0.2,
        value_coefficient=0.25,
        entropy_coefficient=0.0,
        normalize_reward=True,
        normalize_advantage=False,
    ),
)

LARGE = dataclasses.replace(
    DEFAULT,
    total_timesteps=16_000_000,
    num_seeds=1,
    log_every=10,
    checkpoint_every=20,
    ppo=dataclasses.replace(DEFAULT.ppo, num_envs=512, rollout_steps=64, epochs=6, minibatches=64, learning_rate=3e-4),
)

CONFIGS = {"default": DEFAULT, "large": LARGE}
