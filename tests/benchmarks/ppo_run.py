"""One small training run in a process of its own: `python -m tests.benchmarks.ppo_run SPEC`, SPEC a JSON object.

Keys: folder, result (npz file for what was learned), resume, updates, checkpoint_every, recurrent, blocks; coordinator,
number and index for a run over several processes.
"""

from __future__ import annotations

import json
import pathlib
import sys

import jax
import numpy as np

from benchmarks.training.config import TrainConfig
from benchmarks.training.environments import FunctionalEnvironments
from benchmarks.training.mesh import Processes
from benchmarks.training.trainer import RunOptions, RunResult, train
from tests.benchmarks.ppo_environments import Recall, small_config

SEED = 3


def run_config(spec: dict) -> TrainConfig:
    """The settings that a specification stands for."""
    return small_config(
        recurrent=spec.get("recurrent", 0),
        total_updates=spec["updates"],
        checkpoint_every=spec.get("checkpoint_every", 1),
        normalize_reward=True,
        learning_rate=1e-2,
        shuffle_blocks=spec.get("blocks", 1),
    )


def small_run(spec: dict) -> RunResult:
    """Trains on `Recall` as the specification says."""
    config = run_config(spec)
    folder = pathlib.Path(spec["folder"]) if "folder" in spec else None
    envs = FunctionalEnvironments(Recall(length=5, visible=True), config.ppo.num_envs)
    return train(config, envs, RunOptions(seed=SEED, folder=folder, resume=spec.get("resume", False)))


def main() -> None:
    spec = json.loads(sys.argv[1])
    if "coordinator" in spec:
        Processes(spec["coordinator"], spec["number"], spec["index"]).connect()
    result = small_run(spec)
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(result.state.agent)]
    returns = np.array([row["return_mean"] for row in result.rows])
    devices = np.array(len(jax.tree.leaves(result.state.worker)[0].sharding.device_set))
    np.savez(spec["result"], *leaves, returns=returns, devices=devices)


if __name__ == "__main__":
    main()
