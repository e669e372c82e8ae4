"""A toy task of 12 people and 4 emotions, and views of it made of random numbers: no media, no disk."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from stf2m_bench.episode.drawing import frozen_hash
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.tasks.clips import COLUMNS, ClipList
from stf2m_bench.tasks.protocol import Fold, Protocol
from stf2m_bench.tasks.task import Task
from stf2m_bench.views.base.store import FORMAT, Store

EMOTIONS = ("anger", "fear", "happiness", "sadness")
PEOPLE = tuple(f"p{number:02d}" for number in range(12))
VIEWS = {"audio.logmel": (6, 50.0, "mel band"), "imported:x": (5, None, "column")}


def clip_list(rows: list[dict[str, str]]) -> ClipList:
    """A clip list of these rows; an unknown recording is the clip itself."""
    rows = sorted(rows, key=lambda row: row["clip_id"])
    blank = dict.fromkeys(COLUMNS, "")
    full = [blank | {"recording": row["clip_id"]} | row for row in rows]
    return ClipList(*([row[name] for row in full] for name in COLUMNS))


def toy_clips(clips_per_cell: int = 8) -> ClipList:
    """`clips_per_cell` clips of each emotion of each person."""
    return clip_list(
        [
            {
                "clip_id": f"{person}-{emotion}-{n}",
                "subject": person,
                "emotion": emotion,
                "group": f"sex={'fm'[number % 2]}",
            }
            for number, person in enumerate(PEOPLE)
            for emotion in EMOTIONS
            for n in range(clips_per_cell)
        ]
    )


def toy_folds() -> tuple[Fold, ...]:
    """Three folds: 5 people train, 3 validate, 4 are tested."""
    turned = [PEOPLE[first:] + PEOPLE[:first] for first in (0, 4, 8)]
    return tuple(Fold(meta_test=p[:4], meta_val=p[4:7], meta_train=p[7:]) for p in turned)


def toy_protocol(**changes: Any) -> Protocol:
    """The protocol of the toy task with some keys changed."""
    keys: dict[str, Any] = {
        "name": "toy",
        "version": 1,
        "title": "Toy people",
        "datasets": ("csv",),
        "track": "new-subjects",
        "views": tuple(VIEWS),
        "ways": 3,
        "shots": (1, 5),
        "queries": 2,
        "emotions": EMOTIONS,
        "support_people": {"1": 1, "5": 2},
        "episodes": 30,
        "seed": 0,
        "folds": toy_folds(),
    }
    return Protocol(**(keys | changes))


def make_task(*, clips: ClipList | None = None, freeze: bool = False, **changes: Any) -> Task:
    """The toy task with some keys of its protocol changed, frozen if asked for."""
    clips = clips or toy_clips()
    task = Task(toy_protocol(**changes), clips)
    return Task(toy_protocol(**changes, frozen=frozen_hash(task)), clips) if freeze else task


def make_store(task: Task, view: str, *, seed: int = 0, absent: Collection[str] = ()) -> Store:
    """One view of every clip: 6 to 12 rows in time of `audio.logmel`, one row of `imported:x`.

    Class means lie about two standard deviations of a clip apart, people have an offset of half that.
    """
    rng = np.random.default_rng([seed, *view.encode()])
    width, rate, sites = VIEWS[view]
    emotions = (*task.protocol.emotions, *task.protocol.training_emotions)
    of_emotion = {emotion: rng.normal(0, 1.4, width) for emotion in emotions}
    of_person = {person: rng.normal(0, 0.5, width) for person in dict.fromkeys(task.clips.subject)}
    arrays = []
    for clip, person, emotion in zip(task.clips.clip_id, task.clips.subject, task.clips.emotion, strict=True):
        rows = rng.integers(6, 13) if rate else 1
        array = of_emotion[emotion] + of_person[person] + rng.normal(0, 1, width) + rng.normal(0, 0.3, (rows, width))
        arrays.append(array[: 0 if clip in absent else None].astype(np.float32))
    data = np.concatenate(arrays)
    info = {
        "format": FORMAT,
        "dataset": task.protocol.datasets[0],
        "view": view,
        "scope": "clip",
        "sites": sites,
        "rate": rate,
        "clips": list(task.clips.clip_id),
        "notes": {},
        "hash": hashlib.sha256(data.tobytes()).hexdigest(),
    }
    return Store(Path("nowhere"), data, np.cumsum([0, *map(len, arrays)], dtype=np.int64), info)


def make_views(task: Task, *, seed: int = 0, absent: Collection[str] = ()) -> TaskViews:
    """Both views of a toy task; clips in `absent` lack `imported:x`."""
    stores = {
        view: make_store(task, view, seed=seed, absent=absent if view.startswith("imported") else ())
        for view in task.protocol.views
    }
    return TaskViews(task, stores)
