"""Tables and plots of README and docs, made from the files in `benchmarks/results/`.

A document asks for one with a pair of comments, between which everything is replaced:

    <!-- generated:sps:pong_jax -->
    <!-- /generated:sps:pong_jax -->

The part before the second colon names the maker, the rest its argument. An unknown name is an error, so that no
document keeps a table that nothing renews.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.errors import UsageError
from benchmarks.report_plots import draw_ratings, draw_speed
from benchmarks.results_file import Row, read_rows
from benchmarks.targets import TARGETS

BLOCK = re.compile(r"<!-- generated:(?P<name>\S+) -->\n(?P<body>.*?)<!-- /generated:(?P=name) -->", re.DOTALL)
GROWTH_KINDS = ("median", "largest")
OPENING = re.compile(r"<!-- generated:(?P<name>\S+) -->")


@dataclasses.dataclass(frozen=True)
class Entry:
    """One row of a result file together with the file's facts."""

    command: str
    machine: dict[str, Any]
    row: Row


@dataclasses.dataclass(frozen=True)
class Book:
    """Everything the makers read and where they may write.

    Attributes:
        root: the checkout.
        entries: all rows of all result files, in the order of the files' names.
    """

    root: pathlib.Path
    entries: tuple[Entry, ...]

    def rows(self, command: str, env: str | None = None) -> list[Entry]:
        """Entries of one command, of one environment if it is given."""
        return [entry for entry in self.entries if entry.command == command and env in (None, entry.row.get("env"))]

    def speeds(self, env: str, peers: bool = False) -> list[Entry]:
        """Measured speeds of an environment: alone and beside its original, or those beside other implementations."""
        entries = self.rows("sps", env)
        return sorted((entry for entry in entries if bool(entry.row.get("peer")) == peers), key=speed_order)


def read_book(root: pathlib.Path) -> Book:
    """Reads all result files of a checkout."""
    entries = []
    for path in sorted((root / "benchmarks" / "results").glob("*.json")):
        rows = read_rows(path)
        facts = json.loads(path.read_text())
        entries += [Entry(facts["command"], facts.get("machine", {}), row) for row in rows]
    return Book(root, tuple(entries))


def documents(root: pathlib.Path) -> list[pathlib.Path]:
    """Files that may ask for generated parts: README.md of the root and of each environment, and docs."""
    found = [root / "README.md", *(root / name / "README.md" for name in TARGETS), *(root / "docs").rglob("*.md")]
    return sorted(path for path in found if path.is_file())


def renew(root: pathlib.Path, write: bool = True) -> list[pathlib.Path]:
    """Renews every generated part.

    Args:
        root: the checkout.
        write: whether to write; otherwise only what would change is found.

    Returns:
        The files that changed.

    Raises:
        UsageError: a document asks for what nobody makes, or a block is not closed.
    """
    book = read_book(root)
    changed = []
    for path in documents(root):
        before = path.read_text()
        found = [match["name"] for match in BLOCK.finditer(before)]
        opened = OPENING.findall(before)
        if found != opened:
            unclosed = next((name for name in opened if name not in found), opened[-1])
            raise UsageError(f"{path}: the generated part {unclosed!r} has no closing comment; add it.")
        after = BLOCK.sub(lambda match, path=path: _block(book, path, match["name"]), before)
        if after != before:
            changed.append(path)
            if write:
                path.write_text(after)
    plotted = _plots(book, write)
    return changed + plotted


def _block(book: Book, document: pathlib.Path, name: str) -> str:
    maker, _, argument = name.partition(":")
    if maker not in MAKERS:
        raise UsageError(f"{document}: nothing makes {name!r}; the makers are {', '.join(MAKERS)}.")
    body = MAKERS[maker](book, document, argument)
    return f"<!-- generated:{name} -->\n{body.rstrip()}\n<!-- /generated:{name} -->"


def overview(book: Book, document: pathlib.Path, argument: str) -> str:
    """One row an environment: what it twins, how much was compared, how fast it is against the original."""
    lines = []
    for env in TARGETS:
        verified = [entry.row for entry in book.rows("verify", env) if not entry.row["skipped"]]
        oracle = f"{verified[0]['oracle']} {verified[0]['oracle_version']}" if verified else None
        steps = sum(row["steps"] for row in verified) if verified else None
        wrong = sum(row["mismatches"] for row in verified) if verified else None
        ratios = [entry.row["ratio"] for entry in book.speeds(env) if entry.row["ratio"] is not None]
        fastest = max((entry.row["sps"] for entry in book.speeds(env) if entry.row["sps"] is not None), default=None)
        span = None if not ratios else f"{min(ratios):.1f} to {max(ratios):.1f}"
        lines.append((f"`{env}`", oracle, steps, wrong, span, fastest))
    header = ("environment", "original", "steps compared", "mismatches", "speed against the original", "most steps/s")
    return markdown(header, lines)


