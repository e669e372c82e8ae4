"""Reviewing a proposed change of the boards by its files alone: what a pull request may and may not do.

The proposal is data: nothing of it is imported or run, tasks come from the reviewer's own installation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stf2m_bench.errors import BenchError
from stf2m_bench.leaderboards import states
from stf2m_bench.leaderboards.board import board
from stf2m_bench.leaderboards.build import LoadTask, generated_pages, pages, read_results
from stf2m_bench.leaderboards.copies import Predicted, copied, near_copies, predicted
from stf2m_bench.leaderboards.embed import to_short_markdown
from stf2m_bench.leaderboards.listing import hashes, place_faults
from stf2m_bench.leaderboards.render import escape
from stf2m_bench.scoring.checks import check_result
from stf2m_bench.scoring.result import Result, read_result
from stf2m_bench.tasks.task import Task, load_task


@dataclass
class Review:
    """What a review found, as plain sentences.

    Attributes:
        faults: each one stands against the change.
        judge: allowed, but for a person to judge.
        seen: each new or changed result, with its figures.
        boards: task -> its short table, as Markdown, where its results changed.
        whole: False where files that have no place there kept everything else from being read.
    """

    faults: list[str] = field(default_factory=list)
    judge: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    boards: dict[str, str] = field(default_factory=dict)
    whole: bool = True


def review(base: Path, head: Path, *, built_in: Collection[str] = (), load: LoadTask = load_task) -> Review:
    """Compare a proposed folder of boards with the present one.

    Args:
        base: the folder as it is. head: the folder as proposed.
        built_in: names of the built-in models; boards know none.
    """
    found = Review()
    found.faults += place_faults(head)
    if found.faults:
        found.whole = False
        return found
    before, after = hashes(base), hashes(head)
    removed = sorted(name for name in before.keys() - after.keys() if name.startswith("results/"))
    found.faults += [f"{name} was removed; results are retracted, never removed" for name in removed]
    changed = {name for name in after if before.get(name) != after[name]}
    ablations = sorted(name for name in changed | (before.keys() - after.keys()) if name.startswith("ablations/"))
    found.judge += [f"{name} is new, changed or removed; nothing here checks ablations" for name in ablations]
    touched = sorted(
        {name.split("/")[1] for name in changed | (before.keys() - after.keys()) if name.startswith("results/")}
    )
    for task in touched:
        try:
            _review_task(task, base, head, changed, built_in, load, found)
        except BenchError as error:
            found.faults.append(f"{task}: {error}")
    if not found.faults:
        found.faults += _page_faults(head, load)
        found.boards = {task: _short_board(head, load(task)) for task in touched if read_results(head, task)}
    return found


def to_markdown(found: Review) -> str:
    """The review as a summary; text that comes from the proposal is escaped."""
    lines = ["# Review of the leaderboards", ""]
    count = "1 fault" if len(found.faults) == 1 else f"{len(found.faults)} faults"
    lines += [f"**{count}.**" if found.faults else "**Nothing stands against this change.**", ""]
    lines += (
        [] if found.whole else ["Nothing else was read of the proposal; mend this first, then review it again.", ""]
    )
    for title, sentences in (
        ("Faults", found.faults),
        ("For a person to judge", found.judge),
        ("Results that are new or changed", found.seen),
    ):
        if sentences:
            lines += [f"## {title}", "", *(f"- {escape(' '.join(one.split()))}" for one in sentences), ""]
    for task, table in found.boards.items():
        lines += [f"## {task}, as proposed", "", table]
    return "\n".join(lines)


def _review_task(
    task: str, base: Path, head: Path, changed: set[str], built_in: Collection[str], load: LoadTask, found: Review
) -> None:
    protocol = load(task)
    place, held = head / "results" / task, base / "results" / task
    lines, old_lines = states.read_text(place), states.read_text(held)
    if not lines.startswith(old_lines):
        found.faults.append(f"{task}: lines of {states.FILE} were changed or removed; they are only ever appended")
    entries = states.entries_of(lines, f"{task}/{states.FILE}")
    for entry in states.entries_of(lines.removeprefix(old_lines)):
        if entry.state in ("retracted", "reproduced"):
            found.judge.append(f"{task}: {entry.who} calls '{entry.model}' {entry.state}: {entry.reason}")
    for path in sorted(place.glob("*.json")):
        names = {f"results/{task}/{path.name}", f"results/{task}/{path.stem}.parquet"}
        if names & changed:
            failed = [check for check in check_result(path, protocol) if not check.passed]
            found.faults += [f"{task}/{path.name}: {check.name}: {check.message}" for check in failed]
            if not failed:
                new = read_result(path)
                old = read_result(held / path.name) if (held / path.name).is_file() else None
                found.faults += [f"{task}/{path.name}: {fault}" for fault in _change_faults(old, new, entries)]
                found.seen.append(_described(task, old, new))
                if old is None or old.hash != new.hash:
                    found.judge.append(f"{task}: {_unproved(new, built_in)}")
    named = {result.predictions.file for result in read_results(head, task) if result.predictions}
    strays = [path.name for path in place.glob("*.parquet") if path.name not in named]
    found.faults += [f"{task}/{name} belongs to no result" for name in sorted(strays)]
    _review_copies(task, head, changed, built_in, found)


def _change_faults(old: Result | None, new: Result, entries: list[states.Entry]) -> Iterator[str]:
    if new.predictions is not None and new.predictions.file != f"{new.stem}.parquet":
        yield f"it names the predictions {new.predictions.file}; expected {new.stem}.parquet"
    last = states.last_of(entries, new.hash)
    if last is None or last.model not in (new.stem, new.model.name):
        yield f"no line in {states.FILE} admits it; admit it with 'stf2m-bench leaderboards add'"
    elif (last.state, last.reason) != (new.state, new.reason):
        yield f"it calls itself {new.state}, {states.FILE} says {last.state}"
    if old is None or old == new:
        return
    if old.state == "retracted":
        yield "a retracted result was changed; it stays as it is"
    elif old.hash != new.hash and (last is None or last.replaces != old.hash):
        yield f"its score was changed and no line in {states.FILE} names the old hash; use 'leaderboards add --replace'"
    elif old.hash == new.hash and _without_state(old) != _without_state(new):
        yield "its costs or other facts were changed without a new evaluation; evaluate again and use 'add --replace'"


def _without_state(result: Result) -> Result:
    return result.model_copy(update={"state": "checked", "reason": ""})


def _described(task: str, old: Result | None, new: Result) -> str:
    def uar(result: Result) -> str:
        return ", ".join(f"{shot}-shot {figures.uar:.1f}" for shot, figures in result.figures.shots.items())

    if old is None:
        return f"{task}: '{new.stem}' is new: UAR {uar(new)} ({new.state})"
    if old.hash == new.hash:
        return f"{task}: '{new.stem}' went from {old.state} to {new.state}"
    return f"{task}: '{new.stem}' was replaced: UAR {uar(old)} before, {uar(new)} now ({new.state})"


def _unproved(result: Result, built_in: Collection[str]) -> str:
    """What nobody has shown of a result that checks and rescores: that its predictions come from its model."""
    name, source = result.model.name, result.model.source
    if source == "predictions":
        return f"'{result.stem}' is a predictions file; nothing shows how it was made"
    if source == "built-in" and name not in built_in:
        return f"'{result.stem}' calls itself built-in, but no built-in model has this name"
    if source in ("built-in", "probe"):
        said = "built-in" if source == "built-in" else "a shortcut probe"
        return f"'{result.stem}' calls itself {said}; until it is run again nothing shows that it is"
    return f"'{result.stem}' ({source}) was not run by us; nothing shows that its predictions come from it"


def _review_copies(task: str, head: Path, changed: set[str], built_in: Collection[str], found: Review) -> None:
    """Predictions that are those of another name, or nearly, if one of the two is new."""

    def is_new(one: Predicted) -> bool:
        return f"results/{task}/{one.stem}.parquet" in changed

    earlier: list[Predicted] = []
    for one in sorted(predicted(read_results(head, task), head / "results" / task, built_in), key=is_new):
        if is_new(one):
            if other := copied(one, earlier):
                found.faults += [f"{task}: the predictions of '{one.stem}' are those of '{other}', number for number"]
            else:
                found.judge += [
                    f"{task}: '{one.stem}' says nearly what '{other}' says at {shot}-shot: the same class in 99% of"
                    " queries or more, log-probabilities within 0.01"
                    for other, shot in near_copies(one, earlier)
                ]
        earlier.append(one)


def _short_board(head: Path, task: Task) -> str:
    return to_short_markdown(board(read_results(head, task.name), task))


def _page_faults(head: Path, load: LoadTask) -> Iterator[str]:
    try:
        texts = pages(head, load=load)
    except BenchError as error:
        yield f"the pages cannot be built: {error}"
        return
    remedy = "run 'stf2m-bench leaderboards build'"
    for name, text in texts.items():
        if not (head / name).is_file() or (head / name).read_text(encoding="utf-8", errors="replace") != text:
            yield f"{name} is not the page that these results give; {remedy}"
    for name in sorted({path.name for path in head.glob("*.md")} - texts.keys()):
        stale = name in generated_pages(head)
        yield f"{name} is the page of no board; " + (remedy if stale else "nothing else may lie here")
