"""Stages for few environments give what the masked rule gives, and touch no other environment."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from twinenvs.rare import SMALL, most, rarely

SIZES = (1, SMALL, SMALL + 1, 1000)


def rule(x, y, unread, needs):
    """Changes x and y where needed; reads a traced value and a table that the stage does not get as arguments."""
    table, factor = jnp.array([5, 7, 11]), x % 3 + 1

    def stage(when, values):
        x, y, unread = values
        return jnp.where(when, x + table[factor - 1], x), jnp.where(when, y * factor, y), unread

    return rarely(stage, needs, (x, y, unread))


def masked(x, y, unread, needs):
    factor = x % 3 + 1
    return (
        np.where(needs, x + np.array([5, 7, 11])[factor - 1], x),
        np.where(needs[..., None], y * factor[..., None], y),
        unread,
    )


def batch(size, share):
    rng = np.random.default_rng(size)
    x, y = rng.integers(0, 99, size), rng.integers(0, 99, (size, 4))
    return x.astype(np.int32), y.astype(np.int32), x.astype(np.int16), rng.random(size) < share


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_rarely_gives_what_the_masked_rule_gives(size, share):
    values = batch(size, share)
    for got, expected in zip(jax.jit(jax.vmap(rule))(*values), masked(*values), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_rarely_gives_the_same_alone_and_in_batches_of_batches():
    values = batch(600, 0.3)
    each = [rule(*(value[i] for value in values)) for i in range(9)]
    alone = [np.stack(column) for column in zip(*each, strict=True)]
    nested = jax.jit(jax.vmap(jax.vmap(rule)))(*(v.reshape(3, 200, *v.shape[1:]) for v in values))
    for one, got, expected in zip(alone, nested, masked(*values), strict=True):
        np.testing.assert_array_equal(one, expected[:9])
        np.testing.assert_array_equal(np.asarray(got).reshape(expected.shape), expected)


def test_rarely_runs_the_stage_on_a_part_of_the_batch():
    def divided(x, needs):
        return rarely(lambda when, x: jnp.where(when, x // 7, x), needs, x, share=16)

    text = jax.jit(jax.vmap(divided)).lower(np.arange(1600, dtype=np.int32), np.zeros(1600, bool)).as_text()
    divisions = [line for line in text.splitlines() if "stablehlo.divide" in line]
    assert divisions and all("tensor<100xi32>" in line for line in divisions)


def test_rarely_refuses_a_stage_that_changes_the_structure():
    with pytest.raises(TypeError, match="the stage returned"):
        rarely(lambda when, x: (x, x), True, jnp.int32(1))


def test_most_ends_a_loop_for_all_where_the_longest_ends():
    def turns(count):
        return jax.lax.fori_loop(0, most(count), lambda i, x: x + jnp.where(i < count, i, 0), 0)

    counts = np.array([0, 5, 2, 9], np.int32)
    np.testing.assert_array_equal(jax.vmap(turns)(counts), counts * (counts - 1) // 2)
    assert int(turns(4)) == 6
    # One end for all: the loop's condition compares two scalars.
    conditions = [
        e.params["cond_jaxpr"] for e in jax.make_jaxpr(jax.vmap(turns))(counts).eqns if e.primitive.name == "while"
    ]
    assert [out.aval.shape for out in conditions[0].jaxpr.outvars] == [()]
    assert not any("reduce_or" in str(e.primitive) for e in conditions[0].jaxpr.eqns)
