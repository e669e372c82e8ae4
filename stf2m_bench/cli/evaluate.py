"""`stf2m-bench evaluate`"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stf2m_bench.cli.console import (
    as_json,
    data_option,
    device_option,
    find_named_model,
    note,
    print_board,
    print_checks,
    print_json,
    progress_bars,
    seed_option,
    seeds_option,
    set_option,
    settings,
    workers_option,
)
from stf2m_bench.errors import NotForThisTaskError

if TYPE_CHECKING:
    from stf2m_bench.checks import Check
    from stf2m_bench.leaderboards.board import Row
    from stf2m_bench.models.base.lift import NamedModel
    from stf2m_bench.scoring.result import Result
    from stf2m_bench.tasks.task import Task

DEFAULT_TASK = "emosynth-new-subjects"


@click.command()
@click.argument("tasks", metavar="[TASK ...]", nargs=-1)
@click.option(
    "--model",
    "models",
    metavar="MODEL",
    multiple=True,
    help="A built-in model, a folder that 'train' wrote, hub:ORG/NAME@REV or pkg.mod:factory; may be given several"
    " times. Default: every built-in model.",
)
@click.option(
    "--predictions",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Score these predictions (Parquet) instead of running a model.",
)
@click.option("--name", metavar="TEXT", help="What the leaderboard calls the model; needed with --predictions.")
@click.option(
    "--sanity",
    is_flag=True,
    help="Permute the truth instead: every model must land at chance. Writes no result; exit code 2 if one does not.",
)
@set_option
@seed_option
@seeds_option
@device_option
@data_option
@workers_option
@as_json
def command(
    tasks: tuple[str, ...],
    models: tuple[str, ...],
    predictions: Path | None,
    name: str | None,
    sanity: bool,
    pairs: tuple[str, ...],
    seed: int,
    seeds: int,
    device: str,
    data: Path | None,
    workers: int,
    as_json: bool,
) -> None:
    """Score models on frozen episodes and show the leaderboard.

    TASK is the name of a built-in task or the path of a .toml file; without one, the built-in synthetic data are taken.
    Views and weights that were made before are used again, so an interrupted run goes on with the same command.
    """
    from stf2m_bench.episode.views import open_views
    from stf2m_bench.evaluation.evaluate import evaluate, evaluate_predictions
    from stf2m_bench.evaluation.names import require_free_name
    from stf2m_bench.home import results_of
    from stf2m_bench.models import ROOM
    from stf2m_bench.tasks.task import load_task

    _require_sense(tasks, models, predictions, name, sanity, pairs, seeds)
    chosen = [load_task(task) for task in tasks or (DEFAULT_TASK,)]
    if data and len({task.protocol.datasets for task in chosen}) > 1:
        raise click.UsageError("--data is the folder of one dataset, but these tasks are of several.")
    named = [] if predictions else [find_named_model(model, **settings(pairs)) for model in models or ROOM.keys()]
    if sanity:
        print_checks(_check_sanity(chosen, named, bool(models), seed, device, data, workers), as_json)
        return
    every = range(seed, seed + seeds)
    for task, model, each in product(chosen, named, every):
        title = name or model.name
        require_free_name(title, results_of(task.name), source=model.source, key=model.key, seeds=(each,))
    tables = {}
    for task in chosen:
        with progress_bars() as progress, redirect_stdout(sys.stderr):
            if predictions:
                evaluate_predictions(task, predictions, name=str(name))
            views = open_views(task, data=data, workers=workers, progress=progress) if named else None
            for model, each in product(named, every):
                with _leaving_out_unless(bool(models), task, model):
                    done = evaluate(task, model, name=name, views=views, seed=each, device=device, progress=progress)
                    ready = "  (weights that come with this package)" if done.shipped else ""
                    note(f"{task.name}: {done.result.stem}  {_figures(done.result)}{ready}")
        tables[task.name] = local_board(task)
    if as_json:
        from stf2m_bench.leaderboards.render import to_json

        print_json({task: to_json(rows) for task, rows in tables.items()})
        return
    for task in chosen:
        _print_board(task, tables[task.name])


def _check_sanity(
    tasks: list[Task],
    models: list[NamedModel],
    asked: bool,
    seed: int,
    device: str,
    data: Path | None,
    workers: int,
) -> list[Check]:
    """One check a task, model and shot."""
    from dataclasses import replace

    from stf2m_bench.episode.views import open_views
    from stf2m_bench.evaluation.sanity import check_sanity

    found = []
    for task in tasks:
        with progress_bars() as progress, redirect_stdout(sys.stderr):
            views = open_views(task, data=data, workers=workers, progress=progress)
            for model in models:
                with _leaving_out_unless(asked, task, model):
                    checks = check_sanity(task, model, views=views, seed=seed, device=device, progress=progress)
                    found += [replace(check, name=f"{task.name}, {model.name}: {check.name}") for check in checks]
    return found


@contextmanager
def _leaving_out_unless(asked: bool, task: Task, model: NamedModel) -> Iterator[None]:
    """Say that a model has nothing to say on a task, and go on; fail if it was `asked` for by name."""
    try:
        yield
    except NotForThisTaskError as error:
        if asked:
            raise
        note(f"{task.name}: {model.name} is left out: {error}")


def _require_sense(
    tasks: tuple[str, ...],
    models: tuple[str, ...],
    predictions: Path | None,
    name: str | None,
    sanity: bool,
    pairs: tuple[str, ...],
    seeds: int,
) -> None:
    """Refuse options that do not go together, before anything is read."""
    if predictions and (not name or models or pairs or len(tasks) != 1):
        raise click.UsageError("--predictions needs one TASK and --name, and goes with no --model and no --set.")
    if (name or pairs) and not predictions and len(models) != 1:
        raise click.UsageError("--name and --set need exactly one --model.")
    if sanity and (predictions or name):
        raise click.UsageError("--sanity fits and runs models, so it goes with no --predictions and no --name.")
    if seeds > 1 and (predictions or sanity):
        raise click.UsageError("--seeds gives a result for each, so it goes with no --predictions and no --sanity.")


def local_board(task: Task) -> list[Row]:
    """The board of the results that lie in the home for this very task; results of another version are left out."""
    from stf2m_bench.home import home
    from stf2m_bench.leaderboards.board import board
    from stf2m_bench.leaderboards.build import read_results

    results = read_results(home(), task.name)
    return board([result for result in results if result.task.hash == task.hash], task)


def _print_board(task: Task, rows: list[Row]) -> None:
    from stf2m_bench.home import results_of

    click.echo()
    print_board(rows, task)
    click.echo(f"Results: {results_of(task.name)}", err=True)


def _figures(result: Result) -> str:
    return "  ".join(f"{shot}-shot UAR {figures.uar:.1f}" for shot, figures in result.figures.shots.items())
