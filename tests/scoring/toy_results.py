"""A small task, random predictions for it and results of them: 12 people, 6 emotions, 3 folds, no media."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np

from stf2m_bench.episode.drawing import frozen_hash
from stf2m_bench.scoring.predictions import Predictions, from_logits
from stf2m_bench.scoring.result import Cost, Environment, ModelMark, Result, make_result
from stf2m_bench.tasks.clips import ClipList
from stf2m_bench.tasks.protocol import Fold, Protocol
from stf2m_bench.tasks.task import Task

EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise")
PEOPLE = [f"p{number:02d}" for number in range(12)]


def toy_clips(clips_per_cell: int = 6, emotions: tuple[str, ...] = EMOTIONS) -> ClipList:
    rows = [
        (f"{person}-{emotion}-{n}", person, f"{person}-{emotion}-{n}", "", emotion, f"sex={'fm'[i % 2]};age=young", "")
        for i, person in enumerate(PEOPLE)
        for emotion in emotions
        for n in range(clips_per_cell)
    ]
    return ClipList(*(list(column) for column in zip(*sorted(rows), strict=True)))


def toy_folds(people_per_fold: int = 4) -> tuple[Fold, ...]:
    tested = [PEOPLE[i : i + people_per_fold] for i in range(0, 12, people_per_fold)]
    return tuple(
        Fold(meta_train=tuple(p for p in PEOPLE if p not in test), meta_val=(), meta_test=tuple(test))
        for test in tested
    )


def toy_task(**changes: Any) -> Task:
    keys: dict[str, Any] = {
        "name": "toy",
        "version": 1,
        "title": "Toy people",
        "datasets": ("ravdess",),
        "track": "new-subjects",
        "views": ("audio.logmel",),
        "ways": 4,
        "shots": (1, 5),
        "queries": 2,
        "emotions": EMOTIONS,
        "support_people": {"1": 1, "5": 2},
        "episodes": 60,
        "seed": 0,
        "folds": toy_folds(),
    }
    clips = toy_clips(12 if changes.get("track") == "personal" else 6, changes.get("emotions", EMOTIONS))
    return Task(Protocol(**(keys | changes)), clips)


@cache
def frozen_toy(**changes: Any) -> Task:
    task = toy_task(**changes)
    return toy_task(**changes, frozen=frozen_hash(task))


def voted_toy(votes: Any = None, **changes: Any) -> Task:
    """The toy task with ten raters a clip, of whom some clips have fewer and every tenth none."""
    clips, rng = toy_clips(), np.random.default_rng(5)
    texts = []
    for number, emotion in enumerate(clips.emotion):
        shares = 0.4 * np.eye(6)[EMOTIONS.index(emotion)] + 0.1
        counts = rng.multinomial(0 if number % 10 == 0 else int(rng.integers(1, 11)), shares)
        texts.append(";".join(f"{e}={n}" for e, n in zip(EMOTIONS, counts, strict=True) if n))
    protocol = frozen_toy().protocol.model_copy(update={"votes": "all", **changes})
    return Task(protocol, replace(clips, votes=texts if votes is None else votes))


def random_predictions(task: Task, seed: int = 0, spread: float = 1.0) -> Predictions:
    p, rng = task.protocol, np.random.default_rng(seed)
    shape = (p.episodes, p.ways * p.queries, p.ways)
    return Predictions({shot: from_logits(rng.normal(0, spread, shape), shot=shot) for shot in p.shots})


def toy_result(task: Task, predictions: Predictions, name: str = "prototypes", **model: Any) -> Result:
    keys: dict[str, Any] = {"source": "built-in", "sha256": "a" * 64, "training_data": ("ravdess",)}
    return make_result(
        task,
        predictions,
        model=ModelMark(name=name, **(keys | model)),
        view_stores={"audio.logmel": "b" * 64},
        environment=Environment(versions={"numpy": "2.0"}, device="cpu", threads=2),
        cost=Cost(parameters=1234, seconds_per_problem=0.0123),
        seeds=(0,),
        created=date(2025, 1, 2),
    )
