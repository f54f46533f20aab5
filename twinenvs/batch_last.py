"""`jax.vmap` with the batch in the last axis of every array, which is what processors like best.

Rules written for one environment are made of scalars and small arrays. Mapped in the ordinary way, the batch becomes
the first axis, and the innermost loops run over two or four numbers. With the batch last every loop runs over
neighbouring environments, so that the compiler uses the processor's vectors throughout. The rules themselves need not
know: `batch_last` interprets their jaxpr. An operation without a rule of its own here goes the ordinary way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental import layout
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal, Primitive

from twinenvs.fusion import CALLS, planned

LONG = 256
"""Elements of one environment's result that is worth moving by itself."""

Value = tuple[Any, bool]  # an array, and whether it has the axis of the batch, which is then the last

ELEMENTWISE = frozenset({
    "abs", "add", "and", "bitcast_convert_type", "ceil", "convert_element_type", "copy", "cos", "div", "eq", "erf",
    "exp", "exp2", "expm1", "floor", "ge", "gt", "integer_pow", "is_finite", "le", "log", "log1p", "logistic", "lt",
    "max", "min", "mul", "ne", "neg", "nextafter", "not", "or", "population_count", "pow", "rem", "round", "rsqrt",
    "shift_left", "shift_right_arithmetic", "shift_right_logical", "sign", "sin", "sqrt", "square", "stop_gradient",
    "sub", "tan", "tanh", "xor", "clz",
})  # fmt: skip
SAME_PARAMETERS = frozenset({
    "argmax", "argmin", "reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or",
    "reduce_xor", "rev", "squeeze", "cumsum", "cummax", "cummin", "cumprod",
})  # fmt: skip


def batch_last(function: Callable[..., Any], block: int | None = None) -> Callable[..., Any]:
    """A function of one environment that `jax.vmap` maps with the batch in the last axis of everything inside.

    Outside, the batch is where `jax.vmap` puts it. GPUs, whose compiler chooses layouts itself, get the ordinary map.

    Args:
        function: of trees of arrays to a tree of arrays; it may close over constants only.
        block: environments taken at a time where a batch is a multiple of it, so that what lies between two loops stays
            in the processor's nearer caches; None for all at once.
    """
    single = jax.custom_batching.custom_vmap(function)

    @single.def_vmap
    def rule(axis_size: int, in_batched: Any, *arguments: Any) -> Any:
        leaves, form = jax.tree.flatten(arguments)
        flags = jax.tree.leaves(tuple(in_batched))
        if jax.default_backend() != "cpu":
            axes = [0 if flag else None for flag in flags]
            results = jax.vmap(lambda *parts: function(*jax.tree.unflatten(form, parts)), axes)(*leaves)
        elif block is None or axis_size <= block or axis_size % block:
            results = _at_once(function, form, leaves, flags, axis_size)
        else:
            number, size = axis_size // block, block
            parts = [
                leaf.reshape(number, block, *leaf.shape[1:]) for leaf, flag in zip(leaves, flags, strict=True) if flag
            ]

            def one(parts: list[Any]) -> Any:
                rest = iter(parts)
                mixed = [next(rest) if flag else leaf for leaf, flag in zip(leaves, flags, strict=True)]
                return _at_once(function, form, mixed, flags, size)

            results = lax.map(one, parts)
            results = jax.tree.map(lambda leaf: leaf.reshape(axis_size, *leaf.shape[2:]), results)
        return results, jax.tree.map(lambda _: True, results)

    return single


def _at_once(function: Callable[..., Any], form: Any, leaves: list[Any], flags: list[bool], size: int) -> Any:
    """The function's results for all environments of these leaves."""
    given = [(_moved(leaf, 0, -1) if flag else leaf, flag) for leaf, flag in zip(leaves, flags, strict=True)]
    values, tree = _mapped(function, form, given, size)
    return jax.tree.unflatten(tree, [_batch_first(_spread(value, size)) for value in values])


