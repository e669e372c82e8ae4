"""Building the pages of all boards from the committed results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stf2m_bench.errors import InputError
from stf2m_bench.files import write_text
from stf2m_bench.leaderboards import states
from stf2m_bench.leaderboards.board import Row, board, has_no_result, is_synthetic, people_tested, verdict
from stf2m_bench.leaderboards.page import LAST_LINE, to_markdown
from stf2m_bench.leaderboards.raters import rater_intervals
from stf2m_bench.leaderboards.render import escape
from stf2m_bench.leaderboards.staging import writing
from stf2m_bench.scoring.result import Result, read_result
from stf2m_bench.tasks.task import Task, load_task

LoadTask = Callable[[str], Task]
INDEX = "README.md"


def read_results(folder: Path, task: str) -> list[Result]:
    """The committed results of one task, by file name.

    Raises:
        InputError: a file breaks the schema or is of another task.
    """
    found = []
    for path in sorted((folder / "results" / task).glob("[!.]*.json")):
        result = read_result(path)
        if result.task.name != task:
            raise InputError(f"The result {path} is of task '{result.task.name}'; move it to that task's folder.")
        found.append(result)
    return found


def build(folder: Path, *, load: LoadTask = load_task) -> list[Path]:
    """Write `<task>.md` for each board, and the index `README.md`; the same bytes for the same results.

    A board is opened by its first result, or before by an empty `states.jsonl`, so that people see what is missing.
    What a killed `add` left is set right first; pages of boards that are gone are deleted.

    Args:
        folder: holds `results/<task>/<model>.json`.
        load: a task by name.

    Returns:
        The pages written, the index last.

    Raises:
        InputError: a result is broken or of another task or version, or its predictions lack where votes are scored.
        CouldNotError: someone else has been writing to the boards for too long.
    """
    with writing(folder):
        return write_pages(folder, load=load)


def write_pages(folder: Path, *, load: LoadTask = load_task) -> list[Path]:
    """What `build` does; only within `staging.writing`."""
    texts = pages(folder, load=load)
    for name, text in texts.items():
        write_text(folder / name, text)
    for name in generated_pages(folder) - texts.keys():
        (folder / name).unlink()
    return [folder / name for name in texts]


def pages(folder: Path, *, load: LoadTask = load_task) -> dict[str, str]:
    """File name -> text of every page, the index last; nothing is written."""
    boards: list[tuple[Task, list[Row]]] = []
    texts: dict[str, str] = {}
    for place in sorted(path for path in (folder / "results").glob("*") if path.is_dir()):
        results = read_results(folder, place.name)
        if results or (place / states.FILE).is_file():
            task = load(place.name)
            rows = board(results, task)
            boards.append((task, rows))
            texts[f"{task.name}.md"] = to_markdown(rows, task, rater_intervals(rows, results, place, task))
    return texts | {INDEX: _index(boards)}


def state_of(task: Task, folder: Path) -> str:
    """`ranked`, `control` or `no result`, by the results in `folder`; where there is none, as the task file says."""
    declared = "ranked" if task.protocol.ranked else "control"
    if not (folder / "results").is_dir():
        return declared
    rows = board(read_results(folder, task.name), task)
    if has_no_result(rows):
        return "no result"
    return declared if verdict(rows, task).ranked else "control"


def generated_pages(folder: Path) -> set[str]:
    """Names of the pages of boards that lie in `folder`, told by their last line."""
    found = [path for path in folder.glob("[!.]*.md") if path.name != INDEX]
    return {path.name for path in found if path.read_text(encoding="utf-8").endswith(LAST_LINE + "\n")}


def _index(boards: list[tuple[Task, list[Row]]]) -> str:
    lines = [
        "# Leaderboards",
        "",
        "Generated from `results/` by `stf2m-bench leaderboards build`; figures are UAR in percent, ± for new people.",
        "",
        "| board | track | people | results | leader | UAR | best shortcut | |",
        "| --- | --- | --: | --: | --- | --: | --: | --- |",
        *(_index_line(task, rows) for task, rows in boards),
        "",
    ]
    return "\n".join(lines)


def _index_line(task: Task, rows: list[Row]) -> str:
    protocol = task.protocol
    leader = rows[0] if rows[0].kind == "ranked" else None
    most = max(protocol.shots)
    interval = leader.new_people[most] if leader else None
    figure = f"{leader.uar[most]:.1f}" if leader else ""
    figure += f" ± {interval.halfwidth:.1f}" if interval else ""
    shortcut = max((row.uar[most] for row in rows if row.kind == "probe"), default=None)
    marks = ["**synthetic**"] if is_synthetic(task) else []
    control = any(row.kind == "control" for row in rows) or not protocol.ranked
    marks += ["no result yet"] if has_no_result(rows) else ["control, not ranked"] if control else []
    marks += [f"superseded by `{protocol.superseded_by}`"] if protocol.superseded_by else []
    cells = [
        f"[{escape(protocol.title)}]({task.name}.md)",
        protocol.track,
        str(people_tested(task)) if task.people_known else "unknown",
        str(sum(row.kind not in ("chance", "probe") for row in rows)),
        _leader_cell(leader, rows, most) if leader else "",
        f"{figure} ({most}-shot)" if leader else "",
        "" if shortcut is None else f"{shortcut:.1f}",
        ", ".join(marks),
    ]
    return "| " + " | ".join(cells) + " |"


def _leader_cell(leader: Row, rows: list[Row], most: int) -> str:
    """The leader's name; where its tier holds others too, that it is one of so many."""
    tied = sum(row.tier.get(most) == 1 for row in rows)
    return escape(leader.model) + (f" (1 of {tied} not separated)" if tied > 1 else "")
