"""Drawing of the plots that `report` renews; matplotlib is imported only here, when one is drawn."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any


def draw_speed(env: str, curves: dict[str, list[tuple[int, float, float, float]]]) -> str:
    """The plot of rate over batch size as SVG text; the same curves give the same bytes.

    Args:
        env: package of the environment.
        curves: by legend, points (environments, steps a second, lowest, highest).
    """
    with _figure(env) as (axes, text):
        for legend, points in curves.items():
            batch, rate, low, high = zip(*points, strict=True)
            style = "--" if legend.startswith("original") else "-"
            (line,) = axes.plot(batch, rate, style, marker="o", label=legend)
            axes.fill_between(batch, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xlabel("environments")
        axes.set_ylabel("steps per second")
        axes.set_title(f"{env}, random actions")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    return text[0]


def draw_ratings(env: str, ratings: dict[str, tuple[float, float, float]]) -> str:
    """The plot of ratings with their intervals as SVG text; the same ratings give the same bytes.

    Args:
        env: package of the environment.
        ratings: by player, the best first: points, lower and upper end of the interval.
    """
    with _figure(env) as (axes, text):
        for place, (elo, low, high) in enumerate(ratings.values()):
            axes.errorbar(elo, -place, xerr=[[elo - low], [high - elo]], fmt="o", capsize=3, color="C0")
        axes.set_yticks([-place for place in range(len(ratings))], list(ratings))
        axes.set_xlabel("Elo, 95 % interval")
        axes.set_title(f"{env}, ratings of its players")
        axes.grid(alpha=0.3, axis="x")
    return text[0]


@contextlib.contextmanager
def _figure(env: str) -> Iterator[tuple[Any, list[str]]]:
    """Axes to draw on and a list that holds the SVG text afterwards."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    text: list[str] = []
    # A fixed salt and no date: the same results give the same bytes.
    with mpl.rc_context({"svg.hashsalt": env, "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        yield figure.add_subplot(), text
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    text.append("\n".join(line.rstrip() for line in written.getvalue().splitlines()) + "\n")
