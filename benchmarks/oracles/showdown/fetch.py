"""Gets Pokemon Showdown into the user's cache with npm."""

from __future__ import annotations

import hashlib
import pathlib
import shutil
import subprocess

from benchmarks.errors import InputMissingError
from pokejax.databuild import showdown

VERSION = showdown.VERSION
ORIGINAL = f"Pokemon Showdown {VERSION}"
HERE = pathlib.Path(__file__).parent
TIMEOUT_SECONDS = 900
# What the battles run: the rules and the resolved tables of the newest generation, from which the older ones inherit.
MARKED_FILES = ("package.json", "dist/sim/battle.js", "dist/data/moves.js")


def digest(package: pathlib.Path) -> str:
    """sha256 over the files that mark an installed version."""
    found = hashlib.sha256()
    for name in MARKED_FILES:
        found.update((package / name).read_bytes())
    return found.hexdigest()


PACKAGE_SHA256 = "c27c6581754c2fef5b598381e7cf1fdfacc2f3f4b0f37746ed8fe12d94bdab7d"


def sha256() -> str:
    """The digest that the installed package must have."""
    return PACKAGE_SHA256


def fetch() -> pathlib.Path:
    """Installs the pinned version, unless it is there already.

    Returns:
        The folder of the package.

    Raises:
        InputMissingError: Node or npm is missing, or the download failed.
    """
    try:
        showdown.node()
    except showdown.ShowdownMissingError as error:
        raise InputMissingError(str(error)) from error
    package = showdown.install_folder() / "node_modules" / "pokemon-showdown"
    if not package.is_dir() or digest(package) != PACKAGE_SHA256:
        install(showdown.install_folder())
    found = digest(package)
    if found != PACKAGE_SHA256:
        raise InputMissingError(
            f"The installed pokemon-showdown is not that of version {VERSION} (sha256 {found[:16]}..., expected"
            f" {PACKAGE_SHA256[:16]}...); remove {showdown.install_folder()} and run `{showdown.FETCH_COMMAND}`."
        )
    return package


def install(folder: pathlib.Path) -> None:
    """Runs npm in a folder of its own, with the project's pin.

    Raises:
        InputMissingError: npm is missing or failed.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise InputMissingError("npm is missing; install it beside Node (for example the Debian package npm).")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", ".npmrc"):
        shutil.copy(HERE / name, folder / name)
    try:
        done = subprocess.run(
            [npm, "install", "--no-progress"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InputMissingError(f"pokemon-showdown {VERSION} did not arrive in {TIMEOUT_SECONDS} s.") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or ["no message"]
        raise InputMissingError(
            f"npm could not install pokemon-showdown {VERSION} ({lines[0].strip()}); install it elsewhere and set"
            f" {showdown.VARIABLE} to that folder."
        )
