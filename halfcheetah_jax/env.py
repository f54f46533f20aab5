"""The HalfCheetah environment: spaces, reset, step."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, ClassVar, get_args

import jax
import jax.numpy as jnp
import numpy as np

from halfcheetah_jax import batching, model
from halfcheetah_jax.rounding import compensated_sum
from halfcheetah_jax.state import EnvParams, EnvState, Precision, check_params
from twinenvs import spaces
from twinenvs.environment import Environment, check_option, select

NUM_DOFS, NUM_ACTUATORS = 9, 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class HalfCheetahJax(Environment):
    """Twin of Gymnasium's `HalfCheetah-v5`, which runs on MuJoCo.

    The numbers follow the original's to rounding; a long trajectory does not, since the motion is chaotic: MuJoCo
    started a rounding error away from itself leaves its own trajectory as fast.

    DIFFERS: arithmetic is float32 unless `jax_enable_x64` is set; the original's is float64.
    (tests/halfcheetah_jax/test_oracle.py::test_float32_step_stays_within_the_stated_bounds_of_default_mujoco)
    DIFFERS: the solver ends at the minimum, to rounding; the original at a tolerance of 1e-8.
    (tests/halfcheetah_jax/test_oracle.py::test_float64_step_equals_mujoco_at_tolerance_zero)
    DIFFERS: a non-finite action acts as 0 and is counted in `info["illegal"]`; in the original it spreads to the state.
    (tests/halfcheetah_jax/test_env.py::test_non_finite_actions_act_as_zero)
    DIFFERS: a non-finite state stays one until the episode ends; the original resets the body with a warning.
    (tests/halfcheetah_jax/test_env.py::test_non_finite_states_end_with_the_episode)

    Attributes:
        frame_skip: substeps of 0.01 s per step.
        exclude_current_positions_from_observation: leave the root's x out of the observation.
        precision: "float32", or "float64", which needs `jax_enable_x64`; None follows that setting.
        constants: the default parameters.
    """

    name: ClassVar[str] = "HalfCheetahJax-v0"
    version: ClassVar[str] = "0"

    frame_skip: int = model.FRAME_SKIP
    exclude_current_positions_from_observation: bool = True
    precision: Precision | None = None
    constants: EnvParams = dataclasses.field(default_factory=EnvParams)

    def __post_init__(self) -> None:
        super().__post_init__()
        skip = self.frame_skip
        if isinstance(skip, bool) or not isinstance(skip, int) or not 1 <= skip <= 1024:
            raise ValueError(f"frame_skip must be an integer between 1 and 1024, got {skip!r}.")
        excluded = self.exclude_current_positions_from_observation
        check_option("exclude_current_positions_from_observation", excluded, (False, True))
        check_option("precision", self.precision, (*get_args(Precision), None))
        wide = bool(jax.config.jax_enable_x64)  # type: ignore[attr-defined]
        if self.precision is None:
            object.__setattr__(self, "precision", "float64" if wide else "float32")
        if self.precision == "float64" and not wide:
            raise ValueError("precision='float64' needs jax_enable_x64; set JAX_ENABLE_X64=1 before jax is imported.")
        check_params(self.constants)

    @property
    def default_params(self) -> EnvParams:
        """The constants given to `make`."""
        return self.constants

    @property
    def rounding(self) -> float:
        """What rounding grows to in a few steps, relative and absolute.

        A foot's strike multiplies an error of velocity about tenfold, and an acceleration of the solver is a change of
        velocity over 0.01 s, hence a hundred times as uncertain. Two strikes lead from float32's own 1e-6 to the number
        for it; float64 starts far lower.
        """
        return 2e-2 if self.precision == "float32" else 1e-9

    @property
    def dt(self) -> float:
        """Seconds of one step."""
        return self.frame_skip * model.TIMESTEP

    def action_space(self, params: EnvParams | None = None) -> spaces.Box:
        """float32 (6,) in -1 .. 1: torques of the hinges as parts of their largest."""
        return spaces.Box(-1.0, 1.0, (NUM_ACTUATORS,))

    def observation_space(self, params: EnvParams | None = None) -> spaces.Box:
        """Positions without the root's x (with it, if not excluded), then velocities: (17,) or (18,), unbounded."""
        size = 2 * NUM_DOFS - int(self.exclude_current_positions_from_observation)
        return spaces.Box(-np.inf, np.inf, (size,), str(self.precision))

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState]:
        """Starts an episode: positions get uniform noise, velocities normal noise, both of `reset_noise_scale`.

        Args:
            key: a JAX random key.
            params: the numbers that the step reads.

        Returns:
            (observation, state).
        """
        key_position, key_velocity = jax.random.split(key)
        scale = params.reset_noise_scale
        noise = jax.random.uniform(key_position, (NUM_DOFS,), self.precision, -1, 1)
        velocity = jax.random.normal(key_velocity, (NUM_DOFS,), self.precision)
        state = self._state(scale * noise, scale * velocity, jnp.zeros((), jnp.int32))
        return self.observe(None, state, None, params), state

    def state_from(self, qpos: Any, qvel: Any, time: Any = 0) -> EnvState:
        """A state with these positions and velocities, for tests, planning and comparison.

        Args:
            qpos: (9,), m and rad, in MuJoCo's order.
            qvel: (9,), m/s and rad/s.
            time: steps since the episode began.

        Raises:
            ValueError: another shape.
        """
        for name, value in (("qpos", qpos), ("qvel", qvel)):
            if jnp.shape(value) != (NUM_DOFS,):
                raise ValueError(
                    f"{name} must have shape ({NUM_DOFS},), got {jnp.shape(value)}; use jax.vmap for a batch."
                )
        return self._state(qpos, qvel, time)

    def step(
        self, key: jax.Array, state: EnvState, action: Any, params: EnvParams | None = None
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One step, followed by a reset where the episode ended; see `Environment.step`.

        The key is read by resets only, and a batch in which no episode ended makes none.
        """
        params = self.constants if params is None else params
        if self.auto_reset != "fresh":
            return super().step(key, state, action, params)
        action = self.check_action(action, state)
        final, ended, reward, terminated, truncated, info = self.step_env(key, state, action, params)
        observation, next_state = _restart(self)(truncated, key, params, final, ended)
        return observation, next_state, reward, terminated, truncated, info

    def step_env(
        self, key: jax.Array, state: EnvState, action: Any, params: EnvParams
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One step that never resets; see `Environment.step_env`.

        The action is clipped to -1 .. 1 for the motors, as MuJoCo does, while its cost is that of the action as given.
        """
        number = self.precision
        action = jnp.asarray(action)
        action = action if jnp.issubdtype(action.dtype, jnp.floating) else action.astype(number)
        finite = jnp.isfinite(action)
        action = jnp.where(finite, action, 0)
        moved, qvel, qacc = batching.step(
            state.qpos, state.qvel, state.qacc_warmstart, action.astype(number), self.frame_skip
        )
        distance = moved[0]
        x, residue = compensated_sum(state.qpos[0], distance + state.x_residue)
        time = state.time + 1
        next_state = EnvState(qpos=moved.at[0].set(x), qvel=qvel, qacc_warmstart=qacc, x_residue=residue, time=time)
        # From the distance itself: the difference of two positions loses bits far from the origin.
        x_velocity = distance / self.dt
        reward_forward = (params.forward_reward_weight * x_velocity).astype(number)
        reward_ctrl = -(params.ctrl_cost_weight * jnp.sum(action * action))
        truncated = self.is_truncated(next_state, params)
        terminated = jnp.zeros_like(truncated)
        observation = self.observe(None, next_state, None, params)
        info = {
            "terminated": terminated,
            "truncated": truncated,
            "final_observation": observation,
            "action_mask": self.action_mask(next_state),
            "illegal": (~finite.all()).astype(jnp.int32),
            "x_position": x,
            "x_velocity": x_velocity,
            "reward_forward": reward_forward,
            "reward_ctrl": reward_ctrl.astype(number),
        }
        reward = (reward_forward + reward_ctrl).astype(jnp.float32)
        return observation, next_state, reward, terminated, truncated, info

    def observe(self, key: jax.Array | None, state: EnvState, action: jax.Array | None, params: EnvParams) -> jax.Array:
        """Positions, without the root's x unless it is included, then velocities: number (17,) or (18,)."""
        first = int(self.exclude_current_positions_from_observation)
        return jnp.concatenate([state.qpos[first:], state.qvel])

    def render(self, state: EnvState) -> np.ndarray:
        """The body from the side, the camera following it: uint8 (320, 480, 3)."""
        from halfcheetah_jax.render import draw

        return draw(np.asarray(state.qpos))

    def _state(self, qpos: Any, qvel: Any, time: Any) -> EnvState:
        zero = jnp.zeros((), self.precision)
        return EnvState(
            qpos=jnp.asarray(qpos, self.precision),
            qvel=jnp.asarray(qvel, self.precision),
            qacc_warmstart=jnp.zeros((NUM_DOFS,), self.precision),
            x_residue=zero,
            time=jnp.asarray(time, jnp.int32),
        )


@functools.lru_cache(maxsize=8)
def _restart(env: HalfCheetahJax) -> Any:
    """`(done, key, params, observation, state) -> (observation, state)`, a new episode where done.

    A batch computes resets only if one of its episodes ended, which `jnp.where` under `vmap` cannot.
    """

    def fresh(key: jax.Array, params: Any) -> Any:
        # The half of the key that `Environment.step` resets with.
        return env.reset_env(jax.random.split(key)[1], params)

    @jax.custom_batching.custom_vmap
    def restart(done: jax.Array, key: jax.Array, params: Any, observation: jax.Array, state: EnvState) -> Any:
        return jax.lax.cond(done, lambda: fresh(key, params), lambda: (observation, state))

    @restart.def_vmap  # type: ignore[attr-defined]
    def restart_batch(axis_size: int, is_batched: Any, *given: Any) -> Any:
        spread = jax.tree.map(
            lambda leaf, mapped: leaf if mapped else jnp.broadcast_to(leaf, (axis_size, *jnp.shape(leaf))),
            given,
            tuple(is_batched),
        )
        done, keys, params, observation, state = spread

        def some() -> Any:
            return jax.vmap(select)(done, jax.vmap(fresh)(keys, params), (observation, state))

        restarted = jax.lax.cond(jnp.any(done), some, lambda: (observation, state))
        return restarted, jax.tree.map(lambda _: True, restarted)

    return restart
