"""Cutting a rollout into rows, shuffling them and dealing them out as minibatches."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def environments_as_rows(batch: tuple[Any, jax.Array]) -> tuple[Any, jax.Array]:
    """One row an environment: leaves (time, envs, ...) become (envs, time, ...); the hidden state is that already."""
    sequences, hidden = batch
    return jax.tree.map(lambda leaf: jnp.swapaxes(leaf, 0, 1), sequences), hidden


def decisions_as_rows(batch: tuple[Any, jax.Array]) -> tuple[Any, jax.Array]:
    """One row a decision, an environment's decisions side by side: leaves (time, envs, ...) become (rows, 1, ...).

    The hidden state of a policy without memory has no width, so only its length has to fit.
    """
    sequences, hidden = environments_as_rows(batch)
    rows = jax.tree.map(lambda leaf: leaf.reshape(-1, 1, *leaf.shape[2:]), sequences)
    number = jax.tree.leaves(rows)[0].shape[0]
    return rows, jnp.zeros((number, hidden.shape[1]), hidden.dtype)


def heaviest(key: jax.Array, rows: tuple[Any, jax.Array], weight: jax.Array, share: float) -> tuple[Any, jax.Array]:
    """A share of the rows, those of weight 1 before those of weight 0, drawn at random among equals.

    Args:
        key: a JAX random key.
        rows: as `decisions_as_rows` gives them.
        weight: float32 (rows,), 0 or 1.
        share: of the rows that stay.
    """
    number = int(len(weight) * share)
    order = jnp.argsort(jax.random.uniform(key, weight.shape) - weight)[:number]
    return jax.tree.map(lambda leaf: leaf[order], rows)


def shuffled(key: jax.Array, rows: tuple[Any, jax.Array], blocks: int, minibatches: int, recurrent: bool) -> Any:
    """Deals shuffled rows out.

    Rows move only inside `blocks` equal groups, and every minibatch takes the same number from each group. A run
    sharded over a divisor of `blocks` devices therefore keeps its rows where they are.

    Args:
        key: a JAX random key.
        rows: (sequences with leaves (rows, time, ...), hidden float32 (rows, width)).
        blocks: number of groups; `blocks * minibatches` divides the number of rows.
        minibatches: number of minibatches.
        recurrent: whether the hidden state has to follow its row.

    Returns:
        (sequences with leaves (minibatches, time, rows of a minibatch, ...), hidden (minibatches, rows, width)).
    """
    sequences, hidden = rows
    total = hidden.shape[0]
    size = total // blocks
    order = jax.vmap(lambda k: jax.random.permutation(k, size))(jax.random.split(key, blocks))

    def deal(leaf: jax.Array) -> jax.Array:
        mixed = jax.vmap(lambda block, permutation: block[permutation])(
            leaf.reshape(blocks, size, *leaf.shape[1:]), order
        )
        dealt = mixed.reshape(blocks, minibatches, size // minibatches, *leaf.shape[1:])
        return jnp.swapaxes(dealt, 0, 1).reshape(minibatches, total // minibatches, *leaf.shape[1:])

    dealt = jax.tree.map(lambda leaf: jnp.swapaxes(deal(leaf), 1, 2), sequences)
    width = hidden.shape[1]
    return dealt, deal(hidden) if recurrent else jnp.zeros((minibatches, total // minibatches, width), hidden.dtype)
