"""`stf2m-bench train`"""

from __future__ import annotations

from pathlib import Path

import click

from stf2m_bench.cli.console import data_option, progress_bars, settings, workers_option


@click.command()
@click.argument("task")
@click.option("--model", required=True, metavar="NAME", help="A built-in model.")
@click.option("--out", required=True, metavar="FOLDER", type=click.Path(path_type=Path), help="Gets fold-0, fold-1 ...")
@click.option("--set", "pairs", metavar="K=V", multiple=True, help="A setting of the model.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@data_option
@workers_option
def command(
    task: str,
    model: str,
    out: Path,
    pairs: tuple[str, ...],
    seed: int,
    device: str,
    data: Path | None,
    workers: int,
) -> None:
    """Fit a model on the training sides of every fold of TASK and save it.

    `evaluate TASK --model FOLDER` then scores it. Folds that are there already are kept.
    """
    from stf2m_bench.episodes.views import open_views
    from stf2m_bench.evaluation.evaluate import pick_device
    from stf2m_bench.evaluation.train import train_folds
    from stf2m_bench.models.base.lift import find_model
    from stf2m_bench.tasks.task import load_task

    chosen = load_task(task)
    named = find_model(model, **settings(pairs))
    with progress_bars() as progress:
        views = open_views(chosen, data=data, workers=workers, progress=progress)
        train_folds(named, views, out, seed=seed, device=pick_device(device), progress=progress)
    click.echo(f"Saved to {out}; score it: stf2m-bench evaluate {task} --model {out}", err=True)
