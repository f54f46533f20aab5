"""What wheels and source distributions hold, and what an installation does with and without cargo."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.packaging, pytest.mark.slow, pytest.mark.timeout(600)]

LACKING = "emurust needs its compiled part, which this installation lacks"
FAKE_CARGO = "#!/bin/sh\necho 'cargo 1.63.0 (fd9c4297c 2022-07-01)'\n"
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv*", "target", "*.so", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", "site", "runs"
)
needs_cargo = pytest.mark.skipif(
    shutil.which("cargo") is None, reason="cargo is missing: get 1.83 or newer from https://rustup.rs"
)


@pytest.fixture(scope="module")
def checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in a folder with a space in its name, without a git history and without built parts."""
    return Path(shutil.copytree(root, tmp_path_factory.mktemp("a folder") / "twin envs", ignore=NOT_COPIED))


@pytest.fixture(scope="module")
def no_cargo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the search path with a cargo that is too old."""
    folder = tmp_path_factory.mktemp("old")
    (folder / "cargo").write_text(FAKE_CARGO)
    (folder / "cargo").chmod(0o755)
    return folder


def build(kind: str, source: Path, to: Path, path: Path | None = None, **variables: str) -> subprocess.CompletedProcess:
    """Builds a wheel or an sdist by the backend's own hook, in this environment and without a network."""
    to.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("REQUIRE_EMURUST", "CARGO")}
    environment |= {"CARGO_NET_OFFLINE": "true", "PYTHONWARNINGS": "default", **variables}
    if path is not None:
        environment["PATH"] = f"{path}:/usr/bin:/bin"
    program = f"import setuptools.build_meta as b; print(b.build_{kind}({str(to)!r}))"
    return subprocess.run([sys.executable, "-c", program], cwd=source, env=environment, capture_output=True, text=True)


def names_in(archive: Path) -> list[str]:
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).namelist()
    with tarfile.open(archive) as tar:
        return [name.split("/", 1)[1] for name in tar.getnames() if "/" in name]


def only_file(folder: Path, done: subprocess.CompletedProcess) -> Path:
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    return only_file(folder, build("sdist", checkout, folder))


@pytest.fixture(scope="module")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution's content: what a user builds from."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as tar:
        tar.extractall(folder, filter="data")
    (content,) = folder.iterdir()
    return content


@pytest.fixture(scope="module")
def wheel_without_cargo(unpacked: Path, no_cargo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = Path(shutil.copytree(unpacked, tmp_path_factory.mktemp("source") / "s"))
    folder = tmp_path_factory.mktemp("wheel")
    return only_file(folder, build("wheel", source, folder, path=no_cargo))


def assert_clean(wheel: Path) -> None:
    names = names_in(wheel)
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"twinenvs", "pong_jax", "halfcheetah_jax", "tcgjax", "pokejax", "emurust"}
    sources = [name for name in names if name.endswith((".rs", ".toml", ".lock", ".c", ".h"))]
    assert sources == ["pokejax/databuild/gen4_families.toml"]  # input of the data builder, which the wheel carries
    data = {name.rsplit("/", 1)[1] for name in names if name.startswith(("pokejax/data/", "pokejax/databuild/"))}
    assert {"manifest.json", "gen4randombattle_teams.npz", "dump.cjs", "teams.cjs"} <= data
    for package in tops:
        assert f"{package}/py.typed" in names
    licences = {name.rsplit("/", 1)[1] for name in names if "/licenses/" in name}
    assert licences == {"LICENSE", "THIRD_PARTY_NOTICES.md"}


def test_sdist_holds_everything_that_builds_and_tests(sdist: Path, root: Path) -> None:
    names = set(names_in(sdist))
    for path in ("emurust/rust/Cargo.toml", "emurust/rust/core/src/lib.rs", "emurust/rust/py/src/lib.rs", "setup.py"):
        assert path in names
    for folder in ("benchmarks", "tests", "docs", "requirements"):
        kept = {
            path.relative_to(root).as_posix()
            for path in (root / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert kept - names == set()
    for path in ("Makefile", "mkdocs.yml", ".ci/run", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md"):
        assert path in names
    assert [name for name in names if name.endswith((".so", ".pyc", "Cargo.lock")) or "/target/" in name] == []


def test_wheel_without_cargo_is_complete_but_for_the_extension(wheel_without_cargo: Path) -> None:
    assert_clean(wheel_without_cargo)
    assert [name for name in names_in(wheel_without_cargo) if name.endswith(".so")] == []
    assert wheel_without_cargo.name.endswith("-py3-none-any.whl")


@needs_cargo
def test_wheel_with_cargo_holds_the_extension(unpacked: Path, root: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(unpacked, tmp_path / "source"))
    done = build("wheel", source, tmp_path / "wheel", REQUIRE_EMURUST="1")
    wheel = only_file(tmp_path / "wheel", done)
    assert_clean(wheel)
    assert [name for name in names_in(wheel) if name.endswith(".so")] == ["emurust/_emurust.abi3.so"]
    assert "-cp311-abi3-" in wheel.name


@needs_cargo
def test_a_broken_extension_fails_the_build_only_where_it_is_required(unpacked: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(unpacked, tmp_path / "source"))
    (source / "emurust/rust/core/src/lib.rs").write_text("this is no Rust\n")
    assert build("wheel", source, tmp_path / "required", REQUIRE_EMURUST="1").returncode != 0
    wheel = only_file(tmp_path / "optional", build("wheel", source, tmp_path / "optional"))
    assert [name for name in names_in(wheel) if name.endswith(".so")] == []


def test_required_without_cargo_fails_with_a_sentence(unpacked: Path, no_cargo: Path, tmp_path: Path) -> None:
    old = build("wheel", unpacked, tmp_path / "old", path=no_cargo, REQUIRE_EMURUST="1")
    assert old.returncode != 0
    assert "REQUIRE_EMURUST=1, but cargo is 1.63 and 1.83 or newer is needed" in old.stderr
    absent = build("wheel", unpacked, tmp_path / "absent", path=tmp_path / "nowhere", REQUIRE_EMURUST="1")
    assert absent.returncode != 0
    assert "REQUIRE_EMURUST=1, but cargo was not found" in absent.stderr


def test_an_installation_without_the_extension_lacks_only_emurust(wheel_without_cargo: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel_without_cargo]
    subprocess.run(install, check=True, cwd=tmp_path)
    # The dependencies come from the environment that runs this test; the new one's own packages stand before them.
    dependencies = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
    environment = {**os.environ, "PYTHONPATH": ""}
    program = f"import sys; sys.path += {dependencies.split(os.pathsep)!r}\n"

    def run(statement: str) -> subprocess.CompletedProcess:
        command = [python, "-c", program + statement]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    others = run("import twinenvs, pong_jax; print(pong_jax.__file__); print(pong_jax.make().num_actions)")
    assert others.returncode == 0, others.stderr
    assert str(tmp_path / "venv") in others.stdout
    done = run("import emurust")
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ImportError: {LACKING}") and "cargo 1.83 or newer" in last