def sps(book: Book, document: pathlib.Path, argument: str) -> str:
    """Steps per second by device, frameskip and batch."""
    lines = []
    entries = book.speeds(argument)
    varies = any("case" in entry.row for entry in entries)

    def case(row: Row) -> tuple[str, ...]:
        return (row.get("case", ""),) if varies else ()

    for entry in entries:
        row = entry.row
        kind = entry.machine.get("processor") if row["device"] == "cpu" else row.get("device_kind")
        if row["skipped"]:
            device = kind or row["device"]
            lines.append(
                (*case(row), device, row["cores"], row["frameskip"], row["num_envs"], "skipped", row["skipped"])
            )
            continue
        ratio = None
        if row["ratio"] is not None:
            ratio = f"{row['ratio']:.2f} ({row['ratio_min']:.2f} to {row['ratio_max']:.2f})"
        lines.append(
            (*case(row), kind, row["cores"], row["frameskip"], row["num_envs"], row["outputs"], millions(row["sps"]),
             f"{millions(row['sps_min'])} to {millions(row['sps_max'])}", millions(row["reference_sps"]),
             row["reference_flags"], ratio, row["compile_seconds"], row["bytes_per_env"])
        )  # fmt: skip
    first = ("case",) if varies else ()
    header = (
        *first, "device", "cores", "frameskip", "environments", "outputs", "M steps/s", "min to max",
        "original, M steps/s", "its flags", "ratio (min to max)", "compile, s", "bytes an environment",
    )  # fmt: skip
    return markdown(header, lines) or _nothing("sps", argument)


def peers(book: Book, document: pathlib.Path, argument: str) -> str:
    """Steps per second beside other implementations than the original."""
    lines = []
    rows = [entry.row for entry in book.speeds(argument, peers=True)]
    varies = any("case" in row for row in rows)
    for row in rows:
        case = (row.get("case"), row["frameskip"]) if varies else ()
        named = (*case, row["device"], row["cores"], row["num_envs"], row["reference"])
        if row["skipped"]:
            lines.append((*named, None, None, None, None, f"skipped: {row['skipped']}"))
            continue
        ratio = f"{row['ratio']:.3g} ({row['ratio_min']:.3g} to {row['ratio_max']:.3g})"
        rates = (row["sps"] / 1e3, row["reference_sps"] / 1e3)
        lines.append((*named, row["reference_flags"], *rates, ratio, row["reference_note"]))
    first = ("case", "frameskip") if varies else ()
    header = (
        *first, "device", "cores", "environments", "beside", "its options", "K steps/s", "its K steps/s",
        "ratio (min to max)", "note",
    )  # fmt: skip
    return markdown(header, lines) or _nothing("sps --peers all", argument)


def growth(book: Book, document: pathlib.Path, argument: str) -> str:
    """How far whole episodes come apart from the original's, beside the original started a little off."""
    found = [entry.row["growth"] for entry in book.rows("verify", argument) if entry.row.get("growth")]
    lines = [
        (line["step"], *(f"{line[f'{side}_{kind}']:.1e}" for side in ("ours", "perturbed") for kind in GROWTH_KINDS))
        for line in (found[-1] if found else [])
    ]
    header = ("step", "ours, median", "ours, largest", "original 1e-12 off, median", "original 1e-12 off, largest")
    return markdown(header, lines) or _nothing("verify", argument)


def verify(book: Book, document: pathlib.Path, argument: str) -> str:
    """Every check with its counts."""
    lines = [
        (row["level"], row["check"], row.get("claim"), row["steps"], row["episodes"], row["draws"],
         row["mismatches"], row["max_error"], row["bound"], row["seed"])
        if not row["skipped"]
        else (row["level"], row["check"], f"skipped: {row['skipped']}")
        for row in (entry.row for entry in book.rows("verify", argument))
    ]  # fmt: skip
    header = (
        "level", "check", "claim", "steps", "episodes", "draws", "mismatches", "largest error", "bound", "seed",
    )  # fmt: skip
    return markdown(header, lines) or _nothing("verify", argument)


