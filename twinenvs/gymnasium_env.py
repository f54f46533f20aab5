"""Gymnasium adapters: one environment that never resets itself, and a batch stepped by one compiled program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from gymnasium.vector import AutoresetMode

from twinenvs import spaces
from twinenvs.compile import jit
from twinenvs.environment import Environment, select

RENDER_MODES = ("rgb_array",)
STEP_ONLY_KEYS = ("terminated", "truncated", "final_observation")  # Gymnasium returns these apart from `info`.


def check_render_mode(render_mode: str | None) -> None:
    """Raises a ValueError that names the wrong mode and the known ones."""
    if render_mode is not None and render_mode not in RENDER_MODES:
        raise ValueError(f"render_mode must be None or one of {', '.join(RENDER_MODES)}, got {render_mode!r}.")


def to_python(tree: Any) -> Any:
    """Concrete arrays of shape () to Python numbers, others to NumPy, inside nested dicts."""
    if isinstance(tree, dict):
        return {name: to_python(value) for name, value in tree.items()}
    array = np.asarray(tree)
    return array.item() if array.shape == () else array


class GymnasiumEnv(gymnasium.Env):
    """A functional environment as a `gymnasium.Env`; it never resets by itself."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": list(RENDER_MODES), "render_fps": 60}  # type: ignore[misc]

    def __init__(self, env: Environment, render_mode: str | None = None) -> None:
        """Wraps `env`.

        Args:
            env: the functional environment.
            render_mode: None or "rgb_array".
        """
        check_render_mode(render_mode)
        self.functional = env
        self.render_mode = render_mode
        self.observation_space = env.observation_space(env.default_params).to_gymnasium()
        self.action_space = env.action_space(env.default_params).to_gymnasium()
        self._reset = jit(lambda key: env.reset(key), env=env, label="reset")
        self._next = jit(lambda key, state: env.next_episode(key, state, env.default_params), env=env, label="reset")
        self._step = jit(self._functional_step, env=env, label="step")
        self._key: jax.Array | None = None
        self._state: Any = None
        self._steps = 0
        self._ended = True
        self._next_key: jax.Array | None = None

    def _functional_step(self, key: jax.Array, steps: jax.Array, state: Any, action: jax.Array) -> Any:
        key_step, key_reset = jax.random.split(jax.random.fold_in(key, steps))
        return self.functional.step_env(key_step, state, action, self.functional.default_params), key_reset

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode.

        Args:
            seed: makes what follows reproducible; None goes on with the stream, drawn from fresh entropy at first.
            options: accepted for Gymnasium, not read.

        Returns:
            (observation, info), where `info` holds the action mask.
        """
        super().reset(seed=seed)
        if seed is not None or self._key is None:
            self._key = jax.random.key(int(self.np_random.integers(2**63)) if seed is None else seed)
            self._steps, self._next_key, self._state = 0, None, None
        if self._state is not None and self._next_key is not None:
            observation, self._state = self._next(self._next_key, self._state)
        else:
            observation, self._state = self._reset(self._key)
        self._ended = False
        mask = np.asarray(self.functional.action_mask(self._state))
        return _numpy(observation), {"action_mask": mask}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step.

        Returns:
            (observation, reward, terminated, truncated, info), where `info` has the functional environment's keys.

        Raises:
            gymnasium.error.ResetNeeded: the episode has ended or none was started.
            TypeError: the action's dtype is of the wrong kind.
            ValueError: the action's shape or value is not allowed, or it is illegal now.
        """
        if self._ended:
            raise gymnasium.error.ResetNeeded(f"{self.functional.name}: call reset() before step().")
        checked = self.functional.check_action(action, self._state)
        outcome, self._next_key = self._step(self._key, np.uint32(self._steps), self._state, checked)
        observation, self._state, reward, terminated, truncated, info = outcome
        self._steps += 1
        self._ended = bool(terminated) or bool(truncated)
        kept = {name: value for name, value in info.items() if name not in STEP_ONLY_KEYS}
        return _numpy(observation), float(reward), bool(terminated), bool(truncated), to_python(kept)

    def render(self) -> np.ndarray | None:  # type: ignore[override]
        """The picture of the current state, uint8 (height, width, 3), or None without a render mode."""
        if self.render_mode is None:
            return None
        if self._state is None:
            raise gymnasium.error.ResetNeeded(f"{self.functional.name}: call reset() before render().")
        return self.functional.render(jax.device_get(self._state))


