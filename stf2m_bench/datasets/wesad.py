"""WESAD: 15 people at rest, under stress, amused, in meditation; chest belt and wrist band (Schmidt et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.archives import load_arrays
from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file
from stf2m_bench.datasets.base.loader import NOT_AT_HAND, Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.signals import Channel, Signals
from stf2m_bench.errors import InputError, UnknownNameError

_RATE = 700  # labels a second, as the chest belt
_SHORTEST = 30  # seconds; shorter runs of a label are slips between the blocks
_RATES = {
    "wrist": {"EDA": 4, "BVP": 64, "TEMP": 4, "ACC": 32},
    "chest": dict.fromkeys(("ECG", "EMG", "EDA", "Temp", "Resp", "ACC"), _RATE),
}
_CHANNELS = {  # name -> place, sensor, column of its array, samples a second
    f"{place}_{sensor}{axis}": (place, sensor, column, rate)
    for place, sensors in _RATES.items()
    for sensor, rate in sensors.items()
    for column, axis in enumerate(("_x", "_y", "_z") if sensor == "ACC" else ("",))
}


class WESADSignals(Signals):
    """Of one person, `S2/S2.pkl`: each channel at its own rate, all since the file's start, as the clips are.

    - Wrist (E4): `wrist_EDA` (microsiemens, 4 Hz), `wrist_BVP` (64 Hz), `wrist_TEMP` (degrees, 4 Hz), `wrist_ACC_x`,
      `wrist_ACC_y`, `wrist_ACC_z` (1/64 g, 32 Hz).
    - Chest (RespiBAN, 700 Hz): `chest_ECG`, `chest_EMG` (millivolts), `chest_EDA` (microsiemens), `chest_Temp`
      (degrees), `chest_Resp` (percent), `chest_ACC_x`, `chest_ACC_y`, `chest_ACC_z` (g).

    Rates are documented, units recalled. Labels have the chest's rate: a wrist's row is found by its time alone, so
    that a channel which at its rate does not last as long as the labels is refused. Reading a channel takes the whole
    pickle and keeps that channel: a generated one of 0.4 GB took 1.8 GB of memory at most, so take few workers.
    """

    def read(self, root: Path, signal: str, channel: str) -> Channel:
        """A person's whole session."""
        if channel not in _CHANNELS:
            raise UnknownNameError("channel of WESAD", channel, _CHANNELS)
        return _channel(corpus_file(root, self.file(signal, channel)), channel)


@lru_cache(maxsize=4)
def _channel(file: CorpusFile, channel: str) -> Channel:
    place, sensor, column, rate = _CHANNELS[channel]
    told = load_arrays(file.root / file.path)
    try:
        values = np.asarray(told["signal"][place][sensor])[:, column].astype(np.float64)
        lasts, labelled = len(values) / rate, len(told["label"]) / _RATE
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"{file} holds no '{channel}' of WESAD ({error!r}); fetch it again.") from error
    if abs(lasts - labelled) > 1:
        raise InputError(
            f"{file}: '{channel}' lasts {lasts:.1f} s at {rate} Hz, the labels {labelled:.1f} s; fetch it again."
        )
    return np.arange(len(values)) / rate, values


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
        emotion_is="induced",
    )
    signals = WESADSignals()

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
