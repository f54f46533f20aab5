"""Training configurations of PokeJAX: against itself and the players that look at damage."""

from __future__ import annotations

from benchmarks.training.config import NetworkConfig, PPOConfig, TrainConfig

DEFAULT = TrainConfig(
    env="pokejax",
    opponents="self:0.5,max_damage:0.25,max_base_power:0.25",
    total_timesteps=9_830_400,
    log_every=5,
    checkpoint_every=10,
    snapshot_every=20,
    shaping=0.5,
    network=NetworkConfig(hidden=(128, 128), activation="relu"),
    ppo=PPOConfig(
        num_envs=512,
        rollout_steps=64,
        epochs=2,
        minibatches=16,
        learning_rate=1e-3,
        gamma=0.998,
        gae_lambda=0.95,
        entropy_coefficient=0.01,
        final_entropy_coefficient=0.002,
    ),
)

# One player's side against a named player, small enough to be trained ten times over.
TRANSFER = TrainConfig(
    env="pokejax",
    options={"opponent": "max_base_power"},
    total_timesteps=524_288,
    log_every=4,
    checkpoint_every=16,
    network=NetworkConfig(hidden=(64, 64), activation="relu"),
    ppo=PPOConfig(num_envs=128, rollout_steps=64, epochs=2, minibatches=8, learning_rate=1e-3, gamma=0.998),
)

CONFIGS = {"default": DEFAULT, "transfer": TRANSFER}
