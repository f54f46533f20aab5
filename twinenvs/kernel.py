"""A function compiled as one kernel on CPU, as a wish that travels inside the program.

XLA's CPU backend runs a large program as many small kernels, each of which reads and writes whole arrays. A long chain
of elementwise rules is faster as one kernel that takes a block of environments through all of it, while everything
lies in the processor's nearest cache. XLA compiles a call as one kernel where the call carries an attribute that says
so, which is how `one_kernel` asks for it; that needs no option of the outermost `jit`. A backend that does not know
the attribute runs an ordinary call, with the same results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax.experimental.xla_metadata import set_xla_metadata

# The first keeps XLA from dissolving the call, the second makes one kernel of it.
ATTRIBUTES = {"inlineable": "false", "xla_cpu_small_call": "true"}


def one_kernel(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a traceable function so that XLA's CPU backend compiles it as one kernel on one thread.

    Args:
        function: of arrays to a tree of arrays; no matrix products or sorts, which have kernels of their own.
        *arguments: trees of arrays.

    Returns:
        What the function returns.
    """
    # The attributes reach every operation inside, too: that keeps the functions that JAX compiles apart, such as
    # `jnp.where`, apart in the kernel, and their values are computed once. Without it XLA's fusion computes them anew
    # in every formula that uses them.
    with set_xla_metadata(**ATTRIBUTES):
        return jax.jit(function)(*arguments)


def blocks(count: int, largest: int) -> tuple[int, int]:
    """How to split a batch: (number of blocks, size of a block), the sizes as equal as they can be.

    Args:
        count: bodies of the batch, 1 or more.
        largest: size of a block at most.
    """
    number = -(-count // largest)
    return number, -(-count // number)
