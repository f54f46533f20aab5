"""Stages that few environments of a batch need, run for those alone, and loops that end when none needs them.

A rule is written for one environment and masked; a batch runs it for all of them, also where one in a hundred needs it.
`rarely` marks such a stage. In a batch it gathers the environments in need into a smaller one, runs the stage there
and puts them back, as often as it takes; the results are those of the masked rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun

from twinenvs.fusion import planned

SHARE = 16
"""How many times smaller than the whole a batch of the environments in need is."""

SMALL = 64
"""Environments of a batch that is not worth dividing."""


def rarely(stage: Callable[[Any, Any], Any], when: Any, values: Any, share: int = SHARE) -> Any:
    """Runs a stage where it is needed.

    Args:
        stage: of (when, values) to values of the same structure, shapes and dtypes; without effect where `when`, a
            bool scalar, is false. It may use other traced values of the environment.
        when: bool (), whether this environment needs the stage.
        values: tree of arrays.
        share: how many times smaller than the whole a batch of the environments in need is.

    Returns:
        `stage(when, values)`.
    """
    leaves, tree = jax.tree.flatten(values)
    leaves = [jnp.asarray(leaf) for leaf in leaves]
    when = jnp.asarray(when, jnp.bool_)

    def of_leaves(when: Any, *leaves: Any) -> list[Any]:
        result, structure = jax.tree.flatten(stage(when, jax.tree.unflatten(tree, leaves)))
        if structure != tree:
            raise TypeError(f"the stage returned {structure}, not the {tree} that it was given.")
        return [jnp.asarray(new).astype(old.dtype) for new, old in zip(result, leaves, strict=True)]

    traced = jax.make_jaxpr(of_leaves)(when, *leaves)
    results, given = traced.jaxpr.outvars, traced.jaxpr.invars[1:]
    changed = [i for i, (new, old) in enumerate(zip(results, given, strict=True)) if new is not old]

    def run(constants: list[Any], when: Any, leaves: list[Any]) -> list[Any]:
        new = planned(jaxpr_as_fun(ClosedJaxpr(traced.jaxpr, constants)))(when, *leaves)
        return [new[i] for i in changed]

    @custom_vmap
    def alone(constants: list[Any], when: Any, leaves: list[Any]) -> list[Any]:
        return run(constants, when, leaves)

    @alone.def_vmap
    def _(size: int, batched: Any, constants: Any, when: Any, leaves: Any) -> tuple[list[Any], list[bool]]:
        new = in_batch(run, size, batched, constants, when, leaves, changed, share)
        return new, [True] * len(changed)

    for i, new in zip(changed, alone(traced.consts, when, leaves), strict=True):
        leaves[i] = new
    return jax.tree.unflatten(tree, leaves)


@custom_vmap
def most(count: Any) -> Any:
    """How many turns a loop needs that all environments of a batch run together.

    Args:
        count: int32 (), the turns that this environment needs; further ones must be without effect.

    Returns:
        int32 (), at least `count`: the greatest of the batch, without its axis, so that the loop's end is one for all.
    """
    return count


@most.def_vmap
def _(size: int, batched: list[bool], count: Any) -> tuple[Any, bool]:
    return (most(jnp.max(count)) if batched[0] else count), False


def in_batch(
    run: Callable[..., list[Any]],
    size: int,
    batched: Any,
    constants: list[Any],
    when: Any,
    leaves: list[Any],
    changed: list[int],
    share: int,
) -> list[Any]:
    """Runs a stage for the environments of a batch that need it.

    Args:
        run: of (constants, when, leaves) of one environment to the new values of the leaves that change.
        size: environments in the batch.
        batched: by constant, for `when` and by leaf, whether it has the axis of environments in front.
        constants: arrays that the stage reads.
        when: bool (size,) or ().
        leaves: arrays that the stage reads and changes.
        changed: indices of the leaves that change.
        share: see `rarely`.

    Returns:
        The new values of the leaves that change, each with the axis of environments.
    """
    constant_batched, when_batched, leaf_batched = batched
    constant_axes = [0 if has else None for has in constant_batched]
    leaf_axes = [0 if has or i in changed else None for i, has in enumerate(leaf_batched)]

    def over(array: Any, has: bool) -> Any:
        return array if has else jnp.broadcast_to(array, (size, *jnp.shape(array)))

    when = over(when, when_batched)
    leaves = [over(leaf, leaf_batched[i]) if i in changed else leaf for i, leaf in enumerate(leaves)]
    part = jax.vmap(run, in_axes=(constant_axes, 0, leaf_axes))
    if size <= SMALL:
        return part(constants, when, leaves)
    number = -(-size // share)

    def any_left(carried: tuple[Any, list[Any]]) -> Any:
        return jnp.any(carried[0])

    def some(carried: tuple[Any, list[Any]]) -> tuple[Any, list[Any]]:
        left, now = carried
        where = jnp.nonzero(left, size=number, fill_value=size)[0]

        def of_some(arrays: list[Any], axes: list[Any]) -> list[Any]:
            return [
                a if x is None else jnp.take(a, where, axis=0, mode="clip") for a, x in zip(arrays, axes, strict=True)
            ]

        current = list(leaves)
        for i, leaf in zip(changed, now, strict=True):
            current[i] = leaf
        new = part(of_some(constants, constant_axes), where < size, of_some(current, leaf_axes))
        now = [put_rows(old, where, some) for old, some in zip(now, new, strict=True)]
        return put_rows(left, where, jnp.zeros_like(where, jnp.bool_)), now

    return jax.lax.while_loop(any_left, some, (when, [leaves[i] for i in changed]))[1]


def put_rows(array: Any, where: Any, rows: Any) -> Any:
    """Returns the array with other rows in some places.

    Args:
        array: (n, ...).
        where: int32 (k,), ascending; a place of n or above is none.
        rows: (k, ...).
    """
    # `array.at[where].set` does the same with seven operations more, for negative places.
    numbers = jax.lax.ScatterDimensionNumbers(
        update_window_dims=tuple(range(1, array.ndim)), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,)
    )
    drop = jax.lax.GatherScatterMode.FILL_OR_DROP
    return jax.lax.scatter(array, where[:, None], rows, numbers, indices_are_sorted=True, mode=drop)
