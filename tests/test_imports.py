"""The import law: arrows point one way, heavy and optional packages stay out, files stay short."""

from __future__ import annotations

import ast
import dataclasses
import os
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_PATTERNS = _PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
BASE = "twinenvs"
ENVIRONMENTS = tuple(name.removesuffix("*") for name in _PATTERNS if name != f"{BASE}*")
OURS = {BASE, *ENVIRONMENTS, "benchmarks", "tests"}

# What a module of each group may import at module level, beside the standard library; and what only inside a function.
ARRAYS = {"jax", "flax", "numpy"}
AT_IMPORT = {
    BASE: ARRAYS | {"gymnasium", BASE},
    "environment": ARRAYS | {"gymnasium", "chex", BASE},
    "emurust": {"numpy", "gymnasium", BASE},
}
IN_FUNCTIONS = {
    BASE: {"gymnax", "imageio", "imageio_ffmpeg", "PIL", "safetensors", "rich"},
    "environment": {"PIL", "imageio"},
    "emurust": ARRAYS | {"PIL", "imageio"},
}

# Modules that exist to bridge to a package which is no dependency; nothing imports them but their users.
BRIDGES = {
    "twinenvs/stable_baselines3.py": {"stable_baselines3"},
    "emurust/functional.py": {"jax"},  # the rest of the package runs without it
}

# Layers inside an environment package, lowest first; a module of any other name holds rules.
LAYERS = ("data", "state", "rules", "env", "edge")
LAYER_OF = {
    "data": "data",
    "enums": "data",
    "vocabulary": "data",
    "state": "state",
    "env": "env",
    "gymnasium": "edge",
    "gymnasium_env": "edge",
    "render": "edge",
    "functional": "edge",
    "recorder": "edge",
    "pokemon_env": "edge",
    "__main__": "edge",
}

MAX_LINES = 500
# Files that may be longer, each with its reason.
LONG_FILES: dict[str, str] = {}
NOT_SOURCES = {".git", ".venv", ".venv-floor", "target", "build", "dist", "site", "__pycache__", "node_modules", "runs"}


@dataclasses.dataclass(frozen=True)
class Import:
    """One import of a module, as it stands in the source."""

    name: str  # absolute and dotted; `from a import b` gives a.b
    line: int
    is_at_module_level: bool


def read_imports(source: str, package: tuple[str, ...] = ()) -> list[Import]:
    """All imports in a source but those under TYPE_CHECKING; `package` resolves the relative ones."""

    def walk(node: ast.AST, is_top: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                for other in child.orelse:
                    yield from walk(ast.Module([other], []), is_top)
            elif isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, child.lineno, is_top)
            elif isinstance(child, ast.ImportFrom):
                prefix = (*package[: len(package) - child.level + 1],) if child.level else ()
                module = ".".join((*prefix, *((child.module,) if child.module else ())))
                for alias in child.names:
                    yield Import(f"{module}.{alias.name}", child.lineno, is_top)
            else:
                yield from walk(
                    child, is_top and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                )

    return list(walk(ast.parse(source), True))


def is_of(imported: Import, names: set[str]) -> bool:
    return imported.name.split(".")[0] in names


def layer_of(dotted: str) -> str:
    """The layer of a module of an environment package, given as "package.module...": a name's first part decides."""
    part = dotted.split(".")[1] if "." in dotted else ""
    return LAYER_OF.get(part, "rules")


def violations(path: str, source: str) -> list[str]:
    """Every breach of the law by one file, given by its path relative to the root."""
    parts = Path(path).with_suffix("").parts
    owner, module = parts[0], ".".join(parts)
    package = parts[:-1]
    is_init = parts[-1] == "__init__"
    found = []

    def breach(imported: Import, why: str) -> None:
        found.append(f"{path}:{imported.line} imports {imported.name}: {why}")

    for imported in read_imports(source, package):
        top = imported.name.split(".")[0]
        if top in sys.stdlib_module_names:
            continue
        if owner == "benchmarks":
            if top == "tests":
                breach(imported, "benchmarks never imports tests")
            continue
        if owner == "tests":
            continue
        if top == owner:
            if not is_init and owner != BASE:
                own, other = layer_of(module), layer_of(imported.name)
                is_lazy = not imported.is_at_module_level and own in ("env", "edge")
                if LAYERS.index(other) > LAYERS.index(own) and not is_lazy:
                    breach(imported, f"{own} stands below {other}")
                if imported.is_at_module_level and imported.name.startswith(f"{owner}.render"):
                    breach(imported, "render is imported only when drawing")
            continue
        if top in OURS and top != BASE:
            breach(imported, f"{owner} never imports {top}")
            continue
        group = owner if owner in AT_IMPORT else "environment"
        allowed = AT_IMPORT[group] | BRIDGES.get(path, set())
        if not imported.is_at_module_level:
            allowed |= IN_FUNCTIONS[group]
        if top not in allowed:
            where = "at module level" if imported.is_at_module_level else "anywhere"
            breach(imported, f"{owner} may not import {top} {where}")
    if is_init and owner in (BASE, *ENVIRONMENTS):
        allowed = {"gymnasium", owner, BASE} | sys.stdlib_module_names
        for imported in read_imports(source, package):
            if imported.is_at_module_level and not is_of(imported, allowed):
                breach(imported, "a package's __init__ stays light; import it lazily")
    return found


