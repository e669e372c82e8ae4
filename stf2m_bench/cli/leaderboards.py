"""`stf2m-bench leaderboards`"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stf2m_bench.cli import report
from stf2m_bench.cli.console import as_json, folder_option, note, print_board, print_json, print_table
from stf2m_bench.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from stf2m_bench.scoring.result import State
    from stf2m_bench.tasks.task import Task

_own_tasks = click.option(
    "--task",
    "tasks",
    metavar="FILE",
    multiple=True,
    help="The .toml file of a task of your own; may be given several times. Built-in tasks are found by name.",
)
_one_task = click.option("--task", metavar="TASK", required=True, help="The board's task, a name or a .toml file.")
_who = click.option("--who", metavar="TEXT", help="Who does this, for states.jsonl; default: git config user.name.")
_reason = click.option("--reason", metavar="TEXT", required=True, help="Why, in a few words; shown on the board.")


@click.group()
def command() -> None:
    """Show leaderboards, add results to them, write their pages.

    A leaderboard is made of the results in a folder and nothing else; no media and no torch are needed.
    """


command.add_command(report.command, "report")


@command.command()
@click.argument("task")
@folder_option
@click.option("--modality", metavar="NAME", help="Only models that read such a view: audio, video, text, signal.")
@click.option("--transductive/--inductive", default=None, help="Only models that see, or do not see, queries together.")
@click.option("--open-data", is_flag=True, help="Only models that learnt from data with a public licence alone.")
@click.option(
    "--state",
    type=click.Choice(["reported", "checked", "reproduced", "retracted"]),
    help="Only results in this state.",
)
@as_json
def show(
    task: str,
    folder: Path,
    modality: str | None,
    transductive: bool | None,
    open_data: bool,
    state: State | None,
    as_json: bool,
) -> None:
    """Show the leaderboard of TASK, a name or a .toml file.

    Ranks and tiers are those of the whole board, whatever is shown of it.
    """
    from stf2m_bench.leaderboards.board import board, has_no_result
    from stf2m_bench.leaderboards.build import read_results
    from stf2m_bench.leaderboards.filters import keep, unknown
    from stf2m_bench.leaderboards.render import to_json
    from stf2m_bench.tasks.task import load_task

    found = load_task(task)
    _require_results(folder, found.name)
    whole = board(read_results(folder, found.name), found)
    rows = keep(whole, modality=modality, transductive=transductive, open_data=open_data, state=state)
    for line in unknown(whole, modality=modality, open_data=open_data):
        note(f"Left out for want of knowledge: {line}")
    if has_no_result(whole):
        note(f"No result yet: nobody has scored a model on '{found.name}'.")
    elif not any(row.kind != "chance" for row in rows):
        note("No row passes these filters.")
    if as_json:
        print_json(to_json(rows))
    else:
        print_board(rows, found)


@command.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@folder_option
@_own_tasks
@click.option("--replace", is_flag=True, help="Take the place of an earlier result of the same model.")
@_who
def add(results: tuple[Path, ...], folder: Path, tasks: tuple[str, ...], replace: bool, who: str | None) -> None:
    """Check RESULTS and admit them to the leaderboards.

    Each one is copied with its predictions, a line in states.jsonl says who admitted it, and the pages are written
    anew. If one is refused, because it fails a check or has the predictions of another model, none is admitted. An
    interrupted add leaves, for each result, the old one or the new one.
    """
    from stf2m_bench.leaderboards.admit import add_all
    from stf2m_bench.models import ROOM as MODELS

    for path in add_all(
        results, folder, who=_name_of(who), replace=replace, built_in=MODELS.keys(), load=_loading(tasks)
    ):
        note(f"Admitted {path}")


@command.command()
@click.argument("model")
@_one_task
@_reason
@folder_option
@_who
def retract(model: str, task: str, reason: str, folder: Path, who: str | None) -> None:
    """Retract the results of MODEL: they stay in sight, struck through.

    They cannot come back under this name. MODEL is all its training seeds, MODEL.seed-N one of them.
    """
    _set_state(model, task, folder, "retracted", reason, who)


@command.command()
@click.argument("model")
@_one_task
@_reason
@folder_option
@_who
def confirm(model: str, task: str, reason: str, folder: Path, who: str | None) -> None:
    """Call the result of MODEL reproduced: 'results rerun' was passed.

    For whoever keeps the boards; the reason says where it was run again. A rerun is of one training seed: MODEL is the
    first one, MODEL.seed-N another.
    """
    _set_state(model, task, folder, "reproduced", reason, who)


@command.command()
@click.argument("one")
@click.argument("other")
@_one_task
@folder_option
@click.option(
    "--picture", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Draw it as well: a .png file."
)
@as_json
def compare(one: str, other: str, task: str, folder: Path, picture: Path | None, as_json: bool) -> None:
    """Compare the models ONE and OTHER on the same episodes and people.

    The difference of their UAR with its interval for other episodes of these people and for new people, the paired
    tests, and the differences per emotion and per person. MODEL.seed-N is a training seed above 0.
    """
    from dataclasses import asdict

    from stf2m_bench.leaderboards.compare import compare_results, find_pair
    from stf2m_bench.leaderboards.comparison_text import in_words, to_tables
    from stf2m_bench.leaderboards.picture import draw_comparison
    from stf2m_bench.tasks.task import load_task

    if picture and not picture.parent.is_dir():
        raise UsageError(f"There is no folder {picture.parent} for the picture; make it, or give another place.")
    board = load_task(task)
    _require_results(folder, board.name)
    first, second = find_pair(folder, board, one, other)
    found = compare_results(first, second, board, folder)
    names = (first.stem, second.stem)
    if picture:
        draw_comparison(found, names, board, picture)
        note(f"Drew {picture}")
    if as_json:
        print_json({str(shot): asdict(difference) for shot, difference in found.items()})
    else:
        for header, rows in to_tables(found, names):
            print_table(header, rows)
        click.echo("\n".join(in_words(found, names)))


@command.command()
@folder_option
@_own_tasks
@click.option(
    "--into",
    "pages",
    metavar="PAGE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A Markdown page whose short tables, between <!-- board TASK --> and <!-- end -->, are filled too.",
)
def build(folder: Path, tasks: tuple[str, ...], pages: tuple[Path, ...]) -> None:
    """Write the page of every leaderboard and their index.

    What an interrupted add left is set right first; pages of boards that are gone are deleted.
    """
    from stf2m_bench.leaderboards.build import build as build_pages
    from stf2m_bench.leaderboards.embed import fill

    if not (folder / "results").is_dir():
        raise UsageError(f"{folder} holds no results; give the folder in which results/TASK/MODEL.json lie: --folder.")
    load = _loading(tasks)
    for page in build_pages(folder, load=load):
        note(f"Wrote {page}")
    for page in pages:
        fill(page, folder, load=load)
        note(f"Filled {page}")


@command.command()
@click.option(
    "--base", metavar="FOLDER", required=True, type=click.Path(path_type=Path), help="The boards as they are."
)
@click.option(
    "--head", metavar="FOLDER", required=True, type=click.Path(path_type=Path), help="The boards as proposed."
)
@_own_tasks
def review(base: Path, head: Path, tasks: tuple[str, ...]) -> None:
    """Review a proposed change of the boards; Markdown on stdout.

    Every new or changed result is checked and rescored; nothing may be removed, no score changed in silence, no
    predictions handed in under two names. Exit code 2 if something is wrong. Nothing of the proposal is run.
    """
    from stf2m_bench.leaderboards.review import review as review_change
    from stf2m_bench.leaderboards.review import to_markdown
    from stf2m_bench.models import ROOM as MODELS

    for folder in (base, head):
        if not folder.is_dir():
            raise UsageError(f"There is no folder {folder}; give a folder of leaderboards.")
    found = review_change(base, head, built_in=MODELS.keys(), load=_loading(tasks))
    click.echo(to_markdown(found))
    if found.faults:
        raise click.exceptions.Exit(2)


def _set_state(model: str, task: str, folder: Path, state: State, reason: str, who: str | None) -> None:
    from stf2m_bench.leaderboards.admit import set_state

    name, load = _name_of(who), _loading((task,) if task.endswith(".toml") else ())
    board = Path(task).stem if task.endswith(".toml") else load(task).name
    for path in set_state(model, board, folder, state, who=name, reason=reason, load=load):
        note(f"{state.capitalize()} {path}")


def _require_results(folder: Path, task: str) -> None:
    from stf2m_bench.home import home

    if not (folder / "results" / task).is_dir():
        raise UsageError(f"{folder} holds no results of '{task}'; your own lie in {home()}: --folder {home()}")


def _name_of(who: str | None) -> str:
    """The name given, else git's."""
    import subprocess

    if who is None:
        try:
            asked = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True)
        except OSError:
            asked = None
        who = asked.stdout if asked else ""
    if not who.strip():
        raise UsageError("Who does this? Give --who NAME, or tell git once: git config --global user.name NAME.")
    return who.strip()[:100]


def _loading(files: tuple[str, ...]) -> Callable[[str], Task]:
    """Loads a task by name: one of these files, else a built-in one."""
    from stf2m_bench.tasks.task import load_task

    own = {task.name: task for task in map(load_task, files)}

    def load(name: str) -> Task:
        if name in own:
            return own[name]
        try:
            return load_task(name)
        except UnknownNameError as error:
            raise UsageError(f"{error} If the task is your own, give its file: --task NAME.toml") from error

    return load
