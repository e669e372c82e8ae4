"""`stf2m-bench tasks`"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

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
from stf2m_bench.errors import UnknownNameError


def _task_name(_context: click.Context, _argument: click.Parameter, name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise click.BadParameter(f"'{name}' is no name for a task; use small letters, digits and hyphens.")
    return name


def _number(name: str, least: int, default: int, text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(name, metavar="N", type=click.IntRange(least), default=default, show_default=True, help=text)


@click.group()
def command() -> None:
    """List, show, check and make tasks: frozen protocols."""


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
@click.argument("name", callback=_task_name)
@click.option("--dataset", metavar="NAME", required=True, help="A dataset; csv:NAME for a clips.csv of your own.")
@click.option(
    "--views",
    "views",
    metavar="VIEW",
    multiple=True,
    required=True,
    help="What models see, such as audio.logmel or imported:x; may be given several times.",
)
@click.option(
    "--track",
    type=click.Choice(["new-subjects", "personal", "new-emotions"]),
    default="new-subjects",
    show_default=True,
    help="new-subjects: the queries come from other people than the support. personal: from the same new person."
    " new-emotions: the test asks for other emotions than training; for corpora that do not say whose a clip is.",
)
@click.option("--title", metavar="TEXT", default="", help="Heading of the leaderboard.  [default: dataset and track]")
@_number("--ways", 2, 5, "Emotions in an episode.")
@click.option(
    "--shots",
    metavar="N",
    type=click.IntRange(1),
    multiple=True,
    default=(1, 5),
    show_default=True,
    help="Support clips of each emotion; may be given several times.",
)
@_number("--queries", 1, 3, "Query clips of each emotion.")
@_number("--folds", 1, 3, "Groups of people, each tested once.")
@_number("--episodes", 1, 1000, "Episodes for each number of shots, over all folds.")
@_number("--seed", 0, 0, "Seed of the folds and the episodes.")
@click.option(
    "--emotion",
    "emotions",
    metavar="NAME",
    multiple=True,
    help="Take only this emotion (or class); may be given several times.  [default: every one that has clips]",
)
@_number("--least", 1, 1, "Leave out emotions with fewer clips, unless they are asked for.")
@click.option(
    "--label",
    type=click.Choice(["emotion", "word", "valence", "arousal", "quadrant"]),
    default="emotion",
    show_default=True,
    help="What to tell apart: emotions, the dataset's own words, or high and low ratings.",
)
@click.option(
    "--neutral-band",
    metavar="X",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Leave out clips rated no further than this from the middle (ratings lie in -1 to 1).",
)
@click.option(
    "--window",
    metavar="SECONDS",
    type=click.FloatRange(0),
    default=0.0,
    help="Cut clips into windows of this length.  [default: whole clips]",
)
@click.option(
    "--votes",
    metavar="WHOSE",
    default="",
    help="Score these raters' votes too, and show them with the shots: a condition of 'datasets votes', such as voice.",
)
@click.option(
    "--majority",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="With --votes: take only clips of which one emotion alone has this share of the votes, such as 0.5.",
)
@click.option("--relabel", is_flag=True, help="With --votes: the emotion of a clip is the one that leads its votes.")
@click.option(
    "--nested",
    is_flag=True,
    help="The same queries at every K, the support of few shots begins that of more (personal).",
)
@click.option(
    "--out", metavar="FOLDER", type=click.Path(path_type=Path), default=Path(), help="Where to write.  [default: here]"
)
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
    label: str,
    neutral_band: float,
    window: float,
    votes: str,
    majority: float,
    relabel: bool,
    least: int,
    nested: bool,
    out: Path,
    data: Path | None,
    workers: int,
) -> None:
    """Make and freeze a task of your own.

    Writes NAME.toml, the protocol, and NAME.clips.csv, the clips that it draws from.
    """
    from stf2m_bench.datasets.base.manifest import open_dataset
    from stf2m_bench.episode.new_task import new_task
    from stf2m_bench.tasks.make import write_task
    from stf2m_bench.tasks.reading import as_read
    from stf2m_bench.tasks.votes import Rated
    from stf2m_bench.views.base.store import prepare_view

    if (majority or relabel) and not votes:
        raise click.UsageError("--majority and --relabel need --votes WHOSE; 'datasets votes DATASET' lists them.")
    if (out / f"{name}.toml").exists():
        raise click.UsageError(f"The task file {out / name}.toml exists already; choose another name or --out FOLDER.")
    read: dict[str, Any] = {"label": label, "neutral_band": neutral_band, "window": window}
    with progress_bars() as progress:
        manifest = as_read(open_dataset(dataset, data=data, workers=workers, progress=progress), **read)
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
        shots=sorted(set(shots)),
        queries=queries,
        folds=folds,
        episodes=episodes,
        seed=seed,
        emotions=emotions,
        read=read,
        rated=Rated(votes, majority, relabel),
        least=least,
        nested=nested,
    )
    path = write_task(task.protocol, task.clips, out)
    note(f"Wrote {path} and its clip list; evaluate it: stf2m-bench evaluate {path}")


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
