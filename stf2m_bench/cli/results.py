"""`stf2m-bench results`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stf2m_bench.cli.console import (
    as_json,
    data_option,
    device_option,
    print_checks,
    print_json,
    print_table,
    workers_option,
)
from stf2m_bench.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from stf2m_bench.evaluation.rerun import Rerun
    from stf2m_bench.tasks.task import Task

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_task = click.option(
    "--task", metavar="TASK", help="The .toml file of a task of your own; built-in tasks are found by name."
)


@click.group()
def command() -> None:
    """Show and check results; run them again.

    A result is a JSON file; the predictions that it was computed from lie beside it. All but 'rerun' need neither
    media nor torch.
    """


@command.command()
@_file
@as_json
def show(file: Path, as_json: bool) -> None:
    """Show the figures of the result FILE."""
    from stf2m_bench.leaderboards.render import printable
    from stf2m_bench.scoring.result import read_result, to_json

    result = read_result(file)
    if as_json:
        print_json(to_json(result))
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


@command.command()
@_file
@_task
@click.option("--model", metavar="MODEL", help="The model, where it is not built-in: a folder or pkg.mod:factory.")
@click.option(
    "--fresh",
    metavar="SEED",
    type=click.IntRange(0),
    help="Run on new episodes of the same protocol as well: a model tuned to the frozen ones shows.",
)
@data_option
@device_option
@workers_option
@as_json
def rerun(
    file: Path,
    task: str | None,
    model: str | None,
    fresh: int | None,
    data: Path | None,
    device: str,
    workers: int,
    as_json: bool,
) -> None:
    """Fit and evaluate the model of the result FILE again.

    The UAR must come out within 0.5 point; exit code 2 if not, or if the stated UAR is above that on new episodes by
    more than drawing episodes explains. Nothing is written among the results.
    """
    import sys
    from contextlib import redirect_stdout
    from dataclasses import asdict

    from stf2m_bench.cli.console import find_named_model, progress_bars
    from stf2m_bench.evaluation.rerun import model_of
    from stf2m_bench.evaluation.rerun import rerun as run_again
    from stf2m_bench.scoring.result import read_result

    result, board = read_result(file), _task_of(file, task)
    with progress_bars() as progress, redirect_stdout(sys.stderr):
        named = find_named_model(model) if model else model_of(result)
        found = run_again(
            result, board, named, fresh=fresh, data=data, device=device, workers=workers, progress=progress
        )
    if as_json:
        print_json(
            {
                "holds": found.holds,
                "same_weights": found.same_weights,
                "shots": {
                    str(shot): asdict(one) | {"reproduced": one.reproduced, "tuned": one.tuned}
                    for shot, one in found.shots.items()
                },
            }
        )
    else:
        _print_rerun(found)
    if not found.holds:
        raise click.exceptions.Exit(2)


def _print_rerun(found: Rerun) -> None:
    rows = []
    for shot, one in found.shots.items():
        says = "within 0.5 point" if one.reproduced else "NOT within 0.5 point"
        row: list[object] = [shot, f"{one.stated:.2f}", f"{one.again:.2f}", says]
        if one.fresh is not None:
            error = "" if one.error is None else f" ± {one.error:.2f}"
            row += [f"{one.fresh:.2f}", f"{one.stated - one.fresh:+.2f}{error}"]
            row += ["better on the frozen episodes than drawing explains" if one.tuned else "as drawing explains"]
        rows.append(row)
    header = ["shots", "UAR stated", "UAR now", ""]
    new = ["UAR, new episodes", "stated - new", "verdict"] if len(rows[0]) > len(header) else []
    print_table([*header, *new], rows)
    click.echo("The weights are the same, bit for bit." if found.same_weights else "The weights are other bits.")


def _task_of(file: Path, task: str | None) -> Task:
    from stf2m_bench.scoring.result import read_result
    from stf2m_bench.tasks.task import load_task

    try:
        return load_task(task or read_result(file).task.name)
    except UnknownNameError as error:
        raise UsageError(f"{error} If the task is your own, give its file: --task NAME.toml") from error