def _mapped(function: Callable[..., Any], form: Any, given: list[Value], size: int) -> tuple[list[Value], Any]:
    """The values of a function's results, and their tree."""
    trees: list[Any] = []

    def flat(*parts: Any) -> list[Any]:
        results, tree = jax.tree.flatten(function(*jax.tree.unflatten(form, parts)))
        trees.append(tree)
        return results

    shapes = [
        jax.ShapeDtypeStruct(np.shape(array)[:-1] if has_batch else np.shape(array), jnp.result_type(array))
        for array, has_batch in given
    ]
    closed = jax.make_jaxpr(planned(flat))(*shapes)
    return _evaluate(closed.jaxpr, closed.consts, given, size), trees[0]


def _moved(array: Any, source: int, destination: int) -> Any:
    return jnp.moveaxis(array, source, destination) if jnp.ndim(array) > 1 else array


def _batch_first(array: Any) -> Any:
    """A result with the batch in front; a long one is moved here, before its reader makes it any wider."""
    moved = _moved(array, -1, 0)
    constrained = getattr(layout, "with_layout_constraint", None)  # jax 0.6 has none; there it only takes longer
    if array.size < LONG * array.shape[-1] or constrained is None:
        return moved
    return lax.optimization_barrier(constrained(moved, layout.Layout(tuple(range(moved.ndim)))))


def _spread(value: Value, size: int) -> Any:
    """A value with the axis of the batch."""
    array, has_batch = value
    if has_batch:
        return array
    array = jnp.asarray(array)
    return lax.broadcast_in_dim(array, (*array.shape, size), tuple(range(array.ndim)))


def _aligned(given: list[Value], size: int) -> list[Any]:
    """Operands of one shape, with the axis of the batch; scalars may stand for any shape."""
    ranks = [jnp.ndim(array) - has_batch for array, has_batch in given]
    largest = max(ranks)
    shape = next(jnp.shape(array)[:largest] for (array, _), rank in zip(given, ranks, strict=True) if rank == largest)
    arrays = []
    for (array, has_batch), rank in zip(given, ranks, strict=True):
        if rank < largest and has_batch:
            arrays.append(lax.broadcast_in_dim(array, (*shape, size), (largest,)))
        elif rank < largest:
            arrays.append(lax.broadcast_in_dim(jnp.asarray(array), (*shape, size), ()))
        else:
            arrays.append(_spread((array, has_batch), size))
    return arrays


def _evaluate(jaxpr: Jaxpr, consts: Sequence[Any], arguments: Sequence[Value], size: int) -> list[Value]:
    values: dict[Any, Value] = {}

    def read(atom: Any) -> Value:
        return (atom.val, False) if isinstance(atom, Literal) else values[atom]

    for variable, const in zip(jaxpr.constvars, consts, strict=True):
        values[variable] = (const, False)
    values.update(zip(jaxpr.invars, arguments, strict=True))
    for equation in jaxpr.eqns:
        given = [read(atom) for atom in equation.invars]
        results = _apply(equation.primitive, given, equation.params, size)
        values.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _apply(primitive: Primitive, given: list[Value], params: dict[str, Any], size: int) -> list[Value]:
    name = primitive.name
    if name in CALLS:
        inner: Any = params["jaxpr"] if "jaxpr" in params else params["call_jaxpr"]
        closed = inner if isinstance(inner, ClosedJaxpr) else ClosedJaxpr(inner, ())
        return _evaluate(closed.jaxpr, closed.consts, given, size)
    if not any(has_batch for _, has_batch in given):
        results = primitive.bind(*(array for array, _ in given), **params)
        return [(result, False) for result in (results if primitive.multiple_results else [results])]
    if name == "optimization_barrier":
        return [(lax.optimization_barrier(array), has_batch) for array, has_batch in given]
    if name == "while":
        return _while(given, params, size)
    if name in ELEMENTWISE:
        return [(primitive.bind(*_aligned(given, size), **params), True)]
    if name in SAME_PARAMETERS:
        return [(primitive.bind(given[0][0], **params), True)]
    if name in _RULES:
        result = _RULES[name](primitive, given, params, size)
        if result is not None:
            return [(result, True)]
    return _ordinary(primitive, given, params)


def _ordinary(primitive: Primitive, given: list[Value], params: dict[str, Any]) -> list[Value]:
    axes = [-1 if has_batch else None for _, has_batch in given]
    results = jax.vmap(lambda *arrays: primitive.bind(*arrays, **params), axes, -1)(*(array for array, _ in given))
    return [(result, True) for result in (results if primitive.multiple_results else [results])]