def sources(suffixes: tuple[str, ...], folders: tuple[str, ...] | None = None) -> list[Path]:
    """Paths of the checkout's own files, relative to the root, with or without a git history."""
    found = []
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders if name not in NOT_SOURCES and not name.endswith(".egg-info")]
        found += [Path(folder, name).relative_to(ROOT) for name in names if name.endswith(suffixes)]
    return sorted(path for path in found if folders is None or path.parts[0] in folders)


OUR_SOURCES = sources((".py",), (BASE, *ENVIRONMENTS, "benchmarks"))


def test_the_packages_are_found() -> None:
    assert {"twinenvs", "pong_jax", "emurust"} <= {path.parts[0] for path in OUR_SOURCES}


@pytest.mark.parametrize("path", OUR_SOURCES, ids=str)
def test_a_file_imports_only_what_the_law_allows(path: Path) -> None:
    assert violations(path.as_posix(), (ROOT / path).read_text()) == []


def test_the_base_names_no_environment() -> None:
    """No string of its code holds a package's name; docstrings may give examples."""
    named = []
    for path in OUR_SOURCES:
        if path.parts[0] != BASE:
            continue
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if is_docstring:
                node.value.value = ""
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                named += [f"{path}:{node.lineno} {name}" for name in ENVIRONMENTS if name in node.value]
    assert named == []


def test_no_file_is_longer_than_the_limit() -> None:
    lengths = {path.as_posix(): (ROOT / path).read_text().count("\n") for path in sources((".py", ".rs"))}
    assert {path: lines for path, lines in lengths.items() if lines > MAX_LINES and path not in LONG_FILES} == {}
    assert [path for path in LONG_FILES if lengths.get(path, 0) <= MAX_LINES] == [], "exceptions that are not needed"


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("twinenvs/spaces.py", "import pong_jax"),
        ("twinenvs/spaces.py", "def f():\n    from benchmarks import ppo"),
        ("twinenvs/spaces.py", "import gymnax"),
        ("twinenvs/spaces.py", "def f():\n    import mujoco"),
        ("pong_jax/env.py", "import gymnax"),
        ("pong_jax/env.py", "def f():\n    import matplotlib.pyplot"),
        ("pong_jax/env.py", "import emurust"),
        ("pong_jax/env.py", "from benchmarks.ppo import train"),
        ("pong_jax/env.py", "from pong_jax import render"),
        ("pong_jax/env.py", "from . import render"),
        ("pong_jax/env.py", "from .render import draw"),
        ("pong_jax/state.py", "from pong_jax.env import PongJax"),
        ("pong_jax/rules.py", "def f():\n    from pong_jax.env import PongJax"),
        ("pong_jax/rules.py", "try:\n    import torch\nexcept ImportError:\n    pass"),
        ("pong_jax/data/tables.py", "from pong_jax import state"),
        ("pong_jax/__init__.py", "import jax"),
        ("pong_jax/__init__.py", "import numpy"),
        ("emurust/env.py", "import jax"),
        ("benchmarks/ppo.py", "import tests.conftest"),
    ],
)
def test_a_breach_is_found(path: str, source: str) -> None:
    assert violations(path, source) != []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("twinenvs/compat.py", "def f():\n    import gymnax"),
        ("twinenvs/spaces.py", "import jax.numpy as jnp\nfrom twinenvs import environment"),
        ("pong_jax/env.py", "from pong_jax import state\nfrom pong_jax.rules import move\nfrom twinenvs import spaces"),
        ("pong_jax/env.py", "def f():\n    from pong_jax import render"),
        ("pong_jax/rules.py", "from . import state"),
        ("pong_jax/env.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import gymnax"),
        ("pong_jax/gymnasium.py", "import gymnasium\nfrom pong_jax.env import PongJax"),
        ("emurust/env.py", "def f():\n    import jax"),
        ("benchmarks/ppo.py", "import gymnax\nimport pong_jax"),
    ],
)
def test_what_the_law_allows_passes(path: str, source: str) -> None:
    assert violations(path, source) == []
