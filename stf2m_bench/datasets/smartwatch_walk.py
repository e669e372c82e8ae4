"""Walking with a smart watch after a film or with music: happy, neutral, sad, second by second (Quiroz et al. 2018)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file, corpus_files
from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of, native_emotions
from stf2m_bench.datasets.base.people import age_group, sex_group
from stf2m_bench.datasets.base.side_tables import read_rows
from stf2m_bench.datasets.base.signals import Channel, Signals, file_of
from stf2m_bench.errors import InputError, UnknownNameError

_NAME = re.compile(r"(?P<condition>m[ouw])_(?P<person>ew\d+)_.*_x")
_STEP = 0.5  # seconds from one window to the next: half of a window


class WalkSignals(Signals):
    """Channels at 24 Hz, put together from the halves that neighbouring windows share: `acc_x` ... `gyr_z`, `hr`."""

    channels = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z", "hr")

    def files(self, signal: str, channel: str) -> tuple[str, ...]:
        """The windows, and the file beside them that tells where a walk ends."""
        return file_of(signal), _beside(file_of(signal))

    def read(self, root: Path, signal: str, channel: str) -> Channel:
        """The walks of a file, one after another."""
        if channel not in self.channels:
            raise UnknownNameError("channel of the watch", channel, self.channels)
        values = _stream(corpus_file(root, self.file(signal, channel)))[:, self.channels.index(channel)]
        return np.arange(len(values)) / 24, values


@lru_cache(maxsize=4)
def _stream(file: CorpusFile) -> NDArray[np.float64]:
    """`[samples, 7]`: of each window the first half, and the whole of the last one of a walk."""
    windows, labels = _windows(file)
    last = np.append(np.diff(labels) != 0, True)
    return np.concatenate([window if ends else window[:12] for window, ends in zip(windows, last, strict=True)])


class SmartwatchWalk(Loader):
    """`deep_learning_data/mo_ew10_accdata_30_1_108-1033_x.npy`: windows of a second, `[n, 24, 7]`; `..._y.csv`: labels.

    A clip is a window; a recording is one of a person's three walks, one an emotion, the neutral one always second.
    Neighbouring windows share half of their samples. Seconds count the walks of a file one after another, each from
    its first sample to its last. `mo`, `mu`: a film or music before each walk; `mw`: music while walking. Sex and age
    are from `user_study_encoding.csv`, where it lies there. Nothing simple transfers to new people, and place in the
    session tells the emotion: a model that is good here reads something else.
    """

    card = Card(
        title="Emotion recognition using smart watch sensor data",
        licence="MIT",
        access="github.com/juancq/emotion-recognition-smartwatch; deep_learning_data/mo_ew10_..._x.npy and ..._y.csv",
        citation="Quiroz, Geangu & Yong 2018, JMIR Mental Health 5(3), e10153, doi 10.2196/10153",
        subjects=44,
        emotions=emotions_of("SmartwatchWalk"),
        languages=(),
        modalities=("signal",),
        tracks=("new-subjects",),
        verified="real",
        emotion_is="induced",
    )
    signals = WalkSignals()

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every window of every person.

        Raises:
            InputError: there are no windows, or a file of labels is missing or of another length.
        """
        found = corpus_files(root, "*_x.npy")
        files = [(file, match) for file in found if (match := _NAME.fullmatch(file.name.stem))]
        if not files:
            refuse(root, "smartwatch", "deep_learning_data/mo_ew10_accdata_30_1_108-1033_x.npy")
        people = _people(root)
        for file, match in files:
            yield from _clips(file, match["condition"], match["person"], people.get(match["person"], {}))


def _clips(file: CorpusFile, condition: str, person: str, groups: dict[str, str]) -> Iterator[Clip]:
    _, labels = _windows(file)
    walks = np.cumsum(np.diff(labels, prepend=labels[:1]) != 0)
    for number, (label, walk) in enumerate(zip(map(str, labels.tolist()), walks.tolist(), strict=True)):
        start = (number + walk) * _STEP  # a walk lasts half a second longer than its windows begin
        yield Clip(
            clip_id=f"{person}-{number:04d}",
            subject=person,
            emotion=canonical_of("SmartwatchWalk", label),
            label=label,
            recording=f"{person}-walk-{walk + 1}",
            stimulus=f"{condition} {label}",
            start=start,
            end=start + 2 * _STEP,
            signal=file.path,
            groups=groups,
        )


def _beside(path: str) -> str:
    """`..._y.csv` of `..._x.npy`."""
    return f"{path.removesuffix('_x.npy')}_y.csv"


def _windows(file: CorpusFile) -> tuple[NDArray[np.float64], NDArray[np.int_]]:
    """Windows `[n, 24, 7]`, and `[n]` of -1, 0, 1: a number a window, with its decimals cut off."""
    beside = _beside(file.path)
    try:
        text = corpus_file(file.root, beside).read().decode()
        labels = np.array([round(float(line)) for line in text.split()], int)
        windows = np.load(io.BytesIO(file.read()), allow_pickle=False)
    except (InputError, ValueError) as error:
        raise InputError(f"{file} and {beside} are not windows and their labels ({error}); fetch both.") from error
    known = native_emotions("SmartwatchWalk").keys()
    if windows.shape != (len(labels), 24, 7) or not set(map(str, labels.tolist())) <= known:
        raise InputError(
            f"{file} {list(windows.shape)} and {beside} ({len(labels)} labels of -1, 0, 1) do not fit;"
            " fetch both again."
        )
    return windows, labels


def _people(root: Path) -> dict[str, dict[str, str]]:
    path = root / "user_study_encoding.csv"
    rows = read_rows(path, ("PARTICIPANT ID", "AGE", "SEX")) if path.is_file() else []
    return {row["PARTICIPANT ID"].lower(): sex_group(row["SEX"]) | age_group(int(row["AGE"])) for row in rows}
