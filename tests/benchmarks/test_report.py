import json

import pytest

from benchmarks import report, schema
from benchmarks.commands.report import Report, run
from benchmarks.errors import FELL_SHORT, HELD, UsageError

KINDS = ("sps", "sps-plot", "verify", "transfer", "train", "differences")


def sps_row(num_envs, **changes):
    figures = {
        "env": "pong_jax", "device": "cpu", "num_envs": num_envs, "frameskip": 1, "sps": 3.0e7, "sps_min": 2.5e7,
        "sps_max": 3.5e7, "outputs": "obs", "cores": 1, "reference_sps": 1.0e7, "reference_flags": "-O2", "ratio": 3.0,
        "ratio_min": 2.5, "ratio_max": 3.25, "compile_seconds": 1.5, "bytes_per_env": 40, "skipped": None,
    }  # fmt: skip
    return dict.fromkeys(schema.FIELDS["sps"]) | figures | changes


@pytest.fixture
def checkout(tmp_path):
    for folder in ("docs/pong_jax", "benchmarks/results", "pong_jax"):
        (tmp_path / folder).mkdir(parents=True)
    parts = [f"<!-- generated:{kind}:pong_jax -->\n<!-- /generated:{kind}:pong_jax -->\n" for kind in KINDS]
    (tmp_path / "docs" / "pong_jax" / "page.md").write_text("# Page\n\n" + "\n".join(parts) + "\nend\n")
    (tmp_path / "README.md").write_text("x\n<!-- generated:overview -->\nold\n<!-- /generated:overview -->\ny\n")
    (tmp_path / "pong_jax" / "env.py").write_text("# DIFFERS: it is\n#    blue. (tests/test_it.py::test_blue)\n")
    write(tmp_path, "sps", [sps_row(1024), sps_row(2048, sps=None, ratio=None, skipped="no GPU | none")])
    return tmp_path


def write(root, command, rows):
    content = {"command": command, "machine": {"processor": "Abacus"}, "rows": rows}
    (root / "benchmarks" / "results" / f"pong_jax_{command}.json").write_text(json.dumps(content))


