"""WESAD: 15 people at rest, under stress, amused, in meditation; chest belt and wrist band (Schmidt et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.archives import load_arrays
from stf2m_bench.datasets.base.loader import NOT_AT_HAND, Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.errors import InputError

_RATE = 700  # labels a second, as the chest belt
_SHORTEST = 30  # seconds; shorter runs of a label are slips between the blocks


class WESAD(Loader):
    """`S2/S2.pkl`, as published: signals of chest (700 Hz) and wrist, and a label 700 times a second.

    A clip is a block of one label, in seconds since the file's start: baseline (1, neutral), stress (2), amusement (3),
    meditation (4, calm, twice). Pickles are read without running what is in them. One takes about 1 GB of memory, so
    that reading the whole corpus takes minutes. A session is one recording: blocks differ in order and posture too.
    """

    card = Card(
        title="Wearable Stress and Affect Detection",
        licence="CC BY 4.0 (archive); academic, non-commercial (its readme)",
        access="archive.ics.uci.edu/dataset/465; S2/S2.pkl ...",
        citation="Schmidt et al. 2018, ICMI, doi 10.1145/3242969.3242985",
        subjects=15,
        emotions=emotions_of("WESAD"),
        languages=(),
        modalities=("signal",),
        tracks=("new-subjects",),
        verified="layout",
        no_task=NOT_AT_HAND,
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every block of every person."""
        files = sorted(path for path in root.rglob("S*.pkl") if path.stem == path.parent.name)
        if not files:
            refuse(root, "WESAD", "S2/S2.pkl")
        for path in files:
            yield from _clips(root, path)


def _clips(root: Path, path: Path) -> Iterator[Clip]:
    labels = _labels(path)
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    long = [(first, end) for first, end in pairwise(edges) if end - first >= _SHORTEST * _RATE]
    for number, (first, end) in enumerate(long, start=1):
        label = str(labels[first])
        if emotion := canonical_of("WESAD", label):
            yield Clip(
                clip_id=f"{path.stem}-block-{number:02d}",
                subject=path.stem,
                emotion=emotion,
                label=label,
                recording=path.stem,
                start=first / _RATE,
                end=end / _RATE,
                signal=path.relative_to(root).as_posix(),
            )


def _labels(path: Path) -> NDArray[np.int_]:
    try:
        return np.asarray(load_arrays(path)["label"], int).reshape(-1)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"{path} holds no labels of WESAD ({error!r}); fetch it again.") from error