def transfer(book: Book, document: pathlib.Path, argument: str) -> str:
    """The verdicts on policies trained on either side."""
    names = {"perf": "here", "ref": "on the original"}
    lines = [
        (names[row["train_backend"]], row["seeds"], row["episodes"], row["measure"], row["eval_perf_mean"],
         row["eval_ref_mean"], row["margin"], row["p_value"], "yes" if row["equivalent"] else "no")
        for row in (entry.row for entry in book.rows("transfer", argument))
        if row.get("kind") == "summary"
    ]  # fmt: skip
    header = (
        "trained", "policies", "episodes each", "measure", "mean here", "mean on the original", "margin", "p",
        "equivalent",
    )  # fmt: skip
    return markdown(header, lines) or _nothing("transfer", argument)


def train(book: Book, document: pathlib.Path, argument: str) -> str:
    """The last row of every training run."""
    kept = ("timesteps", "seconds", "sps", "return_mean", "return_std", "episodes", "env_time_share", "params")
    lines = []
    for row in (entry.row for entry in book.rows("train", argument)):
        if all(field in row for field in kept):
            means = row.get("eval_return_means")
            played = means and f"{row['eval_env']}, {row['eval_episodes']} episodes a seed"
            spread = means and f"{min(means):,.0f} to {max(means):,.0f}"
            evaluated = (played, row.get("eval_return_mean"), spread, row.get("eval_drawn_return_mean"))
            seeds = row["num_seeds"] if row.get("num_seeds", 1) > 1 else None
            lines.append((row.get("config"), seeds, *(row[field] for field in kept), *evaluated))
    header = (
        "configuration", "seeds", "decisions", "seconds", "decisions/s", "return, mean", "return, deviation",
        "episodes", "share of the environment", "parameters", "evaluated in", "return of likeliest actions",
        "lowest to highest seed", "return of drawn actions",
    )  # fmt: skip
    return markdown(header, lines) or _nothing("train", argument)


def elo(book: Book, document: pathlib.Path, argument: str) -> str:
    """The ratings of the players of a game, their figure, and what each scored against each."""
    ratings, matches = _ratings(book, argument), _scores(book, argument)
    if not ratings:
        return _nothing("elo random weighted", argument)
    relative = os.path.relpath(_plot_path(book.root, argument, "elo"), document.parent)
    names = [row["player"] for row in ratings]
    rated = markdown(
        ("player", "Elo", "95 % interval", "games"),
        [
            (row["player"], f"{row['elo']:.0f}", f"{row['low']:.0f} to {row['high']:.0f}", row["games"])
            for row in ratings
        ],
    )
    scored = markdown(
        ("score, draws half, of", *(f"against {name}" for name in names)),
        [(one, *(f"{matches[one, two]:.3f}" if (one, two) in matches else "-" for two in names)) for one in names],
    )
    picture = f"![Ratings of the players of {argument}]({pathlib.PurePath(relative).as_posix()})"
    return f"{rated}\n\n{scored}\n\n{picture}"


def breakdown(book: Book, document: pathlib.Path, argument: str) -> str:
    """Shares of environment, transfer and model in the time of an update, by size of the network."""
    lines = []
    for row in (entry.row for entry in book.rows("train-breakdown", argument)):
        kind = "GRU" if row["recurrent"] else "dense"
        batch = f"{row['num_envs']} x {row['rollout_steps']}"
        shares = [f"{row[f'{part}_time_share']:.1%}" for part in ("env", "transfer", "model")]
        lines.append((row["device"], row["params"], kind, row["precision"], batch, row["epochs"], row["sps"], *shares))
    header = (
        "device", "parameters", "network", "precision", "environments x steps", "epochs", "decisions/s", "environment",
        "transfer", "model",
    )  # fmt: skip
    return markdown(header, lines) or _nothing("train --breakdown", argument)


def differences(book: Book, document: pathlib.Path, argument: str) -> str:
    """Deliberate departures from the original: the `DIFFERS:` tags of the package's sources."""
    found = []
    for path in sorted((book.root / argument).rglob("*.py")):
        for match in re.finditer(r"DIFFERS:\s*(.+?)\((tests/[^)\s]+)\)", path.read_text(), re.DOTALL):
            text = " ".join(match[1].replace("#", " ").split())
            found.append(f"- {text} (`{match[2]}`)")
    return "\n".join(found) or f"None is tagged in `{argument}`."


def sps_plot(book: Book, document: pathlib.Path, argument: str) -> str:
    """The plot of speed over batch size."""
    if len(_curves(book, argument)) == 0:
        return _nothing("sps", argument)
    relative = os.path.relpath(_plot_path(book.root, argument), document.parent)
    return f"![Steps per second of {argument} by batch size]({pathlib.PurePath(relative).as_posix()})"


