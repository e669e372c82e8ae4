"""Building all boards from the committed results, and admitting a result to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from stf2m_bench.errors import CouldNotError, FaultsError, InputError
from stf2m_bench.files import replacing, write_text
from stf2m_bench.leaderboards.board import Row, board, is_synthetic, people_tested
from stf2m_bench.leaderboards.render import escape, to_markdown
from stf2m_bench.scoring.checks import check_result
from stf2m_bench.scoring.result import Result, predictions_of, read_result, to_text
from stf2m_bench.tasks.task import Task, load_task

LoadTask = Callable[[str], Task]
_WAIT = 60.0


def read_results(folder: Path, task: str) -> list[Result]:
    """The committed results of one task, by file name.

    Raises:
        InputError: a file breaks the schema or is of another task.
    """
    found = []
    for path in sorted((folder / "results" / task).glob("*.json")):
        result = read_result(path)
        if result.task.name != task:
            raise InputError(f"The result {path} is of task '{result.task.name}'; move it to that task's folder.")
        found.append(result)
    return found


def build(folder: Path, *, load: LoadTask = load_task) -> list[Path]:
    """Write `<task>.md` for each task with results, and the index `README.md`; the same bytes for the same results.

    Args:
        folder: holds `results/<task>/<model>.json`.
        load: a task by name.

    Returns:
        The pages written, the index last.

    Raises:
        InputError: a result is broken or of another task or version.
    """
    boards: list[tuple[Task, list[Row]]] = []
    for name in sorted(path.name for path in (folder / "results").glob("*") if path.is_dir()):
        results = read_results(folder, name)
        if results:
            task = load(name)
            boards.append((task, board(results, task)))
    pages = {folder / f"{task.name}.md": to_markdown(rows, task) for task, rows in boards}
    pages[folder / "README.md"] = _index(boards)
    for path, text in pages.items():
        write_text(path, text)
    return list(pages)


def add(path: Path, folder: Path, *, replace: bool = False, load: LoadTask = load_task) -> Path:
    """Admit a result: check it, copy it with its predictions, rebuild the boards; returns its new place.

    A result whose figures were recomputed from its predictions is written as `checked`, whatever it called itself.

    Raises:
        FaultsError: a check fails; each one is named. InputError: the board has another result of this model.
        CouldNotError: someone else has been writing to the boards for a minute.
    """
    result = read_result(path)
    task = load(result.task.name)
    failed = [check for check in check_result(path, task) if not check.passed]
    if failed:
        faults = [f"{check.name}: {check.message}" for check in failed]
        raise FaultsError(f"The result {path}", faults, "it was not admitted, mend it first")
    if result.predictions is not None and result.state != "retracted":
        result = result.model_copy(update={"state": "checked"})
    target = folder / "results" / task.name / f"{result.stem}.json"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=_WAIT):
            _refuse_second(result, target, replace)
            _copy(result, path, target)
            build(folder, load=load)
    except Timeout as error:
        raise CouldNotError(
            f"The boards in {folder} are being written by someone else; wait, then add again."
        ) from error
    return target


def _refuse_second(result: Result, target: Path, replace: bool) -> None:
    if target.is_file() and not replace and read_result(target).hash != result.hash:
        raise InputError(
            f"The board '{result.task.name}' already has another result of '{result.model.name}' ({target});"
            " give the model another name, or replace the old result on purpose."
        )


def _copy(result: Result, path: Path, target: Path) -> None:
    predictions = predictions_of(result, path)
    if predictions is not None and predictions.resolve() != (target.parent / predictions.name).resolve():
        with replacing(target.parent / predictions.name) as temporary:
            temporary.write_bytes(predictions.read_bytes())
    write_text(target, to_text(result))


def _index(boards: list[tuple[Task, list[Row]]]) -> str:
    lines = [
        "# Leaderboards",
        "",
        "Generated from `results/` by `stf2m-bench leaderboards build`; figures are UAR in percent, ± for new people.",
        "",
        "| board | track | people | results | leader | UAR | |",
        "| --- | --- | --: | --: | --- | --: | --- |",
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
    marks = ["**synthetic**"] if is_synthetic(task) else []
    marks += [] if protocol.ranked else ["control, not ranked"]
    marks += [f"superseded by `{protocol.superseded_by}`"] if protocol.superseded_by else []
    cells = [
        f"[{escape(protocol.title)}]({task.name}.md)",
        protocol.track,
        str(people_tested(task)),
        str(sum(row.kind != "chance" for row in rows)),
        escape(leader.model) if leader else "",
        f"{figure} ({most}-shot)" if leader else "",
        ", ".join(marks),
    ]
    return "| " + " | ".join(cells) + " |"
