"""Two results of one board on the same episodes and people: how far apart, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.errors import InputError, UnknownNameError, UsageError
from stf2m_bench.leaderboards.build import read_results
from stf2m_bench.leaderboards.standing import comparable
from stf2m_bench.scoring import comparisons
from stf2m_bench.scoring.comparisons import smallest_detectable
from stf2m_bench.scoring.drawn import draw_all
from stf2m_bench.scoring.figures import ShotFigures
from stf2m_bench.scoring.intervals import monte_carlo, monte_carlo_variance
from stf2m_bench.scoring.metrics import tie_split_correct
from stf2m_bench.scoring.predictions import Logs, Predictions
from stf2m_bench.scoring.result import Result, file_stem, predictions_of
from stf2m_bench.tasks.task import Task


@dataclass(frozen=True)
class Difference:
    """One model minus another at one shot, in points of UAR.

    Attributes:
        uar: of the one and of the other, percent.
        these_people: half the 95% interval for other episodes of these people; None without both predictions.
        new_people: half the 95% interval for new people. p, p_flip: two-sided, of the paired t test and of sign flips.
        detectable: what this test on these people finds 4 times in 5. All four None with too few people.
        emotions: emotion -> difference of recalls. subjects: person -> difference of contributions.
    """

    uar: tuple[float, float]
    points: float
    these_people: float | None
    new_people: float | None
    p: float | None
    p_flip: float | None
    detectable: float | None
    people: int
    emotions: dict[str, float]
    subjects: dict[str, float]

    @property
    def separated(self) -> bool:
        """Whether the paired test over people tells the two apart."""
        return self.p is not None and self.p < comparisons.LEVEL


def find_pair(folder: Path, task: Task, one: str, other: str) -> tuple[Result, Result]:
    """The results of two models on a board.

    Raises:
        UsageError: both are the same result. And what `find_result` raises.
    """
    first, second = find_result(folder, task, one), find_result(folder, task, other)
    if first.stem == second.stem:
        raise UsageError(f"'{one}' and '{other}' are the same result; name two different ones.")
    return first, second


def find_result(folder: Path, task: Task, model: str) -> Result:
    """The result of a model on a board, by its name, or `MODEL.seed-N` for a training seed above 0.

    Raises:
        UnknownNameError: the board has no such model. InputError: the result is of another version of the task.
    """
    found = {result.stem: result for result in read_results(folder, task.name)}
    if file_stem(model) not in found:
        if model == "chance":
            raise UsageError(
                f"On the board '{task.name}' chance is computed and has no result to compare with; evaluate the model"
                " 'chance' and add its result first."
            )
        raise UnknownNameError(f"result on the board '{task.name}'", model, found)
    result = found[file_stem(model)]
    if result.task.hash != task.hash:
        raise InputError(f"The result of '{model}' is of another version of '{task.name}'; evaluate it again.")
    return result


def compare_results(one: Result, other: Result, task: Task, folder: Path) -> dict[int, Difference]:
    """Shots -> one minus the other.

    Args:
        folder: holds `results/<task>`, where the predictions lie.
    """
    logs = [_logs(result, folder / "results" / task.name, task) for result in (one, other)]
    shots = task.protocol.shots
    return {
        shot: _difference(
            one.figures.shots[shot], other.figures.shots[shot], _episode_error(task, shot, logs[0], logs[1])
        )
        for shot in shots
    }


def _difference(one: ShotFigures, other: ShotFigures, these_people: float | None) -> Difference:
    subjects = {person: one.subjects[person] - other.subjects[person] for person in one.subjects}
    paired = comparisons.compare(one.subjects, other.subjects)
    tested = comparable(one) and comparable(other) and math.isfinite(paired.halfwidth)
    return Difference(
        uar=(one.uar, other.uar),
        points=one.uar - other.uar,
        these_people=these_people,
        new_people=paired.halfwidth if tested else None,
        p=paired.p if tested else None,
        p_flip=paired.p_flip if tested else None,
        detectable=smallest_detectable(subjects) if tested else None,
        people=paired.people,
        emotions={emotion: one.recalls[emotion] - other.recalls[emotion] for emotion in one.recalls},
        subjects=subjects,
    )


def _logs(result: Result, folder: Path, task: Task) -> dict[int, Logs] | None:
    place = predictions_of(result, folder / f"{result.stem}.json")
    if place is None or not place.is_file():
        return None
    predictions = Predictions.read(place)
    predictions.require(task)
    return predictions.logs


def _episode_error(task: Task, shot: int, one: dict[int, Logs] | None, other: dict[int, Logs] | None) -> float | None:
    """Half the Monte-Carlo interval of the difference, paired by episode, in points.

    The linearised UAR that `monte_carlo_variance` takes the spread of is linear in the correctness of the queries, so
    that the difference of two correctnesses gives that of the difference.
    """
    if one is None or other is None:
        return None
    drawn = draw_all(Drawer(task), shot)
    correct = tie_split_correct(one[shot], drawn.labels) - tie_split_correct(other[shot], drawn.labels)
    rows = [np.flatnonzero(drawn.fold == fold) for fold in range(len(task.protocol.folds))]
    emotions = len(task.protocol.emotions)
    interval = monte_carlo(0.0, [monte_carlo_variance(correct[r], drawn.truth[r], emotions=emotions) for r in rows])
    return None if interval is None else interval.halfwidth
