"""The datasets of a task, opened: one, or in `new-corpus` two side by side, whose ids then begin with the dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from stf2m_bench.datasets.base.manifest import Manifest, open_dataset
from stf2m_bench.errors import InputError, UsageError
from stf2m_bench.files import hash_of
from stf2m_bench.progress import Progress, silent
from stf2m_bench.tasks.reading import as_read
from stf2m_bench.tasks.task import Task
from stf2m_bench.views.base.store import Store, prepare_view

_NAMED = ("clip_id", "subject", "session", "recording")


def open_manifests(
    task: Task, *, data: Path | None = None, workers: int = 1, progress: Progress = silent
) -> dict[str, Manifest]:
    """Dataset -> its manifest as the task reads it, in the order of the task.

    Args:
        data: the dataset's folder, if it was not given before; with two datasets each has to have been given.

    Raises:
        UsageError: nobody said where a dataset lies, or one folder was given for two.
    """
    datasets = task.protocol.datasets
    if data is not None and len(datasets) > 1:
        raise UsageError(
            f"'{task.name}' has the datasets {' and '.join(datasets)}, one folder cannot be both; say where each lies"
            " once: stf2m-bench prepare DATASET --data FOLDER."
        )
    opened = {one: open_dataset(one, data=data, workers=workers, progress=progress) for one in datasets}
    return {one: as_read(manifest, **task.protocol.read) for one, manifest in opened.items()}


def prepare_views(
    manifests: Mapping[str, Manifest], views: Iterable[str], *, workers: int = 1, progress: Progress = silent
) -> dict[str, Store]:
    """View -> store of all datasets.

    Raises:
        InputError: two datasets give one view in different shapes or rates.
    """
    found = {}
    for view in views:
        parts = {
            dataset: prepare_view(manifest, view, workers=workers, progress=progress(f"{dataset}: {view}"))
            for dataset, manifest in manifests.items()
        }
        found[view] = join_stores(parts)
    return found


def join_manifests(manifests: Mapping[str, Manifest]) -> Manifest:
    """One table of all clips, ids of two datasets as `dataset/id`. Feature tables and paths are those of the first."""
    first = next(iter(manifests.values()))
    if len(manifests) == 1:
        return first
    tables = [prefixed(manifest.table, dataset) for dataset, manifest in manifests.items()]
    table = pd.concat(tables, ignore_index=True).sort_values("clip_id", ignore_index=True)
    if "group.language" in table:
        told = table["group.language"]
        table["group.language"] = told.where(told.notna(), table["language"])  # of a corpus that has one alone
    return replace(
        first,
        dataset="+".join(manifests),
        table=table,
        hash=hash_of({dataset: manifest.hash for dataset, manifest in manifests.items()}),
    )


def prefixed(table: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """The table with the dataset before every id of a clip, person, session and recording."""
    named = {column: [f"{dataset}/{value}" if value else value for value in table[column]] for column in _NAMED}
    return table.assign(**named)


def join_stores(parts: Mapping[str, Store]) -> Store:
    """One store of all clips, in memory where there are several parts."""
    first = next(iter(parts.values()))
    if len(parts) == 1:
        return first
    stores = list(parts.values())
    for dataset, store in parts.items():
        if (store.data.shape[1:], store.info["rate"]) != (first.data.shape[1:], first.info["rate"]):
            raise InputError(
                f"The view '{store.info['view']}' has rows of {list(store.data.shape[1:])} at {store.info['rate']} a"
                f" second in '{dataset}', but {list(first.data.shape[1:])} at {first.info['rate']} in"
                f" '{next(iter(parts))}'; choose a view that is the same in both."
            )
    ends = np.cumsum([len(store.data) for store in stores])
    offsets = [store.offsets[1:] + end - len(store.data) for store, end in zip(stores, ends, strict=True)]
    clips = [f"{dataset}/{clip}" for dataset, store in parts.items() for clip in store.info["clips"]]
    info = first.info | {
        "dataset": "+".join(parts),
        "clips": clips,
        "notes": {f"{d}/{clip}": n for d, store in parts.items() for clip, n in store.info["notes"].items()},
        "hash": hash_of({dataset: store.hash for dataset, store in parts.items()}),
    }
    return Store(first.folder, np.concatenate([s.data for s in stores]), np.concatenate([[0], *offsets]), info)
