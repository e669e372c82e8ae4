"""`stf2m-bench prepare`"""

from __future__ import annotations

from pathlib import Path

import click

from stf2m_bench.cli.console import as_json, data_option, note, print_json, print_table, progress_bars, workers_option


@click.command()
@click.argument("dataset")
@click.option(
    "--views",
    "views",
    metavar="VIEW",
    multiple=True,
    help="A view to make; may be given several times. Default: the views of the built-in tasks.",
)
@data_option
@workers_option
@as_json
def command(dataset: str, views: tuple[str, ...], data: Path | None, workers: int, as_json: bool) -> None:
    """Read DATASET and make its views, once for all.

    A second call decodes nothing, an interrupted one goes on where it was. Views of media that changed are made again.
    """
    from stf2m_bench.datasets.base.manifest import open_dataset
    from stf2m_bench.tasks.task import load_task, task_names
    from stf2m_bench.views.base.store import prepare_view

    if not views:
        tasks = [load_task(name) for name in task_names()]
        views = tuple(sorted({v for task in tasks if dataset in task.protocol.datasets for v in task.protocol.views}))
    if not views:
        raise click.UsageError(f"No built-in task reads '{dataset}'; say which views to make: --views VIEW.")
    rows = []
    with progress_bars() as progress:
        manifest = open_dataset(dataset, data=data, workers=workers, progress=progress)
        for view in views:
            store = prepare_view(manifest, view, workers=workers, progress=progress(f"{dataset}: {view}"))
            absent = int((store.offsets[1:] == store.offsets[:-1]).sum())
            notes = ", ".join(f"{count} {what}" for what, count in store.notes.items())
            shape = " x ".join(map(str, store.data.shape[1:]))
            if absent == len(store.info["clips"]):
                note(f"Not one clip of '{dataset}' has the view '{view}': its media are not there.")
            rows.append([view, len(store.info["clips"]), absent, len(store.data), shape, store.hash[:12], notes])
    header = ["view", "clips", "without", "rows", "row", "hash", "notes"]
    if as_json:
        print_json([dict(zip(header, row, strict=True)) for row in rows])
    else:
        print_table(header, rows)
