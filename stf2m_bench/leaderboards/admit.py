"""Admitting a result to the boards, and changing its state: each leaves the old board or the new one."""

from __future__ import annotations

from pathlib import Path

from stf2m_bench.errors import FaultsError, InputError, UnknownNameError
from stf2m_bench.leaderboards import states
from stf2m_bench.leaderboards.build import LoadTask, read_results, write_pages
from stf2m_bench.leaderboards.staging import put, writing
from stf2m_bench.scoring.checks import check_result
from stf2m_bench.scoring.result import Result, State, file_stem, predictions_of, read_result, to_text
from stf2m_bench.tasks.task import load_task

_STRENGTH: tuple[State, ...] = ("reported", "checked", "reproduced")


def add(path: Path, folder: Path, *, who: str, replace: bool = False, load: LoadTask = load_task) -> Path:
    """Admit a result: check it, copy it with its predictions, rebuild the boards; returns its new place.

    It is written as `checked` if its figures were recomputed from its predictions, else as `reported`, whatever it
    called itself; one that the board already holds as `reproduced` stays so.

    Args:
        who: admits it.
        replace: take the place of another result of this model; the line in `states.jsonl` names the old one's hash.

    Raises:
        FaultsError: a check fails; each one is named. InputError: the board has another result of this model, or
        retracted it. CouldNotError: someone else has been writing to the boards for too long.
    """
    result = read_result(path)
    task = load(result.task.name)
    failed = [check for check in check_result(path, task) if not check.passed]
    if failed:
        faults = [f"{check.name}: {check.message}" for check in failed]
        raise FaultsError(f"The result {path}", faults, "it was not admitted, mend it first")
    if result.state == "retracted":
        raise InputError(f"The result {path} is retracted ({result.reason}); evaluate again.")
    result = result.model_copy(update={"state": "reported" if result.predictions is None else "checked", "reason": ""})
    predictions = predictions_of(result, path)
    content = {} if predictions is None else {predictions.name: predictions.read_bytes()}
    target = folder / "results" / task.name / f"{result.stem}.json"
    with writing(folder):
        held = read_result(target) if target.is_file() else None
        if held is not None:
            _refuse_if_taken(result, held, target, replace)
            if held.hash == result.hash:
                state = max(held.state, result.state, key=_STRENGTH.index)
                base = result if replace else held
                result = base.model_copy(update={"state": state, "reason": held.reason})
        if held != result or not _is_told(result, target):
            replaces = held.hash if held is not None and held.hash != result.hash else None
            _put(result, content, target, states.entry_of(result, who, replaces=replaces))
        write_pages(folder, load=load)
    return target


def set_state(
    model: str, task: str, folder: Path, state: State, *, who: str, reason: str, load: LoadTask = load_task
) -> Path:
    """Say that a result on the board is now `retracted` or `reproduced`, and rebuild the boards.

    Raises:
        UnknownNameError: the board has no such model. InputError: no reason, or the step makes no sense.
    """
    if not reason.strip():
        raise InputError(f"Why is '{model}' {state}? Give the reason in a few words.")
    target = folder / "results" / task / f"{file_stem(model)}.json"
    with writing(folder):
        if not target.is_file():
            known = [result.model.name for result in read_results(folder, task)]
            raise UnknownNameError(f"result on the board '{task}'", model, known)
        held = read_result(target)
        if held.state in (state, "retracted") or (state == "reproduced" and held.state != "checked"):
            raise InputError(f"The result of '{model}' on '{task}' is {held.state} and cannot become {state}.")
        changed = held.model_copy(update={"state": state, "reason": reason})
        _put(changed, {}, target, states.entry_of(changed, who))
        write_pages(folder, load=load)
    return target


def _refuse_if_taken(result: Result, held: Result, target: Path, replace: bool) -> None:
    if held.state == "retracted":
        raise InputError(
            f"The board '{result.task.name}' retracted '{result.model.name}' ({held.reason}), which stays in sight;"
            " give the new result another name."
        )
    if held.predictions is not None and result.predictions is None:
        raise InputError(
            f"The board has predictions of '{result.model.name}', the new result has none; hand them in too."
        )
    if held.hash != result.hash and not replace:
        raise InputError(
            f"The board '{result.task.name}' already has another result of '{result.model.name}' ({target});"
            " give the model another name, or replace the old result on purpose."
        )


def _is_told(result: Result, target: Path) -> bool:
    """Whether `states.jsonl` says already what this result is."""
    last = states.last_of(states.entries_of(states.read_text(target.parent), target), result.hash)
    return last is not None and last.state == result.state


def _put(result: Result, predictions: dict[str, bytes], target: Path, entry: states.Entry) -> None:
    lines = states.read_text(target.parent)
    states.entries_of(lines, target.with_name(states.FILE))
    text = {target.name: to_text(result), states.FILE: states.appended(lines, entry)}
    put(target.parent, predictions | {name: content.encode() for name, content in text.items()})
