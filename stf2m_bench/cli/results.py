"""`stf2m-bench results`"""

from __future__ import annotations

from collections.abc import Iterator
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
    from stf2m_bench.evaluation.rerun import Again, Rerun
    from stf2m_bench.scoring.result import Cost, Result
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
@_task
@as_json
def show(file: Path, task: str | None, as_json: bool) -> None:
    """Show the figures of the result FILE.

    Intervals of figures of votes need the task and the predictions; --json prints the file as it is.
    """
    from stf2m_bench.leaderboards.render import printable, uar_cell
    from stf2m_bench.scoring.result import read_result, to_json
    from stf2m_bench.tasks.task import task_names

    result = read_result(file)
    if as_json:
        print_json(to_json(result))
        return
    rows = []
    for shot, figures in result.figures.shots.items():
        percents = [f"{value:.1f}" for value in (figures.accuracy, figures.macro_f1)]
        rows.append([shot, uar_cell(figures.uar, figures.new_people), *percents, f"{figures.nll:.3f}"])
    synthetic = "  (SYNTHETIC data)" if _is_synthetic(result) else ""
    click.echo(f"{printable(result.model.name)} on {printable(result.task.name)} ({result.state}){synthetic}")
    if result.state == "retracted":
        click.echo(f"Retracted: {printable(result.reason)}")
    print_table(["shots", "UAR ± new people", "accuracy", "macro-F1", "NLL"], rows)
    known = _task_of(file, task) if task or result.task.name in task_names() else None
    _print_groups(result, known)
    _print_votes(result, file, known)
    click.echo(f"Training seed {', '.join(map(str, result.seeds)) or 'not stated'}")
    click.echo(f"Cost: {', '.join(_costs(result.cost)) or 'not stated'}")
    click.echo(f"Hash {result.hash}")


def _print_groups(result: Result, task: Task | None) -> None:
    """UAR by group of people where the task says how many there are, and over coarse emotions."""
    from stf2m_bench.leaderboards.by_group import group_cells, group_in_words, shown_groups
    from stf2m_bench.leaderboards.render import printable

    shots = result.figures.shots
    if task and (groups := list(shown_groups(shots.values(), task))):
        header = ["shots", *(printable(f"UAR {group_in_words(group)}") for group in groups), "worst group"]
        print_table(header, [[shot, *map(printable, group_cells(one, groups))] for shot, one in shots.items()])
    coarse = [[shot, f"{one.coarse.uar:.1f}"] for shot, one in shots.items() if one.coarse]
    if coarse:
        print_table(["shots", "UAR of coarse emotions"], coarse)


def _print_votes(result: Result, file: Path, task: Task | None) -> None:
    """The figures of votes; with their intervals where the task is known and the predictions are there."""
    from stf2m_bench.leaderboards.raters import FIGURES, among_raters, intervals_of, rater_cell
    from stf2m_bench.scoring.result import predictions_of

    voted = {shot: figures.votes for shot, figures in result.figures.shots.items() if figures.votes}
    if not voted:
        return
    predictions = predictions_of(result, file)
    around = intervals_of(result, file, task) if task and predictions and predictions.is_file() else {}
    print_table(
        ["shots", "cross-entropy to votes", "divergence", "agreement with a rater"],
        [[shot, *(rater_cell(name, votes, around.get(shot)) for name in FIGURES)] for shot, votes in voted.items()],
    )
    for shot, votes in voted.items():
        click.echo(f"{shot}-shot: {among_raters(votes)}")


def _is_synthetic(result: Result) -> bool:
    """Whether the task is built-in and of generated data; of other tasks a result tells nothing."""
    from stf2m_bench.leaderboards.board import is_synthetic
    from stf2m_bench.tasks.task import load_task, task_names

    return result.task.name in task_names() and is_synthetic(load_task(result.task.name))


def _costs(cost: Cost) -> Iterator[str]:
    if cost.parameters is not None:
        yield f"{cost.parameters:,} parameters"
    if cost.flops is not None:
        adaptation = cost.adaptation_flops
        part = "" if adaptation is None else f" ({adaptation:,} of them with one query alone)"
        yield f"{cost.flops:,} FLOPs a problem{part}"
    if cost.peak_memory is not None:
        yield f"{cost.peak_memory / 1e6:,.1f} MB of memory"
    if cost.seconds_per_problem is not None:
        yield f"{1000 * cost.seconds_per_problem:,.2f} ms a problem"
    if cost.fit_seconds is not None:
        yield f"{cost.fit_seconds:,.1f} s to fit"


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
        stated = found.stored.shots
        rows = [
            [shot, stated[shot].uar if shot in stated else "none", figures.uar, figures.accuracy]
            for shot, figures in found.recomputed.shots.items()
        ]
        print_table(["shots", "UAR stated", "UAR recomputed", "accuracy recomputed"], rows)
        click.echo("\n".join(found.differences) or "Every figure is the same to the last digit.")
    if found.differences:
        raise click.exceptions.Exit(2)


