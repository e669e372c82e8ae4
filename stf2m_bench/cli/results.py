"""`stf2m-bench results`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stf2m_bench.cli.console import as_json, print_checks, print_json, print_table
from stf2m_bench.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from stf2m_bench.tasks.task import Task

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_task = click.option(
    "--task", metavar="TASK", help="The .toml file of a task of your own; built-in tasks are found by name."
)


@click.group()
def command() -> None:
    """Show and check results, without media and without torch.

    A result is a JSON file; the predictions that it was computed from lie beside it.
    """


@command.command()
@_file
@as_json
def show(file: Path, as_json: bool) -> None:
    """Show the figures of the result FILE."""
    from stf2m_bench.leaderboards.render import printable
    from stf2m_bench.scoring.result import read_result

    result = read_result(file)
    if as_json:
        print_json(result.model_dump(mode="json"))
        return
    rows = []
    for shot, figures in result.figures.shots.items():
        people = f"{figures.new_people.halfwidth:.1f}" if figures.new_people else ""
        percents = [f"{value:.1f}" for value in (figures.accuracy, figures.macro_f1)]
        rows.append([shot, f"{figures.uar:.1f}", people, *percents, f"{figures.nll:.3f}"])
    click.echo(f"{printable(result.model.name)} on {printable(result.task.name)} ({result.state})")
    print_table(["shots", "UAR", "± new people", "accuracy", "macro-F1", "NLL"], rows)
    click.echo(f"Hash {result.hash}")


@command.command()
@_file
@_task
@as_json
def check(file: Path, task: str | None, as_json: bool) -> None:
    """Check the result FILE against its task and predictions.

    Schema, task, episodes, predictions, hash and figures are checked; exit code 2 if a check fails.
    """
    from stf2m_bench.scoring.checks import check_result

    print_checks(check_result(file, _task_of(file, task)), as_json)


@command.command()
@_file
@_task
@as_json
def rescore(file: Path, task: str | None, as_json: bool) -> None:
    """Compute the figures of the result FILE anew.

    They come from the stored predictions and the task alone; exit code 2 if a digit differs.
    """
    from stf2m_bench.scoring.checks import rescore as rescore_result

    found = rescore_result(file, _task_of(file, task))
    if as_json:
        print_json({"differences": list(found.differences), "figures": found.recomputed.model_dump(mode="json")})
    else:
        rows = [[shot, figures.uar, figures.accuracy] for shot, figures in found.recomputed.shots.items()]
        print_table(["shots", "UAR recomputed", "accuracy recomputed"], rows)
        click.echo("\n".join(found.differences) or "Every figure is the same to the last digit.")
    if found.differences:
        raise click.exceptions.Exit(2)


def _task_of(file: Path, task: str | None) -> Task:
    from stf2m_bench.scoring.result import read_result
    from stf2m_bench.tasks.task import load_task

    try:
        return load_task(task or read_result(file).task.name)
    except UnknownNameError as error:
        raise UsageError(f"{error} If the task is your own, give its file: --task NAME.toml") from error
