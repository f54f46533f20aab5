"""`check_env`: the public contract, which every environment of the suite passes and any other may be held to."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from twinenvs import spaces
from twinenvs.compile import jit
from twinenvs.environment import INFO_KEYS, Environment
from twinenvs.gymnasium_env import GymnasiumEnv, GymnasiumVectorEnv

BATCH = 5
SHORT_EPISODE = 7  # Steps: long enough to be past the first step, short enough to truncate before most games end.


class ContractError(AssertionError):
    """An environment breaks the contract; the message is one sentence."""


def check_env(env: Environment, *, seed: int = 0, steps: int = 64, only: tuple[str, ...] | None = None) -> None:
    """Holds an environment to the contract of the suite, in functional, single and vector form.

    Args:
        env: the environment, as its package's `make` returns it.
        seed: of the random legal actions.
        steps: how many steps of random play are looked at.
        only: names of the checks to run, out of `CHECKS`; None runs all.

    Raises:
        ContractError: names the first point that does not hold.
        ValueError: `only` names an unknown check.
    """
    for name in CHECKS if only is None else only:
        if name not in CHECKS:
            raise ValueError(f"there is no check {name!r}; the checks are {', '.join(CHECKS)}.")
        CHECKS[name](env, seed, steps)


def require(condition: bool, sentence: str) -> None:
    """Raises a ContractError with `sentence` unless `condition` holds."""
    if not condition:
        raise ContractError(sentence)


def sample_legal(key: jax.Array, env: Environment, mask: jax.Array) -> jax.Array:
    """A random legal action: uniform over the mask, or over the Box."""
    space = env.action_space(env.default_params)
    if isinstance(space, spaces.Discrete):
        return jax.random.categorical(key, jnp.where(mask, 0.0, -jnp.inf)).astype(space.dtype)
    return space.sample(key)  # type: ignore[return-value]


def _check_identity(env: Environment, seed: int, steps: int) -> None:
    require(isinstance(env.name, str) and isinstance(env.version, str), "name and version must be strings.")
    copied = copy.deepcopy(env)
    require(hash(copied) == hash(env) and copied == env, "a deep copy must equal the environment.")
    require(pickle.loads(pickle.dumps(env)) == env, "an unpickled environment must equal the environment.")
    require(hasattr(env.default_params, "max_steps_in_episode"), "default_params must have max_steps_in_episode.")
    require(env.bytes_per_env() > 0, "bytes_per_env must be greater than 0.")


def _check_step_shapes(env: Environment, seed: int, steps: int) -> None:
    key = jax.random.key(seed)
    observation, state = jit(env.reset, env=env)(key)
    space = env.observation_space(env.default_params)
    require(space.contains(jax.device_get(observation)), "the reset observation must lie in observation_space.")
    require(state.time.dtype == jnp.int32 and state.time.shape == (), "state.time must be int32 ().")
    require(int(state.time) == 0, "state.time must be 0 after a reset.")
    mask = env.action_mask(state)
    require(mask.dtype == jnp.bool_ and mask.shape == (env.num_actions,), "action_mask must be bool (num_actions,).")
    require(bool(mask.any()), "action_mask must leave at least one action.")
    values = jit(env.step, env=env)(key, state, jax.jit(lambda key, mask: sample_legal(key, env, mask))(key, mask))
    require(len(values) == 6, f"step must return six values, got {len(values)}.")
    stepped, new_state, reward, terminated, truncated, info = values
    require(reward.dtype == jnp.float32 and reward.shape == (), "the reward must be float32 ().")
    for name, flag in (("terminated", terminated), ("truncated", truncated)):
        require(flag.dtype == jnp.bool_ and flag.shape == (), f"{name} must be bool ().")
        require(bool(info[name]) == bool(flag), f"info[{name!r}] must equal the returned flag.")
    missing = [name for name in INFO_KEYS if name not in info]
    require(not missing, f"info lacks {missing}.")
    _require_same_form((observation, state), (stepped, new_state), "step must return what reset returns, in form")
    _require_same_form(observation, info["final_observation"], "final_observation must have the observation's form")


def _require_same_form(first: Any, second: Any, sentence: str) -> None:
    form = lambda tree: jax.tree.map(lambda leaf: (jnp.shape(leaf), jnp.asarray(leaf).dtype), tree)  # noqa: E731
    require(jax.tree.structure(first) == jax.tree.structure(second) and form(first) == form(second), f"{sentence}.")


def _rollout(env: Environment, steps: int) -> Callable[[jax.Array], Any]:
    def run(key: jax.Array) -> Any:
        key, key_reset = jax.random.split(key)
        observation, state = env.reset(key_reset)

        def body(carry: Any, key: jax.Array) -> Any:
            state, mask = carry
            key_action, key_step = jax.random.split(key)
            action = sample_legal(key_action, env, mask)
            observation, state, reward, terminated, truncated, info = env.step(key_step, state, action)
            out = (observation, reward, terminated, truncated, info, action, state)
            return (state, info["action_mask"]), out

        return observation, jax.lax.scan(body, (state, env.action_mask(state)), jax.random.split(key, steps))[1]

    return run


def _check_rollout(env: Environment, seed: int, steps: int) -> None:
    run = jit(_rollout(env, steps), env=env)
    key = jax.random.key(seed)
    _, (observations, rewards, _, _, info, _, _) = first = run(key)
    space = env.observation_space(env.default_params)
    for tree in (observations, info["final_observation"]):
        host = jax.device_get(tree)
        for index in range(steps):
            inside = space.contains(jax.tree.map(lambda leaf, i=index: leaf[i], host))
            require(inside, f"the observation of step {index} must lie in observation_space.")
    require(bool(jnp.isfinite(rewards).all()), "rewards must be finite.")
    _require_equal(first, run(key), "the same key must give the same rollout")


def _require_equal(first: Any, second: Any, sentence: str) -> None:
    for (path, one), other in zip(jax.tree.leaves_with_path(first), jax.tree.leaves(second), strict=True):
        same = np.array_equal(np.asarray(one), np.asarray(other), equal_nan=np.asarray(one).dtype.kind == "f")
        require(same, f"{sentence}; {jax.tree_util.keystr(path)} differs.")


def _check_batch_equals_single(env: Environment, seed: int, steps: int) -> None:
    keys = jax.random.split(jax.random.key(seed), BATCH)
    batch = jit(jax.vmap(_rollout(env, SHORT_EPISODE)), env=env)(keys)
    single = jit(_rollout(env, SHORT_EPISODE), env=env)
    for index in range(BATCH):
        part = jax.tree.map(lambda leaf, i=index: leaf[i], batch)
        _require_close(env, part, single(keys[index]), f"index {index} of a batch must equal the single environment")


def _require_close(env: Environment, first: Any, second: Any, sentence: str) -> None:
    """Exact for whole numbers and flags; floats may differ in rounding, as XLA vectorises batches differently."""
    for (path, one), other in zip(jax.tree.leaves_with_path(first), jax.tree.leaves(second), strict=True):
        one, other = np.asarray(one), np.asarray(other)
        same = (one == other).all()
        if one.dtype.kind == "f":
            same = np.allclose(one, other, env.rounding, env.rounding, equal_nan=True)
        require(bool(same), f"{sentence}; {jax.tree_util.keystr(path)} differs.")


def _check_truncation_keeps_the_final_observation(env: Environment, seed: int, steps: int) -> None:
    params = env.default_params.replace(max_steps_in_episode=SHORT_EPISODE)
    key = jax.random.key(seed)
    _, state = jit(env.reset, env=env)(key, params)

    def compare(key: jax.Array, state: Any, params: Any) -> Any:
        key_action, key_step = jax.random.split(key)
        action = sample_legal(key_action, env, env.action_mask(state))
        key_env, _ = jax.random.split(key_step)
        return env.step_env(key_env, state, action, params), env.step(key_step, state, action, params)

    both = jit(compare, env=env)

    for index in range(4 * SHORT_EPISODE):
        key, key_now = jax.random.split(key)
        without_reset, with_reset = both(key_now, state, params)
        last, ended, _, terminated, truncated, _ = without_reset
        observation, state, _, flag_terminated, flag_truncated, info = with_reset
        require(bool(terminated) == bool(flag_terminated), f"step {index}: step and step_env must agree on terminated.")
        require(bool(truncated) == bool(flag_truncated), f"step {index}: step and step_env must agree on truncated.")
        done = bool(terminated) or bool(truncated)
        _require_close(
            env, last, info["final_observation"], f"step {index}: final_observation must be that of step_env"
        )
        require(int(ended.time) <= SHORT_EPISODE, "an episode must not outlast max_steps_in_episode.")
        if done and env.auto_reset != "none":
            require(int(state.time) == 0, f"step {index}: state.time must be 0 after an automatic reset.")
        elif not done:
            _require_close(env, observation, last, f"step {index}: inside an episode step must return that of step_env")
        if truncated and not terminated:
            require(int(ended.time) == SHORT_EPISODE, "truncation must come at max_steps_in_episode.")
            return
        if done and env.auto_reset == "none":
            return
    raise ContractError(f"no episode was truncated within {4 * SHORT_EPISODE} steps of a limit of {SHORT_EPISODE}.")


def _check_bad_actions(env: Environment, seed: int, steps: int) -> None:
    key = jax.random.key(seed)
    _, state = jit(env.reset, env=env)(key)
    space = env.action_space(env.default_params)
    assert isinstance(space, spaces.Discrete | spaces.Box)
    whole = isinstance(space, spaces.Discrete)
    legal = np.zeros(space.shape, space.dtype)
    wrong_values = [space.n, -1] if isinstance(space, spaces.Discrete) else [np.full(space.shape, np.nan, space.dtype)]
    for value in wrong_values:
        _require_raises(ValueError, lambda v=value: env.step(key, state, np.asarray(v, space.dtype)), f"action {value}")
    _require_raises(ValueError, lambda: env.step(key, state, np.zeros((3, *space.shape), space.dtype)), "a wrong shape")
    wrong_dtype = legal.astype(np.float32) if whole else np.full(space.shape, "a")
    _require_raises(TypeError, lambda: env.step(key, state, wrong_dtype), "a wrong dtype")
    step = jit(env.step, env=env)
    traced = step(key, state, jnp.asarray(wrong_values[0], space.dtype))
    require(int(traced[-1]["illegal"]) == 1, "an illegal action in traced code must be counted in info['illegal'].")
    first = int(np.argmax(np.asarray(env.action_mask(state)))) if whole else 0
    replaced = step(key, state, jnp.full(space.shape, first, space.dtype))
    _require_equal(traced[:5], replaced[:5], "an illegal action in traced code must act as the first legal one")


def _require_raises(kind: type[Exception], call: Callable[[], Any], what: str) -> None:
    try:
        call()
    except kind as error:
        require("\n" not in str(error), f"the message for {what} must be one sentence.")
        return
    raise ContractError(f"{what} must raise {kind.__name__}.")


def _check_no_host_callback(env: Environment, seed: int, steps: int) -> None:
    key = jax.random.key(seed)
    _, state = jit(env.reset, env=env)(key)
    act = lambda key, state: env.step(key, state, sample_legal(key, env, env.action_mask(state)))  # noqa: E731
    text = str(jax.make_jaxpr(act)(key, state))
    require("callback" not in text, "step must not call back to the host.")


def _check_render(env: Environment, seed: int, steps: int) -> None:
    frame = env.render(jax.device_get(jit(env.reset, env=env)(jax.random.key(seed))[1]))
    right = isinstance(frame, np.ndarray) and frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3
    require(right, "render must return uint8 (height, width, 3).")


def _check_gymnasium_forms_agree(env: Environment, seed: int, steps: int) -> None:
    if not any(field.name == "constants" for field in dataclasses.fields(env)):
        limited = env
    else:
        constants = env.default_params.replace(max_steps_in_episode=SHORT_EPISODE)
        limited = dataclasses.replace(env, constants=constants, auto_reset="fresh")  # type: ignore[call-arg]
    single, vector = GymnasiumEnv(limited), GymnasiumVectorEnv(limited, BATCH)
    seen, _ = single.reset(seed=seed)
    draw = jax.jit(jax.vmap(lambda key, mask: sample_legal(key, limited, mask)))
    batch, infos = vector.reset(seed=[seed] + [None] * (BATCH - 1))
    _require_close(env, seen, jax.tree.map(lambda leaf: leaf[0], batch), "single and vector reset must agree")
    for index in range(4 * SHORT_EPISODE):
        keys = jax.random.split(jax.random.key(index), BATCH)
        actions = np.asarray(draw(keys, infos["action_mask"]))
        seen, reward, terminated, truncated, _ = single.step(actions[0])
        flags = (type(reward), type(terminated), type(truncated))
        require(flags == (float, bool, bool), "the single environment must return a Python float and Python bools.")
        batch, rewards, terminations, truncations, infos = vector.step(actions)
        sentence = f"step {index}: single and vector environment must agree"
        _require_close(env, (reward, terminated, truncated), (rewards[0], terminations[0], truncations[0]), sentence)
        first = jax.tree.map(lambda leaf: leaf[0], batch)
        if terminated or truncated:
            require(bool(infos["_final_obs"][0]), f"step {index}: final_obs must be reported.")
            _require_close(env, seen, infos["final_obs"][0], f"step {index}: final_obs must be the single observation")
            seen, _ = single.reset()
        _require_close(env, seen, first, sentence)


CHECKS: dict[str, Callable[[Environment, int, int], None]] = {
    "identity": _check_identity,
    "shapes": _check_step_shapes,
    "rollout": _check_rollout,
    "batch": _check_batch_equals_single,
    "truncation": _check_truncation_keeps_the_final_observation,
    "actions": _check_bad_actions,
    "callbacks": _check_no_host_callback,
    "render": _check_render,
    "gymnasium": _check_gymnasium_forms_agree,
}
