"""`stf2m-bench results`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stf2m_bench.cli.console import as_json, print_checks, print_json, print_table

if TYPE_CHECKING:
    from stf2m_bench.tasks.task import Task

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_task = click.option(
    "--task", metavar="FILE", help="The .toml of a task of your own; built-in tasks are found by name."
)


@click.group()
def command() -> None:
    """Results: one JSON file and the predictions that it was computed from. Needs no media and no torch."""


@command.command()
@_file
@as_json
def show(file: Path, as_json: bool) -> None:
    """The figures of a result."""
    from stf2m_bench.scoring.result import read_result

    result = read_result(file)
    if as_json:
        print_json(result.model_dump(mode="json"))
        return
    rows = [
        [shot, f.uar, f.new_people and f.new_people.halfwidth, f.accuracy, f.macro_f1, f.nll]
        for shot, f in result.figures.shots.items()
    ]
    title = f"{result.model.name} on {result.task.name} ({result.state}), hash {result.hash}"
    print_table(["shots", "UAR", "+- new people", "accuracy", "macro-F1", "NLL"], rows, title=title)


@command.command()
@_file
@_task
@as_json
def check(file: Path, task: str | None, as_json: bool) -> None:
    """Check a result: schema, task, episodes, predictions, hash, figures."""
    from stf2m_bench.scoring.checks import check_result

    print_checks(check_result(file, _task_of(file, task)), as_json)


@command.command()
@_file
@_task
@as_json
def rescore(file: Path, task: str | None, as_json: bool) -> None:
    """Compute every figure anew from the stored predictions; exit code 2 if a digit differs."""
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

    return load_task(task or read_result(file).task.name)
