"""Where a compiled rule keeps its intermediate values: a plan that XLA's fusion pass for CPU follows.

Left alone, the pass computes a value anew in every consumer, so that long chains of integer rules grow beyond measure,
in time and in code; switched off, every operation writes its result to memory. `planned` puts barriers where a value
is worth keeping: where it has several uses and is dear to compute, and around what a loop over elements does badly.
Between two barriers there is one loop, and nothing is computed twice that costs more than `CHEAP` operations.

The pass that removes barriers before fusion has to be disabled: see `OPTIONS`. Other backends get no barriers.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax import lax
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal


def options(*passes: str) -> dict[str, str]:
    """Compiler options for CPU under which a plan holds.

    Args:
        passes: of XLA that are left out besides.
    """
    return {"xla_disable_hlo_passes": ",".join(("cse_barrier_expander", *passes))}


OPTIONS = options()

CHEAP = 2
"""Operations that may be computed anew in each consumer."""

LONGEST = 64
"""Operations of one loop."""

LOOPED = frozenset({
    "abs", "add", "and", "bitcast_convert_type", "broadcast_in_dim", "ceil", "clz", "convert_element_type", "copy",
    "div", "eq", "expand_dims", "floor", "ge", "gt", "iota", "is_finite", "le", "lt", "max", "min", "mul", "ne", "neg",
    "not", "or", "population_count", "rem", "reshape", "rev", "round", "select_n", "shift_left",
    "shift_right_arithmetic", "shift_right_logical", "sign", "slice", "square", "squeeze", "stop_gradient", "sub",
    "xor",
})  # fmt: skip
FREE = frozenset({"broadcast_in_dim", "reshape", "squeeze", "expand_dims", "iota", "copy", "stop_gradient"})
CALLS = frozenset(
    {"pjit", "jit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "remat", "checkpoint"}
)


def planned(function: Callable[..., Any], cheap: int = CHEAP, longest: int = LONGEST) -> Callable[..., Any]:
    """The function with barriers around the values that are to be kept.

    Args:
        function: of trees of arrays to a tree of arrays.
        cheap: see `CHEAP`.
        longest: see `LONGEST`.
    """

    @functools.wraps(function)
    def with_barriers(*arguments: Any) -> Any:
        if jax.default_backend() != "cpu":
            return function(*arguments)
        closed, form = jax.make_jaxpr(function, return_shape=True)(*arguments)
        results = _Plan(cheap, longest).evaluate(closed, jax.tree.leaves(arguments))
        return jax.tree.unflatten(jax.tree.structure(form), results)

    return with_barriers


def bind(equation: Any, given: Sequence[Any]) -> list[Any]:
    """The results of an operation of a jaxpr for other inputs."""
    results = equation.primitive.bind(*given, **equation.params)
    return list(results) if equation.primitive.multiple_results else [results]


def _inlined(closed: ClosedJaxpr) -> ClosedJaxpr:
    """The same computation without calls of other functions."""

    def flat(*arguments: Any) -> list[Any]:
        return _run(closed.jaxpr, closed.consts, arguments)

    return jax.make_jaxpr(flat)(*_shapes(closed))


def _shapes(closed: ClosedJaxpr) -> list[Any]:
    return [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in closed.jaxpr.invars]


def _run(jaxpr: Jaxpr, consts: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
    values: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
    values.update(zip(jaxpr.invars, arguments, strict=True))
    for equation in jaxpr.eqns:
        given = [_read(values, atom) for atom in equation.invars]
        if equation.primitive.name in CALLS:
            inner: Any = equation.params.get("jaxpr", equation.params.get("call_jaxpr"))
            inner = inner if isinstance(inner, ClosedJaxpr) else ClosedJaxpr(inner, ())
            results = _run(inner.jaxpr, inner.consts, given)
        else:
            results = bind(equation, given)
        values.update(zip(equation.outvars, results, strict=True))
    return [_read(values, atom) for atom in jaxpr.outvars]


def _read(values: dict[Any, Any], atom: Any) -> Any:
    return atom.val if isinstance(atom, Literal) else values[atom]


def _variables(atoms: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys(atom for atom in atoms if not isinstance(atom, Literal)))


class _Plan:
    """Evaluates a computation and counts what each value costs since the last barrier."""

    def __init__(self, cheap: int, longest: int) -> None:
        self.cheap = cheap
        self.longest = longest

    def evaluate(self, closed: ClosedJaxpr, arguments: Sequence[Any]) -> list[Any]:
        closed = _inlined(closed)
        jaxpr = closed.jaxpr
        uses = Counter(variable for e in jaxpr.eqns for variable in _variables(e.invars))
        uses.update(_variables(jaxpr.outvars))
        values: dict[Any, Any] = dict(zip(jaxpr.constvars, closed.consts, strict=True))
        values.update(zip(jaxpr.invars, arguments, strict=True))
        costs: dict[Any, int] = {}  # of values that are not kept

        def keep(variable: Any) -> None:
            if costs.pop(variable, 0):
                values[variable] = lax.optimization_barrier(values[variable])

        for equation in jaxpr.eqns:
            if equation.primitive.name == "optimization_barrier":
                values.update(zip(equation.outvars, self._apply(equation, values), strict=True))
                continue
            inputs, loops = _variables(equation.invars), equation.primitive.name in LOOPED
            if not loops:
                for variable in inputs:
                    keep(variable)
            cost = sum(costs.get(v, 0) for v in inputs) + (equation.primitive.name not in FREE)
            while cost > self.longest and any(costs.get(v, 0) > self.cheap for v in inputs):
                dearest = max(inputs, key=lambda v: costs.get(v, 0))
                cost -= costs[dearest]
                keep(dearest)
            values.update(zip(equation.outvars, self._apply(equation, values), strict=True))
            for variable in equation.outvars:
                costs[variable] = cost if loops else max(cost, 1)
                if not loops or (uses[variable] > 1 and cost > self.cheap):
                    keep(variable)
        return [_read(values, atom) for atom in jaxpr.outvars]

    def _apply(self, equation: Any, values: dict[Any, Any]) -> list[Any]:
        params = dict(equation.params)
        for name in ("body_jaxpr", "jaxpr"):
            if isinstance(params.get(name), ClosedJaxpr):
                params[name] = self._inner(params[name])
        if "branches" in params:
            params["branches"] = tuple(self._inner(branch) for branch in params["branches"])
        return bind(equation.replace(params=params), [_read(values, atom) for atom in equation.invars])

    def _inner(self, closed: ClosedJaxpr) -> ClosedJaxpr:
        return jax.make_jaxpr(lambda *arguments: self.evaluate(closed, arguments))(*_shapes(closed))
