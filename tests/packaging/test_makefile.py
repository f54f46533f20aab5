"""What `make` says and decides before it installs anything."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is missing: sudo apt-get install make")

TARGETS = {"setup", "test", "test-all", "test-floor", "verify", "bench", "mutants", "docs", "lint", "help"}
RUSTUP = "https://sh.rustup.rs | sh"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with every command that the Makefile needs to decide, but neither a compiler nor cargo."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "bash", "make", "sed", "cut", "sort", "find", "tr", "od", "expand", "rm", "touch", "mkdir"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def add_tool(tools: Path, name: str, answer: str = "", status: int = 0) -> None:
    (tools / name).write_text(f"#!/bin/sh\necho '{answer}'\nexit {status}\n")
    (tools / name).chmod(0o755)


def make(root: Path, tools: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {"PATH": str(tools), "HOME": str(tools.parent)}
    return subprocess.run(
        ["make", "--no-print-directory", "-C", str(root), *arguments], env=environment, capture_output=True, text=True
    )


def test_help_lists_every_target(root: Path, tools: Path) -> None:
    done = make(root, tools, "help")
    assert done.returncode == 0, done.stderr
    assert {line.split()[0] for line in done.stdout.splitlines()} >= TARGETS


@pytest.mark.parametrize(
    ("present", "sentence"),
    [
        ({}, "make: Python 3.11 or newer is missing: sudo apt-get install python3"),
        ({"python3": 0}, "make: missing system packages: sudo apt-get install gcc"),
        ({"python3": 0, "cc": 0}, ""),
    ],
)
def test_a_missing_system_package_is_named_in_one_line(
    root: Path, tools: Path, present: dict[str, int], sentence: str
) -> None:
    for name, status in present.items():
        add_tool(tools, name, status=status)
    done = make(root, tools, "system-packages")
    assert done.returncode == (2 if sentence else 0)
    assert [line for line in done.stderr.splitlines() if "***" not in line] == ([sentence] if sentence else [])


def test_a_python_without_venv_is_named(root: Path, tools: Path) -> None:
    (tools / "python3").write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')
    (tools / "python3").chmod(0o755)
    done = make(root, tools, "system-packages")
    assert done.returncode == 2
    assert "make: missing system packages: sudo apt-get install python3-venv gcc" in done.stderr


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (None, "no cargo was found"),
        ("cargo 1.63.0 (fd9c4297c 2022-07-01)", "cargo 1.63.0 was found"),
        ("cargo 1.82.0 (8f40fc59f 2024-08-21)", "cargo 1.82.0 was found"),
    ],
)
def test_an_unfit_cargo_is_named_and_passed_over(root: Path, tools: Path, answer: str | None, found: str) -> None:
    add_tool(tools, "python3")
    if answer is not None:
        add_tool(tools, "cargo", answer)
    planned = make(root, tools, "--dry-run", "--always-make", "setup").stdout
    assert f"goes on without emurust: {found}, but 1.83 or newer is needed" in planned and RUSTUP in planned
    assert "import emurust" not in planned
    assert "touch .venv/.stamp\n" in planned


@pytest.mark.parametrize("answer", ["cargo 1.83.0 (5ffbef321 2024-10-29)", "cargo 1.100.0", "cargo 2.0.0-nightly"])
def test_a_fit_cargo_makes_emurust_required(root: Path, tools: Path, answer: str) -> None:
    add_tool(tools, "python3")
    add_tool(tools, "cargo", answer)
    planned = make(root, tools, "--dry-run", "--always-make", "setup").stdout
    assert RUSTUP not in planned
    assert "import emurust" in planned
    assert "touch .venv/.stamp-emurust\n" in planned
    database = make(root, tools, "--print-data-base", "help").stdout
    assert "export REQUIRE_EMURUST" in database or "REQUIRE_EMURUST := 1" in database


def test_continuous_integration_only_runs_make_test(root: Path, tools: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkout" / ".ci"
    folder.mkdir(parents=True)
    shutil.copy(root / ".ci" / "run", folder)
    (tools / "dirname").symlink_to(shutil.which("dirname"))
    (tools / "make").unlink()
    environment = {**os.environ, "PATH": str(tools)}
    bash = str(tools / "bash")
    absent = subprocess.run([bash, str(folder / "run")], env=environment, capture_output=True, text=True)
    assert (absent.returncode, absent.stderr) == (2, "make is missing: sudo apt-get install make\n")
    (tools / "make").write_text('#!/bin/sh\necho "$PWD: $*"\nexit 3\n')
    (tools / "make").chmod(0o755)
    called = subprocess.run([bash, str(folder / "run")], env=environment, capture_output=True, text=True)
    assert called.returncode == 3
    assert called.stdout == f"{tmp_path / 'checkout'}: test\n"
