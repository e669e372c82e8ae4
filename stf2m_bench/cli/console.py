"""What commands share in talking: progress on stderr, tables and JSON on stdout."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from stf2m_bench.checks import Check
    from stf2m_bench.progress import Progress

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
data_option = click.option(
    "--data",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the dataset lies; remembered afterwards.",
)
workers_option = click.option(
    "--workers", type=click.IntRange(1), default=2, show_default=True, help="Processes that decode."
)


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """A `Progress` that draws a bar a title on stderr; a finished bar leaves no trace."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bars:

        def start(title: str) -> Any:
            bar = bars.add_task(title, total=None, visible=False)

            def report(done: int, total: int) -> None:
                bars.update(bar, completed=done, total=total, visible=done < total)

            return report

        yield start


def note(text: str) -> None:
    """A line about the work, on stderr."""
    click.echo(text, err=True)


def print_json(value: Any) -> None:
    """A value as JSON on stdout."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]], *, title: str | None = None) -> None:
    """A table on stdout; cells are data and never read as markup."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    print_rich(table)


def print_rich(thing: Any) -> None:
    """Anything rich can draw, on stdout; as wide as it needs where stdout is no terminal."""
    import sys

    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 160).print(thing)


def print_checks(checks: Sequence[Check], as_json: bool) -> None:
    """A list of checks; exit code 2 if one failed."""
    words = {True: "passed", False: "FAILED", None: "not applicable"}
    if as_json:
        print_json([{"name": c.name, "passed": c.passed, "message": c.message} for c in checks])
    else:
        print_table(["check", "", "message"], [[c.name, words[c.passed], c.message] for c in checks])
    if any(check.passed is False for check in checks):
        raise click.exceptions.Exit(2)


def settings(pairs: Sequence[str]) -> dict[str, Any]:
    """`k=v` options as values: JSON where it is, else text."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--set wants key=value, not '{pair}'.")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found
