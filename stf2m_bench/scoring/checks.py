"""Checking a result: everything a stranger can verify with the task file alone, without media and without torch."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stf2m_bench.checks import Check
from stf2m_bench.errors import InputError
from stf2m_bench.files import sha256_of
from stf2m_bench.scoring.figures import Figures
from stf2m_bench.scoring.predictions import Predictions
from stf2m_bench.scoring.result import WITH_VOTES, Result, hash_result, mark_of, predictions_of, read_result
from stf2m_bench.scoring.score import score
from stf2m_bench.tasks.task import Task

_SHOWN = 5


@dataclass(frozen=True)
class Rescored:
    """Stored figures beside those recomputed from the stored predictions.

    Attributes:
        differences: one sentence for each figure that differs in any of its six decimals.
    """

    stored: Figures
    recomputed: Figures
    differences: list[str]


def rescore(path: Path, task: Task) -> Rescored:
    """Recompute the figures of a result from its predictions.

    Raises:
        InputError: the result or its predictions cannot be read, or do not fit the task.
    """
    result = read_result(path)
    require_task(result, task)
    place = predictions_of(result, path)
    if place is None:
        raise InputError(f"The result file {path} has no predictions, only reported figures; evaluate again.")
    recomputed = score(task, Predictions.read(place))
    return Rescored(result.figures, recomputed, _altered(result, recomputed))


def require_task(result: Result, task: Task) -> None:
    """Make sure that a result is of this very task.

    Raises:
        InputError: of another one, or of another version.
    """
    if result.task.hash != task.hash:
        raise InputError(
            f"The result of '{result.model.name}' is of another task or version ('{result.task.name}'"
            f" {result.task.version}) than '{task.name}' {task.protocol.version}; give its own task or evaluate again."
        )


def check_result(path: Path, task: Task) -> list[Check]:
    """Every check of one result file; later ones are left out where they have nothing to stand on."""
    try:
        result = read_result(path)
    except InputError as error:
        return [Check("schema", False, str(error))]
    checks = [Check("schema", True, f"result schema {result.schema_version}"), *_check_task(result, path, task)]
    if not checks[-1].passed:
        return checks
    checks += _check_header(result, path, task)
    try:
        place = predictions_of(result, path)
        if place is None:
            return [*checks, *_check_reported(result)]
        predictions = Predictions.read(place)
    except InputError as error:
        return [*checks, Check("predictions file", False, str(error))]
    return [*checks, *_check_predictions(result, place, predictions, task)]


def _check_task(result: Result, path: Path, task: Task) -> Iterator[Check]:
    """The file's name, and whether the result is of this task: if not, no later check has anything to stand on."""
    expected = f"{result.stem}.json"
    yield _check("file name", path.name == expected, f"the file is called {path.name}; expected {expected}")
    mark = mark_of(task)
    known = (result.task.name, result.task.version, result.task.hash) == (mark.name, mark.version, mark.hash)
    yield _check("task", known, f"the result is of another task or version than '{mark.name}' {mark.version}")


def _check_header(result: Result, path: Path, task: Task) -> Iterator[Check]:
    frozen = bool(task.protocol.frozen) and result.task.frozen == task.protocol.frozen
    yield _check("frozen", frozen, "its episodes are not the task's frozen ones, or the task is not frozen")
    shots = set(result.figures.shots) == set(task.protocol.shots)
    yield _check("shots", shots, "it has figures for other numbers of shots than the task")
    if task.protocol.votes:
        scored = result.schema_version >= WITH_VOTES
        yield _check("votes", scored, "it lacks the agreement with votes that the task scores; evaluate again")
    retracted = result.state == "retracted"
    yield _check("state", bool(result.reason) or not retracted, "a retracted result must give the reason")
    lacking = list(_source_lacks(result, task))
    fault = f"a result of source '{result.model.source}' must state {', '.join(lacking)}; evaluate again"
    yield _check("source", not lacking, fault)
    bad = next(_control_text(json.loads(path.read_bytes()), "file"), None)
    yield _check("text", bad is None, f"{bad} holds control or invisible characters")


def _source_lacks(result: Result, task: Task) -> Iterator[str]:
    """What evaluation states of every model that it made itself; predictions and folders may come without."""
    source, stores = result.model.source, result.view_stores
    if source not in ("built-in", "probe"):
        return
    if source == "probe" and not stores:
        yield "the view stores that it read"
    if source == "built-in":
        yield from (f"the view store of {view}" for view in task.protocol.views if not stores.get(view))
    if source == "built-in" and result.cost.parameters is None:
        yield "its parameters"
    if not result.environment.versions:
        yield "the versions that it ran with"


def _check_reported(result: Result) -> Iterator[Check]:
    yield _check("predictions file", result.state in ("reported", "retracted"), f"'{result.state}' needs predictions")
    yield _check("hash", result.hash == hash_result(result, b""), "the hash is not that of its content")


def _check_predictions(result: Result, place: Path, predictions: Predictions, task: Task) -> Iterator[Check]:
    assert result.predictions is not None
    same = sha256_of(place) == result.predictions.sha256
    yield _check("predictions file", same, f"the SHA-256 of {place.name} is not the one in the result")
    hash_now = hash_result(result, predictions.raw())
    yield _check("hash", result.hash == hash_now, "the hash is not that of its content")
    shapes = predictions.shape_faults(task)
    yield _check("shapes", not shapes, "; ".join(shapes))
    values = list(predictions.value_faults())
    yield _check("log-probabilities", not values, "; ".join(values))
    if shapes or values:
        return
    differences = _altered(result, score(task, predictions))
    more = f" and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
    yield _check("figures", not differences, "; ".join(differences[:_SHOWN]) + more)


def _check(name: str, passed: bool, fault: str) -> Check:
    return Check(name, passed, "" if passed else fault)


def _altered(result: Result, recomputed: Figures) -> list[str]:
    """Places where the figures of a result, those of its schema version, differ from the recomputed ones."""
    stored, again = (figures.to_json(result.schema_version) for figures in (result.figures, recomputed))
    return list(_differences(stored, again, "figures"))


def _differences(stored: Any, again: Any, where: str) -> Iterator[str]:
    """Places where two JSON values differ."""
    if isinstance(stored, dict) and isinstance(again, dict):
        for key in {**stored, **again}:
            yield from _differences(stored.get(key), again.get(key), f"{where}.{key}")
    elif isinstance(stored, list) and isinstance(again, list) and len(stored) == len(again):
        for number, (one, other) in enumerate(zip(stored, again, strict=True)):
            yield from _differences(one, other, f"{where}.{number}")
    elif stored != again:
        yield f"{where} is {stored}, recomputed {again}"


def _control_text(value: Any, where: str) -> Iterator[str]:
    """Places of strings that hold control, format or unassigned characters (Unicode categories C*, Zl, Zp)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _control_text(key, f"a key of {where}")
            yield from _control_text(inner, f"{where}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _control_text(inner, f"{where}.{number}")
    elif isinstance(value, str) and any(
        unicodedata.category(c)[0] == "C" or unicodedata.category(c) in ("Zl", "Zp") for c in value
    ):
        yield ascii(where)
