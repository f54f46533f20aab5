"""A batch in the last axis gives what `jax.vmap` gives, whatever the function does."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from twinenvs.batch_last import batch_last

BATCH = 11
TABLE = np.arange(30, dtype=np.int32).reshape(10, 3) ** 2


def arithmetic(x, y):
    """Scalars, small arrays, constants and reductions."""
    flags = (x[:, None] == np.arange(4)) & (y > 1)
    return jnp.where(flags, x[:, None] + y, 3).sum(0), flags.any(-1), jnp.stack([x, -x], 1).reshape(-1)[::-1]


def tables(x, y):
    """Lines of tables by scalar and by array."""
    return jnp.asarray(TABLE)[x % 10], jnp.asarray(TABLE)[y % 10, 1], jnp.asarray(TABLE)[:, 0][x % 10]


def loops(x, y):
    """A loop whose length differs in the batch, and a branch."""
    total = jax.lax.while_loop(lambda c: c[0] < y, lambda c: (c[0] + 1, c[1] + x[0] * c[0]), (jnp.int32(0), x[1]))[1]
    return total, jax.lax.cond(y > 3, lambda: x, lambda: 2 * x), jnp.cumsum(x), jnp.argmax(x)


def dynamic(x, y):
    """An index that differs in the batch."""
    return x[y % 4], jnp.concatenate([x, jnp.zeros(2, x.dtype)])


def unruly(x, y):
    """Operations without a rule of their own."""
    return x.at[y % 4].set(7), jnp.sort(x)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return rng.integers(0, 9, (BATCH, 4)).astype(np.int32), rng.integers(0, 9, BATCH).astype(np.int32)


def assert_same(found, expected) -> None:
    for mine, theirs in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert mine.dtype == theirs.dtype
        assert np.array_equal(mine, theirs)


@pytest.mark.parametrize("function", [arithmetic, tables, loops, dynamic, unruly])
def test_a_batch_in_the_last_axis_equals_vmap(function, batch) -> None:
    assert_same(jax.jit(jax.vmap(batch_last(function)))(*batch), jax.vmap(function)(*batch))


@pytest.mark.parametrize("function", [arithmetic, loops])
def test_a_map_of_a_map_equals_that_of_vmap(function, batch) -> None:
    x, y = batch
    both = np.stack([y[::-1], y])
    found = jax.jit(jax.vmap(jax.vmap(batch_last(function)), (None, 0)))(x, both)
    assert_same(found, jax.vmap(jax.vmap(function), (None, 0))(x, both))


def test_a_batch_goes_through_with_its_axis_last(batch) -> None:
    text = str(jax.make_jaxpr(jax.vmap(batch_last(lambda x, y: (x * y).sum())))(*batch))
    assert f"i32[4,{BATCH}] = mul" in text


def test_one_environment_takes_the_same_way(batch) -> None:
    x, y = batch[0][0], batch[1][0]
    assert_same(batch_last(loops)(x, y), loops(x, y))


def test_arguments_without_a_batch_serve_all(batch) -> None:
    x, y = batch[0][0], batch[1]
    assert_same(jax.vmap(batch_last(arithmetic), (None, 0))(x, y), jax.vmap(arithmetic, (None, 0))(x, y))
