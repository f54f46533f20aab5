"""Exit statuses and messages of `python -m benchmarks`, without running anything long."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks import __main__ as command_line
from benchmarks import timing
from benchmarks.commands import fetch
from benchmarks.errors import BAD_USAGE, HELD, INPUT_MISSING, INTERRUPTED, InputMissingError
from benchmarks.oracles import puffer_source


def run(capsys, *arguments):
    status = command_line.main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


BAD = {
    "unknown command": (["elos"], ["'elos'", "sps", "verify"]),
    "unknown flag": (["fetch", "--env", "pong_jax", "--folder", "x"], ["--folder"]),
    "missing flag": (["fetch"], ["--env"]),
    "wrong type": (["sps", "--env", "pong_jax", "--repeats", "many"], ["--repeats", "many"]),
    "unknown environment": (["verify", "--env", "chess_jax"], ["chess_jax", "pong_jax"]),
    "no episodes": (["verify", "--env", "pong_jax", "--episodes", "0"], ["--episodes", "0"]),
    "negative seed": (["verify", "--env", "pong_jax", "--seed", "-1"], ["--seed", "-1"]),
    "unknown level": (["verify", "--env", "pong_jax", "--level", "4"], ["--level", "1, 2, 3", "4"]),
    "fidelity of one level": (["verify", "--env", "pong_jax", "--level", "1", "--write-fidelity"], ["--level"]),
    "no environments": (["sps", "--env", "pong_jax", "--num-envs", "0"], ["--num-envs", "'0'"]),
    "batch that is no number": (["sps", "--env", "pong_jax", "--num-envs", "1K"], ["--num-envs", "1K"]),
    "no frames": (["sps", "--env", "pong_jax", "--frameskip", "0"], ["--frameskip"]),
    "unknown device": (["sps", "--env", "pong_jax", "--device", "tpu"], ["tpu", "cpu, gpu"]),
    "unknown output": (["sps", "--env", "pong_jax", "--outputs", "all"], ["all", "obs, state"]),
    "unknown precision": (["sps", "--env", "pong_jax", "--precision", "half"], ["half", "no choice"]),
    "no repeats": (["sps", "--env", "pong_jax", "--repeats", "0"], ["--repeats"]),
    "no core": (["sps", "--env", "pong_jax", "--cores", "0"], ["--cores", "0"]),
    "reference on several cores": (["sps", "--env", "pong_jax", "--reference", "--cores", "2"], ["--cores 1"]),
    "reference on a GPU": (["sps", "--env", "pong_jax", "--reference", "--device", "gpu"], ["--device cpu"]),
    "reference without observations": (["sps", "--env", "pong_jax", "--reference", "--outputs", "state"], ["obs"]),
    "one policy": (["transfer", "--env", "pong_jax", "--seeds", "1"], ["--seeds", "2"]),
    "unknown backend": (["transfer", "--env", "pong_jax", "--train-backend", "c"], ["perf, ref"]),
    "resume without file": (["verify", "--env", "pong_jax", "--resume"], ["--json"]),
}


@pytest.fixture
def original_found(monkeypatch):
    """Lets flags be checked on machines without the original: it counts as found and is never used."""
    for module in ("benchmarks.parity.pong", "benchmarks.oracles.puffer_pong_speed"):
        monkeypatch.setattr(f"{module}.require", lambda: None)


@pytest.mark.parametrize("case", BAD)
def test_bad_usage_is_one_sentence_with_status_64(case, capsys, original_found):
    arguments, words = BAD[case]
    status, out, err = run(capsys, *arguments)
    assert status == BAD_USAGE
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert len(err) < 300
    for word in words:
        assert word in err


def test_no_command_shows_the_overview_with_status_64(capsys):
    status, out, _ = run(capsys)
    assert status == BAD_USAGE
    for name in command_line.command_names():
        assert name in out


def test_help_holds(capsys):
    assert run(capsys, "--help")[0] == HELD
    with pytest.raises(SystemExit) as stop:
        command_line.main(["sps", "--help"])
    assert stop.value.code == HELD
    assert "--reference" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["verify"], ["sps", "--reference"]])
def test_missing_original_is_one_sentence_with_status_2(command, capsys, monkeypatch, tmp_path):
    from benchmarks.oracles import puffer_pong

    puffer_pong.library.cache_clear()
    monkeypatch.setenv(puffer_source.VARIABLE, str(tmp_path / "absent.h"))
    status, out, err = run(capsys, command[0], "--env", "pong_jax", *command[1:])
    assert status == INPUT_MISSING
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert puffer_source.FETCH_COMMAND in err
    assert puffer_source.VARIABLE in err


def test_wrong_file_in_place_of_the_original_is_refused(capsys, monkeypatch, tmp_path):
    from benchmarks.oracles import puffer_pong

    puffer_pong.library.cache_clear()
    wrong = tmp_path / "pong.h"
    wrong.write_text("int x;\n")
    monkeypatch.setenv(puffer_source.VARIABLE, str(wrong))
    with pytest.raises(InputMissingError, match="sha256"):
        puffer_pong.library("exact")


def test_missing_compiler_is_named(monkeypatch, tmp_path):
    from benchmarks.oracles import puffer_pong

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(InputMissingError, match="install gcc"):
        puffer_pong.compiler()


def test_fetch_keeps_a_checked_header(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("TWINENVS_CACHE", str(tmp_path))
    monkeypatch.delenv(puffer_source.VARIABLE, raising=False)
    monkeypatch.setattr(puffer_source, "HEADER_SHA256", puffer_source.hashlib.sha256(b"x").hexdigest())
    monkeypatch.setattr(puffer_source, "download", lambda folder: folder / "sdist")
    monkeypatch.setattr(puffer_source, "header_of_sdist", lambda path: b"x")
    results = tmp_path / "fetch.json"
    status, out, _ = run(capsys, "fetch", "--env", "pong_jax", "--json", str(results))
    assert status == HELD
    assert puffer_source.header() == "x"
    (row,) = json.loads(results.read_text())["rows"]
    assert row["version"] == puffer_source.VERSION
    assert str(tmp_path) not in results.read_text()
    assert "checksum right" in out


def test_failed_download_is_one_sentence_with_status_2(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("TWINENVS_CACHE", str(tmp_path))

    def refuse(folder):
        raise InputMissingError("PufferLib could not be downloaded (no route).")

    monkeypatch.setattr(puffer_source, "download", refuse)
    status, _, err = run(capsys, "fetch", "--env", "pong_jax")
    assert status == INPUT_MISSING
    assert err == "PufferLib could not be downloaded (no route).\n"


def test_interruption_is_one_line(capsys, monkeypatch):
    def interrupt(flags):
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "run", interrupt)
    status, _, err = run(capsys, "fetch", "--env", "pong_jax")
    assert status == INTERRUPTED
    assert len(err.strip().splitlines()) == 1


def test_program_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "nothing"],
        cwd=timing.ROOT,
        env=os.environ | {"PYTHONPATH": str(timing.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == BAD_USAGE
    assert "Traceback" not in done.stderr
