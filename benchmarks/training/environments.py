"""The two kinds of environment that the harness trains on, behind one protocol.

A functional environment is pure JAX: its step can be traced into the rollout's scan. A host-batched environment is a
Gymnasium vector environment with same-step auto-reset: it steps NumPy batches on the host between two programs of the
device. Everything else, the policy, the bookkeeping and the update, is the same code for both.
"""

from __future__ import annotations

import copy
import importlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jax.sharding import Mesh, PartitionSpec

from benchmarks.sharding import shard_map
from benchmarks.training import distributions
from twinenvs import spaces


@struct.dataclass
class Step:
    """What one step of all environments gives.

    Attributes:
        state: the environments' state, each leaf with a leading axis of environments; () for a host environment.
        observation: float32 (envs, features), flattened; the next episode's first one where an episode ended.
        action_mask: bool (envs, actions), legal actions at `observation`.
        reward: float32 (envs,), points.
        terminated: bool (envs,), ended by the rules.
        truncated: bool (envs,), cut off by a limit.
        final_observation: float32 (envs, features), last observation of the episode where one ended.
        score: float32 (envs,), the original's own score where an episode ended; NaN where the environment has none.
        decides: bool (envs,), which rows decide at `observation`; None where all always do.
    """

    state: Any
    observation: jax.Array
    action_mask: jax.Array
    reward: jax.Array
    terminated: jax.Array
    truncated: jax.Array
    final_observation: jax.Array
    score: jax.Array
    decides: jax.Array | None = None


class Environments(Protocol):
    """A batch of environments.

    Attributes:
        num_envs: environments in the batch.
        traceable: whether `reset` and `step` may be traced by JAX.
        takes_turns: whether rows may have to wait, as in games of two players; see `two_players`.
        action_space: the space of one environment's action.
        features: length of one flattened observation.
        transfer_seconds: seconds spent copying between host and device so far; 0 for traceable ones.
    """

    num_envs: int
    traceable: bool
    takes_turns: bool
    action_space: spaces.Space
    features: int
    transfer_seconds: float

    def reset(self, key: jax.Array) -> tuple[Any, jax.Array, jax.Array]:
        """Starts all episodes: (state, observation, action_mask), as in `Step`."""
        ...

    def decides(self, state: Any) -> jax.Array:
        """Which rows decide in a state: bool (envs,); asked only of those with `takes_turns`."""
        ...

    def fill_pool(self, games: Any, params: Any) -> Any:
        """The state with a pool of these parameters; asked only of those with `takes_turns`."""
        ...

    def remember(self, games: Any, params: Any, update: jax.Array) -> Any:
        """The state with these parameters in its pool; asked only of those with `takes_turns`."""
        ...

    def step(self, key: jax.Array, state: Any, action: jax.Array) -> Step:
        """Steps all environments with actions (envs, *action shape) and resets those whose episode ended."""
        ...


