"""Level 3 of HalfCheetah: steps that start from the original's state each time, and whole episodes that do not.

A long trajectory is no measure: the motion is chaotic, and the original started 1e-12 away from itself leaves its own
trajectory. So every step starts anew from the original's state, and of whole episodes the returns are compared.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import tost
from benchmarks.oracles.mujoco import CheetahBatch, Precision
from benchmarks.parity import halfcheetah_players
from benchmarks.parity.checks import Outcome
from benchmarks.parity.compare import Divergence, Tally

Report = Callable[[int], None]
FIELDS = ("qpos", "qvel", "reward_forward", "reward")
EPISODE_STEPS = 1000
CHUNK = 100

# float64 against C that solves until nothing moves: both sides are exact to rounding.
# The action's cost is a sum in float32 on both sides, as the action is, and may differ in the last bit of a number
# below 1.
EXACT_BOUNDS = {"qpos": 1e-12, "qvel": 1e-10, "reward_forward": 1e-10, "reward": 1.2e-7}
# float32 against C as Gymnasium runs it, both from the same numbers: C itself, started from its own state rounded to
# float32, leaves its step by more than MOST_BOUNDS. A foot's strike multiplies the rounding inside the step.
TAIL_BOUNDS = {"qpos": 1e-5, "qvel": 1e-3, "reward": 2e-5}
MOST_BOUNDS = {"qpos": 5e-5, "qvel": 5e-3, "reward": 5e-5}
TAIL = 99.9  # percent of the steps within TAIL_BOUNDS

# Mean returns of the same resets and actions must agree within this. Returns of one kind of player spread by 60 to 150.
RETURN_MARGIN = 50.0
PERTURBATION = 1e-12
GROWTH_STEPS = (1, 10, 50, 100, 200)


def exact_steps(seed: int, episodes: int, report: Report) -> dict[str, Outcome]:
    """float64 against C at tolerance 0, the largest error of every field."""
    errors, case = _errors(seed, episodes, "exact", False, report)
    return {field: _most(field, errors[field], EXACT_BOUNDS[field], case) for field in EXACT_BOUNDS}


def single_steps(seed: int, episodes: int, report: Report) -> dict[str, Outcome]:
    """float32 against C's defaults, the 99.9th percentile and the largest error of every field."""
    errors, case = _errors(seed, episodes, "default", True, report)
    found = {}
    for field in TAIL_BOUNDS:
        found[f"{field}, {TAIL}%"] = _tail(errors[field], TAIL_BOUNDS[field])
        found[f"{field}, largest"] = _most(field, errors[field], MOST_BOUNDS[field], case)
    return found


def _errors(
    seed: int, episodes: int, precision: Precision, single: bool, report: Report
) -> tuple[dict[str, np.ndarray], Callable[[int], dict[str, Any]]]:
    """Errors of every step, the largest over a field's components: (steps,) by field; and how to keep a step."""
    found: dict[str, list[np.ndarray]] = {field: [] for field in FIELDS}
    kept: list[tuple[np.ndarray, ...]] = []
    for index, name in enumerate(halfcheetah_players.NAMES):
        bodies = len(range(index, episodes, len(halfcheetah_players.NAMES)))
        if bodies == 0:
            continue
        warm = None
        chunk: list[tuple[np.ndarray, ...]] = []
        for played in halfcheetah_players.play(name, bodies, seed, EPISODE_STEPS, precision, single):
            chunk.append(played)
            if len(chunk) == CHUNK:
                transition = [np.stack(parts) for parts in zip(*chunk, strict=True)]
                qpos, qvel, action, next_qpos, next_qvel = transition
                warm, ours = follow(warm, qpos, qvel, action)
                forward, cost = halfcheetah_players.rewards(qpos[..., 0], next_qpos[..., 0], action)
                for field, theirs in zip(FIELDS, (next_qpos, next_qvel, forward, forward + cost), strict=True):
                    error = np.abs(ours[field] - theirs)
                    error = error.max(-1) if error.ndim > 2 else error
                    # A value that is not a number is infinitely wrong.
                    found[field].append(np.where(np.isfinite(error), error, np.inf).ravel())
                kept.append(tuple(part.reshape(-1, part.shape[-1]) for part in transition))
                chunk = []
                report(sum(part.size for part in found["qpos"]))

    def case(step: int) -> dict[str, Any]:
        for part in kept:
            if step < len(part[0]):
                names = ("qpos", "qvel", "action", "next_qpos", "next_qvel")
                return {name: part[i][step].tolist() for i, name in enumerate(names)} | {"solver": precision}
            step -= len(part[0])
        raise IndexError(step)

    return {field: np.concatenate(parts) for field, parts in found.items()}, case


