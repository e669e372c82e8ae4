"""`stf2m-bench tasks`"""

from __future__ import annotations

from collections.abc import Iterable
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
from stf2m_bench.cli.tasks_new import new
from stf2m_bench.errors import UnknownNameError


@click.group()
def command() -> None:
    """List, show, check and make tasks: frozen protocols."""


command.add_command(new)


@command.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List every built-in task."""
    from stf2m_bench.tasks.task import load_task, task_names

    protocols = [load_task(name).protocol for name in task_names()]
    if as_json:
        keys = {"title", "track", "datasets", "ways", "shots", "views"}
        print_json([{"task": p.name} | p.model_dump(mode="json", include=keys) for p in protocols])
        return
    rows = [[p.name, p.track, p.ways, " ".join(map(str, p.shots)), _in_lines(p.views)] for p in protocols]
    print_table(["task", "track", "N", "K", "views"], rows)


def _in_lines(views: Iterable[str]) -> str:
    """One view a line; channels and tables below what they are views of, said once."""
    parts: dict[str, list[str]] = {}
    for view in views:
        extractor, colon, channel = view.partition(":")
        parts.setdefault(extractor + colon, []).extend([f"  {channel}"] if colon else [])
    return "\n".join(line for head, channels in parts.items() for line in (head, *channels))


@command.command()
@click.argument("task")
@as_json
def show(task: str, as_json: bool) -> None:
    """Show the protocol of TASK, a name or a .toml file."""
    from stf2m_bench.tasks.make import as_toml
    from stf2m_bench.tasks.task import load_task

    found = load_task(task)
    if as_json:
        print_json(found.protocol.model_dump(mode="json") | {"hash": found.hash, "clips": len(found.clips)})
    else:
        click.echo(as_toml(found.protocol) + f"\n# {len(found.clips)} clips, task hash {found.hash}")
        click.echo(f"# {found.protocol.rated}")
        for dataset in found.protocol.datasets:
            click.echo(f"# Those of {dataset} itself are {_kind_of_emotion(dataset)}.")


def _kind_of_emotion(dataset: str) -> str:
    from stf2m_bench.datasets.base.manifest import load_loader

    try:
        return load_loader(dataset).card.emotion_is or "of no stated kind"
    except UnknownNameError:
        return "not known here"


@command.command()
@click.argument("task")
@data_option
@workers_option
@click.option(
    "--media/--no-media",
    default=True,
    show_default=True,
    help="Compare with the dataset too, and look for duplicates and near-duplicates in it.",
)
@as_json
def check(task: str, data: Path | None, workers: int, media: bool, as_json: bool) -> None:
    """Check that TASK keeps people apart and draws as frozen.

    TASK is a name or a .toml file. Support and query must share no clip and no recording, and duplicates must be
    marked. Exit code 2 if a check fails.
    """
    from stf2m_bench.episode.checks import check_task
    from stf2m_bench.episode.corpora import join_manifests, open_manifests, prepare_views
    from stf2m_bench.tasks.task import load_task
    from stf2m_bench.views.base.fingerprints import fingerprints_of

    found = load_task(task)
    if not media:
        print_checks(check_task(found), as_json)
        return
    with progress_bars() as progress:
        manifests = open_manifests(found, data=data, workers=workers, progress=progress)
        manifest = join_manifests(manifests)
        alike = fingerprints_of(manifest, found.protocol.views)
        stores = prepare_views(manifests, (*found.protocol.views, *alike), workers=workers, progress=progress)
    seen = {view: stores.pop(view) for view in alike}
    print_checks(check_task(found, manifest=manifest, stores=stores, fingerprints=seen), as_json)


@command.command()
@click.argument("task")
@data_option
@workers_option
@as_json
def probe(task: str, data: Path | None, workers: int, as_json: bool) -> None:
    """Score what sees no emotion on TASK: shortcut probes.

    A probe sees the length of clips, or their loudness, place, stimulus ..., and nothing else; probe.all sees all of
    these. Each is written as a result like any other; what a probe scores, a model may owe to the shortcut.
    """
    from stf2m_bench.evaluation.probes import run_probes
    from stf2m_bench.home import home
    from stf2m_bench.tasks.task import load_task

    found = load_task(task)
    with progress_bars() as progress:
        probes = run_probes(found, data=data, workers=workers, progress=progress)
    uar = {
        name: {shot: figures.uar for shot, figures in done.result.figures.shots.items()}
        for name, done in probes.evaluations.items()
    }
    if as_json:
        print_json({"task": found.name, "uar": uar, "left out": probes.left_out})
        return
    shots = found.protocol.shots
    header = ["probe", *(f"{shot}-shot UAR" for shot in shots)]
    print_table(header, [[name, *(f"{figures[shot]:.1f}" for shot in shots)] for name, figures in uar.items()])
    note(f"Chance is {100 / found.protocol.ways:.1f}. Results: {home() / 'results' / found.name}")
    if probes.left_out:
        note(f"Left out, since unknown or the same for every clip: {', '.join(probes.left_out)}.")


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def freeze(file: Path) -> None:
    """Write the hash of its episodes into the task FILE.

    For use after its folds or numbers were edited by hand.
    """
    from stf2m_bench.episode.new_task import freeze as freeze_task
    from stf2m_bench.files import write_text
    from stf2m_bench.tasks.make import as_toml
    from stf2m_bench.tasks.task import load_task

    task = freeze_task(load_task(file))
    write_text(file, as_toml(task.protocol))
    note(f"{file}: frozen as {task.protocol.frozen}")
