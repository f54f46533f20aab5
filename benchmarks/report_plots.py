"""Drawing of the plots that `report` renews; matplotlib is imported only here, when one is drawn."""

from __future__ import annotations

import io


def draw_speed(env: str, curves: dict[str, list[tuple[int, float, float, float]]]) -> str:
    """The plot of rate over batch size as SVG text; the same curves give the same bytes.

    Args:
        env: package of the environment.
        curves: by legend, points (environments, steps a second, lowest, highest).
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # A fixed salt and no date: the same results give the same bytes.
    with mpl.rc_context({"svg.hashsalt": env, "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.add_subplot()
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
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