def _broadcast(primitive: Primitive, given: list[Value], params: dict[str, Any], size: int) -> Any:
    shape, dimensions = params["shape"], params["broadcast_dimensions"]
    return lax.broadcast_in_dim(given[0][0], (*shape, size), (*dimensions, len(shape)))


def _reshape(primitive: Primitive, given: list[Value], params: dict[str, Any], size: int) -> Any:
    return lax.reshape(given[0][0], (*params["new_sizes"], size)) if params["dimensions"] is None else None


def _slice(primitive: Primitive, given: list[Value], params: dict[str, Any], size: int) -> Any:
    strides = params["strides"]
    return lax.slice(
        given[0][0], (*params["start_indices"], 0), (*params["limit_indices"], size), strides and (*strides, 1)
    )


def _transpose(primitive: Primitive, given: list[Value], params: dict[str, Any], size: int) -> Any:
    order = params["permutation"]
    return lax.transpose(given[0][0], (*order, len(order)))


def _concatenate(primitive: Primitive, given: list[Value], params: dict[str, Any], size: int) -> Any:
    return lax.concatenate([_spread(value, size) for value in given], params["dimension"])


def _stack(primitive: Primitive, given: list[Value], params: dict[str, Any], size: int) -> Any:
    return primitive.bind(*(_spread(value, size) for value in given), **params) if params["axis"] >= 0 else None


def _select(primitive: Primitive, given: list[Value], params: dict[str, Any], size: int) -> Any:
    (which, has_batch), *cases = given
    arrays = [_spread(value, size) for value in cases]
    shape = arrays[0].shape
    which = jnp.asarray(which)
    if has_batch and which.ndim == 1 and len(shape) > 1:
        which = lax.broadcast_in_dim(which, shape, (len(shape) - 1,))
    elif not has_batch and which.ndim > 0:
        which = _spread((which, False), size)
    return lax.select_n(which, *arrays)


def _gather(primitive: Primitive, given: list[Value], params: dict[str, Any], size: int) -> Any:
    """Lines of a table by number; anything else goes the ordinary way."""
    (table, table_has_batch), (indices, _) = given
    numbers = params["dimension_numbers"]
    simple = (
        not table_has_batch
        and numbers.collapsed_slice_dims == numbers.start_index_map == (0,)
        and not numbers.operand_batching_dims
        and params["slice_sizes"] == (1, *table.shape[1:])
        and numbers.offset_dims == tuple(range(indices.ndim - 2, indices.ndim - 2 + table.ndim - 1))
    )
    if not simple:
        return None
    # The axis of the index's parts comes last in every gather; it has one part here.
    moved = jnp.moveaxis(indices, -2, -1)
    return lax.gather(
        table, moved, numbers, params["slice_sizes"], mode=params["mode"], fill_value=params["fill_value"]
    )


def _while(given: list[Value], params: dict[str, Any], size: int) -> list[Value]:
    cond, body = params["cond_jaxpr"], params["body_jaxpr"]
    of_cond, of_body = params["cond_nconsts"], params["body_nconsts"]
    cond_consts, body_consts = given[:of_cond], given[of_cond : of_cond + of_body]
    start = [_spread(value, size) for value in given[of_cond + of_body :]]

    def holds(carry: list[Any]) -> Any:
        values = [*cond_consts, *((array, True) for array in carry)]
        return _spread(_evaluate(cond.jaxpr, cond.consts, values, size)[0], size)

    def step(carry: list[Any]) -> list[Any]:
        goes_on = holds(carry)
        values = [*body_consts, *((array, True) for array in carry)]
        new = _evaluate(body.jaxpr, body.consts, values, size)
        return [jnp.where(goes_on, _spread(value, size), old) for value, old in zip(new, carry, strict=True)]

    return [(array, True) for array in lax.while_loop(lambda carry: holds(carry).any(), step, start)]


_RULES: dict[str, Callable[[Primitive, list[Value], dict[str, Any], int], Any]] = {
    "broadcast_in_dim": _broadcast,
    "reshape": _reshape,
    "slice": _slice,
    "transpose": _transpose,
    "concatenate": _concatenate,
    "stack": _stack,
    "select_n": _select,
    "gather": _gather,
}
