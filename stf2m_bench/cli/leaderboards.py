"""`stf2m-bench leaderboards`"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stf2m_bench.cli.console import as_json, note, print_board, print_json
from stf2m_bench.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from stf2m_bench.tasks.task import Task

_folder = click.option(
    "--folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default=Path("leaderboards"),
    show_default=True,
    help="Holds results/TASK/MODEL.json and the pages made of them.",
)
_own_tasks = click.option(
    "--task",
    "tasks",
    metavar="FILE",
    multiple=True,
    help="The .toml file of a task of your own; may be given several times. Built-in tasks are found by name.",
)


@click.group()
def command() -> None:
    """Show leaderboards, add results to them, write their pages.

    A leaderboard is made of the results in a folder and nothing else; no media and no torch are needed.
    """


@command.command()
@click.argument("task")
@_folder
@as_json
def show(task: str, folder: Path, as_json: bool) -> None:
    """Show the leaderboard of TASK, a name or a .toml file."""
    from stf2m_bench.home import home
    from stf2m_bench.leaderboards.board import board
    from stf2m_bench.leaderboards.build import read_results
    from stf2m_bench.leaderboards.render import to_json
    from stf2m_bench.tasks.task import load_task

    found = load_task(task)
    if not (folder / "results" / found.name).is_dir():
        raise UsageError(f"{folder} holds no results of '{found.name}'; your own lie in {home()}: --folder {home()}")
    rows = board(read_results(folder, found.name), found)
    if as_json:
        print_json(to_json(rows))
    else:
        print_board(rows)


@command.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_folder
@_own_tasks
@click.option("--replace", is_flag=True, help="Take the place of an earlier result of the same model.")
def add(results: tuple[Path, ...], folder: Path, tasks: tuple[str, ...], replace: bool) -> None:
    """Check RESULTS and admit them to the leaderboards.

    Each one is copied with its predictions, and the pages are written anew. One that fails a check is refused.
    """
    from stf2m_bench.leaderboards.build import add as add_result

    for path in results:
        note(f"Admitted {add_result(path, folder, replace=replace, load=_loading(tasks))}")


@command.command()
@_folder
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
    """Write the page of every leaderboard and their index."""
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
