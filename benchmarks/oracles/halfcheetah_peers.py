"""Other implementations of HalfCheetah as rivals in speed measurements, each an optional dependency."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.util
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.errors import InputMissingError
from benchmarks.oracles import mujoco
from benchmarks.oracles.mujoco import FRAME_SKIP, NUM_DOFS

ENV_ID = "HalfCheetah-v5"
CTRL_COST_WEIGHT = 0.1
# Few enough to be fast: the setting that MJX's own locomotion tasks are tuned to.
TUNED_ITERATIONS, TUNED_LS_ITERATIONS = 1, 4
ENVPOOL_BATCHES = 4  # of an asynchronous pool, each with its share of the environments

Stepper = Callable[[int], None]


@dataclasses.dataclass(frozen=True)
class Peer:
    """One other implementation.

    Attributes:
        title: what it is called in results.
        packages: what has to be installed, as (module, name on PyPI).
        open: `(num_envs, actions) -> functions that step all environments a number of times, by their options`.
        note: where it is not the task that HalfCheetah-v5 is; None where it is.
    """

    title: str
    packages: tuple[tuple[str, str], ...]
    open: Callable[[int, np.ndarray], dict[str, Stepper]]
    note: str | None = None

    def rivals(self, num_envs: int, options: dict[str, Any], actions: np.ndarray) -> dict[str, Stepper]:
        """The implementation at each of its options, on all cores that the process may use.

        Args:
            num_envs: environments in the batch.
            options: static options of our environment; a peer has its own.
            actions: float32 (period, num_envs, 6), repeated for as long as the loop runs.

        Raises:
            InputMissingError: it is not installed, or does not run here; the message says what to do.
        """
        for module, package in self.packages:
            if importlib.util.find_spec(module) is None:
                raise InputMissingError(f"{self.title}: the package {package} is not installed; pip install {package}.")
        return self.open(num_envs, actions)


def _threads() -> int:
    return len(os.sched_getaffinity(0))


def _on_host(step: Callable[[np.ndarray], Any], actions: np.ndarray) -> Stepper:
    """Steps with the actions of a table in turn: (period, num_envs, 6)."""
    offset = 0

    def run(steps: int) -> None:
        nonlocal offset
        for _ in range(steps):
            step(actions[offset])
            offset = (offset + 1) % len(actions)

    return run


def _gymnasium(num_envs: int, actions: np.ndarray) -> dict[str, Stepper]:
    import gymnasium

    with mujoco.quiet():
        env = gymnasium.make(ENV_ID)
    env.reset(seed=0)

    def step(rows: np.ndarray) -> None:
        for row in rows:
            _, _, _, truncated, _ = env.step(row)
            if truncated:
                env.reset()

    return {"one environment in a Python loop": _on_host(step, actions)}


def _gymnasium_async(num_envs: int, actions: np.ndarray) -> dict[str, Stepper]:
    import gymnasium

    workers = min(_threads(), num_envs)
    with mujoco.quiet():
        envs = gymnasium.make_vec(ENV_ID, num_envs=workers, vectorization_mode="async")
        envs.reset(seed=0)

    def step(rows: np.ndarray) -> None:
        for first in range(0, len(rows) - workers + 1, workers):
            envs.step(rows[first : first + workers])

    return {f"AsyncVectorEnv, {workers} workers": _on_host(step, actions)}


def _envpool(num_envs: int, actions: np.ndarray) -> dict[str, Stepper]:
    envpool: Any = importlib.import_module("envpool")

    threads = _threads()
    whole = envpool.make(ENV_ID, env_type="gymnasium", num_envs=num_envs, num_threads=threads, seed=0)
    whole.reset()
    found = {f"synchronous, {threads} threads": _on_host(whole.step, actions)}
    if num_envs % ENVPOOL_BATCHES == 0:
        size = num_envs // ENVPOOL_BATCHES
        parts = envpool.make(
            ENV_ID, env_type="gymnasium", num_envs=num_envs, batch_size=size, num_threads=threads, seed=0
        )
        parts.async_reset()

        def step(rows: np.ndarray) -> None:
            for first in range(0, num_envs, size):
                *_, info = parts.recv()
                parts.send(rows[first : first + size], info["env_id"])

        found[f"asynchronous, batches of {size}, {threads} threads"] = _on_host(step, actions)
    return found


def _on_device(step: Callable[[Any, Any], Any], state: Any, actions: np.ndarray) -> Stepper:
    """A scan of batched steps `(state, actions (num_envs, 6)) -> (state, observation, reward)`, all of it carried."""
    import jax
    import jax.numpy as jnp

    table = jnp.asarray(actions)
    written = jax.eval_shape(step, state, table[0])[1:]
    zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), written)
    carry = (state, *zeros)

    @functools.partial(jax.jit, donate_argnums=0)
    def program(carry: Any, first: jax.Array, number: jax.Array) -> Any:
        return jax.lax.fori_loop(0, number, lambda index, now: step(now[0], table[(first + index) % len(table)]), carry)

    offset = 0

    def run(steps: int) -> None:
        nonlocal carry, offset
        carry = jax.block_until_ready(program(carry, np.int32(offset), np.int32(steps)))
        offset = (offset + steps) % len(table)

    return run


def _mjx(
    num_envs: int, actions: np.ndarray, iterations: int | None = None, ls_iterations: int | None = None
) -> dict[str, Stepper]:
    import jax
    import jax.numpy as jnp

    mjx: Any = importlib.import_module("mujoco.mjx")

    compiled = mujoco.model()
    model = mjx.put_model(compiled)
    if iterations is not None:
        model = model.tree_replace({"opt.iterations": iterations, "opt.ls_iterations": ls_iterations})
    count, depth = int(model.opt.iterations), int(model.opt.ls_iterations)
    start = mjx.make_data(model)
    rng = np.random.default_rng(1)
    qpos = jnp.asarray(rng.uniform(-0.1, 0.1, (num_envs, NUM_DOFS)), jnp.float32)
    qvel = jnp.asarray(0.1 * rng.standard_normal((num_envs, NUM_DOFS)), jnp.float32)
    state = jax.vmap(lambda p, v: start.replace(qpos=p, qvel=v))(qpos, qvel)
    seconds = FRAME_SKIP * float(compiled.opt.timestep)

    def one(data: Any, action: jax.Array) -> Any:
        moved = jax.lax.fori_loop(0, FRAME_SKIP, lambda _, now: mjx.step(model, now), data.replace(ctrl=action))
        reward = (moved.qpos[0] - data.qpos[0]) / seconds - CTRL_COST_WEIGHT * jnp.sum(action * action)
        return moved, jnp.concatenate([moved.qpos[1:], moved.qvel]), reward

    return {f"iterations {count}, ls_iterations {depth}": _on_device(jax.vmap(one), state, actions)}


def _mjx_warp(num_envs: int, actions: np.ndarray) -> dict[str, Stepper]:
    import jax
    import jax.numpy as jnp

    if jax.default_backend() != "gpu":
        raise InputMissingError("MJX on Warp runs on an NVIDIA GPU only; measure it with --device gpu where one is.")
    mjx: Any = importlib.import_module("mujoco.mjx")

    compiled = mujoco.model()
    model = mjx.put_model(compiled, impl="warp")
    # Space for the contacts and constraint rows of one body lying down.
    start = mjx.make_data(compiled, impl="warp", naconmax=16 * num_envs, njmax=70)
    rng = np.random.default_rng(1)
    qpos = jnp.asarray(rng.uniform(-0.1, 0.1, (num_envs, NUM_DOFS)), jnp.float32)
    state = jax.vmap(lambda p: start.replace(qpos=p))(qpos)
    seconds = FRAME_SKIP * float(compiled.opt.timestep)

    def one(data: Any, action: jax.Array) -> Any:
        moved = data.replace(ctrl=action)
        for _ in range(FRAME_SKIP):
            moved = mjx.step(model, moved)
        reward = (moved.qpos[0] - data.qpos[0]) / seconds - CTRL_COST_WEIGHT * jnp.sum(action * action)
        return moved, jnp.concatenate([moved.qpos[1:], moved.qvel]), reward

    return {"impl warp": _on_device(jax.vmap(one), state, actions)}


def _brax(num_envs: int, actions: np.ndarray, backend: str) -> dict[str, Stepper]:
    import jax

    envs: Any = importlib.import_module("brax.envs")

    env = envs.get_environment("halfcheetah", backend=backend)
    state = jax.jit(jax.vmap(env.reset))(jax.random.split(jax.random.key(0), num_envs))

    def one(now: Any, action: jax.Array) -> Any:
        moved = env.step(now, action)
        return moved, moved.obs, moved.reward

    return {f"backend {backend}": _on_device(jax.vmap(one), state, actions)}


_MJX = (("mujoco", "mujoco"), ("mujoco.mjx", "mujoco-mjx"))
_BRAX = (("brax", "brax"),)
_MUJOCO = (("mujoco", "mujoco"),)
_NO_RESETS = "episodes are never reset, which costs it nothing"
_OTHER_GEARS = f"not the v5 task: other gears and a step of 16 times 0.003125 s; {_NO_RESETS}"
PEERS = {
    "gymnasium": Peer("Gymnasium, single environment", _MUJOCO, _gymnasium),
    "gymnasium-async": Peer("Gymnasium, asynchronous vector environment", _MUJOCO, _gymnasium_async),
    "envpool": Peer("EnvPool", (("envpool", "envpool"),), _envpool),
    "mjx": Peer("MJX, solver options of the XML", _MJX, _mjx, _NO_RESETS),
    "mjx-tuned": Peer(
        "MJX, few solver iterations",
        _MJX,
        functools.partial(_mjx, iterations=TUNED_ITERATIONS, ls_iterations=TUNED_LS_ITERATIONS),
        f"its solver stops before it has converged, so steps differ from HalfCheetah-v5's; {_NO_RESETS}",
    ),
    "mjx-warp": Peer("MJX on Warp", (*_MJX, ("warp", "warp-lang")), _mjx_warp, _NO_RESETS),
    "brax-spring": Peer("Brax, spring", _BRAX, functools.partial(_brax, backend="spring"), _OTHER_GEARS),
    "brax-positional": Peer("Brax, positional", _BRAX, functools.partial(_brax, backend="positional"), _OTHER_GEARS),
    "brax-generalized": Peer(
        "Brax, generalized",
        _BRAX,
        functools.partial(_brax, backend="generalized"),
        f"Brax's own contacts and solver, so steps differ from HalfCheetah-v5's; {_NO_RESETS}",
    ),
}
