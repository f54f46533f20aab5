"""Opponents by name, as pure functions (params, observation, action_mask, key) -> action.

The observation is the one as tokens: the named players read its tables whatever form the environment gives a learner.
"""

from __future__ import annotations

import pathlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pokejax import calculator, heuristics, learned, tactics
from pokejax import state as layout
from pokejax.base_power import HIDDEN_POWER
from pokejax.state import EnvState
from pokejax.tables import load_tables
from pokejax.view import OWN, View
from twinenvs.fusion import planned
from twinenvs.multi import Policy

FIRST_MOVE = layout.PARTY  # action of the first move slot
TRAINED = pathlib.Path(__file__).parent / "policies" / "gen4randombattle"  # .json and .safetensors


def play_random(params: Any, observation: Any, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """Any legal action, all alike: int32 ()."""
    drawn = jax.random.uniform(key, action_mask.shape)
    return jnp.argmax(jnp.where(action_mask, drawn, -1.0)).astype(jnp.int32)


def play_max_base_power(params: Any, observation: Any, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """The usable move of most base power, the first of equal ones; any switch where there is no move: int32 ().

    The rule of poke-env's MaxBasePowerPlayer, which compares the printed power alone.
    """
    moves = own_moves(View(observation))
    power = jnp.asarray(load_tables().moves.column("base_power"))[moves]
    power = jnp.where(moves == load_tables().moves.id["hiddenpower"], HIDDEN_POWER, power)
    usable = action_mask[FIRST_MOVE:]
    best = jnp.argmax(jnp.where(usable, power, -1)).astype(jnp.int32) + FIRST_MOVE
    return jnp.where(jnp.any(usable), best, play_random(params, observation, action_mask, key))


def play_max_damage(params: Any, observation: Any, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """The usable move that may be expected to deal most, by `pokejax.calculator`: int32 ().

    Where none deals damage, or no move can be used, any legal move or switch.
    """
    view = View(observation)
    usable = action_mask[FIRST_MOVE:]
    damage = jnp.where(usable, calculator.own_damage(calculator.believe(view), own_moves(view)), 0.0)
    best = jnp.argmax(damage).astype(jnp.int32) + FIRST_MOVE
    return jnp.where(jnp.any(damage > 0), best, play_random(params, observation, action_mask, key))


def play_simple_heuristics(params: Any, observation: Any, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """The choice of poke-env's SimpleHeuristicsPlayer, see `pokejax.heuristics`: int32 ()."""
    action, decided = heuristics.choose(View(observation), action_mask)
    return jnp.where(decided, action, play_random(params, observation, action_mask, key))


def play_tactics(params: Any, observation: Any, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """The action of most worth by expected damage on both sides, see `pokejax.tactics`: int32 ()."""
    return tactics.choose(View(observation), action_mask)


def play_trained(params: Any, observation: Any, action_mask: jax.Array, key: jax.Array) -> jax.Array:
    """An action drawn from the policy that is shipped, which PPO learned with the recipe `default`: int32 ()."""
    return learned.policy(TRAINED)(params, observation, action_mask, key)


def own_moves(view: View) -> jax.Array:
    """Moves of the own slots while a move is asked for: int32 (4,), move ids."""
    return jnp.stack([view.now(f"move{i}")[OWN] for i in range(layout.MOVES)])


def lead(state: EnvState) -> jax.Array:
    """Each player's lead, half in Pokemon that stand and half in their HP: float32 (2,), -1 to 1; a potential."""
    hp = jnp.asarray(state.hp).astype(jnp.float32)
    whole = jnp.maximum(jnp.asarray(state.max_hp), 1).astype(jnp.float32)
    worth = jnp.mean(np.float32(0.5) * (hp > 0) + np.float32(0.5) * hp / whole, axis=-1)
    return worth - worth[::-1]


PLAYERS: dict[str, Policy] = {
    "random": play_random,
    "max_base_power": planned(play_max_base_power),
    "max_damage": planned(play_max_damage),
    "simple_heuristics": planned(play_simple_heuristics),
    "tactics": planned(play_tactics),
    "trained": play_trained,
}
