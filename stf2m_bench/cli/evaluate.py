"""`stf2m-bench evaluate`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stf2m_bench.cli.console import (
    as_json,
    data_option,
    note,
    print_json,
    print_rich,
    progress_bars,
    settings,
    workers_option,
)

if TYPE_CHECKING:
    from stf2m_bench.leaderboards.board import Row
    from stf2m_bench.scoring.result import Result
    from stf2m_bench.tasks.task import Task

DEFAULT_TASK = "emosynth-new-subjects"


@click.command()
@click.argument("tasks", metavar="[TASK ...]", nargs=-1)
@click.option("--model", "models", metavar="NAME|FOLDER|pkg.mod:factory", multiple=True, help="Default: every model.")
@click.option("--predictions", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="What the table calls the model (needed with --predictions).")
@click.option("--set", "pairs", metavar="K=V", multiple=True, help="A setting of the one built-in model asked for.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of training.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@data_option
@workers_option
@as_json
def command(
    tasks: tuple[str, ...],
    models: tuple[str, ...],
    predictions: Path | None,
    name: str | None,
    pairs: tuple[str, ...],
    seed: int,
    device: str,
    data: Path | None,
    workers: int,
    as_json: bool,
) -> None:
    """Score models on frozen episodes and show the leaderboard.

    Without a TASK: the built-in synthetic data. Without --model: every built-in model. What was made before (views,
    weights) is used again; an interrupted run goes on with the same command.
    """
    from stf2m_bench.episodes.views import open_views
    from stf2m_bench.evaluation.evaluate import evaluate, evaluate_predictions
    from stf2m_bench.models import ROOM
    from stf2m_bench.tasks.task import load_task

    if predictions and not name:
        raise click.UsageError("--predictions needs --name, what the table shall call the model.")
    if name and not predictions and len(models) != 1:
        raise click.UsageError("--name needs exactly one --model or --predictions.")
    chosen = [load_task(task) for task in tasks or (DEFAULT_TASK,)]
    tables = {}
    for task in chosen:
        with progress_bars() as progress:
            if predictions:
                evaluate_predictions(task, predictions, name=str(name))
            else:
                views = open_views(task, data=data, workers=workers, progress=progress)
                for model in models or ROOM.keys():
                    done = evaluate(
                        task,
                        model,
                        name=name,
                        views=views,
                        seed=seed,
                        device=device,
                        progress=progress,
                        **settings(pairs),
                    )
                    note(f"{task.name}: {done.result.model.name}  {_figures(done.result)}")
        tables[task.name] = local_board(task)
    if as_json:
        from stf2m_bench.leaderboards.render import to_json

        print_json({task: to_json(rows) for task, rows in tables.items()})
        return
    for task in chosen:
        _print_board(task, tables[task.name])


def local_board(task: Task) -> list[Row]:
    """The board of the results that lie in the home for this very task; results of another version are left out."""
    from stf2m_bench.home import home
    from stf2m_bench.leaderboards.board import board
    from stf2m_bench.leaderboards.build import read_results

    results = read_results(home(), task.name)
    return board([result for result in results if result.task.hash == task.hash], task)


def _print_board(task: Task, rows: list[Row]) -> None:
    from stf2m_bench.home import home
    from stf2m_bench.leaderboards.board import is_synthetic
    from stf2m_bench.leaderboards.render import to_rich

    click.echo(f"\n{task.protocol.title}{'  (SYNTHETIC data)' if is_synthetic(task) else ''}")
    print_rich(to_rich(rows))
    click.echo(f"Results: {home() / 'results' / task.name}", err=True)


def _figures(result: Result) -> str:
    return "  ".join(f"{shot}-shot UAR {figures.uar:.1f}" for shot, figures in result.figures.shots.items())
