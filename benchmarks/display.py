"""Tables and progress on the terminal, the same for every command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table


def progress(command: str) -> Progress:
    """A progress display on stderr that disappears when the work is done."""
    columns = (SpinnerColumn(), TextColumn(f"{command}: {{task.description}}"), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def table(title: str, rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> None:
    """Prints rows as a table; a skipped row shows its reason in place of figures."""
    drawn = Table(title=title, title_justify="left")
    for column in columns:
        drawn.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        cells = [cell(row.get(column)) for column in columns]
        drawn.add_row(*cells)
        if row.get("skipped"):
            drawn.add_row(f"skipped: {row['skipped']}")
    Console().print(drawn)


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
