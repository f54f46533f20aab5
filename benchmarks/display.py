"""Tables and progress on the terminal, the same for every command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

LONG_TEXT = 10  # Longer cells may wrap, so that single figures never do.


def progress(command: str) -> Progress:
    """A progress display on stderr that disappears when the work is done."""
    columns = (SpinnerColumn(), TextColumn(f"{command}: {{task.description}}"), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def table(title: str, rows: Sequence[dict[str, Any]], columns: Sequence[str] | None = None) -> None:
    """Prints rows as a table without its empty columns; the reasons of skipped rows stand below it.

    Args:
        title: line above the table.
        rows: at least one row.
        columns: fields to show, in order; all of the first row by default.
    """
    named = [name for name in rows[0] if name != "skipped"] if columns is None else columns
    shown = [column for column in named if any(row.get(column) not in (None, "") for row in rows)]
    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    lines = [[cell(row.get(column)) for column in shown] for row in rows]
    for i, column in enumerate(shown):
        longest = max(len(line[i]) for line in lines)
        drawn.add_column(column.replace("_", " "), min_width=longest if longest < LONG_TEXT else LONG_TEXT)
    for line in lines:
        drawn.add_row(*line)
    console = Console()
    console.print(drawn)
    for number, row in enumerate(rows, start=1):
        if row.get("skipped"):
            console.print(f"row {number} was skipped: {row['skipped']}", markup=False, highlight=False)


def cell(value: Any) -> str:
    """One value as text: counts with thousands separators, other numbers with three significant digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)
