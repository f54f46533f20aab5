"""A trained policy as two files: `NAME.safetensors` with the numbers, `NAME.json` with what they mean."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.errors import InputMissingError, UsageError
from benchmarks.training import distributions
from benchmarks.training.agent import Agent, AgentParams
from benchmarks.training.config import NetworkConfig, TrainConfig
from benchmarks.training.environments import Environments
from benchmarks.training.ppo import PPO, TrainState
from twinenvs import spaces

SEPARATOR = "/"
Act = Callable[[Any, Any, jax.Array, jax.Array], jax.Array]


@dataclasses.dataclass(frozen=True)
class Policy:
    """A trained policy.

    Attributes:
        agent: the static part.
        params: what was learned.
        env: name of the environment package it was trained on.
        options: keyword arguments of that package's `make`.
    """

    agent: Agent
    params: AgentParams
    env: str
    options: dict[str, Any]

    @property
    def act(self) -> Act:
        """The pure callable, see `memoryless`; call it with `params`."""
        return memoryless(self.agent)


def policy_of(config: TrainConfig, envs: Environments, state: TrainState, index: int) -> Policy:
    """The policy of one seed of a run, by its position among the run's seeds."""
    params = state.agent
    if config.num_seeds > 1:
        params = jax.tree.map(lambda leaf: leaf[index], params)
    # Away from the run's mesh, so that a policy is used alike wherever it was trained.
    params = jax.tree.map(jnp.asarray, jax.device_get(params))
    return Policy(PPO.of(config, envs).agent, params, config.env, dict(config.options))


def memoryless(agent: Agent, greedy: bool = False) -> Act:
    """A policy without memory as a pure callable.

    Returns:
        `(params, observation, action_mask, key) -> action` on one environment: the observation as the environment
        gives it, the mask bool (num_actions,), the action as its `step` takes it.

    Raises:
        UsageError: the policy is recurrent; `evaluation.evaluate` carries its state.
    """
    if agent.config.recurrent:
        raise UsageError("A recurrent policy needs its state carried along; evaluate it, or train one without memory.")

    def act(params: AgentParams, observation: Any, action_mask: jax.Array, key: jax.Array) -> jax.Array:
        leaves = [jnp.ravel(leaf).astype(jnp.float32) for leaf in jax.tree.leaves(observation)]
        hidden, began = agent.initial_hidden(1), jnp.zeros((1,), bool)
        view = agent.evaluate_step(params, hidden, jnp.concatenate(leaves)[None], action_mask[None], began)
        action = view.distribution.mode() if greedy else view.distribution.sample(key)
        return distributions.to_environment(agent.action_space, action[0])

    return act


def save_policy(path: pathlib.Path, policy: Policy) -> None:
    """Writes `path` with the suffixes .safetensors and .json."""
    from safetensors.numpy import save

    arrays = {_name(place): np.array(leaf, order="C") for place, leaf in _leaves(policy.params)}
    path.with_suffix(".safetensors").write_bytes(save(arrays))
    agent = policy.agent
    facts = {
        "env": policy.env,
        "options": policy.options,
        "features": agent.features,
        "normalize_observation": agent.normalize_observation,
        "network": dataclasses.asdict(agent.config),
        "action_space": {"kind": type(agent.action_space).__name__, **dataclasses.asdict(agent.action_space)},
    }
    path.with_suffix(".json").write_text(json.dumps(facts, indent=2) + "\n")


def load_policy(path: pathlib.Path) -> Policy:
    """Reads what `save_policy` wrote.

    Raises:
        InputMissingError: a file is missing or is not a policy.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        facts = json.loads(path.with_suffix(".json").read_text())
        network = dict(facts["network"])
        network["hidden"] = tuple(network["hidden"])
        agent = Agent(
            NetworkConfig(**network), _space(facts["action_space"]), facts["features"], facts["normalize_observation"]
        )
        arrays = load_file(path.with_suffix(".safetensors"))
        shapes = jax.eval_shape(agent.init, jax.random.key(0))
        params = jax.tree_util.tree_map_with_path(lambda place, leaf: _checked(arrays, _name(place), leaf), shapes)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise InputMissingError(
            f"No policy can be read from {path.with_suffix('')}.json and .safetensors: {error}."
        ) from error
    return Policy(agent, params, facts["env"], facts["options"])


def _leaves(params: AgentParams) -> list[tuple[Any, Any]]:
    return jax.tree_util.tree_flatten_with_path(jax.device_get(params))[0]


def _name(place: Any) -> str:
    return SEPARATOR.join(str(getattr(part, "key", getattr(part, "name", part))) for part in place)


def _checked(arrays: dict[str, np.ndarray], name: str, wanted: jax.ShapeDtypeStruct) -> jax.Array:
    array = arrays[name]
    if array.shape != wanted.shape or array.dtype != wanted.dtype:
        raise ValueError(f"{name} should be {wanted.dtype} {wanted.shape}, is {array.dtype} {array.shape}")
    return jnp.asarray(array)


def _space(facts: dict[str, Any]) -> spaces.Space:
    values = dict(facts)
    kind = values.pop("kind")
    if kind == "Discrete":
        return spaces.Discrete(**values)
    as_tuple: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return spaces.Box(**as_tuple)
