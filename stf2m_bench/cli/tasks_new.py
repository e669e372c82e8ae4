"""`stf2m-bench tasks new`"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stf2m_bench.cli.console import data_option, note, progress_bars, workers_option

if TYPE_CHECKING:
    from stf2m_bench.datasets.base.manifest import Manifest
    from stf2m_bench.views.base.store import Store


def _task_name(_context: click.Context, _argument: click.Parameter, name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise click.BadParameter(f"'{name}' is no name for a task; use small letters, digits and hyphens.")
    return name


def _halves(_context: click.Context, _option: click.Parameter, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    halves = [tuple(name.strip() for name in half.split(",") if name.strip()) for half in text.split("/")]
    if text and (len(halves) != 2 or not all(halves)):
        raise click.BadParameter(f"'{text}' is not of the form A,B/C,D: two halves, each with a stimulus.")
    return (halves[0], halves[1]) if text else ((), ())


def _finite(_context: click.Context, _option: click.Parameter, number: float) -> float:
    if not math.isfinite(number):
        raise click.BadParameter(f"{number} is no number of seconds.")
    return number


def _number(name: str, least: int, default: int, text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(name, metavar="N", type=click.IntRange(least), default=default, show_default=True, help=text)


@click.command()
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
    type=click.Choice(["new-subjects", "personal", "new-emotions", "new-stimuli"]),
    default="new-subjects",
    show_default=True,
    help="new-subjects: the queries come from other people than the support. personal: from the same new person."
    " new-emotions: the test asks for other emotions than training; for corpora that do not say whose a clip is."
    " new-stimuli: the queries are of stimuli that neither the support nor training shows.",
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
@_number("--folds", 1, 3, "Groups of people, each tested once; 1 tests a third. In new-stimuli, in both directions.")
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
    type=click.Choice(["emotion", "word", "valence", "arousal", "quadrant", "quadrant_or_neutral"]),
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
    callback=_finite,
    default=0.0,
    help="Cut clips, or ratings given all the while, into windows of this length.  [default: as the dataset has them]",
)
@click.option(
    "--lag",
    metavar="SECONDS",
    type=click.FloatRange(0),
    callback=_finite,
    default=0.0,
    help="With --window: people rate late, and what they say so much later is about a window.  [default: 0]",
)
@click.option(
    "--midpoint",
    type=click.Choice(["neither", "high", "low"]),
    default="neither",
    show_default=True,
    help="The side of a rating of exactly the middle; on neither, the clip is left out.",
)
@click.option(
    "--votes",
    metavar="WHOSE",
    default="",
    help="Score these raters' votes too, and show them with the shots: a condition of 'datasets votes', such as"
    " voice; time, with --window: the share of a window that each class of ratings has.",
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
    "--stimuli",
    metavar="A,B/C,D",
    default="",
    callback=_halves,
    help="The two halves of the stimuli (new-stimuli): one trains and supports, the other is queried, then reversed.",
)
@click.option(
    "--one-person",
    is_flag=True,
    help="One person gives both support and queries (new-stimuli).  [default: other people are asked]",
)
@click.option(
    "--out", metavar="FOLDER", type=click.Path(path_type=Path), default=Path(), help="Where to write.  [default: here]"
)
@data_option
@workers_option
def new(
    dataset: str,
    views: tuple[str, ...],
    label: str,
    neutral_band: float,
    window: float,
    lag: float,
    midpoint: str,
    votes: str,
    majority: float,
    relabel: bool,
    out: Path,
    data: Path | None,
    workers: int,
    **wish: Any,
) -> None:
    """Make and freeze a task of your own.

    Writes NAME.toml, the protocol, and NAME.clips.csv, the clips that it draws from.
    """
    from stf2m_bench.episode.new_task import Wish, new_task
    from stf2m_bench.tasks.make import write_task
    from stf2m_bench.tasks.votes import Rated

    if (majority or relabel) and not votes:
        raise click.UsageError("--majority and --relabel need --votes WHOSE; 'datasets votes DATASET' lists them.")
    if neutral_band and label in ("emotion", "word"):
        raise click.UsageError("--neutral-band needs ratings: --label valence, arousal, quadrant, quadrant_or_neutral.")
    if window and any(view.startswith("imported:") for view in views):
        raise click.UsageError("--window cuts clips, and imported tables know whole ones; take views of media.")
    if lag and not window:
        raise click.UsageError("--lag needs --window SECONDS: it says which ratings are about a window.")
    new_stimuli = wish["track"] == "new-stimuli"
    if new_stimuli != any(wish["stimuli"]) or (wish["one_person"] and not new_stimuli):
        raise click.UsageError("--track new-stimuli needs --stimuli A,B/C,D; no other track takes it or --one-person.")
    path = out / f"{wish['name']}.toml"
    if path.exists():
        raise click.UsageError(f"The task file {path} exists already; choose another name or --out FOLDER.")
    read = {"label": label, "neutral_band": neutral_band, "window": window, "lag": lag, "midpoint": midpoint}
    wish["title"] = wish["title"] or _title(dataset, wish["track"], label, window, lag)
    wish["shots"] = sorted(set(wish["shots"]))
    manifest, stores = _prepared(dataset, views, read, data, workers)
    task = new_task(manifest, stores, Wish(read=read, rated=Rated(votes, majority, relabel), **wish))
    write_task(task.protocol, task.clips, out)
    taken = f"{len(task.clips):,} of {len(manifest.table):,} clips"
    note(f"Wrote {path} and its clip list, {taken}; evaluate it: stf2m-bench evaluate {path}")


def _prepared(
    dataset: str, views: Iterable[str], read: dict[str, Any], data: Path | None, workers: int
) -> tuple[Manifest, dict[str, Store]]:
    """The dataset as the task reads it, and the views of its clips."""
    from stf2m_bench.datasets.base.manifest import open_dataset
    from stf2m_bench.tasks.reading import as_read
    from stf2m_bench.views.base.store import prepare_view

    with progress_bars() as progress:
        whole = open_dataset(dataset, data=data, workers=workers, progress=progress)
        manifest = as_read(whole, **read)
        stores = {
            view: prepare_view(manifest, view, workers=workers, progress=progress(f"{dataset}: {view}"))
            for view in views
        }
    if lost := sorted({*whole.table["recording"]} - {*manifest.table["recording"]} - {None}):
        said = "too short for one, or rated with gaps of more than half a second"
        note(f"No window is of {len(lost)} recordings, such as '{lost[0]}': {said}.")
    return manifest, stores


def _title(dataset: str, track: str, label: str, window: float, lag: float) -> str:
    """What tells tasks of one dataset apart."""
    told = [track.replace("-", " ")]
    told += [label.replace("_", " ")] if label not in ("emotion", "word") else []
    told += [f"windows of {window:g} s"] if window else []
    told += [f"rated {lag:g} s later"] if lag else []
    return f"{dataset}: {', '.join(told)}"
