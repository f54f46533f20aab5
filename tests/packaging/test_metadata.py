"""Facts that several files must state alike, held to the one place that owns them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text())


def test_version_is_the_same_everywhere(root: Path) -> None:
    import twinenvs

    citation = (root / "CITATION.cff").read_text()
    assert re.search(r"^version: (\S+)$", citation, re.MULTILINE)[1] == twinenvs.__version__
    newest = re.search(r"^## \[?(\d[^\]\s]*)", (root / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest[1] == twinenvs.__version__


def test_the_sentence_of_emurust_names_the_oldest_cargo(root: Path) -> None:
    needed = tomllib.loads((root / "emurust/rust/Cargo.toml").read_text())["workspace"]["package"]["rust-version"]
    for path in ("emurust/__init__.py", "README.md", "CONTRIBUTING.md"):
        named = re.findall(r"cargo (\d+\.\d+)", (root / path).read_text())
        assert named and set(named) == {needed}, path


def test_rust_dependencies_are_pinned_exactly(root: Path) -> None:
    workspace = tomllib.loads((root / "emurust/rust/Cargo.toml").read_text())["workspace"]["dependencies"]
    for name, dependency in workspace.items():
        assert re.fullmatch(r"=\d+\.\d+\.\d+", dependency["version"]), name
    core = tomllib.loads((root / "emurust/rust/core/Cargo.toml").read_text())
    assert "dependencies" not in core, "the emulator's core stands alone"


def test_no_source_folder_carries_the_extensions_name(root: Path) -> None:
    library = tomllib.loads((root / "emurust/rust/py/Cargo.toml").read_text())["lib"]["name"]
    assert library == "_emurust"
    assert [path for path in root.glob("*/_emurust*") if path.is_dir()] == []


def test_floor_pins_are_the_lower_bounds(root: Path, project: dict) -> None:
    """`make lock-floor` was run after the last change of a bound."""
    pins = dict(
        re.findall(r"^([a-z0-9-]+)==(\S+)(?: ;.*)?$", (root / "requirements/floor.txt").read_text(), re.MULTILINE)[::-1]
    )
    groups = project["project"]["optional-dependencies"]
    bounds = project["project"]["dependencies"] + groups["train"] + groups["test"]
    for requirement in bounds:
        name, version = re.match(r"([a-z0-9-]+)>=(\S+)", requirement).groups()
        assert pins[name] == version, f"{requirement}: run `make lock-floor`"


def test_every_package_says_that_it_is_typed(root: Path, project: dict) -> None:
    for pattern in project["tool"]["setuptools"]["packages"]["find"]["include"]:
        assert (root / pattern.removesuffix("*") / "py.typed").is_file(), pattern
