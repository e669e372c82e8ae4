"""`stf2m-bench train`"""

from __future__ import annotations

from pathlib import Path

import click

from stf2m_bench.cli.console import (
    data_option,
    device_option,
    find_named_model,
    note,
    progress_bars,
    seed_option,
    set_option,
    settings,
    workers_option,
)


@click.command()
@click.argument("task")
@click.option("--model", required=True, metavar="NAME", help="A built-in or installed model.")
@click.option(
    "--out",
    required=True,
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where to save the weights: fold-0, fold-1 and so on.",
)
@click.option("--half", is_flag=True, help="Save 16 bits of each weight: half the size.")
@set_option
@seed_option
@device_option
@data_option
@workers_option
def command(
    task: str,
    model: str,
    out: Path,
    half: bool,
    pairs: tuple[str, ...],
    seed: int,
    device: str,
    data: Path | None,
    workers: int,
) -> None:
    """Fit a model to every fold of TASK and save the weights.

    Only people outside the fold's test side are seen. 'evaluate TASK --model FOLDER' then scores the folder; folds that
    are there already are kept.
    """
    from stf2m_bench.episode.views import open_views
    from stf2m_bench.evaluation.evaluate import pick_device
    from stf2m_bench.evaluation.train import train_folds
    from stf2m_bench.tasks.task import load_task
    from stf2m_bench.training.loop import first_process

    chosen = load_task(task)
    named = find_named_model(model, **settings(pairs))
    with progress_bars() as progress:
        views = open_views(chosen, data=data, workers=workers, progress=progress)
        train_folds(named, views, out, seed=seed, device=pick_device(device), progress=progress, half=half)
    if first_process():
        note(f"Saved to {out}; score it: stf2m-bench evaluate {task} --model {out}")
