"""An ablation: its list of rows, their results, and how far each row is from the full model on the same people.

`FOLDER/ablations/rows.toml` lists the rows, `FOLDER/ablations/TASK/ROW.json` is the result of training seed 0,
`ROW.seed-N.json` that of seed N; predictions lie nowhere, their SHA-256 tells what a rerun must give.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np

from stf2m_bench.errors import InputError
from stf2m_bench.leaderboards.ablation_plan import ROWS, Plan, Row, read_plan
from stf2m_bench.leaderboards.build import LoadTask
from stf2m_bench.leaderboards.standing import comparable
from stf2m_bench.scoring.comparisons import LEVEL, compare, holm, smallest_detectable
from stf2m_bench.scoring.figures import ShotFigures
from stf2m_bench.scoring.intervals import t_halfwidth
from stf2m_bench.scoring.result import Cost, Result, read_result
from stf2m_bench.tasks.task import Task, load_task

PLACE = "ablations"
VALIDATION = "validation.csv"
_COLUMNS = ["row", "seed", "shot", "accuracy", "nll"]
_Seeds = Mapping[int, Result]


@dataclass(frozen=True)
class Against:
    """A row minus the full model at one shot, in points of UAR, on the training seeds that both have.

    Attributes:
        points: the mean over people. seeds: the same of each common seed.
        halfwidth: of the 95% interval for new people. p: of the paired t test on contributions averaged over seeds.
        adjusted: p by Holm's correction over the rows of this task and shot.
        detectable: points that this comparison finds 4 times in 5. All four None with too few people.
    """

    points: float
    seeds: dict[int, float]
    halfwidth: float | None
    p: float | None
    adjusted: float | None
    detectable: float | None

    @property
    def separated(self) -> bool:
        """Whether the paired test tells the two apart after the correction."""
        return self.adjusted is not None and self.adjusted < LEVEL


@dataclass(frozen=True)
class Scores:
    """A row at one shot.

    Attributes:
        seeds: training seed -> UAR, percent. nll: nats, ece: percent; means over seeds.
        these_people: half the interval of one training for other episodes of these people, mean over seeds.
        new_people: half the interval for new people, of contributions averaged over seeds. Both None where unknown.
        against: None for the full model, and where it has no training seed in common.
    """

    seeds: dict[int, float]
    these_people: float | None
    new_people: float | None
    nll: float
    ece: float
    against: Against | None

    @property
    def uar(self) -> float:
        """Percent, mean over seeds."""
        return fmean(self.seeds.values())


@dataclass(frozen=True)
class Measured:
    """A row on one task; `cost` is the mean over its seeds, `places` are the devices that it ran on."""

    row: Row
    seeds: tuple[int, ...]
    shots: dict[int, Scores]
    cost: Cost
    places: tuple[str, ...]

    @property
    def against(self) -> dict[int, Against]:
        """Shot -> comparison with the full model, where there is one."""
        return {shot: one.against for shot, one in self.shots.items() if one.against}


@dataclass(frozen=True)
class Choice:
    """A row on the frozen meta-val episodes: shot -> accuracy in percent and NLL in nats, means over seeds."""

    row: Row
    seeds: tuple[int, ...]
    shots: dict[int, tuple[float, float]]


@dataclass(frozen=True)
class TaskAblation:
    """The rows that have results on one task, and the figures of their search, in the order of rows.toml."""

    task: Task
    note: str
    rows: tuple[Measured, ...]
    search: tuple[Choice, ...]

    def of(self, row: Row) -> Measured | None:
        """What a row reached here."""
        return next((one for one in self.rows if one.row == row), None)


@dataclass(frozen=True)
class Ablation:
    """Everything; tasks without any result are left out of `tasks`."""

    plan: Plan
    tasks: tuple[TaskAblation, ...]


def read_ablation(folder: Path, *, load: LoadTask = load_task) -> Ablation:
    """Read and compare all rows.

    Args:
        folder: of leaderboards; holds `ablations`.
        load: a task by name.

    Raises:
        InputError: no rows.toml, no result, or one that is of no listed row or task or of another version of its task.
    """
    place = folder / PLACE
    plan = read_plan(place / ROWS)
    for path in sorted(place.glob("*/*.json")):
        if path.parent.name not in plan.tasks:
            raise InputError(f"{path} is of a task that {place / ROWS} does not list; list it or move the file away.")
    tasks = [
        _read_task(place / name, load(name), plan) for name in plan.tasks if any((place / name).glob("[!.]*.json"))
    ]
    if not tasks:
        raise InputError(f"{place} holds no result; expected TASK/ROW.json for rows and tasks of {ROWS}.")
    return Ablation(plan, tuple(tasks))


def _read_task(place: Path, task: Task, plan: Plan) -> TaskAblation:
    found: dict[str, dict[int, Result]] = {row.name: {} for row in plan.rows}
    for path in sorted(place.glob("[!.]*.json")):
        result = _read_row(path, task, found)
        found[result.model.name][_seed(result)] = result
    compared = {shot: _compare_all(found, plan.full, shot) for shot in task.protocol.shots}
    rows = [_measured(row, found[row.name], compared) for row in plan.rows if found[row.name]]
    return TaskAblation(task, plan.tasks[task.name], tuple(rows), _read_search(place / VALIDATION, plan))


def _read_row(path: Path, task: Task, known: Iterable[str]) -> Result:
    result = read_result(path)
    if result.model.name not in known:
        raise InputError(f"{path} is of the row '{result.model.name}', which {ROWS} does not list; list it there.")
    if result.stem != path.stem:
        raise InputError(f"{path} is of '{result.stem}', another row or training seed; call it {result.stem}.json.")
    if result.task.hash != task.hash:
        raise InputError(
            f"{path} is of task '{result.task.name}' {result.task.version} with another protocol or clip list than"
            f" '{task.name}' {task.protocol.version}; run the row again."
        )
    if missing := [shot for shot in task.protocol.shots if shot not in result.figures.shots]:
        raise InputError(f"{path} has no {missing[0]}-shot figures; run the row again.")
    return result


def _seed(result: Result) -> int:
    return result.seeds[0] if result.seeds else 0


def _measured(row: Row, results: _Seeds, compared: Mapping[int, Mapping[str, Against]]) -> Measured:
    seeds = tuple(sorted(results))
    shots = {
        shot: _scores({seed: results[seed].figures.shots[shot] for seed in seeds}, found.get(row.name))
        for shot, found in compared.items()
    }
    environments = [result.environment for result in results.values()]
    places = {e.device + (f", {e.threads} thread{'s' * (e.threads > 1)}" if e.threads else "") for e in environments}
    return Measured(row, seeds, shots, _mean_cost([results[seed].cost for seed in seeds]), tuple(sorted(places)))


def _scores(figures: Mapping[int, ShotFigures], against: Against | None) -> Scores:
    errors = [one.these_people.halfwidth for one in figures.values() if one.these_people]
    people = _mean_subjects(figures.values())
    return Scores(
        seeds={seed: one.uar for seed, one in figures.items()},
        these_people=fmean(errors) if errors else None,
        new_people=float(t_halfwidth(np.array(list(people.values())))) if _comparable(figures.values()) else None,
        nll=fmean(one.nll for one in figures.values()),
        ece=fmean(one.ece for one in figures.values()),
        against=against,
    )


def _mean_cost(costs: Sequence[Cost]) -> Cost:
    """The mean of each figure over the seeds that state it; numbers that are counted stay whole."""
    means: dict[str, float | int] = {}
    for name in Cost.model_fields:
        stated = [value for cost in costs if (value := getattr(cost, name)) is not None]
        if stated:
            means[name] = round(fmean(stated)) if isinstance(stated[0], int) else fmean(stated)
    return Cost.model_validate(means)


def _compare_all(found: Mapping[str, _Seeds], full: str, shot: int) -> dict[str, Against]:
    """Row -> its comparison with the full model, p adjusted over the rows."""
    against = {
        name: _against(results, found[full], shot)
        for name, results in found.items()
        if name != full and results.keys() & found[full].keys()
    }
    adjusted = holm([math.nan if one.p is None else one.p for one in against.values()])
    return {
        name: replace(one, adjusted=None if one.p is None else p)
        for (name, one), p in zip(against.items(), adjusted, strict=True)
    }


def _against(row: _Seeds, full: _Seeds, shot: int) -> Against:
    seeds = sorted(row.keys() & full.keys())
    ones, others = ([results[seed].figures.shots[shot] for seed in seeds] for results in (row, full))
    one, other = _mean_subjects(ones), _mean_subjects(others)
    paired = compare(one, other)
    tested = _comparable([*ones, *others]) and math.isfinite(paired.halfwidth)
    by_seed = (compare(a.subjects, b.subjects).difference for a, b in zip(ones, others, strict=True))
    return Against(
        points=paired.difference,
        seeds=dict(zip(seeds, by_seed, strict=True)),
        halfwidth=paired.halfwidth if tested else None,
        p=paired.p if tested else None,
        adjusted=None,
        detectable=smallest_detectable({p: one[p] - other[p] for p in one}) if tested else None,
    )


def _comparable(figures: Iterable[ShotFigures]) -> bool:
    return all(map(comparable, figures))


def _mean_subjects(figures: Iterable[ShotFigures]) -> dict[str, float]:
    """Person -> contribution, percent, mean over seeds."""
    each = [one.subjects for one in figures]
    return {person: fmean(subjects[person] for subjects in each) for person in each[0]}


def _read_search(path: Path, plan: Plan) -> tuple[Choice, ...]:
    """The meta-val figures; empty where there are none.

    Raises:
        InputError: another header, a line that is none, or of a row that is not listed.
    """
    if not path.is_file():
        return ()
    known = {row.name: row for row in plan.rows}
    found: dict[str, dict[int, dict[int, tuple[float, float]]]] = {row: {} for row in known}
    with path.open(newline="", encoding="utf-8") as file:
        header, *lines = list(csv.reader(file)) or [[]]
    if header != _COLUMNS:
        raise InputError(f"{path} has the columns {', '.join(header)}; expected {', '.join(_COLUMNS)}.")
    for number, line in enumerate(lines, 2):
        try:
            row, seed, shot, accuracy, nll = line
            found[row].setdefault(int(shot), {})[int(seed)] = (float(accuracy), float(nll))
        except (ValueError, KeyError) as error:
            raise InputError(f"{path}, line {number}: no figures of a row that {ROWS} lists; run it again.") from error
    return tuple(_choice(known[row], shots) for row, shots in found.items() if shots)


def _choice(row: Row, shots: Mapping[int, Mapping[int, tuple[float, float]]]) -> Choice:
    means = {
        shot: (fmean(a for a, _ in by.values()), fmean(nll for _, nll in by.values())) for shot, by in shots.items()
    }
    return Choice(row, tuple(sorted({seed for by in shots.values() for seed in by})), means)
