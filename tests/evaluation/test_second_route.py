"""The whole line on real action units against a plain NumPy reading of the same CSV, with episodes drawn otherwise."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.episode.drawing import frozen_hash
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.tasks.task import Task, load_task
from stf2m_bench.views.base.store import prepare_view

TABLE = "face_action_units/au_static_mean_actors_01-12.csv"


def test_nearest_mean_scores_what_plain_numpy_scores(ravdess_root: Path) -> None:
    """A leak anywhere between folder and figure would part the two; sampling alone moves them by about a point."""
    whole = load_task("ravdess-a12-new-subjects")
    protocol = whole.protocol.model_copy(update={"views": ("imported:au_static",), "episodes": 600})
    task = Task(protocol, whole.clips)
    task = Task(protocol.model_copy(update={"frozen": frozen_hash(task)}), whole.clips)
    views = TaskViews(task, {v: prepare_view(build_manifest("ravdess", ravdess_root), v) for v in protocol.views})
    figures = evaluate(task, "nearest_mean", views=views).result.figures
    vectors, emotion, actor = _table(ravdess_root / TABLE)
    rng = np.random.default_rng(0)
    for shot in (1, 5):
        folds = [_fold(vectors, emotion, actor, fold.meta_train, fold.meta_test, shot, rng) for fold in protocol.folds]
        assert figures.shots[shot].uar == pytest.approx(100 * np.mean(folds), abs=3)


def _table(path: Path) -> tuple[NDArray[np.float64], NDArray[np.str_], NDArray[np.str_]]:
    rows = [row for row in csv.DictReader(path.read_text().splitlines()) if row["name"][3:] != "01-03-01-02-02-07"]
    units = [name for name in rows[0] if name.startswith("AU")]
    names = np.array([row["name"] for row in rows])
    vectors = np.array([[float(row[unit]) for unit in units] for row in rows])
    return vectors, np.array([name[6:8] for name in names]), np.array([name[-2:] for name in names])


def _fold(vectors, emotion, actor, train, test, shot, rng):  # type: ignore[no-untyped-def]
    known = vectors[np.isin(actor, train)]
    z = np.clip((vectors - known.mean(0)) / known.std(0), -4, 4)
    right = []
    for _ in range(200):
        people = rng.choice(test, 1 if shot == 1 else 2, replace=False)
        others = np.isin(actor, test) & ~np.isin(actor, people)
        means, queries = [], []
        for one in rng.choice(np.unique(emotion), 5, replace=False):
            support: list[int] = []
            for turn in range(shot):
                cell = np.flatnonzero((emotion == one) & (actor == people[turn % len(people)]))
                support.append(rng.choice(np.setdiff1d(cell, support)))
            means.append(z[support].mean(0))
            queries.append(z[rng.choice(np.flatnonzero((emotion == one) & others), 3, replace=False)])
        distances = np.square(np.array(queries)[:, :, None] - np.array(means)).sum(-1)
        right.append((distances.argmin(-1) == np.arange(5)[:, None]).mean())
    return np.mean(right)
