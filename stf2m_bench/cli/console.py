"""What commands share in talking: progress on stderr, tables and JSON on stdout."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stf2m_bench.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from stf2m_bench.checks import Check
    from stf2m_bench.leaderboards.board import Row
    from stf2m_bench.models.base.lift import NamedModel
    from stf2m_bench.progress import Progress
    from stf2m_bench.tasks.task import Task

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
data_option = click.option(
    "--data",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the dataset lies; remembered from then on.",
)
workers_option = click.option(
    "--workers", metavar="N", type=click.IntRange(1), default=2, show_default=True, help="Processes that decode media."
)
folder_option = click.option(
    "--folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default=Path("leaderboards"),
    show_default=True,
    help="Holds results/TASK/MODEL.json and the pages made of them.",
)
set_option = click.option(
    "--set",
    "pairs",
    metavar="KEY=VALUE",
    multiple=True,
    help="A setting of a built-in model, as 'models show' lists them; may be given several times.",
)
seed_option = click.option(
    "--seed", metavar="N", type=click.IntRange(0), default=0, show_default=True, help="Seed of training."
)
seeds_option = click.option(
    "--seeds",
    metavar="N",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many seeds of training, from --seed on, each a result of its own.",
)
device_option = click.option(
    "--device",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="auto (a CUDA GPU, else the CPU), cpu, cuda or mps.",
)


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """A `Progress` that draws a bar a title on stderr, if that is a terminal; a finished bar leaves no trace."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    stderr = Console(stderr=True)
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,
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


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on stdout; cells are data and never read as markup. The first column is not folded."""
    from rich.table import Table

    table = Table()
    for place, name in enumerate(header):
        table.add_column(name, overflow="fold", no_wrap=place == 0)
    _print_rows(table, rows)


def print_list(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table without lines, for many rows; only its last column is folded, between words."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name in header:
        table.add_column(name, no_wrap=name != header[-1])
    _print_rows(table, rows)


def _print_rows(table: Table, rows: Sequence[Sequence[object]]) -> None:
    from rich.text import Text

    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    print_rich(table)


def print_rich(thing: Any) -> None:
    """Anything rich can draw, on stdout."""
    _stdout().print(thing)


def print_board(rows: Sequence[Row], task: Task) -> None:
    """A leaderboard on stdout, in as many columns as there is room for, with what a reader must know of it."""
    from stf2m_bench.leaderboards.board import is_synthetic, verdict
    from stf2m_bench.leaderboards.render import left_out_notes, to_rich

    console = _stdout()
    click.echo(f"{task.protocol.title}{'  (SYNTHETIC data)' if is_synthetic(task) else ''}")
    console.print(to_rich(rows, width=console.width))
    for line in left_out_notes(rows, console.width):
        click.echo(line)
    found = verdict(rows, task)
    if not found.ranked:
        click.echo(f"Not ranked. {found.says}")


def _stdout() -> Console:
    """As wide as the terminal; where stdout is none, wide enough for everything."""
    import sys

    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160)


def find_named_model(name: str, **config: Any) -> NamedModel:
    """The model that was asked for, `hub:ORG/NAME@REV` too; whatever its own code raises becomes one sentence."""
    from stf2m_bench.evaluation.fit import answering_for
    from stf2m_bench.hub.pull import pull_model
    from stf2m_bench.models.base.lift import find_model

    with answering_for(name, "when it was made"):
        if not name.startswith("hub:"):
            return find_model(name, **config)
        if config:
            raise UsageError(f"Settings are for built-in models; '{name}' is none.")
        return pull_model(name)


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
            raise click.UsageError(f"--set wants KEY=VALUE, not '{pair}'.")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found
