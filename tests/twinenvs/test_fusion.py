"""Barriers around what is kept: the same results, each dear value computed once, and a compiler that heeds them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from twinenvs import fusion
from twinenvs.batch_last import LONG, batch_last
from twinenvs.rare import rarely

SIZE = 96  # environments; not a power of two


def rule(number: jax.Array, other: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A little of everything that rules are made of; the mixed word has four uses and is dear."""
    mixed = number * 5 + (other ^ number) - (number >> 3)

    def turn(i, value):
        return jnp.where(value & 1 == 1, value * 3 + mixed, value // 2 + i)

    turned = lax.fori_loop(0, 3, turn, mixed)
    _, ended = lax.while_loop(lambda two: two[0] < mixed & 7, lambda two: (two[0] + 1, two[1] ^ mixed), (0, turned))
    chosen = lax.cond(mixed > 100, lambda x: x * 2 + 1, lambda x: x - mixed, ended)
    seldom = rarely(lambda when, x: jnp.where(when, x * 7 - mixed, x), mixed & 15 == 3, chosen)
    listed = jnp.stack([seldom, mixed, number, other])
    return jnp.cumsum(listed)[::-1], jnp.sum(jnp.sort(listed) * np.arange(4))


@pytest.fixture(scope="module")
def numbers() -> tuple[jax.Array, jax.Array]:
    rng = np.random.default_rng(3)
    first, second = (rng.integers(-(2**20), 2**20, SIZE, dtype=np.int32) for _ in range(2))
    return jnp.asarray(first), jnp.asarray(second)


def barriers(function, *arguments) -> int:
    """Barriers in a function's jaxpr, inner ones included."""
    return str(jax.make_jaxpr(function)(*arguments)).count("optimization_barrier")


def test_planned_rule_gives_the_same_results(numbers):
    expected = jax.jit(jax.vmap(rule))(*numbers)
    planned = fusion.planned(rule)
    for options in (None, fusion.OPTIONS):
        found = jax.jit(jax.vmap(planned), compiler_options=options)(*numbers)
        for value, right in zip(found, expected, strict=True):
            np.testing.assert_array_equal(value, right)
    alone = jax.jit(planned)(numbers[0][0], numbers[1][0])
    np.testing.assert_array_equal(alone[0], expected[0][0])


def test_dear_value_of_two_uses_is_kept_and_a_cheap_one_is_not():
    def dear(x):
        y = x * 3 + (x ^ 5) - 1
        return y * y + 2, y - 7

    def cheap(x):
        y = x + 1
        return y * 2, y - 7

    assert barriers(fusion.planned(dear), jnp.int32(1)) == 1
    assert barriers(fusion.planned(cheap), jnp.int32(1)) == 0


def test_long_chain_is_cut_and_loops_are_planned_inside():
    def chain(x):
        for i in range(3 * fusion.LONGEST):
            x = x * 3 ^ i
        return x

    def loop(x):
        return lax.fori_loop(0, x, lambda i, y: (y * 3 + i ^ y) * (y * 3 + i ^ y) - 1, x)

    assert barriers(fusion.planned(chain), jnp.int32(1)) >= 3
    assert barriers(fusion.planned(loop), jnp.int32(1)) > barriers(loop, jnp.int32(1))


def test_compiler_keeps_the_barriers_under_the_options():
    def dear(x):
        y = x * 3 + (x ^ 5) - 1
        return y * y + 2, y - 7

    x = jnp.arange(1024)
    for options, kept in ((fusion.OPTIONS, True), (None, False)):
        text = jax.jit(fusion.planned(dear), compiler_options=options).lower(x).compile().as_text()
        assert ("opt-barrier" in text) == kept
        assert "fusion" in text


@pytest.mark.parametrize("block", [8, 7, 32, 512])
def test_blocks_change_no_result(numbers, block):
    expected = jax.vmap(rule)(*numbers)
    found = jax.jit(jax.vmap(batch_last(rule, block)), compiler_options=fusion.OPTIONS)(*numbers)
    for one, right in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, right)


def test_long_results_come_with_the_batch_in_front(numbers):
    def long(number, other):
        return (number * np.arange(LONG + 3) ^ other).reshape(7, -1).astype(jnp.int16), number

    expected = jax.vmap(long)(*numbers)
    found = jax.jit(jax.vmap(batch_last(long)), compiler_options=fusion.OPTIONS)(*numbers)
    twice = jax.vmap(jax.vmap(batch_last(long)))(*(x.reshape(2, -1) for x in numbers))
    for one, two, right in zip(found, twice, expected, strict=True):
        np.testing.assert_array_equal(one, right)
        np.testing.assert_array_equal(two.reshape(right.shape), right)
