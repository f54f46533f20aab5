"""The compiled rollout of HalfCheetah over several devices: `python -m tests.benchmarks.ppo_collect SPEC`.

Keys of SPEC, a JSON object: devices; program, the file for the compiled program's text.
"""

from __future__ import annotations

import json
import pathlib
import sys

import jax
import jax.numpy as jnp

import halfcheetah_jax
from benchmarks.training import mesh as meshes
from benchmarks.training.environments import FunctionalEnvironments
from benchmarks.training.ppo import PPO
from halfcheetah_jax.batching import BLOCK
from tests.benchmarks.ppo_environments import small_config


def program(devices: int) -> str:
    """The text of the program that collects one rollout."""
    # Smaller blocks would have XLA divide a block's loops among threads, which its kernel cannot have.
    num_envs = devices * BLOCK
    config = small_config(num_envs=num_envs, rollout_steps=2)
    mesh = meshes.make_mesh(num_envs, devices)
    envs = FunctionalEnvironments(halfcheetah_jax.make(frame_skip=1), num_envs).over(mesh)
    ppo = PPO.of(config, envs)
    shapes = jax.eval_shape(ppo.init, jnp.int32(0))
    shardings = meshes.state_shardings(mesh, shapes, 1)
    collect = jax.jit(ppo.collect, in_shardings=(shardings,), out_shardings=(shardings, None))
    return collect.lower(shapes).compile().as_text()


if __name__ == "__main__":
    specification = json.loads(sys.argv[1])
    pathlib.Path(specification["program"]).write_text(program(specification["devices"]))
