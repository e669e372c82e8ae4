"""The leaderboard of one task: which results stand where. A pure function of task and results."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.errors import InputError
from stf2m_bench.scoring.figures import Interval, percent, six
from stf2m_bench.scoring.result import Result, State
from stf2m_bench.tasks.task import Task

Kind = Literal["ranked", "control", "reference", "chance", "retracted"]
_ORDER: tuple[Kind, ...] = ("ranked", "control", "reference", "chance", "retracted")


@dataclass(frozen=True)
class Row:
    """One line of a board. Figures are percent, `nll` nats; all but `uar` and `new_people` are of the largest shot.

    Attributes:
        rank: from 1; None for whatever is not ranked.
        uar: shots -> percent. new_people: shots -> interval, or None where there is none.
        folds: lowest and highest UAR of a fold.
        notes: what a reader must know of this row, as plain text.
        hash: the result's; empty for chance.
    """

    rank: int | None
    kind: Kind
    model: str
    uar: dict[int, float]
    new_people: dict[int, Interval | None]
    folds: tuple[float, float]
    accuracy: float
    macro_f1: float
    nll: float
    parameters: int | None = None
    seconds_per_problem: float | None = None
    notes: tuple[str, ...] = ()
    state: State | None = None
    hash: str = ""


def board(results: Iterable[Result], task: Task) -> list[Row]:
    """Rows in order: by UAR of the largest shot, ties by name; reference rows, chance and retracted rows beneath.

    Raises:
        InputError: a result is of another task or of another version of it.
    """
    rows = [_row(result, task) for result in results]
    if not any(row.kind == "chance" for row in rows):
        rows.append(_chance(task))
    most = max(task.protocol.shots)
    rows.sort(key=lambda row: (_ORDER.index(row.kind), -row.uar[most], row.model))
    ranks = iter(range(1, len(rows) + 1))
    return [Row(**{**vars(row), "rank": next(ranks)}) if row.kind == "ranked" else row for row in rows]


def is_synthetic(task: Task) -> bool:
    """Whether a dataset of the task was generated."""
    return any(load_loader(dataset).card.synthetic for dataset in task.protocol.datasets)


def people_tested(task: Task) -> int:
    """How many different people the folds test."""
    return len({person for fold in task.protocol.folds for person in fold.meta_test})


def _row(result: Result, task: Task) -> Row:
    if result.task.hash != task.hash:
        raise InputError(
            f"The result of '{result.model.name}' is of task '{result.task.name}' {result.task.version} with another"
            f" protocol or clip list than '{task.name}' {task.protocol.version}; evaluate it again."
        )
    shots = result.figures.shots
    missing = [shot for shot in task.protocol.shots if shot not in shots]
    if missing:
        raise InputError(
            f"The result of '{result.model.name}' has no {missing[0]}-shot figures for '{task.name}';"
            " evaluate it again."
        )
    most = shots[max(task.protocol.shots)]
    kind = _kind(result, task)
    return Row(
        rank=None,
        kind=kind,
        model=result.model.name,
        uar={shot: shots[shot].uar for shot in task.protocol.shots},
        new_people={shot: None if kind == "chance" else shots[shot].new_people for shot in task.protocol.shots},
        folds=(min(fold.uar for fold in most.folds), max(fold.uar for fold in most.folds)),
        accuracy=most.accuracy,
        macro_f1=most.macro_f1,
        nll=most.nll,
        parameters=result.cost.parameters,
        seconds_per_problem=result.cost.seconds_per_problem,
        notes=tuple(_notes(result, task)),
        state=result.state,
        hash=result.hash,
    )


def _kind(result: Result, task: Task) -> Kind:
    if result.state == "retracted":
        return "retracted"
    if result.model.reference or result.model.declarations.told_names:
        return "reference"
    if result.model.name == "chance" and result.model.source == "built-in":
        return "chance"
    return "ranked" if task.protocol.ranked else "control"


def _notes(result: Result, task: Task) -> list[str]:
    says = result.model.declarations
    notes = []
    if result.state == "retracted":
        notes.append(f"retracted: {result.reason}")
    if says.told_names:
        notes.append("told the emotion names")
    if says.transductive:
        notes.append("transductive")
    if says.uses_votes:
        notes.append("uses votes")
    if says.scope != "clip":
        notes.append(f"views see the whole {says.scope}")
    if says.pretrained_on:
        notes.append("pretrained on " + ", ".join(says.pretrained_on))
    if set(says.pretrained_on) & set(task.protocol.datasets):
        notes.append("pretrained on this task's dataset")
    if result.model.source == "predictions":
        notes.append("a predictions file, which does not show how it was made")
    return notes


def _chance(task: Task) -> Row:
    chance = percent(1 / task.protocol.ways)
    return Row(
        rank=None,
        kind="chance",
        model="chance",
        uar=dict.fromkeys(task.protocol.shots, chance),
        new_people=dict.fromkeys(task.protocol.shots),
        folds=(chance, chance),
        accuracy=chance,
        macro_f1=chance,
        nll=six(math.log(task.protocol.ways)),
    )
