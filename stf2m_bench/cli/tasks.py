"""`stf2m-bench tasks`"""

from __future__ import annotations

from pathlib import Path

import click

from stf2m_bench.cli.console import (
    as_json,
    data_option,
    note,
    print_checks,
    print_json,
    print_table,
    progress_bars,
    workers_option,
)


@click.group()
def command() -> None:
    """Frozen protocols: what is drawn from whom."""


@command.command("list")
@as_json
def list_(as_json: bool) -> None:
    """Every built-in task."""
    from stf2m_bench.tasks.task import load_task, task_names

    rows = []
    for name in task_names():
        p = load_task(name).protocol
        shots = ", ".join(map(str, p.shots))
        rows.append([name, p.track, ", ".join(p.datasets), f"{p.ways}-way {shots}-shot", ", ".join(p.views)])
    header = ["task", "track", "datasets", "episodes", "views"]
    if as_json:
        print_json([dict(zip(header, row, strict=True)) for row in rows])
    else:
        print_table(header, rows)


@command.command()
@click.argument("task")
@as_json
def show(task: str, as_json: bool) -> None:
    """The protocol of TASK (a name or a .toml file)."""
    from stf2m_bench.tasks.make import as_toml
    from stf2m_bench.tasks.task import load_task

    found = load_task(task)
    if as_json:
        print_json(found.protocol.model_dump(mode="json") | {"hash": found.hash, "clips": len(found.clips)})
    else:
        click.echo(as_toml(found.protocol) + f"\n# {len(found.clips)} clips, task hash {found.hash}")


@command.command()
@click.argument("task")
@data_option
@workers_option
@click.option("--media/--no-media", default=True, help="Also compare with the dataset and look for duplicates in it.")
@as_json
def check(task: str, data: Path | None, workers: int, media: bool, as_json: bool) -> None:
    """Check TASK: sides apart, episodes as frozen, nothing shared by support and query, duplicates marked."""
    from stf2m_bench.datasets.base.manifest import open_dataset
    from stf2m_bench.episodes.checks import check_task
    from stf2m_bench.tasks.task import load_task
    from stf2m_bench.views.base.store import prepare_view

    found = load_task(task)
    if not media:
        print_checks(check_task(found), as_json)
        return
    with progress_bars() as progress:
        dataset = found.protocol.datasets[0]
        manifest = open_dataset(dataset, data=data, workers=workers, progress=progress)
        stores = {
            view: prepare_view(manifest, view, workers=workers, progress=progress(f"{dataset}: {view}"))
            for view in found.protocol.views
        }
    print_checks(check_task(found, manifest=manifest, stores=stores), as_json)


@command.command()
@click.argument("name")
@click.option("--dataset", required=True, help="A dataset's key; csv:NAME for a table of your own.")
@click.option("--views", "views", metavar="VIEW", multiple=True, required=True, help="May be given several times.")
@click.option("--track", type=click.Choice(["new-subjects", "personal"]), default="new-subjects", show_default=True)
@click.option("--title", default="", help="Heading of the leaderboard.")
@click.option("--ways", type=click.IntRange(2), default=5, show_default=True)
@click.option("--shots", type=click.IntRange(1), multiple=True, default=(1, 5), show_default=True)
@click.option("--queries", type=click.IntRange(1), default=3, show_default=True, help="Per emotion.")
@click.option("--folds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--episodes", type=click.IntRange(1), default=1000, show_default=True, help="Per shot.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--emotion", "emotions", multiple=True, help="Only these; default: every emotion that has clips.")
@click.option("--out", metavar="FOLDER", type=click.Path(path_type=Path), default=Path(), help="Default: here.")
@data_option
@workers_option
def new(
    name: str,
    dataset: str,
    views: tuple[str, ...],
    track: str,
    title: str,
    ways: int,
    shots: tuple[int, ...],
    queries: int,
    folds: int,
    episodes: int,
    seed: int,
    emotions: tuple[str, ...],
    out: Path,
    data: Path | None,
    workers: int,
) -> None:
    """Make and freeze the task NAME: NAME.toml and NAME.clips.csv."""
    from stf2m_bench.datasets.base.manifest import open_dataset
    from stf2m_bench.episodes.new_task import new_task
    from stf2m_bench.tasks.make import write_task
    from stf2m_bench.views.base.store import prepare_view

    with progress_bars() as progress:
        manifest = open_dataset(dataset, data=data, workers=workers, progress=progress)
        stores = {
            view: prepare_view(manifest, view, workers=workers, progress=progress(f"{dataset}: {view}"))
            for view in views
        }
    task = new_task(
        manifest,
        stores,
        name=name,
        title=title or f"{dataset}: {track.replace('-', ' ')}",
        track=track,
        ways=ways,
        shots=shots,
        queries=queries,
        folds=folds,
        episodes=episodes,
        seed=seed,
        emotions=emotions,
    )
    path = write_task(task.protocol, task.clips, out)
    note(f"Wrote {path} and its clip list; evaluate it: stf2m-bench evaluate {path}")


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def freeze(file: Path) -> None:
    """Write the hash of its episodes into the task FILE, after its folds or numbers were edited by hand."""
    from stf2m_bench.episodes.new_task import freeze as freeze_task
    from stf2m_bench.files import write_text
    from stf2m_bench.tasks.make import as_toml
    from stf2m_bench.tasks.task import load_task

    task = freeze_task(load_task(file))
    write_text(file, as_toml(task.protocol))
    note(f"{file}: frozen as {task.protocol.frozen}")
