"""`stf2m-bench leaderboards`"""

from __future__ import annotations

from pathlib import Path

import click

from stf2m_bench.cli.console import as_json, note, print_json, print_rich

_folder = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("leaderboards"),
    show_default=True,
    help="Holds results/TASK/MODEL.json and the pages made of them.",
)


@click.group()
def command() -> None:
    """Leaderboards: a pure function of the results in a folder. Needs no media and no torch."""


@command.command()
@click.argument("task")
@_folder
@as_json
def show(task: str, folder: Path, as_json: bool) -> None:
    """The leaderboard of TASK."""
    from stf2m_bench.leaderboards.board import board
    from stf2m_bench.leaderboards.build import read_results
    from stf2m_bench.leaderboards.render import to_json, to_rich
    from stf2m_bench.tasks.task import load_task

    found = load_task(task)
    rows = board(read_results(folder, found.name), found)
    if as_json:
        print_json(to_json(rows))
    else:
        print_rich(to_rich(rows))


@command.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_folder
@click.option("--replace", is_flag=True, help="Take the place of an earlier result of the same model.")
def add(results: tuple[Path, ...], folder: Path, replace: bool) -> None:
    """Admit results: check each, copy it with its predictions, make the pages anew."""
    from stf2m_bench.leaderboards.build import add as add_result

    for path in results:
        note(f"Admitted {add_result(path, folder, replace=replace)}")


@command.command()
@_folder
@click.option(
    "--into",
    "pages",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also fill the short tables of this Markdown page, between <!-- board TASK --> and <!-- end -->.",
)
def build(folder: Path, pages: tuple[Path, ...]) -> None:
    """Make every page anew from the results."""
    from stf2m_bench.leaderboards.build import build as build_pages
    from stf2m_bench.leaderboards.embed import fill

    for page in build_pages(folder):
        note(f"Wrote {page}")
    for page in pages:
        fill(page, folder)
        note(f"Filled {page}")
