"""`import emurust` where the extension was not built."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest


@pytest.fixture
def no_emurust(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if neither emurust nor anything in it had been imported."""
    for name in [name for name in sys.modules if name.split(".")[0] == "emurust"]:
        monkeypatch.delitem(sys.modules, name)


class Hidden:
    """A finder that knows no extension."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "emurust._emurust":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.mark.usefixtures("no_emurust")
def test_import_without_the_extension_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [Hidden(), *sys.meta_path])
    with pytest.raises(ImportError) as raised:
        importlib.import_module("emurust")
    assert not isinstance(raised.value, ModuleNotFoundError)
    sentence = str(raised.value)
    assert sentence.count(". ") == 0 and sentence.endswith(".")
    for part in ("compiled part", "https://rustup.rs", "REQUIRE_EMURUST=1 python -m pip install"):
        assert part in sentence


@pytest.mark.usefixtures("no_emurust")
def test_another_missing_module_is_not_blamed_on_the_extension(
    monkeypatch: pytest.MonkeyPatch, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "emurust").mkdir()
    (tmp_path / "emurust" / "__init__.py").write_text((root / "emurust" / "__init__.py").read_text())
    (tmp_path / "emurust" / "_emurust.py").write_text("import a_module_that_nobody_has")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_module_that_nobody_has"):
        importlib.import_module("emurust")
