"""Checkpoints by orbax: everything a run carries, so that a resumed run continues to the bit."""

from __future__ import annotations

import pathlib
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.errors import InputMissingError

KEPT = 2  # the newest may be cut short by a crash of the machine; the one before it is whole


class Checkpoints:
    """The checkpoints of one run's folder."""

    def __init__(self, folder: pathlib.Path) -> None:
        """Opens or makes `folder`."""
        import orbax.checkpoint as ocp

        # Synchronous, because the next chunk donates, and so overwrites, the buffers that are being saved.
        options = ocp.CheckpointManagerOptions(max_to_keep=KEPT, create=True, enable_async_checkpointing=False)
        self.folder = folder
        self._args = ocp.args
        self._manager = ocp.CheckpointManager(folder.absolute(), options=options)

    def latest(self) -> int | None:
        """Number of updates done at the newest checkpoint; None where there is none."""
        return self._manager.latest_step()

    def save(self, update: int, state: Any) -> None:
        """Saves a training state after `update` updates; returns when it is written."""
        self._manager.save(update, args=self._args.StandardSave(_savable(state)))

    def restore(self, update: int, template: Any) -> Any:
        """Reads the training state saved after `update` updates.

        Args:
            update: as given to `save`.
            template: a state with the shapes, dtypes and shardings wanted.

        Raises:
            InputMissingError: the checkpoint cannot be read, or belongs to another network or environment.
        """
        wanted = [jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding) for x in _savable(template)]
        try:
            restored: Any = self._manager.restore(update, args=self._args.StandardRestore(wanted))
        except Exception as error:  # orbax raises many kinds, from several libraries
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise InputMissingError(
                f"The checkpoint after {update} updates in {self.folder} cannot be read ({reason});"
                " delete that folder to go on from the one before, or start anew with another --output."
            ) from error
        return _rebuilt(template, restored)

    def close(self) -> None:
        """Releases orbax's threads."""
        self._manager.close()


def _is_typed_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _savable(tree: Any) -> list[jax.Array]:
    """The leaves that orbax takes: typed keys as their numbers, and none of size 0, which hold nothing to save."""
    leaves = [leaf for leaf in jax.tree.leaves(tree) if leaf.size]
    return [jax.random.key_data(leaf) if _is_typed_key(leaf) else leaf for leaf in leaves]


def _rebuilt(template: Any, saved: list[jax.Array]) -> Any:
    """The inverse of `_savable`; leaves of size 0 are the template's."""
    leaves, structure = jax.tree.flatten(template)
    values = iter(saved)
    for index, leaf in enumerate(leaves):
        if leaf.size:
            value = next(values)
            leaves[index] = jax.random.wrap_key_data(value) if _is_typed_key(leaf) else value
    return jax.tree.unflatten(structure, leaves)
