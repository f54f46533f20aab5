"""The wish for one kernel changes no result, reaches the compiler, and splits batches evenly."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from twinenvs.kernel import blocks, one_kernel


def long_rule(x: jax.Array, y: jax.Array) -> dict[str, jax.Array]:
    """Something of every kind a step has: a loop with a traced end, a selection, an update in place."""

    def turn(state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        count, value = state
        return count + 1, jnp.where(value > 9, value - y, value * 2 + y)

    _, value = jax.lax.while_loop(lambda s: (s[0] < 20) & jnp.any(s[1] < 7), turn, (jnp.int32(0), x))
    return {"value": value, "table": jnp.zeros((3, *x.shape), x.dtype).at[1].set(value)}


def test_one_kernel_gives_the_same_results() -> None:
    x, y = jnp.arange(64, dtype=jnp.int32) % 11, jnp.arange(64, dtype=jnp.int32) % 3
    alone = long_rule(x, y)
    within = jax.jit(lambda x, y: one_kernel(long_rule, x, y))(x, y)
    eager = one_kernel(long_rule, x, y)
    jax.tree.map(np.testing.assert_array_equal, alone, within)
    jax.tree.map(np.testing.assert_array_equal, alone, eager)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="the kernel is asked of XLA's CPU backend")
def test_one_kernel_stays_one_call_of_the_compiled_program() -> None:
    x = jnp.arange(64, dtype=jnp.int32)

    def calls(function) -> int:
        text = jax.jit(function).lower(x, x).compile().as_text()
        return sum(" call(" in line and 'xla_cpu_small_call="true"' in line for line in text.splitlines())

    assert calls(lambda x, y: one_kernel(long_rule, x, y)) > 0
    assert calls(long_rule) == 0


@pytest.mark.parametrize("count", [1, 127, 128, 129, 1000, 4096])
def test_blocks_cover_the_batch_with_less_than_one_surplus_each(count: int) -> None:
    number, size = blocks(count, 128)
    assert size <= 128
    assert 0 <= number * size - count < number
