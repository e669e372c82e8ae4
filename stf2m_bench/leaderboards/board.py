"""The leaderboard of one task: which results stand where. A pure function of task and results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.errors import InputError
from stf2m_bench.files import canonical_json
from stf2m_bench.leaderboards.notes import notes_of, stated_data
from stf2m_bench.leaderboards.standing import Shots, Verdict, above_shortcuts, tiers_of
from stf2m_bench.leaderboards.states import STRENGTH
from stf2m_bench.scoring.figures import Interval, ShotFigures, percent, six
from stf2m_bench.scoring.result import Result, State
from stf2m_bench.tasks.task import Task

Kind = Literal["ranked", "control", "reference", "chance", "probe", "retracted"]
_ORDER: tuple[Kind, ...] = ("ranked", "control", "reference", "chance", "probe", "retracted")


@dataclass(frozen=True)
class Row:
    """One line of a board. Figures are percent, `nll` nats; all but `uar` and `new_people` are of the largest shot.

    Attributes:
        rank: from 1; None for whatever is not ranked.
        uar: shots -> percent. new_people: shots -> interval, or None where there is none.
        folds: lowest and highest UAR of a fold. seeds: UAR of each training seed; empty where there is only one.
        tier: shots -> tier among the ranked rows, from 1; empty for others, None with too few people.
        views: what the result was read from. data: every source that the model says it learnt from.
        notes: what a reader must know of this row, as plain text.
        hash: the result's; empty for chance.
        figures: shots -> all figures of the result; empty for chance.
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
    seeds: tuple[float, ...] = ()
    tier: dict[int, int | None] = field(default_factory=dict)
    parameters: int | None = None
    flops: int | None = None
    seconds_per_problem: float | None = None
    views: tuple[str, ...] = ()
    transductive: bool = False
    data: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    state: State | None = None
    hash: str = ""
    figures: Mapping[int, ShotFigures] = field(default_factory=dict)


def board(results: Iterable[Result], task: Task) -> list[Row]:
    """Rows in order: by UAR of the largest shot, ties by name; reference, chance, probe and retracted rows beneath.

    Results of one model that differ in nothing but the training seed are one row: that of the lowest seed, with the UAR
    of the others beside it, so that nobody picks a lucky seed. Its state is the weakest of theirs.

    Raises:
        InputError: a result is of another task or of another version of it.
    """
    rows = [_row(same, task) for same in _by_setup(results)]
    if not any(row.kind == "chance" for row in rows):
        rows.append(_chance(task))
    if not verdict(rows, task).ranked:
        rows = [replace(row, kind="control") if row.kind == "ranked" else row for row in rows]
    most = max(task.protocol.shots)
    rows.sort(key=lambda row: (_ORDER.index(row.kind), -row.uar[most], row.model))
    ranked = [row for row in rows if row.kind == "ranked"]
    tiers = {shot: tiers_of((row.figures for row in ranked), shot) for shot in task.protocol.shots}
    placed = [
        replace(row, rank=n + 1, tier={shot: found[n] for shot, found in tiers.items()}) for n, row in enumerate(ranked)
    ]
    return [*placed, *(row for row in rows if row.kind != "ranked")]


def verdict(rows: Iterable[Row], task: Task) -> Verdict:
    """Whether the task is ranked, by its file and by its shortcut probes."""
    rows = list(rows)
    probes = {row.model: row.figures for row in rows if row.kind == "probe"}
    found = above_shortcuts(dict(models_of(rows)), probes, task.protocol.shots)
    if task.protocol.ranked or has_no_result(rows):
        return Verdict(task.protocol.ranked and found.ranked, found.says)
    return Verdict(False, f"Its task file declares it a control. {found.says}")


def models_of(rows: Iterable[Row]) -> list[tuple[str, Shots]]:
    """Name and figures of the models that compete, ranked or on a control."""
    return [(row.model, row.figures) for row in rows if row.kind in ("ranked", "control")]


def has_no_result(rows: Iterable[Row]) -> bool:
    """Whether nothing was ever scored: chance alone, which needs no result."""
    return not any(row.hash for row in rows)


def is_synthetic(task: Task) -> bool:
    """Whether a dataset of the task was generated."""
    return any(load_loader(dataset).card.synthetic for dataset in task.protocol.datasets)


def people_tested(task: Task) -> int:
    """How many different people the folds test; 0 where people are unknown."""
    if not task.people_known:
        return 0
    return len({person for fold in task.protocol.folds for person in fold.meta_test})


def _by_setup(results: Iterable[Result]) -> list[list[Result]]:
    """Results that differ in their seed alone, lowest seed first; retracted ones apart, by the reason."""
    found: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda result: (result.seeds, result.hash)):
        setup = [result.model.name, result.model.source, result.model.config]
        setup += ["retracted", result.reason] if result.state == "retracted" else []
        setup += [] if result.seeds else [result.hash]
        found.setdefault(canonical_json(setup), []).append(result)
    return list(found.values())


def _row(same: list[Result], task: Task) -> Row:
    for result in same:
        _require_of(result, task)
    result = same[0]
    shots = {shot: result.figures.shots[shot] for shot in task.protocol.shots}
    most = shots[max(shots)]
    kind = _kind(result, task)
    return Row(
        rank=None,
        kind=kind,
        model=result.model.name,
        uar={shot: figures.uar for shot, figures in shots.items()},
        new_people={shot: None if kind == "chance" else figures.new_people for shot, figures in shots.items()},
        folds=(min(fold.uar for fold in most.folds), max(fold.uar for fold in most.folds)),
        accuracy=most.accuracy,
        macro_f1=most.macro_f1,
        nll=most.nll,
        seeds=tuple(one.figures.shots[max(shots)].uar for one in same) if len(same) > 1 else (),
        parameters=result.cost.parameters,
        flops=result.cost.flops,
        seconds_per_problem=result.cost.seconds_per_problem,
        views=tuple(sorted(result.view_stores)),
        transductive=result.model.declarations.transductive,
        data=stated_data(result),
        notes=tuple(notes_of(result, task)),
        state=min((one.state for one in same), key=STRENGTH.index),
        hash=result.hash,
        figures=shots,
    )


def _require_of(result: Result, task: Task) -> None:
    if result.task.hash != task.hash:
        raise InputError(
            f"The result of '{result.model.name}' is of task '{result.task.name}' {result.task.version} with another"
            f" protocol or clip list than '{task.name}' {task.protocol.version}; evaluate it again."
        )
    missing = [shot for shot in task.protocol.shots if shot not in result.figures.shots]
    if missing:
        raise InputError(
            f"The result of '{result.model.name}' has no {missing[0]}-shot figures for '{task.name}';"
            " evaluate it again."
        )


def _kind(result: Result, task: Task) -> Kind:
    if result.state == "retracted":
        return "retracted"
    if result.model.source == "probe":
        return "probe"
    if result.model.reference or result.model.declarations.told_names:
        return "reference"
    if result.model.name == "chance" and result.model.source == "built-in":
        return "chance"
    return "ranked" if task.protocol.ranked else "control"


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
