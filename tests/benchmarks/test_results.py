import json
import os
import pathlib
import socket

import pytest

from benchmarks import schema
from benchmarks.errors import UsageError
from benchmarks.results_file import RESULTS, ResultsFile, public_arguments, read_rows


def test_rows_are_on_disk_after_each_of_them(tmp_path):
    path = tmp_path / "rows.json"
    results = ResultsFile("sps", path)
    for count in (1, 2):
        results.add({"sps": count})
        assert len(read_rows(path)) == count
    assert list(tmp_path.iterdir()) == [path]


def test_resumed_file_keeps_its_rows_and_a_fresh_one_does_not(tmp_path):
    path = tmp_path / "rows.json"
    ResultsFile("sps", path).add({"num_envs": 4, "sps": 1})
    resumed = ResultsFile("sps", path, resume=True)
    assert resumed.find(num_envs=4) == {"num_envs": 4, "sps": 1}
    assert resumed.find(num_envs=5) is None
    assert ResultsFile("sps", path).rows == []


def test_unreadable_files_and_folders_are_named(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text("{")
    with pytest.raises(UsageError, match=r"rows\.json"):
        ResultsFile("sps", path, resume=True)
    with pytest.raises(UsageError, match="does not exist"):
        ResultsFile("sps", tmp_path / "absent" / "rows.json")


def test_arguments_lose_their_folders():
    given = ["--env", "pong_jax", "--json", "/secret/rows.json", "--json=/secret/rows.json", "1,2"]
    assert public_arguments(given) == ["--env", "pong_jax", "--json", "rows.json", "--json=rows.json", "1,2"]


def test_number_that_json_has_no_word_for_is_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        ResultsFile("sps", tmp_path / "rows.json").add({"sps": float("nan")})


def strings(value):
    if isinstance(value, dict):
        return [text for item in value.items() for part in item for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


def test_committed_results_follow_the_schema_and_name_no_machine():
    for path in sorted(RESULTS.glob("*.json")):
        content = json.loads(path.read_text())
        assert schema.missing_fields(content["command"], content["rows"]) == [], path.name
        for text in strings(content):
            assert not os.path.isabs(text), f"{path.name}: {text}"
            assert socket.gethostname() != text
            assert str(pathlib.Path.home()) not in text


def test_schema_names_what_is_missing():
    assert schema.missing_fields("elo", [{"player": "a", "elo": 1, "low": 0, "games": 2}]) == ["high"]
    assert schema.missing_fields("transfer", [{"kind": "policy"}, dict.fromkeys(schema.FIELDS["transfer"])]) == []