Maker = Callable[[Book, pathlib.Path, str], str]
MAKERS: dict[str, Maker] = {
    "overview": overview,
    "sps": sps,
    "sps-plot": sps_plot,
    "peers": peers,
    "verify": verify,
    "growth": growth,
    "transfer": transfer,
    "train": train,
    "elo": elo,
    "breakdown": breakdown,
    "differences": differences,
}


def markdown(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    """A Markdown table without the columns that are empty in every line; "" without lines."""
    rows = [[_text(value) for value in line] + [""] * (len(header) - len(line)) for line in lines]
    if not rows:
        return ""
    kept = [i for i in range(len(header)) if any(row[i] for row in rows)]
    drawn = [[header[i] for i in kept], ["---"] * len(kept), *([row[i] for i in kept] for row in rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in drawn)


def millions(value: float | None) -> str | None:
    """Units a second in millions, with three significant digits."""
    return None if value is None else f"{value / 1e6:,.0f}" if value >= 1e8 else f"{value / 1e6:.3g}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value).replace("|", "/")


def _nothing(command: str, env: str) -> str:
    name = command.replace(" --", "_").replace(" ", "_")
    path = f"benchmarks/results/{env}_{name}.json"
    return f"Not measured yet: `python -m benchmarks {command} --env {env} --json {path}`."


def speed_order(entry: Entry) -> tuple[Any, ...]:
    row = entry.row
    return row["device"], row["cores"], row["frameskip"], row["outputs"], row["num_envs"]


def _curves(book: Book, env: str) -> dict[str, list[tuple[int, float, float, float]]]:
    """(batch, rate, lowest, highest) by legend."""
    curves: dict[str, list[tuple[int, float, float, float]]] = {}
    for entry in book.speeds(env):
        row = entry.row
        if row["skipped"]:
            continue
        device = f"{row['cores']}-core CPU" if row["device"] == "cpu" else row.get("device_kind") or row["device"]
        legend = f"{_named(row)}{device}, frameskip {row['frameskip']}, {row['outputs']}"
        curves.setdefault(legend, []).append((row["num_envs"], row["sps"], row["sps_min"], row["sps_max"]))
        if row["reference_sps"] is not None:
            legend = f"{_named(row)}original, frameskip {row['frameskip']}"
            rate = row["reference_sps"]
            curves.setdefault(legend, []).append((row["num_envs"], rate, rate, rate))
    return curves


def _ratings(book: Book, env: str) -> list[Row]:
    """The ratings of an environment's players, the best first."""
    found = [entry.row for entry in book.rows("elo", env) if entry.row["kind"] == "rating"]
    return sorted(found, key=lambda row: -row["elo"])


def _scores(book: Book, env: str) -> dict[tuple[str, str], float]:
    """Mean score of a player against another over all their games, draws half, both ways round."""
    points: dict[tuple[str, str], float] = {}
    games: dict[tuple[str, str], int] = {}
    for row in (entry.row for entry in book.rows("elo", env) if entry.row["kind"] == "match"):
        one, other, won = row["player"], row["opponent"], row["wins"] + row["draws"] / 2
        for pair, share in (((one, other), won), ((other, one), row["games"] - won)):
            points[pair], games[pair] = points.get(pair, 0.0) + share, games.get(pair, 0) + row["games"]
    return {pair: points[pair] / games[pair] for pair in points}


def _plot_path(root: pathlib.Path, env: str, kind: str = "sps") -> pathlib.Path:
    return root / "docs" / "figures" / f"{env}_{kind}.svg"


def _plots(book: Book, write: bool) -> list[pathlib.Path]:
    changed = []
    pictures: dict[pathlib.Path, str] = {}
    for env in TARGETS:
        if curves := _curves(book, env):
            pictures[_plot_path(book.root, env)] = draw_speed(env, curves)
        if ratings := _ratings(book, env):
            rated = {row["player"]: (row["elo"], row["low"], row["high"]) for row in ratings}
            pictures[_plot_path(book.root, env, "elo")] = draw_ratings(env, rated)
    for path, drawn in pictures.items():
        if not path.is_file() or path.read_text() != drawn:
            changed.append(path)
            if write:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(drawn)
    return changed


def _named(row: Row) -> str:
    """What a legend says first: the measurement's case, if it has one."""
    return f"{row['case']}: " if row.get("case") else ""
