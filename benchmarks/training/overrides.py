"""Settings of a run changed from the command line: `--set ppo.num_envs=512 network.hidden=128,128`."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib
import importlib.util
import io
import pkgutil
import re
from collections.abc import Sequence
from typing import Any

from benchmarks import configs
from benchmarks.errors import UsageError
from benchmarks.training.config import TrainConfig

OPTIONS = "options."
FRAME = "│╭╰╮╯─+|- \t"  # what the parser draws around its messages, on terminals and elsewhere


def named_config(env: str, name: str) -> TrainConfig:
    """The configuration `name` of `benchmarks.configs.<env>`.

    Raises:
        UsageError: there is none; the message lists those there are.
    """
    module_name = f"benchmarks.configs.{env}"
    if not env.isidentifier() or importlib.util.find_spec(module_name) is None:
        raise UsageError(f"--env {env!r}: there is no training configuration; the environments are {_environments()}.")
    configs = importlib.import_module(module_name).CONFIGS
    if name not in configs:
        raise UsageError(f"--config {name!r} is unknown for {env}; the configurations are {', '.join(configs)}.")
    return configs[name]


def override(config: TrainConfig, assignments: Sequence[str]) -> TrainConfig:
    """The configuration with some settings changed.

    Args:
        config: where to start.
        assignments: "name=value" each; a name is a path of fields ("ppo.gamma") or "options.NAME" for an option of
            the environment's `make`, whose value is a Python literal or a plain word.

    Raises:
        UsageError: an unknown name, or a value that the setting does not take.
    """
    arguments, options = [], dict(config.options)
    known = _paths(config)
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        name = name.replace("-", "_")
        if not equals:
            raise UsageError(f"--set {assignment!r} must have the form NAME=VALUE.")
        if name.startswith(OPTIONS):
            options[name.removeprefix(OPTIONS)] = _literal(value)
        elif name in known:
            arguments += _as_arguments(name, known[name], value)
        else:
            raise UsageError(f"--set {name!r} is no setting; the settings are {', '.join(known)} and options.NAME.")
    return dataclasses.replace(_parsed(config, arguments, assignments), options=options)


def _as_arguments(name: str, present: Any, value: str) -> list[str]:
    flag = f"--{name}"
    if isinstance(present, bool):
        if value not in ("True", "False", "true", "false"):
            raise UsageError(f"--set {name}={value}: the value must be true or false.")
        return [flag if value in ("True", "true") else _negated(name)]
    return [flag, *value.split(",")] if isinstance(present, tuple) else [flag, value]


def _negated(name: str) -> str:
    *groups, last = name.split(".")
    return "--" + ".".join([*groups, f"no-{last}"])


def _parsed(config: TrainConfig, arguments: list[str], assignments: Sequence[str]) -> TrainConfig:
    import tyro

    if not arguments:
        return config
    caught = io.StringIO()
    try:
        with contextlib.redirect_stderr(caught), contextlib.redirect_stdout(caught):
            return tyro.cli(TrainConfig, default=config, args=arguments)
    except SystemExit as error:
        raise UsageError(f"--set {' '.join(assignments)} is not accepted: {_reason(caught.getvalue())}.") from error
    except ValueError as error:
        raise UsageError(f"--set {' '.join(assignments)} is not accepted: {error}") from error


def _reason(boxed: str) -> str:
    """The parser's message, which stands between its heading and its help text, without the frame."""
    parts: list[list[str]] = [[]]
    for line in boxed.splitlines():
        text = line.strip(FRAME)
        if text:
            parts[-1].append(text)
        elif parts[-1]:
            parts.append([])
    message = " ".join(parts[1] if len(parts) > 1 else parts[0])
    return re.sub(r"^Error parsing \S+: ", "", message).rstrip(".")


def _paths(config: Any, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            found |= _paths(value, f"{prefix}{field.name}.")
        elif field.name not in ("env", "options"):
            found[prefix + field.name] = value
    return found


def _literal(value: str) -> Any:
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value


def _environments() -> str:
    return ", ".join(sorted(module.name for module in pkgutil.iter_modules(configs.__path__)))
