"""What may give an emotion away although no emotion is in it: numbers a clip, for the shortcut probes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.tasks.task import Task
from stf2m_bench.views.audio_shortcuts import COLUMNS
from stf2m_bench.views.base.store import FORMAT, Store

Table = NDArray[np.float64]


def shortcut_tables(
    task: Task, manifest: Manifest, stores: Mapping[str, Store], sound: Store | None
) -> dict[str, Table]:
    """Shortcut -> `[clips of the task, D]`; NaN where nothing is known. A table may have no column.

    - `length`: seconds of the clip, rows of each view.
    - `loudness`, `leading_silence`, `channel`: see `audio.shortcuts`.
    - `place`: seconds since the start of the recording, place of the clip in the recording, place of the recording in
      the session of its person. Known where clips have a `start`, a recording and a session; recordings count in the
      order of their names. What is unknown of every clip is left out of it.
    - `time`: the clip's place among all clips of its person (where one person gives both alone: elsewhere support and
      query are of different people, and no time lies between them).
    - `stimulus`: one column for each stimulus that several clips share; none where a stimulus is a class by another
      name.
    - `presence`: whether the clip has each view.

    Args:
        stores: views of the task. sound: `audio.shortcuts` of the dataset, where it has sound.
    """
    clips = manifest.table.set_index("clip_id").loc[task.clips.clip_id]
    rows = np.array([[len(store.array(clip)) for store in stores.values()] for clip in task.clips.clip_id], np.float64)
    heard = _heard(task, sound)
    stretch = (clips["end"].astype(float) - clips["start"].astype(float)).to_numpy(np.float64)
    seconds = np.where(np.isfinite(heard[:, 0]), heard[:, 0], stretch)
    return {
        "length": np.column_stack([seconds, rows]),
        "loudness": heard[:, 1:2],
        "leading_silence": heard[:, 2:3],
        "channel": heard[:, 3:],
        "place": _place(clips),
        "time": _time(clips) if task.one_person else np.zeros((len(clips), 0)),
        "stimulus": _stimulus(task),
        "presence": (rows > 0).astype(np.float64),
    }


def telling(table: Table) -> Table:
    """The columns that are not the same, or unknown, for every clip."""
    known = np.isfinite(table)
    low = np.where(known, table, np.inf).min(axis=0, initial=np.inf)
    high = np.where(known, table, -np.inf).max(axis=0, initial=-np.inf)
    return table[:, low < high]


def as_store(name: str, table: Table, task: Task) -> Store:
    """A table as a view store in memory: one row a clip; a clip of which some number is unknown lacks the view."""
    known = np.isfinite(table).all(axis=1)
    data = table[known].astype(np.float32)
    offsets = np.concatenate([[0], np.cumsum(known)]).astype(np.int64)
    info = {
        "format": FORMAT,
        "dataset": task.protocol.datasets[0],
        "view": name,
        "scope": "clip",
        "sites": "column",
        "rate": None,
        "clips": list(task.clips.clip_id),
        "notes": {},
        "hash": hashlib.sha256(data.tobytes() + offsets.tobytes()).hexdigest(),
    }
    return Store(Path(name), data, offsets, info)


def _heard(task: Task, sound: Store | None) -> Table:
    """`audio.shortcuts` of each clip `[n, 7]`."""
    table = np.full((len(task.clips), len(COLUMNS)), np.nan)
    if sound is not None:
        for row, clip in enumerate(task.clips.clip_id):
            for numbers in sound.array(clip):
                table[row] = numbers
    return table


def _place(clips: pd.DataFrame) -> Table:
    start, session = clips["start"].astype(float), [clips["subject"], clips["session"]]
    within = start.groupby(clips["recording"]).rank()
    order = clips["recording"].where(start.notna()).groupby(session).rank(method="dense")
    return np.column_stack([column.to_numpy(np.float64) for column in (start, within, order)])


def _time(clips: pd.DataFrame) -> Table:
    keys = pd.DataFrame({name: clips[name].fillna("") for name in ("subject", "session", "recording")})
    keys["start"] = clips["start"].astype(float)
    ordered = keys.sort_values(["subject", "session", "recording", "start"], kind="stable")
    place = ordered.groupby("subject").cumcount().reindex(clips.index)
    return np.array([place.where(keys["start"].notna() & clips["recording"].notna())], np.float64).T


def _stimulus(task: Task) -> Table:
    names, number, count = np.unique(np.array(task.clips.stimulus), return_inverse=True, return_counts=True)
    pairs, classes = set(zip(task.clips.stimulus, task.clips.emotion, strict=True)), set(task.clips.emotion)
    renamed = len(pairs) == len(names) == len(classes)
    shared = np.flatnonzero((count > 1) & (names != "") & (not renamed))
    table: Table = (number[:, None] == shared).astype(np.float64)
    table[names[number] == ""] = np.nan
    return table