def everything(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_second_run_changes_nothing(checkout, capsys):
    assert run(Report(root=checkout)) == HELD
    first = everything(checkout)
    assert run(Report(root=checkout)) == HELD
    assert everything(checkout) == first
    assert run(Report(root=checkout, check=True)) == HELD
    assert "up to date" in capsys.readouterr().out


def test_tables_hold_the_figures_and_keep_the_text_around_them(checkout):
    report.renew(checkout)
    page = (checkout / "docs" / "pong_jax" / "page.md").read_text()
    assert "| Abacus | 1 | 1 | 1,024 | obs | 30 | 25 to 35 | 10 | -O2 | 3.00 (2.50 to 3.25) | 1.5 | 40 |" in page
    assert "skipped" in page
    assert "no GPU / none" in page
    assert "- it is blue. (`tests/test_it.py::test_blue`)" in page
    assert "Not measured yet: `python -m benchmarks verify --env pong_jax" in page
    assert "(../figures/pong_jax_sps.svg)" in page
    assert page.startswith("# Page\n")
    assert page.endswith("\nend\n")
    overview = (checkout / "README.md").read_text()
    assert "old" not in overview
    assert "3.0 to 3.0" in overview


def test_plot_follows_the_results(checkout):
    report.renew(checkout)
    plot = checkout / "docs" / "figures" / "pong_jax_sps.svg"
    before = plot.read_text()
    write(checkout, "sps", [sps_row(1024, sps=9.0e7, sps_max=9.5e7)])
    assert plot in report.renew(checkout)
    assert plot.read_text() != before


def test_check_finds_what_is_out_of_date_and_writes_nothing(checkout, capsys):
    before = everything(checkout)
    assert run(Report(root=checkout, check=True)) == FELL_SHORT
    assert everything(checkout) == before
    assert "out of date: README.md" in capsys.readouterr().out


def test_only_the_verdict_of_transfer_is_shown(checkout):
    summary = {
        "env": "pong_jax", "kind": "summary", "train_backend": "ref", "measure": "return", "eval_perf_mean": 28.25,
        "eval_ref_mean": 28.125, "margin": 1.0, "p_value": 0.001, "equivalent": True, "seeds": 10, "episodes": 100,
    }  # fmt: skip
    write(checkout, "transfer", [{"env": "pong_jax", "kind": "policy", "seed": 0}, summary])
    report.renew(checkout)
    page = (checkout / "docs" / "pong_jax" / "page.md").read_text()
    assert "| on the original | 10 | 100 | return | 28.2 | 28.1 | 1 | 0.001 | yes |" in page


def test_peers_stand_apart_from_the_original(checkout):
    changes = {
        "peer": "mjx", "reference": "MJX", "reference_flags": "iterations 9", "reference_note": "never reset",
        "ratio": 55.5,
    }  # fmt: skip
    write(checkout, "sps", [sps_row(1024), sps_row(1024, sps=9.0e7, **changes)])
    page = checkout / "docs" / "pong_jax" / "page.md"
    page.write_text(page.read_text() + "<!-- generated:peers:pong_jax -->\n<!-- /generated:peers:pong_jax -->\n")
    report.renew(checkout)
    table = page.read_text().partition("generated:peers:pong_jax -->")[2]
    assert "| MJX | iterations 9 | 90,000 | 10,000 | 55.5 (2.5 to 3.25) | never reset |" in table
    assert "MJX" not in page.read_text().partition("generated:peers")[0]
    assert "3.0 to 3.0" in (checkout / "README.md").read_text()


def test_growth_of_errors_is_that_of_both_sides(checkout):
    line = {"step": 10, "ours_median": 1e-4, "ours_largest": 2e-3, "perturbed_median": 3e-11, "perturbed_largest": 4e-9}
    rows = [dict.fromkeys(schema.FIELDS["verify"]) | {"env": "pong_jax", "steps": 1, "mismatches": 0, "growth": [line]}]
    write(checkout, "verify", rows)
    page = checkout / "docs" / "pong_jax" / "page.md"
    page.write_text("<!-- generated:growth:pong_jax -->\n<!-- /generated:growth:pong_jax -->\n")
    report.renew(checkout)
    assert "| 10 | 1.0e-04 | 2.0e-03 | 3.0e-11 | 4.0e-09 |" in page.read_text()


def test_training_shows_what_the_original_says(checkout):
    row = {
        "env": "pong_jax", "config": "default", "timesteps": 1000, "seconds": 2.0, "sps": 500.0, "return_mean": 1.0,
        "return_std": 0.5, "episodes": 4, "env_time_share": 0.5, "params": 10, "num_seeds": 2,
        "eval_env": "Original-v1", "eval_episodes": 3, "eval_return_mean": 20.0, "eval_return_means": [10.0, 30.0],
        "eval_drawn_return_mean": 15.0,
    }  # fmt: skip
    write(checkout, "train", [row])
    report.renew(checkout)
    page = (checkout / "docs" / "pong_jax" / "page.md").read_text()
    assert "| 10 | Original-v1, 3 episodes a seed | 20 | 10 to 30 | 15 |" in page


def test_ratings_come_with_scores_of_both_sides_and_a_figure(checkout):
    match = {"kind": "match", "env": "pong_jax", "player": "a", "opponent": "b", "games": 4}
    rows = [
        match | {"wins": 3, "draws": 1, "losses": 0},
        match | {"wins": 1, "draws": 1, "losses": 2},
        *(
            {"kind": "rating", "env": "pong_jax", "player": name, "elo": elo, "low": elo - 9.6, "high": elo + 9.6,
             "games": 8}
            for name, elo in (("b", 950.2), ("a", 1049.8))
        ),
    ]  # fmt: skip
    write(checkout, "elo", rows)
    page = checkout / "docs" / "pong_jax" / "page.md"
    page.write_text("<!-- generated:elo:pong_jax -->\n<!-- /generated:elo:pong_jax -->\n")
    report.renew(checkout)
    table = page.read_text()
    assert "| a | 1050 | 1040 to 1059 | 8 |\n| b | 950 | 941 to 960 | 8 |" in table
    assert "| a | - | 0.625 |\n| b | 0.375 | - |" in table
    assert "(../figures/pong_jax_elo.svg)" in table
    assert "ratings of its players" in (checkout / "docs" / "figures" / "pong_jax_elo.svg").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- generated:speed -->\n<!-- /generated:speed -->\n", "nothing makes 'speed'"),
        ("<!-- generated:overview -->\n", "no closing comment"),
        ("<!-- generated:overview -->\n<!-- /generated:sps -->\n", "no closing comment"),
    ],
)
def test_wrong_markers_are_refused(checkout, text, message):
    (checkout / "README.md").write_text(text)
    with pytest.raises(UsageError, match=message):
        report.renew(checkout)
