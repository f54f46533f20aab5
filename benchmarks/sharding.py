"""A rollout divided among devices: each steps its own environments, and nothing passes between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

ENVS = "envs"  # The mesh's axis.


def one_device_per_core(num_envs: int, cores: int) -> None:
    """Gives JAX on CPU as many devices as there are cores, if they divide the environments; before JAX starts.

    A version without the setting, before jax 0.5, keeps its one device.
    """
    if num_envs % cores == 0 and hasattr(jax.config, "jax_num_cpu_devices"):
        jax.config.update("jax_num_cpu_devices", cores)


def split_over_devices(rollout: Callable[..., Any], carry: Any, pieces: jax.Array) -> tuple[Callable[..., Any], Any]:
    """Divides a rollout and its arrays among all local devices.

    Args:
        rollout: `(carry, pieces, first, number) -> carry` of one device's environments, inside the axis `ENVS`.
        carry: arrays with the environments first, and scalars that all devices share.
        pieces: actions (pieces, piece, environments, ...).

    Returns:
        The rollout of all, and (carry, pieces) laid out for it.
    """
    mesh = Mesh(np.array(jax.local_devices()), (ENVS,))
    split, copied = PartitionSpec(ENVS), PartitionSpec()
    of_carry = jax.tree.map(lambda leaf: split if leaf.ndim else copied, carry)
    of_pieces = PartitionSpec(None, None, ENVS)
    divided = shard_map(rollout, mesh, (of_carry, of_pieces, copied, copied), of_carry)
    layouts = jax.tree.map(lambda spec: NamedSharding(mesh, spec), (of_carry, of_pieces))
    return divided, jax.device_put((carry, pieces), layouts)


def shard_map(function: Callable[..., Any], mesh: Mesh, in_specs: Any, out_specs: Any) -> Callable[..., Any]:
    """JAX's shard_map under either of its names, without its check of replication, which custom rules do not pass."""
    if hasattr(jax, "shard_map"):
        return jax.shard_map(function, mesh=mesh, in_specs=in_specs, out_specs=out_specs, check_vma=False)
    from jax.experimental.shard_map import shard_map as older

    return older(function, mesh=mesh, in_specs=in_specs, out_specs=out_specs, check_rep=False)
