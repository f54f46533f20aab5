"""What setup.py declares, with each kind of cargo."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

setuptools = pytest.importorskip("setuptools")
pytest.importorskip("setuptools_rust", reason="setuptools-rust is missing: install twinenvs[test]")

Declare = Callable[..., dict[str, Any]]


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch, root: Path, tmp_path: Path) -> Declare:
    """Runs setup.py with a cargo that gives `answer` (None: no cargo) and returns what it hands to setuptools."""

    def run(answer: str | None, status: int = 0, required: str | None = None) -> dict[str, Any]:
        handed: dict[str, Any] = {}
        cargo = tmp_path / "cargo"
        if answer is not None:
            cargo.write_text(f"#!/bin/sh\necho '{answer}'\nexit {status}\n")
            cargo.chmod(0o755)
        monkeypatch.setenv("CARGO", str(cargo))
        monkeypatch.delenv("REQUIRE_EMURUST", raising=False)
        if required is not None:
            monkeypatch.setenv("REQUIRE_EMURUST", required)
        monkeypatch.setattr(setuptools, "setup", lambda **given: handed.update(given))
        runpy.run_path(str(root / "setup.py"))
        return handed

    return run


@pytest.mark.parametrize("answer", ["cargo 1.83.0 (5ffbef321 2024-10-29)", "cargo 1.100.1", "cargo 2.0.0"])
def test_a_fit_cargo_builds_an_optional_extension(declare: Declare, answer: str) -> None:
    handed = declare(answer)
    (extension,) = handed["rust_extensions"]
    assert extension.name == "emurust._emurust"
    assert extension.optional
    assert handed["options"] == {"bdist_wheel": {"py_limited_api": "cp311"}}


def test_the_extension_is_required_on_request(declare: Declare) -> None:
    (extension,) = declare("cargo 1.83.0", required="1")["rust_extensions"]
    assert not extension.optional


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (None, 0, "cargo was not found"),
        ("cargo 1.82.0 (8f40fc59f 2024-08-21)", 0, "cargo is 1.82"),
        ("cargo 0.99.0", 0, "cargo is 0.99"),
        ("rustup could not choose a version of cargo", 1, "cargo does not run"),
    ],
)
def test_an_unfit_cargo_counts_as_absent(
    declare: Declare, capsys: pytest.CaptureFixture[str], answer: str | None, status: int, reason: str
) -> None:
    assert declare(answer, status) == {"rust_extensions": [], "options": {}}
    assert f"warning: emurust is left out: {reason}" in capsys.readouterr().err
    with pytest.raises(SystemExit, match=rf"^REQUIRE_EMURUST=1, but {reason}.* 1\.83 or newer is needed; get it from"):
        declare(answer, status, required="1")
