"""Several devices and several processes: environments are split, what is learned is copied.

The algorithm is written for the whole batch. Under `jit` the compiler splits it along the environments and inserts the
reductions, so moments, advantages and gradients are those of all environments on every device. The environments' own
step is divided by hand (`FunctionalEnvironments.over`), so that nothing passes between devices there.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from benchmarks.errors import UsageError
from benchmarks.training.ppo import TrainState

AXIS = "envs"


@dataclasses.dataclass(frozen=True)
class Processes:
    """One process's place among several.

    Attributes:
        coordinator: address:port of process 0, on a network that all processes share.
        number: processes in all.
        index: this one, from 0.
    """

    coordinator: str
    number: int
    index: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.number:
            raise UsageError(f"process_id must lie in 0 .. {self.number - 1}, got {self.index}.")

    def connect(self) -> None:
        """Joins the others; must come before anything else uses JAX."""
        jax.distributed.initialize(self.coordinator, self.number, self.index)


def make_mesh(num_envs: int, devices: int | None = None) -> Mesh:
    """A mesh of one axis over devices of all processes.

    Args:
        num_envs: environments of the run.
        devices: devices to use; None means all where they divide `num_envs`, else one. All with several processes.

    Raises:
        UsageError: more devices than there are, or a number that does not divide `num_envs`.
    """
    present = jax.devices()
    if devices is None:
        devices = len(present) if num_envs % len(present) == 0 or jax.process_count() > 1 else 1
    if not 1 <= devices <= len(present):
        raise UsageError(f"devices must lie in 1 .. {len(present)}, the devices present, got {devices}.")
    if num_envs % devices:
        raise UsageError(f"num_envs must be a multiple of the {devices} devices, got {num_envs}.")
    return Mesh(np.array(present[:devices]), (AXIS,))


def state_shardings(mesh: Mesh, shapes: TrainState, num_seeds: int) -> TrainState:
    """How a training state lies on a mesh.

    Args:
        mesh: of one axis.
        shapes: the state, or its shapes and dtypes; with a leading axis of seeds where `num_seeds` is above 1.
        num_seeds: runs in the state.
    """
    copied = NamedSharding(mesh, PartitionSpec())
    split = NamedSharding(mesh, PartitionSpec(None, AXIS) if num_seeds > 1 else PartitionSpec(AXIS))
    everywhere = jax.tree.map(lambda _: copied, shapes)
    return everywhere.replace(worker=jax.tree.map(lambda _: split, shapes.worker))


def fetch(tree: Any) -> Any:
    """Values that every process holds whole, as NumPy arrays."""
    return jax.tree.map(lambda leaf: np.asarray(jax.device_get(leaf)), tree)
