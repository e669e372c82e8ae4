"""The views of a task's clips, opened and lined up with its clip list; gathering them into padded arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.episode.corpora import join_manifests, open_manifests, prepare_views
from stf2m_bench.errors import FaultsError, InputError, UsageError
from stf2m_bench.progress import Progress, silent
from stf2m_bench.tasks.make import rows_of
from stf2m_bench.tasks.task import Task
from stf2m_bench.tasks.votes import as_text
from stf2m_bench.views.base.checks import telling_columns
from stf2m_bench.views.base.store import Store


@dataclass(frozen=True)
class ViewSpec:
    """What a model may know of a view before it sees any.

    Attributes:
        name: the view's name.
        shape: of one row: sites first (mel bands, pixel rows, channels, columns).
        rows: the largest number of rows of any clip of the task; arrays are padded to it.
        rate: rows per second, or None.
        sites: what the first axis of `shape` is.
    """

    name: str
    shape: tuple[int, ...]
    rows: int
    rate: float | None
    sites: str


class TaskViews:
    """The view stores of one task, addressed by rows of its clip list; `hidden` rows (bool `[n]`) are out of reach."""

    def __init__(self, task: Task, stores: Mapping[str, Store], hidden: NDArray[np.bool_] | None = None) -> None:
        self.task = task
        self.stores = dict(stores)
        self._hidden = hidden
        self.specs: dict[str, ViewSpec] = {}
        self._starts: dict[str, NDArray[np.int64]] = {}
        self._lengths: dict[str, NDArray[np.int64]] = {}
        for view, store in self.stores.items():
            places = np.array([store.row_of[clip] for clip in task.clips.clip_id])
            self._starts[view] = store.offsets[places]
            self._lengths[view] = store.offsets[places + 1] - store.offsets[places]
            rows = int(self._lengths[view].max(initial=1))
            info = store.info
            self.specs[view] = ViewSpec(view, store.data.shape[1:], rows, info["rate"], info["sites"])

    def gather(self, view: str, rows: NDArray[np.integer[Any]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Views of clips `rows` `[n]`: float32 `[n, T, ...]` padded to the task's T; lengths `[n]`, 0 = absent."""
        if self._hidden is not None and self._hidden[rows].any():
            raise UsageError(
                f"Clips of the meta-test side of '{self.task.name}' were asked for during fit; they are hidden."
            )
        lengths = self._lengths[view][rows]
        steps = np.arange(self.specs[view].rows)
        inside = steps[None, :] < lengths[:, None]
        places = np.where(inside, self._starts[view][rows][:, None] + steps[None, :], 0)
        data = self.stores[view].data
        if not len(data):
            return np.zeros((*places.shape, *data.shape[1:]), np.float32), lengths
        arrays = np.asarray(data[places], dtype=np.float32)
        arrays[~inside] = 0
        return arrays, lengths


def open_views(task: Task, *, data: Path | None = None, workers: int = 1, progress: Progress = silent) -> TaskViews:
    """The views of a task's clips, prepared where they are not yet.

    Args:
        data: the dataset's folder, if it was not given before.
        workers: processes that decode.

    Raises:
        UsageError: nobody said where the dataset lies. FaultsError: the folder's clips contradict the clip list.
        InputError: an imported column tells the emotion; broken media.
    """
    manifests = open_manifests(task, data=data, workers=workers, progress=progress)
    manifest = join_manifests(manifests)
    faults = disagreements(task, manifest)
    if faults:
        raise FaultsError(
            f"The folder {manifest.root} and the clip list of '{task.name}'",
            faults,
            "point --data at the complete dataset that the task was made from",
        )
    for view in task.protocol.views:
        if telling := telling_columns(view, manifest):
            raise InputError(
                f"The view '{view}' of '{manifest.dataset}' holds columns from which the emotion can be read off"
                f" ({', '.join(telling)}); they are codes of the label, so leave them out of the table."
            )
    stores = prepare_views(manifests, task.protocol.views, workers=workers, progress=progress)
    if absent := absent_views(stores, task.clips.clip_id):
        raise InputError(f"{absent[0]}; check the dataset's folder, or leave the view out of the task.")
    return TaskViews(task, stores)


def absent_views(stores: Mapping[str, Store], clips: Sequence[str]) -> list[str]:
    """A sentence for each view that not one of these clips has."""
    return [
        f"The view '{view}' is absent in all {len(clips)} clips"
        for view, store in stores.items()
        if not any(len(store.array(clip)) for clip in clips)
    ]


def disagreements(task: Task, manifest: Manifest) -> list[str]:
    """Where the manifest lacks a clip of the task, or tells another subject, emotion or votes."""
    known = {row["clip_id"]: row for row in rows_of(manifest, task.protocol.rated)}
    faults = []
    for clip, subject, emotion in zip(task.clips.clip_id, task.clips.subject, task.clips.emotion, strict=True):
        if clip not in known:
            faults.append(f"clip '{clip}' is not in the folder")
            continue
        found = known[clip]["subject"], known[clip]["emotion"]
        if found != (subject, emotion):
            faults.append(f"clip '{clip}' is {found} in the folder, ({subject!r}, {emotion!r}) in the clip list")
    return faults + (_other_votes(task, known) if task.protocol.votes else [])


def _other_votes(task: Task, known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    emotions = task.protocol.every_emotion
    return [
        f"clip '{clip}' has the votes '{told}' in the folder, '{votes}' in the clip list"
        for clip, votes in zip(task.clips.clip_id, task.clips.votes, strict=True)
        if clip in known and (told := as_text(known[clip]["votes"], emotions)) != votes
    ]
