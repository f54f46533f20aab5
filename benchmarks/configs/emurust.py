"""Training configurations of EmuRust's own game."""

from __future__ import annotations

from benchmarks.training.config import NetworkConfig, PPOConfig, TrainConfig

RAM = {"observation": "ram", "frame_stack": 2}

DEFAULT = TrainConfig(
    env="emurust",
    options=RAM,
    total_timesteps=2_097_152,
    log_every=8,
    checkpoint_every=32,
    network=NetworkConfig(hidden=(128, 128)),
    ppo=PPOConfig(num_envs=64, rollout_steps=128, minibatches=8, learning_rate=1e-3, gamma=0.99),
)

PIXELS = TrainConfig(
    env="emurust",
    options={"observation": "small", "frame_stack": 2},
    total_timesteps=4_194_304,
    log_every=8,
    checkpoint_every=32,
    network=NetworkConfig(hidden=(256, 128)),
    ppo=PPOConfig(num_envs=64, rollout_steps=128, minibatches=8, learning_rate=5e-4, gamma=0.99),
)

CONFIGS = {"default": DEFAULT, "pixels": PIXELS}
