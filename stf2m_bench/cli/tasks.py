"""`stf2m-bench tasks`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stf2m_bench.cli.console import (
    as_json,
    data_option,
    folder_option,
    note,
    print_checks,
    print_json,
    print_list,
    print_table,
    progress_bars,
    workers_option,
)
from stf2m_bench.cli.tasks_new import new

if TYPE_CHECKING:
    from stf2m_bench.tasks.protocol import Protocol

_LONG = 17  # letters of a dataset's name that is broken where it has a `_`


@click.group()
def command() -> None:
    """List, show, check and make tasks: frozen protocols."""


command.add_command(new)


@command.command("list")
@folder_option
@as_json
def list_(folder: Path, as_json: bool) -> None:
    """List every built-in task and its state.

    On the leaderboards in FOLDER it is ranked, a control or without result; where there are none, the task file says.
    """
    from stf2m_bench.leaderboards.build import state_of
    from stf2m_bench.tasks.task import load_task, task_names

    tasks = {name: load_task(name) for name in task_names()}
    states = {name: state_of(task, folder) for name, task in tasks.items()}
    if as_json:
        keys = {"title", "track", "datasets", "ways", "shots", "views"}
        told = {name: task.protocol.model_dump(mode="json", include=keys) for name, task in tasks.items()}
        print_json([{"task": name} | told[name] | {"state": states[name]} for name in tasks])
        return
    rows = [[*_cells(task.protocol), states[name]] for name, task in tasks.items()]
    print_list(["task", "dataset", "track", "N", "K", "views", "state"], rows)
    note("Views: A audio, I imported, S signal, T text, V video.\nThe whole protocol: stf2m-bench tasks show TASK")


def _cells(protocol: Protocol) -> list[object]:
    """Name to views, narrow enough for 80 columns with the state beside them."""
    from stf2m_bench.cli.datasets import initials

    shots = [str(shot) for shot in protocol.shots]
    return [
        protocol.name,
        ", ".join(name if len(name) < _LONG else name.replace("_", "_\n") for name in protocol.datasets),
        protocol.track,
        protocol.ways,
        " ".join(shots) if len(shots) < 3 else f"{shots[0]}-{shots[-1]}",
        initials(protocol.views),
    ]


@command.command()
@click.argument("task")
@folder_option
@as_json
def show(task: str, folder: Path, as_json: bool) -> None:
    """Show the protocol of TASK, a name or a .toml file.

    Its state is that on the leaderboards in FOLDER, where there are any.
    """
    from stf2m_bench.leaderboards.build import state_of
    from stf2m_bench.leaderboards.task_card import in_short
    from stf2m_bench.tasks.make import as_toml
    from stf2m_bench.tasks.task import load_task

    found = load_task(task)
    if as_json:
        print_json(found.protocol.model_dump(mode="json") | {"hash": found.hash, "clips": len(found.clips)})
    else:
        click.echo(as_toml(found.protocol) + f"\n# {len(found.clips)} clips, task hash {found.hash}")
        if found.protocol.label == "emotion" or found.protocol.votes:
            click.echo(f"# {found.protocol.rated}")
        for line in in_short(found):
            click.echo(f"# {line}")
        click.echo(f"# State: {state_of(found, folder)}.")


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
    if "probe.none" in uar:
        note("No shortcut applies to this task; probe.none sees nothing, its result says so on the board.")
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