class GymnasiumVectorEnv(gymnasium.vector.VectorEnv):
    """A batch of one functional environment as a `gymnasium.vector.VectorEnv`."""

    def __init__(
        self,
        env: Environment,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
        jax_arrays: bool = False,
        render_mode: str | None = None,
    ) -> None:
        """Wraps `env`.

        Args:
            env: the functional environment; its own `auto_reset` says how SAME_STEP resets.
            num_envs: number of environments, at least 1.
            autoreset_mode: SAME_STEP (default), NEXT_STEP or DISABLED, Gymnasium's enum or its value.
            jax_arrays: return JAX arrays on the device, `final_obs` always present, instead of NumPy arrays.
            render_mode: None or "rgb_array".
        """
        check_render_mode(render_mode)
        if isinstance(num_envs, bool) or not isinstance(num_envs, int) or num_envs < 1:
            raise ValueError(f"num_envs must be an integer of at least 1, got {num_envs!r}.")
        try:
            mode = AutoresetMode(autoreset_mode)
        except ValueError as error:
            known = ", ".join(repr(mode.value) for mode in AutoresetMode)
            raise ValueError(f"autoreset_mode must be one of {known}, got {autoreset_mode!r}.") from error
        self.functional = env
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.jax_arrays = jax_arrays
        self.autoreset_mode = mode
        self.metadata = {"render_modes": list(RENDER_MODES), "render_fps": 60, "autoreset_mode": mode}
        self.single_observation_space = env.observation_space(env.default_params).to_gymnasium()
        self.single_action_space = env.action_space(env.default_params).to_gymnasium()
        self.observation_space = gymnasium.vector.utils.batch_space(self.single_observation_space, num_envs)
        self.action_space = gymnasium.vector.utils.batch_space(self.single_action_space, num_envs)
        self._reset = jit(self._batched_reset, env=env, label="vector reset")
        self._step = jit(self._batched_step, env=env, label="vector step", donate_argnums=(2,))
        self._keys: jax.Array | None = None
        self._state: Any = None
        self._steps = 0

    # The compiled programs ----------------------------------------------------------------------------------------

    def _batched_reset(self, seeds: jax.Array, mask: jax.Array, keys: jax.Array, state: Any) -> Any:
        new_keys = jax.vmap(jax.random.key)(seeds)
        keys = new_keys if keys is None else jnp.where(mask, new_keys, keys)
        observation, fresh = jax.vmap(self.functional.reset)(keys)
        state = fresh if state is None else jax.vmap(select)(mask, fresh, state)
        if state is not fresh:
            observation = jax.vmap(self.functional.get_obs)(state)
        return observation, keys, state, jax.vmap(self.functional.action_mask)(state)

    def _batched_step(self, keys: jax.Array, steps: jax.Array, state: Any, action: jax.Array, ended: jax.Array) -> Any:
        env, params = self.functional, self.functional.default_params

        def one(key: jax.Array, state: Any, action: jax.Array, ended: jax.Array) -> Any:
            key = jax.random.fold_in(key, steps)
            if self.autoreset_mode == AutoresetMode.SAME_STEP:
                return env.step(key, state, action, params)
            key_step, key_reset = jax.random.split(key)
            stepped = env.step_env(key_step, state, action, params)
            if self.autoreset_mode == AutoresetMode.DISABLED:
                return stepped
            observation, next_state, reward, terminated, truncated, info = stepped
            started = env.next_episode(key_reset, state, params)
            observation, next_state = select(ended, started, (observation, next_state))
            info = {**info, "action_mask": env.action_mask(next_state)}
            return observation, next_state, jnp.where(ended, 0, reward), terminated & ~ended, truncated & ~ended, info

        observation, state, reward, terminated, truncated, info = jax.vmap(one)(keys, state, action, ended)
        final = info["final_observation"]
        info = {name: value for name, value in info.items() if name not in STEP_ONLY_KEYS}
        return observation, state, reward, terminated, truncated, terminated | truncated, final, info

    # Gymnasium's interface ----------------------------------------------------------------------------------------

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts an episode in every environment, or in those that `options["reset_mask"]` names.

        Args:
            seed: an integer gives environment i the seed `seed + i`; a list one seed each, None drawing one; None
                draws all from fresh entropy.
            options: "reset_mask", bool (num_envs,), resets a part of the batch.

        Returns:
            (observations, info), where `info` holds the action masks.
        """
        super().reset(seed=seed if isinstance(seed, int) else None)
        mask = np.ones(self.num_envs, bool)
        if options is not None and "reset_mask" in options:
            mask = np.asarray(options["reset_mask"])
            if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
                raise ValueError(
                    f"options['reset_mask'] must be bool ({self.num_envs},) with at least one True,"
                    f" got {mask.dtype} {mask.shape}."
                )
        part = self._state is not None and not mask.all()
        keys, state = (self._keys, self._state) if part else (None, None)
        observation, self._keys, self._state, action_mask = self._reset(self._seeds(seed), mask, keys, state)
        if not part:
            self._steps, self._ended = 0, np.zeros(self.num_envs, bool)
        else:
            self._ended = np.asarray(self._ended) & ~mask
        return self._out(observation), {"action_mask": self._out(action_mask), "_action_mask": mask}

    def _seeds(self, seed: int | list[int | None] | None) -> np.ndarray:
        if isinstance(seed, int | np.integer):
            return (int(seed) + np.arange(self.num_envs)).astype(np.uint32)
        drawn = self.np_random.integers(2**32, size=self.num_envs, dtype=np.uint32)
        if seed is None:
            return drawn
        if len(seed) != self.num_envs:
            raise ValueError(f"a list of seeds must have one per environment, {self.num_envs}, got {len(seed)}.")
        return np.array([d if s is None else s for s, d in zip(seed, drawn, strict=True)]).astype(np.uint32)

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """One step of every environment.

        Args:
            actions: the batch of actions, NumPy or JAX, shape (num_envs, ...).

        Returns:
            (observations, rewards float32 (num_envs,), terminated bool (num_envs,), truncated bool (num_envs,), info).
            Under SAME_STEP `info["final_obs"]` and `info["final_info"]` belong to the episodes that ended.

        Raises:
            gymnasium.error.ResetNeeded: no episode was started.
            TypeError: the actions' dtype is of the wrong kind.
            ValueError: a wrong shape, or an illegal action (NumPy actions only: JAX arrays stay on the device, and
                what is illegal in them is replaced and counted in `info["illegal"]`).
        """
        if self._state is None:
            raise gymnasium.error.ResetNeeded(f"{self.functional.name}: call reset() before step().")
        self._check_actions(actions)
        if self.autoreset_mode == AutoresetMode.DISABLED and np.asarray(self._ended).any():
            first = int(np.flatnonzero(self._ended)[0])
            raise gymnasium.error.ResetNeeded(
                f"{self.functional.name}: environment {first} has ended; reset it with options={{'reset_mask': ...}}."
            )
        action = jnp.asarray(actions)
        stepped = self._step(self._keys, np.uint32(self._steps), self._state, action, self._ended)
        observation, self._state, reward, terminated, truncated, done, final, info = stepped
        self._steps += 1
        self._ended = done if self.jax_arrays else np.asarray(done)
        infos = self._infos(info, done, final)
        return self._out(observation), self._out(reward), self._out(terminated), self._out(truncated), infos

    def _infos(self, info: dict[str, Any], done: jax.Array, final: Any) -> dict[str, Any]:
        """Gymnasium's form: each key with a mask `_key` of the environments that have it."""
        same_step = self.autoreset_mode == AutoresetMode.SAME_STEP
        if self.jax_arrays:
            everywhere = jnp.ones_like(done)
            infos = masked(info, everywhere)
            if same_step:
                infos |= {"final_obs": final, "_final_obs": done, "final_info": masked(info, done), "_final_info": done}
            return infos
        ended = np.asarray(done)
        info = jax.device_get(info)
        if not same_step or not ended.any():
            return masked(info, np.ones_like(ended))
        infos = {"action_mask": info["action_mask"], "_action_mask": np.ones_like(ended)}
        infos |= masked({name: value for name, value in info.items() if name != "action_mask"}, ~ended)
        last = np.full(self.num_envs, None, object)
        host_final = jax.device_get(final)
        for index in np.flatnonzero(ended):
            last[index] = jax.tree.map(lambda leaf, i=index: leaf[i].copy(), host_final)
        return infos | {
            "final_obs": last,
            "_final_obs": ended,
            "final_info": masked(info, ended),
            "_final_info": ended,
        }

    def _check_actions(self, actions: Any) -> None:
        env, space = self.functional, self.functional.action_space(self.functional.default_params)
        assert isinstance(space, spaces.Discrete | spaces.Box)
        on_device = isinstance(actions, jax.Array)
        array = actions if on_device else np.asarray(actions)
        kinds = "iu" if np.dtype(space.dtype).kind in "iu" else "fiu"
        if np.dtype(array.dtype).kind not in kinds:
            raise TypeError(f"{env.name}: actions must have dtype {space.dtype}, got {array.dtype}.")
        if array.shape != (self.num_envs, *space.shape):
            raise ValueError(
                f"{env.name}: actions must have shape {(self.num_envs, *space.shape)}, got {tuple(array.shape)}."
            )
        if on_device:
            return
        low, high = (0, space.n - 1) if isinstance(space, spaces.Discrete) else space.bounds()
        wrong = ~((array >= low) & (array <= high)).reshape(self.num_envs, -1).all(axis=1)
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            allowed = f"0 .. {high}" if isinstance(space, spaces.Discrete) else f"{space.low} .. {space.high}"
            raise ValueError(f"{env.name}: actions must lie in {allowed}, got {array[first]} for environment {first}.")

    def render(self) -> tuple[np.ndarray, ...] | None:  # type: ignore[override]
        """A picture of each environment, uint8 (height, width, 3), or None without a render mode."""
        if self.render_mode is None:
            return None
        if self._state is None:
            raise gymnasium.error.ResetNeeded(f"{self.functional.name}: call reset() before render().")
        state = jax.device_get(self._state)
        return tuple(
            self.functional.render(jax.tree.map(lambda leaf, i=index: leaf[i], state)) for index in range(self.num_envs)
        )

    def _out(self, tree: Any) -> Any:
        return tree if self.jax_arrays else _numpy(tree)


