"""DEAP: 32 people see 40 music videos of a minute each and rate them; EEG and body signals (Koelstra et al. 2012)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.archives import load_arrays
from stf2m_bench.datasets.base.continuous import emotion_at, quadrant_of
from stf2m_bench.datasets.base.loader import NOT_AT_HAND, Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.errors import InputError

_TRIAL, _HEAD = 63.0, 3.0  # seconds of a trial, and of the rest before its video


class DEAP(Loader):
    """`data_preprocessed_python/s01.dat`, else `data_preprocessed_matlab/s01.mat`: 40 trials of 63 s at 128 Hz.

    A clip is a trial without its first three seconds, which come before the video; seconds count a file's trials one
    after another. Trials lie in the order of the videos, so that a trial's place is its stimulus. Valence and arousal:
    1 to 9 becomes -1 to 1; the label is their quadrant (exactly 5 on either axis: `neutral`). A quadrant is no emotion:
    only both at exactly 5 is neutral. Pickles are read without running what is in them.
    """

    card = Card(
        title="Database for Emotion Analysis using Physiological Signals",
        licence="academic, by form",
        access="eecs.qmul.ac.uk/mmv/datasets/deap; data_preprocessed_python/s01.dat (or ..._matlab/s01.mat)",
        citation="Koelstra et al. 2012, IEEE TAFFC 3(1), 18-31, doi 10.1109/T-AFFC.2011.15",
        subjects=32,
        emotions=("neutral",),
        languages=(),
        modalities=("signal",),
        tracks=("new-subjects", "personal", "new-stimuli"),
        verified="layout",
        no_task=NOT_AT_HAND,
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every trial of every person."""
        found = sorted([*root.rglob("s[0-9][0-9].mat"), *root.rglob("s[0-9][0-9].dat")], key=lambda path: path.suffix)
        files = {path.stem: path for path in reversed(found)}
        if not files:
            refuse(root, "DEAP", "data_preprocessed_python/s01.dat")
        for person, path in sorted(files.items()):
            yield from _clips(root, person, path)


def _clips(root: Path, person: str, path: Path) -> Iterator[Clip]:
    for trial, (valence, arousal) in enumerate(_ratings(path).tolist()):
        yield Clip(
            clip_id=f"{person}-{trial + 1:02d}",
            subject=person,
            emotion=emotion_at(valence, arousal),
            label=quadrant_of(valence, arousal),
            recording=f"{person}-{trial + 1:02d}",
            stimulus=f"{trial + 1:02d}",
            start=trial * _TRIAL + _HEAD,
            end=(trial + 1) * _TRIAL,
            signal=path.relative_to(root).as_posix(),
            valence=valence,
            arousal=arousal,
        )


def _ratings(path: Path) -> NDArray[np.float64]:
    """`[trials, 2]`: valence and arousal in [-1, 1]; the file's columns are valence, arousal, dominance, liking."""
    try:
        labels = np.asarray(_read(path)["labels"], np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} holds no ratings of DEAP ({error!r}); fetch it again.") from error
    if labels.ndim != 2 or labels.shape[1] != 4:
        raise InputError(f"{path}: 'labels' is {list(labels.shape)}, not trials and four ratings; fetch it again.")
    ratings: NDArray[np.float64] = (labels[:, :2] - 5) / 4
    return ratings


def _read(path: Path) -> Any:
    if path.suffix == ".dat":
        return load_arrays(path)
    from scipy.io import loadmat

    try:
        return loadmat(path, variable_names=["labels"])
    except Exception as error:  # a damaged file may raise almost anything
        raise InputError(f"{path} cannot be read as a MATLAB file ({error!r}); fetch it again.") from error
