"""Toy tasks by name, predictions of a chosen skill, results written where a person would have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from toy_results import PEOPLE, frozen_toy, random_predictions, toy_result

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.errors import UnknownNameError
from stf2m_bench.scoring.drawn import draw_all
from stf2m_bench.scoring.predictions import Predictions, from_logits
from stf2m_bench.scoring.result import Result, file_stem, hash_result, write_result
from stf2m_bench.tasks.protocol import Fold
from stf2m_bench.tasks.task import Task


def load(name: str) -> Task:
    tasks = {
        "toy": frozen_toy(episodes=24),
        "drawn": frozen_toy(episodes=24, name="drawn", datasets=("emosynth",), ranked=False),
    }
    if name not in tasks:
        raise UnknownNameError("task", name, tasks)
    return tasks[name]


def few_people() -> Task:
    """Four people tested in one fold."""
    return frozen_toy(folds=(Fold(meta_train=tuple(PEOPLE[4:]), meta_val=(), meta_test=tuple(PEOPLE[:4])),))


def skilled(task: Task, skill: float, seed: int = 0) -> Predictions:
    """Noise plus `skill` on the true class: 0 is chance, 3 nearly always right."""
    rng = np.random.default_rng(seed)
    logs = {}
    for shot in task.protocol.shots:
        labels = draw_all(Drawer(task), shot).labels
        logits = rng.normal(0, 1, (*labels.shape, task.protocol.ways)) + skill * np.eye(task.protocol.ways)[labels]
        logs[shot] = from_logits(logits, shot=shot)
    return Predictions(logs)


def result_of(task: Task, name: str, skill: float, seed: int = 0, **model: Any) -> Result:
    return toy_result(task, skilled(task, skill, seed), name, **model)


def made(
    folder: Path, name: str = "prototypes", seed: int = 0, task: str = "toy", trained: int = 0, **model: Any
) -> Path:
    """A result of random predictions and these, written into `folder`; `trained` is its training seed."""
    predictions = random_predictions(load(task), seed)
    return written(folder, predictions, name, task, trained, **model)


def written(
    folder: Path, predictions: Predictions, name: str, task: str = "toy", trained: int = 0, **model: Any
) -> Path:
    """A result of these predictions."""
    result = toy_result(load(task), predictions, name, **model)
    if trained:
        mark = result.predictions.model_copy(update={"file": f"{file_stem(name, (trained,))}.parquet"})
        result = result.model_copy(update={"seeds": (trained,), "predictions": mark})
        result = result.model_copy(update={"hash": hash_result(result, predictions.raw())})
    return write_result(result, predictions, folder)


def contents(folder: Path) -> dict[str, bytes]:
    """Name -> bytes of every file, but for the lock."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}