def entry_points(
    make: Callable[..., Environment],
    single: type[GymnasiumEnv] = GymnasiumEnv,
    vector: type[GymnasiumVectorEnv] = GymnasiumVectorEnv,
) -> tuple[Callable[..., GymnasiumEnv], Callable[..., GymnasiumVectorEnv]]:
    """What `gymnasium.make` and `gymnasium.make_vec` call for a package: (make_single, make_vector).

    Args:
        make: the package's `make`; its options are keywords of both functions.
        single: the class of one environment.
        vector: the class of a batch.
    """

    def make_single(*, render_mode: str | None = None, **options: Any) -> GymnasiumEnv:
        return single(make(**options), render_mode)

    def make_vector(
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
        jax_arrays: bool = False,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        **options: Any,
    ) -> GymnasiumVectorEnv:
        # A batch has no wrapper that truncates, so Gymnasium's limit becomes the environment's own.
        limit = {} if max_episode_steps is None else {"max_steps_in_episode": max_episode_steps}
        env = make(**{**options, **limit})
        return vector(env, num_envs, autoreset_mode=autoreset_mode, jax_arrays=jax_arrays, render_mode=render_mode)

    return make_single, make_vector


def masked(info: dict[str, Any], mask: Any) -> dict[str, Any]:
    """Adds to every key of a batched info its mask `_key` (bool (num_envs,)), also inside nested dicts."""
    infos: dict[str, Any] = {}
    for name, value in info.items():
        infos[name] = masked(value, mask) if isinstance(value, dict) else value
        infos[f"_{name}"] = mask
    return infos


def _numpy(tree: Any) -> Any:
    """Host copies of device arrays, writable, so that nothing the user keeps changes under them."""
    return jax.tree.map(np.array, tree)
