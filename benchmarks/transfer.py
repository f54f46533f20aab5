"""Level 4: policies trained on one side, evaluated on both, and tested for equivalence."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import tost
from benchmarks.results_file import Row
from benchmarks.targets import Target

BACKENDS = ("perf", "ref")
# Evaluation starts far from any training seed, and the two backends never see the same one.
FIRST_EVALUATION_SEED = {"perf": 1_000_003, "ref": 2_000_003}

Report = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is trained and evaluated.

    Attributes:
        target: the environment.
        train_backend: "perf" trains on ours, "ref" on the original.
        config_name: name of the training configuration.
        config: the configuration itself, `benchmarks.training.config.TrainConfig`, of one seed.
        episodes: evaluation episodes of each policy in each backend.
    """

    target: Target
    train_backend: str
    config_name: str
    config: Any
    episodes: int

    def policy_row(self, seed: int, report: Report) -> Row:
        """Trains one policy and evaluates it in both backends.

        Args:
            seed: of the training.
            report: called with lines of progress.
        """
        report(f"seed {seed}: training on {self.train_backend}")
        agent, params = self._train(seed)
        means = {}
        for backend in BACKENDS:
            report(f"seed {seed}: evaluating in {backend}")
            means[backend] = self._evaluate(agent, params, backend, FIRST_EVALUATION_SEED[backend] + seed)
        return {
            "env": self.target.package,
            "kind": "policy",
            "train_backend": self.train_backend,
            "config": self.config_name,
            "seed": seed,
            "timesteps": self.config.total_timesteps,
            "episodes": self.episodes,
            **{f"eval_{backend}_mean": summary["return_mean"] for backend, summary in means.items()},
            **{f"eval_{backend}_score": summary["score_mean"] for backend, summary in means.items()},
            **{f"eval_{backend}_win_rate": summary["win_rate"] for backend, summary in means.items()},
        }

    def _environments(self, backend: str, number: int, seed: int, role: str = "make_reference") -> Any:
        from benchmarks.training.environments import FunctionalEnvironments, HostEnvironments

        if backend == "perf":
            return FunctionalEnvironments(self.target.make(**self.config.options), number)
        reference = getattr(self.target.load("transfer"), role)(number, dict(self.config.options))
        return HostEnvironments(reference, seed)

    def _train(self, seed: int) -> tuple[Any, Any]:
        import twinenvs
        from benchmarks.training.ppo import PPO
        from benchmarks.training.trainer import RunOptions, train

        envs = self._environments(self.train_backend, self.config.ppo.num_envs, seed)
        options = RunOptions(seed=seed)
        if envs.traceable:
            options = dataclasses.replace(options, jit=lambda fun, **rest: twinenvs.jit(fun, env=envs.env, **rest))
        result = train(self.config, envs, options)
        return PPO.of(self.config, envs).agent, result.state.agent

    def _evaluate(self, agent: Any, params: Any, backend: str, seed: int) -> dict[str, Any]:
        from benchmarks.training.evaluation import evaluate

        module = self.target.load("transfer")
        # Some originals have a form that rests after its first episode, since a second one would not count.
        role = "make_evaluation" if hasattr(module, "make_evaluation") else "make_reference"
        envs = self._environments(backend, self.episodes, seed, role)
        outcome = evaluate(agent, params, envs, seed, module.LONGEST_EPISODE, module.UNFINISHED_SCORE)
        return outcome.summary()


def summary_row(target: Target, train_backend: str, policies: Sequence[Row]) -> Row:
    """The verdict over policies, one paired difference each.

    Args:
        target: the environment.
        train_backend: where the policies were trained.
        policies: rows of `Plan.policy_row`; with fewer than two there is no test, and no equivalence.
    """
    module = target.load("transfer")
    perf = [row["eval_perf_mean"] for row in policies]
    ref = [row["eval_ref_mean"] for row in policies]
    outcome = tost.paired(perf, ref, module.MARGIN) if len(policies) > 1 else None
    return {
        "env": target.package,
        "kind": "summary",
        "train_backend": train_backend,
        "measure": module.MEASURE,
        "eval_perf_mean": math.fsum(perf) / len(perf),
        "eval_ref_mean": math.fsum(ref) / len(ref),
        "margin": module.MARGIN,
        "p_value": None if outcome is None else outcome.p_value,
        "equivalent": outcome is not None and outcome.equivalent,
        "seeds": len(policies),
        "episodes": policies[0]["episodes"],
        "skipped": None,
    }