def follow(warm: Any, qpos: np.ndarray, qvel: np.ndarray, action: np.ndarray) -> tuple[Any, dict[str, np.ndarray]]:
    """One step of ours from each given state.

    Args:
        warm: the solver's guess, as the last call returned it; None begins without one.
        qpos: float64 (T, n, 9).
        qvel: float64 (T, n, 9).
        action: float32 (T, n, 6).

    Returns:
        (guess for the next call, qpos (T, n, 9) and qvel (T, n, 9) after the step, reward_forward and reward (T, n),
        all float64).
    """
    env, program = _program()
    number = np.dtype(env.precision)
    x = qpos[..., 0].astype(number)
    # The root's x goes in as the pair in which the state holds it, or float32 would lose it far from the origin.
    residue = (qpos[..., 0] - x).astype(number)
    warm = jnp.zeros(qpos.shape[1:], number) if warm is None else warm
    given = (qpos.astype(number), qvel.astype(number), residue, action)
    warm, (after, speed, left, forward, cost) = program(warm, given)
    after = np.array(after, np.float64)
    after[..., 0] += np.asarray(left, np.float64)
    forward = np.asarray(forward, np.float64)
    reward = forward + np.asarray(cost, np.float64)
    return warm, {"qpos": after, "qvel": np.asarray(speed, np.float64), "reward_forward": forward, "reward": reward}


@functools.lru_cache(maxsize=1)
def _program() -> Any:
    import halfcheetah_jax
    import twinenvs

    env = halfcheetah_jax.make(auto_reset="none")
    key = jax.random.key(0)

    def one(warm: jax.Array, qpos: jax.Array, qvel: jax.Array, residue: jax.Array, action: jax.Array) -> Any:
        state = env.state_from(qpos, qvel).replace(qacc_warmstart=warm, x_residue=residue)
        _, state, _, _, _, info = env.step(key, state, action)
        rewards = (info["reward_forward"], info["reward_ctrl"])
        return state.qacc_warmstart, (state.qpos, state.qvel, state.x_residue, *rewards)

    def run(warm: jax.Array, given: Any) -> Any:
        return jax.lax.scan(lambda warm, now: jax.vmap(one)(warm, *now), warm, given)

    return env, twinenvs.jit(run, env=env)