class FunctionalEnvironments:
    """A batch of one functional environment, by vmap."""

    traceable = True
    takes_turns = False
    transfer_seconds = 0.0

    def __init__(self, env: Any, num_envs: int) -> None:
        """Wraps `env`, a `twinenvs.environment.Environment`."""
        self.env = env
        self.num_envs = num_envs
        self.params = env.default_params
        self.mesh: Mesh | None = None
        self.action_space = env.action_space(self.params)
        self.width = distributions.action_width(self.action_space)
        observation = jax.eval_shape(lambda key: env.reset(key, self.params)[0], jax.random.key(0))
        self.features = sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(observation))

    def over(self, mesh: Mesh) -> FunctionalEnvironments:
        """The same environments, each device of a mesh of one axis stepping its own share.

        Without it the compiler decides, and it brings all environments together where it cannot look into a program,
        as into one that is a single kernel.
        """
        divided = copy.copy(self)
        divided.mesh = mesh if mesh.size > 1 else None
        return divided

    def _divided(self, function: Callable[..., Any], *batches: Any) -> Any:
        """Calls a function of arrays with a leading axis of environments, on every device for its own."""
        if self.mesh is None:
            return function(*batches)
        split = PartitionSpec(*self.mesh.axis_names)
        return shard_map(function, self.mesh, split, split)(*batches)

    def reset(self, key: jax.Array) -> tuple[Any, jax.Array, jax.Array]:
        """See `Environments.reset`."""
        return self._divided(self._reset, jax.random.split(key, self.num_envs))

    def _reset(self, keys: jax.Array) -> tuple[Any, jax.Array, jax.Array]:
        observation, state = jax.vmap(self.env.reset, in_axes=(0, None))(keys, self.params)
        return state, flatten(observation), jax.vmap(self.env.action_mask)(state)

    def decides(self, state: Any) -> jax.Array:
        """All."""
        return jnp.ones((self.num_envs,), bool)

    def fill_pool(self, games: Any, params: Any) -> Any:
        """There is no pool."""
        return games

    def remember(self, games: Any, params: Any, update: jax.Array) -> Any:
        """There is no pool."""
        return games

    def step(self, key: jax.Array, state: Any, action: jax.Array) -> Step:
        """See `Environments.step`."""
        return self._divided(self._step, jax.random.split(key, self.num_envs), state, action)

    def _step(self, keys: jax.Array, state: Any, action: jax.Array) -> Step:
        step = jax.vmap(self.env.step, in_axes=(0, 0, 0, None))
        observation, state, reward, terminated, truncated, info = step(keys, state, action, self.params)
        score = info["score"].astype(jnp.float32) if "score" in info else jnp.full(reward.shape, jnp.nan, jnp.float32)
        return Step(
            state=state,
            observation=flatten(observation),
            action_mask=info["action_mask"],
            reward=reward.astype(jnp.float32),
            terminated=terminated,
            truncated=truncated,
            final_observation=flatten(info["final_observation"]),
            score=score,
        )


class HostEnvironments:
    """A Gymnasium vector environment that resets in the step that ends an episode.

    Its episodes live outside JAX: a resumed run starts new ones, so exact resume is promised for functional
    environments only.
    """

    traceable = False
    takes_turns = False

    def __init__(self, envs: Any, seed: int | None = None, name: str | None = None) -> None:
        """Wraps `envs`, a `gymnasium.vector.VectorEnv`.

        Args:
            envs: the environments.
            seed: of their episodes; None draws it from the key of `reset`.
            name: what a picture calls them; None takes their id.

        Raises:
            ValueError: its `metadata["autoreset_mode"]` is not SAME_STEP.
        """
        import gymnasium

        mode = envs.metadata.get("autoreset_mode")
        if mode != gymnasium.vector.AutoresetMode.SAME_STEP:
            raise ValueError(
                f"A host environment must declare autoreset_mode SAME_STEP, got {mode}; make it with that."
            )
        self.envs = envs
        self.seed = seed
        self.name = name or (envs.spec.id if envs.spec is not None else type(envs).__name__)
        self.num_envs = envs.num_envs
        self.transfer_seconds = 0.0
        self.action_space = from_gymnasium(envs.single_action_space)
        self.width = distributions.action_width(self.action_space)
        self.features = int(np.prod(envs.single_observation_space.shape))

    def reset(self, key: jax.Array) -> tuple[Any, jax.Array, jax.Array]:
        """See `Environments.reset`; a seed that the constructor was given goes before the key."""
        seed = int(jax.random.bits(key, dtype=jnp.uint32)) if self.seed is None else self.seed
        observation, info = self.envs.reset(seed=seed)
        return (), self._to_device(self._flat(observation)), self._to_device(self._mask(info))

    def decides(self, state: Any) -> jax.Array:
        """All."""
        return jnp.ones((self.num_envs,), bool)

    def fill_pool(self, games: Any, params: Any) -> Any:
        """There is no pool."""
        return games

    def remember(self, games: Any, params: Any, update: jax.Array) -> Any:
        """There is no pool."""
        return games

    def step(self, key: jax.Array, state: Any, action: jax.Array) -> Step:
        """See `Environments.step`."""
        started = time.perf_counter()
        host_action = np.asarray(jax.block_until_ready(action))
        self.transfer_seconds += time.perf_counter() - started
        observation, reward, terminated, truncated, info = self.envs.step(host_action)
        flat, ended = self._flat(observation), np.asarray(terminated) | np.asarray(truncated)
        final, score = flat, np.full(self.num_envs, np.nan, np.float32)
        if ended.any():
            final = flat.copy()
            rows = np.flatnonzero(ended)
            final[rows] = self._flat(np.stack([info["final_obs"][row] for row in rows]))
            final_info = info.get("final_info", {})
            if "score" in final_info:
                score[rows] = np.asarray(final_info["score"], np.float32)[rows]
        return Step(
            state=(),
            observation=self._to_device(flat),
            action_mask=self._to_device(self._mask(info)),
            reward=self._to_device(np.asarray(reward, np.float32)),
            terminated=self._to_device(np.asarray(terminated, bool)),
            truncated=self._to_device(np.asarray(truncated, bool)),
            final_observation=self._to_device(final),
            score=self._to_device(score),
        )

    def _flat(self, observation: Any) -> np.ndarray:
        array = np.asarray(observation, np.float32)
        return array.reshape(len(array), -1)

    def _mask(self, info: Mapping[str, Any]) -> np.ndarray:
        if "action_mask" in info:
            return np.asarray(info["action_mask"], bool)
        return np.ones((self.num_envs, self.width), bool)

    def _to_device(self, array: np.ndarray) -> jax.Array:
        started = time.perf_counter()
        copied = jax.block_until_ready(jnp.array(array, copy=True))  # the environment may reuse its buffers
        self.transfer_seconds += time.perf_counter() - started
        return copied