@command.command()
@_file
@_task
@click.option(
    "--model",
    metavar="MODEL",
    help="The model, where it is not built-in: a folder, hub:ORG/NAME@REV or pkg.mod:factory.",
)
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

    The UAR must come out within 0.5 point, and 99 of 100 queries with the same top class as in the stored predictions,
    so that another training seed is not the same run; exit code 2 if not, or if the stated UAR is above that on new
    episodes by more than drawing episodes explains, over all shots (Bonferroni). Nothing is written among the results.
    """
    import sys
    from contextlib import redirect_stdout
    from dataclasses import asdict

    from stf2m_bench.cli.console import find_named_model, progress_bars
    from stf2m_bench.evaluation.rerun import model_of
    from stf2m_bench.evaluation.rerun import rerun as run_again
    from stf2m_bench.scoring.predictions import Predictions
    from stf2m_bench.scoring.result import predictions_of, read_result

    result, board = read_result(file), _task_of(file, task)
    place = predictions_of(result, file)
    stored = Predictions.read(place) if place and place.is_file() else None
    with progress_bars() as progress, redirect_stdout(sys.stderr):
        named = find_named_model(model) if model else model_of(result)
        found = run_again(
            result,
            board,
            named,
            stored=stored,
            fresh=fresh,
            data=data,
            device=device,
            workers=workers,
            progress=progress,
        )
    if as_json:
        print_json(
            {
                "holds": found.holds,
                "differing": list(found.differing),
                "same_weights": found.same_weights,
                "device": found.device,
                "shots": {
                    str(shot): asdict(one) | {"reproduced": one.reproduced, "tuned": one.tuned}
                    for shot, one in found.shots.items()
                },
            }
        )
    else:
        _print_rerun(found, result)
    if not found.holds:
        raise click.exceptions.Exit(2)


def _print_rerun(found: Rerun, result: Result) -> None:
    from stf2m_bench.leaderboards.render import printable

    print_table(
        ["shots", "UAR stated", "UAR now", "same top class", "mean |Δ log p|", "verdict"],
        [
            [shot, f"{one.stated:.2f}", f"{one.again:.2f}", *_agreement(one), one.fault or "within 0.5 point"]
            for shot, one in found.shots.items()
        ],
    )
    new = [
        [shot, f"{one.stated:.2f}", f"{one.fresh:.2f}", f"{one.stated - one.fresh:+.2f}", *_drawing(one)]
        for shot, one in found.shots.items()
        if one.fresh is not None
    ]
    if new:
        print_table(["shots", "UAR stated", "UAR, new episodes", "stated - new", "± drawing", "verdict"], new)
    if found.differing:
        click.echo(f"The configuration differs: {printable('; '.join(found.differing))}.")
    elif found.same_weights:
        click.echo("The weights are the same, bit for bit.")
    else:
        device = printable(result.environment.device) or "not stated"
        click.echo(
            "The configuration is the same, the weights are other bits. Other bits alone are expected on another"
            f" machine, device (the result: {device}, now: {found.device}), torch version or number of threads."
        )


def _agreement(one: Again) -> tuple[str, str]:
    if one.same_top is None or one.moved is None:
        return "no predictions", ""
    return f"{100 * one.same_top:.2f} %", f"{one.moved:.4f}"


def _drawing(one: Again) -> tuple[str, str]:
    error = "" if one.error is None else f"{one.error:.2f}"
    return error, "better on the frozen episodes than drawing explains" if one.tuned else "as drawing explains"


def _task_of(file: Path, task: str | None) -> Task:
    from stf2m_bench.scoring.result import read_result
    from stf2m_bench.tasks.task import load_task

    try:
        return load_task(task or read_result(file).task.name)
    except UnknownNameError as error:
        raise UsageError(f"{error} If the task is your own, give its file: --task NAME.toml") from error
