"""Short tables of boards inside other pages, between `<!-- board NAME -->` and `<!-- end -->`; never typed by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from stf2m_bench.errors import InputError
from stf2m_bench.files import write_text
from stf2m_bench.leaderboards.board import Row, board
from stf2m_bench.leaderboards.build import LoadTask, read_results
from stf2m_bench.leaderboards.render import escape, tier_cell
from stf2m_bench.tasks.task import load_task

_PLACE = re.compile(r"(<!-- board (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill(page: Path, folder: Path, *, load: LoadTask = load_task) -> None:
    """Put the current short table of each board that `page` names into its place.

    Args:
        folder: holds `results/<task>/<model>.json`.

    Raises:
        InputError: no such page, or it names a board that has no results.
    """
    if not page.is_file():
        raise InputError(f"There is no page {page} to put boards into; give the path of a Markdown file.")

    def table(place: re.Match[str]) -> str:
        task = load(place[2])
        results = read_results(folder, task.name)
        if not results:
            raise InputError(f"{page} names the board '{place[2]}', which has no results in {folder / 'results'}.")
        return place[1] + to_short_markdown(board(results, task)) + place[3]

    text = page.read_text(encoding="utf-8")
    filled = _PLACE.sub(table, text)
    if filled != text:
        write_text(page, filled)


def to_short_markdown(rows: Sequence[Row]) -> str:
    """Rank, model, UAR with the interval for new people, tier at each shot; shortcut probes are left to the page."""
    shots = list(rows[0].uar)
    lines = ["| | model |" + "".join(f" UAR, {shot}-shot |" for shot in shots) + " tier | NLL |"]
    lines.append("| --: | --- |" + " --: |" * len(shots) + " --: | --: |")
    for row in (row for row in rows if row.kind != "probe"):
        name = escape(row.model) if row.kind == "ranked" else f"*{escape(row.model)}*"
        figures = [f"{row.uar[shot]:.1f}{_halfwidth(row, shot)}" for shot in shots]
        lines.append(f"| {row.rank or ''} | {name} | {' | '.join(figures)} | {tier_cell(row)} | {row.nll:.2f} |")
    return "\n".join(lines) + "\n"


def _halfwidth(row: Row, shot: int) -> str:
    interval = row.new_people[shot]
    return f" ± {interval.halfwidth:.1f}" if interval else ""