def _most(field: str, errors: np.ndarray, bound: float, case: Callable[[int], dict[str, Any]]) -> Outcome:
    wrong = np.flatnonzero(~(errors <= bound))
    finite = errors[np.isfinite(errors)]
    tally = Tally(bound, (field,), len(errors), len(wrong), float(finite.max(initial=0.0)))
    outcome = Outcome(tally, steps=len(errors), episodes=len(errors) // EPISODE_STEPS)
    if len(wrong):
        step = int(wrong[0])
        tally.first = Divergence(step, 0, f"error of {field}", (), float(errors[step]), 0.0)
        outcome.case = case(step)
    return outcome


def _tail(errors: np.ndarray, bound: float) -> Outcome:
    reached = float(np.percentile(errors, TAIL))
    held = reached <= bound
    tally = Tally(bound, (), len(errors), 0 if held else int(np.sum(~(errors <= bound))), reached)
    return Outcome(tally, steps=len(errors), episodes=len(errors) // EPISODE_STEPS)


def whole_episodes(seed: int, episodes: int, report: Report) -> dict[str, Outcome]:
    """Open loop from the same resets under the same actions: mean returns by TOST, and how errors grow."""
    import halfcheetah_jax
    import twinenvs

    env = halfcheetah_jax.make(auto_reset="none")
    key = jax.random.key(0)
    start = twinenvs.jit(jax.vmap(env.state_from), env=env)
    step = twinenvs.jit(lambda s, a: jax.vmap(lambda s, a: env.step(key, s, a))(s, a), env=env)
    found = {}
    growth: dict[str, list[np.ndarray]] = {"ours": [], "perturbed": []}
    for index, name in enumerate(halfcheetah_players.OPEN_LOOP):
        bodies = max(2, len(range(index, episodes, len(halfcheetah_players.OPEN_LOOP))))
        rng = np.random.default_rng([seed, index, 1])
        player = halfcheetah_players.make(name, bodies, rng)
        original, perturbed = CheetahBatch(bodies), CheetahBatch(bodies)
        original.reset(int(rng.integers(2**31)))
        # Both sides start from the same numbers, those that float32 can hold.
        begin = {field: value.astype(np.float32).astype(np.float64) for field, value in original.export().items()}
        original.load(begin)
        perturbed.load({**begin, "qpos": begin["qpos"] + PERTURBATION})
        state = start(jnp.asarray(begin["qpos"]), jnp.asarray(begin["qvel"]))
        returns = np.zeros((2, bodies))
        errors: dict[str, list[np.ndarray]] = {"ours": [], "perturbed": []}
        for count in range(EPISODE_STEPS):
            action = player(count, original.qpos, original.qvel)
            x = original.qpos[:, 0].copy()
            original.step(action)
            _, state, reward, *_ = step(state, jnp.asarray(action))
            returns[0] += np.asarray(reward, np.float64)
            returns[1] += sum(halfcheetah_players.rewards(x, original.qpos[:, 0], action))
            if count < max(GROWTH_STEPS):
                perturbed.step(action)
                errors["ours"].append(_apart(original, np.asarray(state.qpos), np.asarray(state.qvel)))
                errors["perturbed"].append(_apart(original, perturbed.qpos, perturbed.qvel))
            report((index * EPISODE_STEPS + count + 1) * bodies)
        for side, parts in errors.items():
            growth[side].append(np.stack(parts))
        verdict = tost.paired(returns[0], returns[1], RETURN_MARGIN)
        tally = Tally(RETURN_MARGIN, (), EPISODE_STEPS * bodies, int(not verdict.equivalent), abs(verdict.difference))
        extra = {"return_mean": float(returns[0].mean()), "original_return_mean": float(returns[1].mean()),
                 "p_value": verdict.p_value}  # fmt: skip
        found[f"returns, {name}"] = Outcome(tally, EPISODE_STEPS * bodies, bodies, extra=extra)
        original.close()
        perturbed.close()
    joined = {side: np.concatenate(parts, axis=1) for side, parts in growth.items()}
    # Only the first step can be held to a bound.
    outcome = _most("state after 1 step", joined["ours"][0], MOST_BOUNDS["qvel"], lambda step: {})
    outcome.case = None
    outcome.extra = {
        "growth": [
            {"step": at, **{f"{side}_{kind}": float(function(joined[side][at - 1])) for side in joined
                            for kind, function in (("median", np.median), ("largest", np.max))}}
            for at in GROWTH_STEPS
        ]
    }  # fmt: skip
    return {**found, "error growth": outcome}


def _apart(original: CheetahBatch, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
    """Largest difference from the original's state, over positions and velocities: (n,)."""
    both = np.concatenate([qpos - original.qpos, qvel - original.qvel], axis=-1)
    return np.abs(both).max(-1)
