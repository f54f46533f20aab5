"""The runner of seeded faults, on a tiny project and on the faults of this one."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ADDED = "def add(a, b):\n    return a + b\n"
TESTED = "import code_under_test\n\ndef test_add_sums():\n    assert code_under_test.add(2, 3) == 5\n"
FAULT = """
[[mutant]]
name = "{name}"
file = "code_under_test.py"
find = "{find}"
replace = "{replace}"
why = "sums would be wrong"
tests = ["tests"]
"""


@pytest.fixture(scope="module")
def runner(root: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location("mutants_run", root / "tests" / "mutants" / "run.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules["mutants_run"] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the tiny project needs none of them, and they take time
    (tmp_path / "tests" / "mutants").mkdir(parents=True)
    (tmp_path / "code_under_test.py").write_text(ADDED)
    (tmp_path / "tests" / "test_code.py").write_text(TESTED)
    return tmp_path


def write_faults(project: Path, *faults: tuple[str, str, str]) -> None:
    tables = [FAULT.format(name=name, find=find, replace=replace) for name, find, replace in faults]
    (project / "tests" / "mutants" / "code.toml").write_text("".join(tables))


def test_every_fault_of_this_project_can_be_applied(runner: ModuleType, root: Path) -> None:
    mutants = runner.read_mutants(root / "tests" / "mutants")
    assert mutants
    for mutant in mutants:
        assert mutant.applied(root) != (root / mutant.file).read_text()
        for argument in mutant.tests:
            path = argument.split("::")[0]
            assert argument.startswith("-") or not path.startswith("tests") or (root / path).exists(), mutant.label


def test_a_caught_fault_holds_and_a_survivor_falls_short(
    runner: ModuleType, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_faults(project, ("minus", "a + b", "a - b"), ("turned", "a + b", "b + a"))
    arguments = ["--root", str(project), "--json", str(project / "out" / "verdicts.json")]
    assert runner.main([*arguments, "--only", "minus"]) == 0
    assert "1 of 1 faults were caught" in capsys.readouterr().out
    assert runner.main([*arguments, "--resume"]) == 1
    printed = capsys.readouterr().out
    assert "1 faults were caught by an earlier run" in printed and "SURVIVED" in printed
    verdicts = {
        row["mutant"]: row["verdict"] for row in json.loads((project / "out" / "verdicts.json").read_text())["rows"]
    }
    assert verdicts == {"minus": "caught", "turned": "SURVIVED"}
    assert (project / "code_under_test.py").read_text() == ADDED


def test_tests_that_fail_without_the_fault_prove_nothing(
    runner: ModuleType, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_faults(project, ("minus", "a + b", "a - b"))
    (project / "tests" / "test_code.py").write_text(TESTED.replace("5", "6"))
    assert runner.main(["--root", str(project)]) == 1
    assert "without the fault, `pytest tests` does not pass" in capsys.readouterr().out


def test_tests_that_do_not_run_prove_nothing(runner: ModuleType, project: Path) -> None:
    write_faults(project, ("syntax", "return a + b", "return ("))
    assert runner.main(["--root", str(project)]) == 1


@pytest.mark.parametrize(
    ("find", "replace", "arguments", "status", "sentence"),
    [
        ("a * b", "a", [], 1, "code/x: `find` stands 0 times in code_under_test.py, not once"),
        ("a", "b", [], 1, "code/x: `find` stands 3 times"),
        ("a + b", "a + b", [], 64, "code/x: `replace` is the same as `find`"),
        ("a + b", "a - b", ["--package", "none"], 64, "there are no faults of 'none'; the packages are code"),
        ("a + b", "a - b", ["--only", "none"], 64, "no fault's name holds 'none'"),
        ("a + b", "a - b", ["--jobs", "0"], 64, "--jobs must be at least 1, got 0"),
        ("a + b", "a - b", ["--resume"], 64, "--resume needs --json"),
    ],
)
def test_what_cannot_be_used_is_named(
    runner: ModuleType,
    project: Path,
    capsys: pytest.CaptureFixture[str],
    find: str,
    replace: str,
    arguments: list[str],
    status: int,
    sentence: str,
) -> None:
    write_faults(project, ("x", find, replace))
    assert runner.main(["--root", str(project), *arguments]) == status
    assert sentence in capsys.readouterr().err


def test_an_unknown_option_exits_with_64(runner: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        runner.main(["--colour"])
    assert exit_.value.code == 64
    assert "unrecognized arguments: --colour" in capsys.readouterr().err


def test_without_cargo_its_faults_are_skipped_not_passed(
    runner: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_faults(project, ("minus", "a + b", "a - b"))
    faults = project / "tests" / "mutants" / "code.toml"
    faults.write_text(faults.read_text().replace('tests = ["tests"]', 'cargo = ["test"]'))
    monkeypatch.setattr(runner.shutil, "which", lambda name: None)
    assert runner.main(["--root", str(project)]) == 2
    assert "SKIPPED" in capsys.readouterr().out
