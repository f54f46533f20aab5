"""Where the installed Pokemon Showdown is, and how its Node scripts are run."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence

from twinenvs.cache import cache_folder

VERSION = "0.11.11"
VARIABLE = "TWINENVS_SHOWDOWN"
FETCH_COMMAND = "python -m benchmarks fetch --env pokejax"
OLDEST_NODE = 18


class ShowdownMissingError(RuntimeError):
    """Node or the package pokemon-showdown is not there; the message says how to get it."""


def install_folder() -> pathlib.Path:
    """The folder whose `node_modules` holds the package when `fetch` installed it."""
    return cache_folder() / "oracles" / f"pokemon-showdown-{VERSION}"


def node() -> str:
    """Path of Node.

    Raises:
        ShowdownMissingError: there is none on the search path, or it is too old.
    """
    found = shutil.which("node")
    if found is None:
        raise ShowdownMissingError(
            f"Node is missing; install Node {OLDEST_NODE} or newer (for example the Debian package nodejs)."
        )
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        raise ShowdownMissingError(f"Node {version} is too old; install Node {OLDEST_NODE} or newer.")
    return found


def package_folder() -> pathlib.Path:
    """The folder of the package pokemon-showdown, of exactly `VERSION`.

    Raises:
        ShowdownMissingError: it is neither under the folder that `TWINENVS_SHOWDOWN` names nor in the cache, or it is
            of another version.
    """
    named = os.environ.get(VARIABLE)
    folder = pathlib.Path(named) if named else install_folder()
    for package in (folder, folder / "node_modules" / "pokemon-showdown"):
        description = package / "package.json"
        if description.is_file() and (package / "dist" / "sim").is_dir():
            version = json.loads(description.read_text())["version"]
            if version == VERSION:
                return package
            raise ShowdownMissingError(
                f"pokemon-showdown is of version {version}, and {VERSION} is needed; run `{FETCH_COMMAND}`."
            )
    where = f"{VARIABLE} names {named!r}, which does not hold it" if named else "it is not in the cache"
    raise ShowdownMissingError(
        f"pokemon-showdown {VERSION} is missing ({where}); run `{FETCH_COMMAND}`, or set {VARIABLE} to a folder where"
        f" `npm install pokemon-showdown@{VERSION}` was run."
    )


def command(script: pathlib.Path, *arguments: str) -> Sequence[str]:
    """The command line that runs a script of ours, whose first argument is the package's folder."""
    return (node(), str(script), str(package_folder()), *arguments)


def run_lines(script: pathlib.Path, *arguments: str) -> Iterator[str]:
    """Runs a script and yields the lines that it prints.

    Raises:
        RuntimeError: the script failed, with the end of what it wrote to stderr.
    """
    with subprocess.Popen(command(script, *arguments), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield line.rstrip("\n")
    if process.returncode != 0:
        raise RuntimeError(f"{script.name} {' '.join(arguments[:1])} failed with exit status {process.returncode}.")
