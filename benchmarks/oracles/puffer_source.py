"""Where the original Pong's header comes from: an environment variable, a cache folder, or PufferLib's sdist."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

from benchmarks.errors import InputMissingError

VERSION = "3.0.0"
ORIGINAL = f"PufferLib {VERSION}"
HEADER_SHA256 = "47c08b8ed9f90c92bb6569cdc0be6999f1586f5abe11cf7777a6b9861a74f669"
SDIST_SHA256 = "7df3a3e3f5f894d78d2a1f5374097890aec01473183e748abefe4f3faa10eaa9"
HEADER_IN_SDIST = f"pufferlib-{VERSION}/pufferlib/ocean/pong/pong.h"
VARIABLE = "TWINENVS_PUFFER_PONG"
FETCH_COMMAND = "python -m benchmarks fetch --env pong_jax"
FETCH_TIMEOUT_SECONDS = 600


def cache_folder() -> pathlib.Path:
    """The folder of fetched oracles inside the suite's cache."""
    from twinenvs import compile

    return compile.cache_folder() / "oracles"


def cached_header() -> pathlib.Path:
    """Where `fetch` keeps the header."""
    return cache_folder() / f"pufferlib-{VERSION}-pong.h"


def sha256() -> str:
    """The checksum that the fetched file must have."""
    return HEADER_SHA256


def header() -> str:
    """The text of the original's `pong.h`, its sha256 checked.

    Raises:
        InputMissingError: it is neither named by `TWINENVS_PUFFER_PONG` nor in the cache, or it is another file.
    """
    named = os.environ.get(VARIABLE)
    path = pathlib.Path(named) if named else cached_header()
    if not path.is_file():
        where = f"{VARIABLE} names {named!r}, which is no file" if named else "pong.h of PufferLib is not in the cache"
        raise InputMissingError(
            f"The original Pong is missing ({where}); run `{FETCH_COMMAND}`, or set {VARIABLE} to the sdist or header"
            f" of PufferLib {VERSION}."
        )
    content = header_of_sdist(path) if path.name.endswith(".tar.gz") else path.read_bytes()
    _check("pong.h", content, HEADER_SHA256)
    return content.decode()


def header_of_sdist(path: pathlib.Path) -> bytes:
    """Takes the header out of PufferLib's source distribution, its sha256 checked."""
    _check(path.name, path.read_bytes(), SDIST_SHA256)
    with tarfile.open(path) as archive:
        member = archive.extractfile(HEADER_IN_SDIST)
        assert member is not None, "the checksum fixes the archive's contents"
        return member.read()


def fetch() -> pathlib.Path:
    """Gets PufferLib's sdist and keeps its header in the cache, unless it is there already.

    Returns:
        The cached header.

    Raises:
        InputMissingError: the package client is not installed, or the download failed.
    """
    target = cached_header()
    if target.is_file() and _sha256(target.read_bytes()) == HEADER_SHA256:
        return target
    with tempfile.TemporaryDirectory() as folder:
        content = header_of_sdist(download(pathlib.Path(folder)))
    _check("pong.h", content, HEADER_SHA256)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(target)
    return target


def download(folder: pathlib.Path) -> pathlib.Path:
    """Gets the sdist into a folder with the package client `unearth`.

    pip is not used: its `download` runs the package's build to read metadata, and that build fails.

    Raises:
        InputMissingError: the package client is not installed, or the download failed.
    """
    if importlib.util.find_spec("unearth") is None:
        raise InputMissingError("The package client unearth is missing; install it with `pip install unearth`.")
    command = [sys.executable, "-m", "unearth", "--no-binary", "--download", str(folder), f"pufferlib=={VERSION}"]
    for variable in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if os.environ.get(variable):
            command += ["--index-url", os.environ[variable]]
            break
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise InputMissingError(f"PufferLib {VERSION} did not arrive in {FETCH_TIMEOUT_SECONDS} s.") from error
    sdist = folder / f"pufferlib-{VERSION}.tar.gz"
    if done.returncode != 0 or not sdist.is_file():
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise InputMissingError(
            f"PufferLib {VERSION} could not be downloaded ({lines[-1].strip()}); get its sdist elsewhere and set"
            f" {VARIABLE} to the file."
        )
    return sdist


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _check(name: str, content: bytes, expected: str) -> None:
    found = _sha256(content)
    if found != expected:
        raise InputMissingError(
            f"{name} is not the file of PufferLib {VERSION} (sha256 {found}, expected {expected}); run"
            f" `{FETCH_COMMAND}`."
        )
