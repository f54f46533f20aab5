"""Trained policies in the environment that ours is a twin of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.targets import Target
from benchmarks.training.environments import HostEnvironments
from benchmarks.training.evaluation import evaluate
from benchmarks.training.policy_file import Policy

# Far from any seed of training.
FIRST_SEED = 3_000_003


def evaluate_in_original(target: Target, policies: Sequence[Policy], episodes: int) -> dict[str, Any]:
    """Plays episodes in the original with each policy, once with its likeliest actions and once with drawn ones.

    Args:
        target: the environment.
        policies: one a seed of training.
        episodes: of each policy and kind.

    Returns:
        Fields of a row: `eval_env`, `eval_episodes`, and of both kinds the mean return of each policy and over all,
        points: `eval_return_means`, `eval_return_mean`, `eval_drawn_return_means`, `eval_drawn_return_mean`.

    Raises:
        InputMissingError: the original is not installed.
    """
    module = target.load("transfer")
    module.require()
    found: dict[str, Any] = {"eval_env": module.ORIGINAL, "eval_episodes": episodes}
    for kind, greedy in (("eval_return", True), ("eval_drawn_return", False)):
        means = []
        for index, policy in enumerate(policies):
            seed = FIRST_SEED + index
            original = module.make_original(episodes, policy.options)
            envs = HostEnvironments(original, seed)
            outcome = evaluate(
                policy.agent, policy.params, envs, seed, module.LONGEST_EPISODE, module.UNFINISHED_SCORE, greedy
            )
            original.close()
            means.append(float(outcome.returns.mean()))
        found |= {f"{kind}_mean": float(np.mean(means)), f"{kind}_means": means}
    return found
