"""Scoring: predictions against the truth of a task, drawn anew. No media, no model."""

from __future__ import annotations

import numpy as np

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.errors import InputError
from stf2m_bench.scoring import calibration, metrics
from stf2m_bench.scoring.coarse import coarse_emotions, coarse_mass
from stf2m_bench.scoring.drawn import Drawn, draw_all
from stf2m_bench.scoring.figures import CoarseFigures, Figures, FoldFigures, ShotFigures, percent, six
from stf2m_bench.scoring.intervals import linearised, monte_carlo, monte_carlo_variance, new_people
from stf2m_bench.scoring.metrics import Floats, Ints
from stf2m_bench.scoring.people import worth_of_people
from stf2m_bench.scoring.predictions import Logs, Predictions
from stf2m_bench.scoring.votes import score_votes
from stf2m_bench.tasks.task import Task


def score(task: Task, predictions: Predictions) -> Figures:
    """All figures of these predictions.

    Raises:
        InputError: the predictions do not fit the task, or the task never asks for one of its emotions in a fold.
    """
    predictions.require(task)
    drawer = Drawer(task)
    return Figures(
        shots={shot: score_shot(task, predictions.logs[shot], draw_all(drawer, shot)) for shot in task.protocol.shots}
    )


def score_shot(task: Task, logs: Logs, drawn: Drawn) -> ShotFigures:
    """The figures of one shot.

    Args:
        logs: `[E, Q, N]`.
    """
    emotions, folds = len(task.protocol.emotions), len(task.protocol.folds)
    correct = metrics.tie_split_correct(logs, drawn.labels)
    fold = np.broadcast_to(drawn.fold[:, None], drawn.truth.shape)
    recall = metrics.recalls(correct, drawn.truth, fold, emotions=emotions, folds=folds)
    _all_asked(task, recall)
    uar = metrics.uar(recall)
    rows = [np.flatnonzero(drawn.fold == number) for number in range(folds)]
    matrices = [_confusion(logs[r], drawn.truth[r], drawn.emotions[r], emotions) for r in rows]
    variances = [monte_carlo_variance(correct[r], drawn.truth[r], emotions=emotions) for r in rows]
    worth = worth_of_people(task, drawn, _linearised(correct, drawn, recall))
    groups = _groups(task, correct, drawn)
    accuracy = metrics.accuracy(correct)
    figures = ShotFigures(
        uar=percent(uar),
        these_people=monte_carlo(uar, variances),
        new_people=new_people(uar, np.array(list(worth.of_person.values()))) if worth.told_apart else None,
        people=len(worth.of_person),
        accuracy=percent(accuracy),
        macro_f1=percent(float(np.mean([metrics.macro_f1(matrix) for matrix in matrices]))),
        nll=six(calibration.nll(logs, drawn.labels)),
        brier=six(calibration.brier(logs, drawn.labels)),
        ece=percent(calibration.ece(logs, correct)),
        folds=tuple(
            _fold_figures(correct[r], one, matrix, variance)
            for r, one, matrix, variance in zip(rows, recall, matrices, variances, strict=True)
        ),
        recalls=dict(zip(task.protocol.emotions, map(percent, np.nanmean(recall, axis=0)), strict=True)),
        subjects={person: percent(value) for person, value in worth.of_person.items()},
        confusion=tuple(tuple(map(six, row)) for row in np.sum(matrices, axis=0)),
        groups={name: percent(value) for name, value in groups.items()},
        worst_group=min(groups, key=lambda name: groups[name], default=None),
        chance_normalised=percent(metrics.chance_normalised(accuracy, task.protocol.ways)),
        coarse=_coarse(task, logs, drawn, fold),
    )
    votes = score_votes(task, logs, drawn)
    return figures if votes is None else figures.model_copy(update={"votes": votes})


def _confusion(logs: Logs, truth: Ints, classes: Ints, emotions: int) -> Floats:
    shares = metrics.top_shares(logs).reshape(-1, logs.shape[-1])
    return metrics.confusion(shares, truth.ravel(), np.repeat(classes, truth.shape[1], axis=0), emotions=emotions)


def _coarse(task: Task, logs: Logs, drawn: Drawn, fold: Ints) -> CoarseFigures | None:
    """Recalls and UAR over coarse emotions, or None where the map merges nothing or leaves one alone."""
    names, coarse = coarse_emotions(task.protocol.emotions)
    if not 1 < len(names) < len(task.protocol.emotions):
        return None
    truth = coarse[drawn.truth]
    correct = metrics.tie_split_correct(coarse_mass(logs, coarse[drawn.emotions], count=len(names)), truth)
    recall = metrics.recalls(correct, truth, fold, emotions=len(names), folds=len(task.protocol.folds))
    return CoarseFigures(
        uar=percent(metrics.uar(recall)),
        recalls=dict(zip(names, map(percent, np.nanmean(recall, axis=0)), strict=True)),
    )


def _fold_figures(correct: Floats, recall: Floats, matrix: Floats, variance: float) -> FoldFigures:
    uar = float(np.nanmean(recall))
    return FoldFigures(
        episodes=len(correct),
        uar=percent(uar),
        these_people=monte_carlo(uar, [variance]),
        accuracy=percent(metrics.accuracy(correct)),
        macro_f1=percent(metrics.macro_f1(matrix)),
    )


def _all_asked(task: Task, recall: Floats) -> None:
    for fold, emotion in np.argwhere(np.isnan(recall)):
        if task.protocol.emotions[emotion] not in task.emotions("meta_test", fold):
            continue
        raise InputError(
            f"The task '{task.name}' is invalid: fold {fold} never asks for"
            f" '{task.protocol.emotions[emotion]}', so that it has no UAR; give the task more episodes."
        )


def _linearised(correct: Floats, drawn: Drawn, recall: Floats) -> Floats:
    """Correctness `[E, Q]`, turned within each fold so that its plain mean is the fold's UAR."""
    z = np.empty_like(correct)
    for fold, of_emotion in enumerate(recall):
        rows = drawn.fold == fold
        z[rows] = linearised(correct[rows].ravel(), drawn.truth[rows].ravel(), of_emotion).reshape(-1, z.shape[1])
    return z


def _groups(task: Task, correct: Floats, drawn: Drawn) -> dict[str, float]:
    """UAR of each group that is asked anything."""
    groups = [text.split(";") for text in task.clips.group]
    found = {}
    for label in sorted({label for labels in groups for label in labels if label}):
        member = np.array([label in labels for labels in groups])[drawn.query]
        if member.any():
            emotions = len(task.protocol.emotions)
            found[label] = metrics.group_uar(correct, drawn.truth, member, emotions=emotions)
    return found