def flatten(observation: Any) -> jax.Array:
    """A batch of observations, any pytree with a leading axis of environments, as float32 (envs, features)."""
    leaves = [leaf.reshape(leaf.shape[0], -1).astype(jnp.float32) for leaf in jax.tree.leaves(observation)]
    return leaves[0] if len(leaves) == 1 else jnp.concatenate(leaves, axis=-1)


def from_gymnasium(space: Any) -> spaces.Space:
    """The suite's space for a Gymnasium action space.

    Raises:
        ValueError: the space is neither Discrete from 0 nor Box.
    """
    import gymnasium

    if isinstance(space, gymnasium.spaces.Discrete) and space.start == 0:
        return spaces.Discrete(int(space.n))
    if isinstance(space, gymnasium.spaces.Box):
        low, high = tuple(space.low.ravel().tolist()), tuple(space.high.ravel().tolist())
        return spaces.Box(low, high, space.shape, str(space.dtype))
    raise ValueError(f"PPO trains on Discrete from 0 and Box actions, got {space}; wrap the environment.")


def is_host_batched(package: str) -> bool:
    """Whether a package's environments step on the host, as it says itself."""
    return bool(getattr(importlib.import_module(package), "HOST_BATCHED", False))


def make_host_environments(
    package: str, options: Mapping[str, Any], num_envs: int, render_mode: str | None = None
) -> HostEnvironments:
    """A batch of a package whose environments step on the host.

    Raises:
        ValueError: it refuses the options; the message is one sentence.
    """
    import gymnasium

    env_id = importlib.import_module(package).ENV_ID
    try:
        return HostEnvironments(gymnasium.make_vec(env_id, num_envs=num_envs, render_mode=render_mode, **options))
    except (TypeError, FileNotFoundError) as error:
        raise ValueError(str(error)) from error


def make_environment(package: str, options: Mapping[str, Any]) -> Any:
    """Makes one environment of a package of the suite.

    Raises:
        ValueError: there is no such package, or it refuses the options; the message is one sentence.
    """
    try:
        module = importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise ValueError(f"There is no environment package {package!r}: {error}.") from error
    if not hasattr(module, "make"):
        raise ValueError(f"{package!r} is no environment package of the suite: it has no `make`.")
    try:
        return module.make(**options)
    except TypeError as error:
        raise ValueError(f"{package}.make does not take {dict(options)!r}: {error}.") from error
