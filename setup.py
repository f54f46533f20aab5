"""Declares the Rust extension, optional or not as the environment says; all else is in pyproject.toml."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from setuptools import setup
from setuptools_rust import Binding, RustExtension

WORKSPACE = Path(__file__).parent / "emurust" / "rust"
# Variable of the environment: with "1" an extension that cannot be built stops the installation.
IS_REQUIRED = os.environ.get("REQUIRE_EMURUST") == "1"


def missing_cargo() -> str | None:
    """Why cargo cannot build the extension, as half a sentence; None if it can."""
    needed = tomllib.loads((WORKSPACE / "Cargo.toml").read_text())["workspace"]["package"]["rust-version"]
    try:
        answer = subprocess.run([os.environ.get("CARGO", "cargo"), "--version"], capture_output=True, text=True)
    except OSError:
        return f"cargo was not found and {needed} or newer is needed"
    version = re.search(r"(\d+)\.(\d+)", answer.stdout)
    if answer.returncode != 0 or version is None:
        return f"cargo does not run ({answer.stderr.strip() or 'no answer'}) and {needed} or newer is needed"
    if tuple(map(int, version.groups())) < tuple(map(int, needed.split("."))):
        return f"cargo is {version.group()} and {needed} or newer is needed"
    return None


def rust_extensions() -> list[RustExtension]:
    """The extension, or none where cargo is unfit and nobody insists."""
    reason = missing_cargo()
    if reason is None:
        manifest = str((WORKSPACE / "py" / "Cargo.toml").relative_to(Path(__file__).parent))
        return [
            RustExtension(
                "emurust._emurust",
                manifest,
                binding=Binding.PyO3,
                debug=False,
                optional=not IS_REQUIRED,
            )
        ]
    if IS_REQUIRED:
        sys.exit(f"REQUIRE_EMURUST=1, but {reason}; get it from https://rustup.rs.")
    print(f"warning: emurust is left out: {reason}; get it from https://rustup.rs.", file=sys.stderr)
    return []


extensions = rust_extensions()
setup(
    rust_extensions=extensions,
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if extensions else {},
)
