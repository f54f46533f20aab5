"""Training configurations of TCGJax: against itself, its past and the weighted player."""

from __future__ import annotations

from benchmarks.training.config import NetworkConfig, PPOConfig, TrainConfig

DEFAULT = TrainConfig(
    env="tcgjax",
    opponents="self:0.5,pool:0.25,weighted:0.25",
    total_timesteps=39_321_600,
    log_every=5,
    checkpoint_every=20,
    snapshot_every=20,
    shaping=0.5,
    network=NetworkConfig(hidden=(128, 128), activation="relu"),
    ppo=PPOConfig(
        num_envs=1024,
        rollout_steps=64,
        epochs=2,
        minibatches=16,
        learning_rate=1e-3,
        gamma=0.998,
        gae_lambda=0.95,
        entropy_coefficient=0.01,
        final_entropy_coefficient=0.002,
        decision_share=0.5,
    ),
)

# One player's side against the weighted player, small enough for the Python reference to train on.
TRANSFER = TrainConfig(
    env="tcgjax",
    options={"opponent": "weighted"},
    total_timesteps=262_144,
    log_every=4,
    checkpoint_every=16,
    network=NetworkConfig(hidden=(64, 64), activation="relu"),
    ppo=PPOConfig(num_envs=64, rollout_steps=128, epochs=4, minibatches=8, learning_rate=1e-3, gamma=0.998),
)

CONFIGS = {"default": DEFAULT, "transfer": TRANSFER}
