"""Admitting results to the boards, and changing their state: each leaves the old board or the new one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stf2m_bench.errors import FaultsError, InputError, UnknownNameError
from stf2m_bench.leaderboards import states
from stf2m_bench.leaderboards.build import LoadTask, read_results, write_pages
from stf2m_bench.leaderboards.copies import copied, predicted
from stf2m_bench.leaderboards.staging import put, writing
from stf2m_bench.scoring.checks import check_result
from stf2m_bench.scoring.result import Result, State, file_stem, predictions_of, read_result, to_text
from stf2m_bench.tasks.task import load_task


@dataclass(frozen=True)
class _Sound:
    """A result at `path` that passed every check; `result` as it will be admitted to `target`."""

    path: Path
    result: Result
    target: Path


def add(path: Path, folder: Path, *, who: str, **more: Any) -> Path:
    """`add_all` of one result; returns its new place."""
    return add_all([path], folder, who=who, **more)[0]


def add_all(
    paths: Sequence[Path],
    folder: Path,
    *,
    who: str,
    replace: bool = False,
    built_in: Collection[str] = (),
    load: LoadTask = load_task,
) -> list[Path]:
    """Admit results: check all, copy each with its predictions, rebuild the boards; returns their new places.

    Each is written as `checked` if its figures were recomputed from its predictions, else as `reported`, whatever it
    called itself; one that the board already holds as `reproduced` stays so. If one is refused, none is admitted.

    Args:
        who: admits them.
        replace: take the place of another result of this model; the line in `states.jsonl` names the old one's hash.
        built_in: names of the built-in models, of which two may say the same; boards know none.

    Raises:
        FaultsError: a check fails; each one is named. InputError: the board has another result of this model, or
        retracted it, or has these predictions under another name. CouldNotError: someone else has been writing to the
        boards for too long.
    """
    found = [_sound(path, folder, load) for path in paths]
    _refuse_twice(found)
    with writing(folder):
        for one in found:
            if one.target.is_file():
                _refuse_if_taken(one.result, read_result(one.target), one.target, replace)
        _refuse_copies(found, built_in)
        for one in found:
            _admit(one, who, replace)
        write_pages(folder, load=load)
    return [one.target for one in found]


def set_state(
    model: str, task: str, folder: Path, state: State, *, who: str, reason: str, load: LoadTask = load_task
) -> list[Path]:
    """Say that results on the board are now `retracted` or `reproduced`, and rebuild the boards.

    Args:
        model: its name, or `MODEL.seed-N` for one training seed. The name alone is all seeds where the model is
            retracted, and the first one where a rerun, which is of one seed, reproduced it.

    Returns:
        The results changed.

    Raises:
        UnknownNameError: the board has no such model. InputError: no reason, or the step makes no sense.
    """
    if not reason.strip():
        raise InputError(f"Why is '{model}' {state}? Give the reason in a few words.")
    place = folder / "results" / task
    with writing(folder):
        results = read_results(folder, task)
        named = [result for result in results if _is_meant(model, result, state)]
        if not named:
            raise UnknownNameError(f"result on the board '{task}'", model, [result.stem for result in results])
        held = [result for result in named if result.state not in (state, "retracted")]
        if not held:
            says = f"already {state}" if named[0].state == state else f"retracted and cannot become {state}"
            raise InputError(f"The result of '{model}' on '{task}' is {says}.")
        for result in held:
            if state == "reproduced" and result.state != "checked":
                raise InputError(
                    f"The result of '{model}' on '{task}' is {result.state} and cannot become {state};"
                    " add it with its predictions first."
                )
        changed = [result.model_copy(update={"state": state, "reason": reason}) for result in held]
        _put(changed, {}, place, [states.entry_of(result, who) for result in changed])
        write_pages(folder, load=load)
    return [place / f"{result.stem}.json" for result in changed]


def _sound(path: Path, folder: Path, load: LoadTask) -> _Sound:
    result = read_result(path)
    task = load(result.task.name)
    failed = [check for check in check_result(path, task) if not check.passed]
    if failed:
        faults = [f"{check.name}: {check.message}" for check in failed]
        raise FaultsError(f"The result {path}", faults, "it was not admitted, mend it first")
    if result.state == "retracted":
        raise InputError(f"The result {path} is retracted ({result.reason}); evaluate again.")
    if result.predictions is not None and result.predictions.file != f"{result.stem}.parquet":
        raise InputError(
            f"The result {path} names the predictions '{result.predictions.file}', which may be those of another;"
            f" expected '{result.stem}.parquet'; evaluate again."
        )
    state: State = "reported" if result.predictions is None else "checked"
    result = result.model_copy(update={"state": state, "reason": ""})
    return _Sound(path, result, folder / "results" / task.name / f"{result.stem}.json")


def _refuse_twice(found: Sequence[_Sound]) -> None:
    first: dict[Path, Path] = {}
    for one in found:
        other = first.setdefault(one.target, one.path)
        if other is not one.path:
            raise InputError(
                f"{other} and {one.path} are both '{one.result.stem}' on '{one.result.task.name}'; hand in one of them."
            )


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


def _refuse_copies(found: Sequence[_Sound], built_in: Collection[str]) -> None:
    """Predictions of another model of the board, or of one that is admitted together with this one."""
    for place in {one.target.parent for one in found}:
        held = {result.stem: result for result in read_results(place.parents[1], place.name)}
        new = {one.result.stem: one for one in found if one.target.parent == place and not _is_held(one.result, held)}
        others = list(predicted((result for stem, result in held.items() if stem not in new), place, built_in))
        for one in new.values():
            for mine in predicted([one.result], one.path.parent, built_in):
                if other := copied(mine, others):
                    raise InputError(
                        f"The predictions of '{mine.stem}' ({one.path}) are those of '{other}' on the board"
                        f" '{place.name}', number for number; a model stands there under one name."
                    )
                others.append(mine)


def _is_held(result: Result, held: Mapping[str, Result]) -> bool:
    return result.stem in held and held[result.stem].hash == result.hash


def _admit(one: _Sound, who: str, replace: bool) -> None:
    result, target = one.result, one.target
    held = read_result(target) if target.is_file() else None
    if held is not None and held.hash == result.hash:
        state = max(held.state, result.state, key=states.STRENGTH.index)
        result = (result if replace else held).model_copy(update={"state": state, "reason": held.reason})
    if held != result or not _is_told(result, target):
        replaces = held.hash if held is not None and held.hash != result.hash else None
        predictions = predictions_of(result, one.path)
        content = {} if predictions is None else {predictions.name: predictions.read_bytes()}
        _put([result], content, target.parent, [states.entry_of(result, who, replaces=replaces)])


def _is_told(result: Result, target: Path) -> bool:
    """Whether `states.jsonl` says already what this result is."""
    last = states.last_of(states.entries_of(states.read_text(target.parent), target), result.hash)
    return last is not None and last.state == result.state


def _is_meant(model: str, result: Result, state: State) -> bool:
    every_seed = state == "retracted" and file_stem(model) == file_stem(result.model.name)
    return every_seed or file_stem(model) == result.stem


def _put(
    results: Sequence[Result], predictions: dict[str, bytes], place: Path, entries: Sequence[states.Entry]
) -> None:
    lines = states.read_text(place)
    states.entries_of(lines, place / states.FILE)
    text = {f"{result.stem}.json": to_text(result) for result in results} | {
        states.FILE: states.appended(lines, entries)
    }
    put(place, predictions | {name: content.encode() for name, content in text.items()})
