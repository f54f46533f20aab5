"""The fields of every command's rows, in the order in which they are described; a row may hold more."""

from __future__ import annotations

from benchmarks.results_file import Row

FIELDS = {
    "sps": (
        "env", "device", "num_envs", "frameskip", "sps", "sps_min", "sps_max", "outputs", "actions", "cores",
        "reference", "reference_flags", "reference_sps", "ratio", "ratio_min", "ratio_max", "compile_seconds",
        "bytes_per_env", "peak_bytes", "repeats", "skipped", "commit", "versions",
    ),
    "verify": (
        "env", "check", "oracle", "oracle_version", "level", "episodes", "steps", "draws", "mismatches", "max_error",
        "bound", "first_divergence", "seed", "passed", "skipped",
    ),
    "transfer": (
        "env", "train_backend", "eval_perf_mean", "eval_ref_mean", "margin", "p_value", "equivalent", "seeds",
        "episodes",
    ),
    "train": (
        "env", "timesteps", "seconds", "sps", "return_mean", "return_std", "episodes", "env_time_share", "params",
    ),
    "elo": ("player", "elo", "low", "high", "games"),
}  # fmt: skip
# Commands whose last row is the result, after rows of another shape.
LAST_ROW_ONLY = ("transfer", "train")


def missing_fields(command: str, rows: list[Row]) -> list[str]:
    """Fields that a result must hold and does not, by name."""
    checked = rows[-1:] if command in LAST_ROW_ONLY else [row for row in rows if row.get("kind") != "match"]
    return sorted({field for row in checked for field in FIELDS.get(command, ()) if field not in row})
