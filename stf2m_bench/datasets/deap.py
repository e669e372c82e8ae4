"""DEAP: 32 people see 40 music videos of a minute each and rate them; EEG and body signals (Koelstra et al. 2012)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.archives import load_arrays
from stf2m_bench.datasets.base.continuous import emotion_at, quadrant_of
from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file
from stf2m_bench.datasets.base.loader import NOT_AT_HAND, Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.signals import Channel, Signals
from stf2m_bench.errors import InputError, UnknownNameError

_TRIAL, _HEAD = 63.0, 3.0  # seconds of a trial, and of the rest before its video
_RATE = 128
_EEG = (
    *("Fp1", "AF3", "F3", "F7", "FC5", "FC1", "C3", "T7", "CP5", "CP1", "P3", "P7", "PO3", "O1", "Oz", "Pz"),
    *("Fp2", "AF4", "Fz", "F4", "F8", "FC6", "FC2", "Cz", "C4", "T8", "CP6", "CP2", "P4", "P8", "PO4", "O2"),
)
_BODY = ("hEOG", "vEOG", "zEMG", "tEMG", "GSR", "respiration", "plethysmograph", "temperature")


class DEAPSignals(Signals):
    """Of one trial, `data_preprocessed_python/s01.dat#03` or the `.mat` file: 40 channels at 128 Hz.

    Seconds count a file's trials one after another, as the clips do; a trial's rows are its own 63 s alone.

    - EEG: `Fp1`, `AF3`, `F3` ... `O2`, in Geneva's order, which all preprocessed files have (4 to 45 Hz, common
      average, eyes removed). The raw recordings of Twente (s01 to s22) are in another order and are not read.
    - `hEOG`, `vEOG`, `zEMG`, `tEMG`, `GSR`, `respiration`, `plethysmograph`, `temperature`: places and names recalled.

    `GSR` is left as it is: by the corpus's table of channels a resistance in ohms, Twente's conductance converted, so
    that it falls where conductance rises. `signal.eda` wants microsiemens and leaves nothing of it; take
    `signal.window`.
    """

    channels = (*_EEG, *_BODY)

    def read(self, root: Path, signal: str, channel: str) -> Channel:
        """One channel of one trial, its three seconds of rest included."""
        if channel not in self.channels:
            raise UnknownNameError("channel of DEAP", channel, self.channels)
        file, trial = corpus_file(root, self.file(signal, channel)), int(signal.partition("#")[2]) - 1
        trials = _trials(file, channel)
        if trial >= len(trials):
            raise InputError(f"{file} has no trial {trial + 1} (it has {len(trials)}); fetch it again.")
        return trial * _TRIAL + np.arange(len(trials[trial])) / _RATE, trials[trial]


@lru_cache(maxsize=4)
def _trials(file: CorpusFile, channel: str) -> NDArray[np.float64]:
    """`[trials, samples]` of one channel."""
    data = _numbers(file.root / file.path, "data")
    if data.ndim != 3 or data.shape[1:] != (len(DEAPSignals.channels), round(_TRIAL * _RATE)):
        raise InputError(f"{file}: 'data' is {list(data.shape)}, not [trials, 40, 8064]; fetch it again.")
    return data[:, DEAPSignals.channels.index(channel)].copy()


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
        emotion_is="reported",
    )
    signals = DEAPSignals()

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
            signal=f"{path.relative_to(root).as_posix()}#{trial + 1:02d}",
            valence=valence,
            arousal=arousal,
        )


def _ratings(path: Path) -> NDArray[np.float64]:
    """`[trials, 2]`: valence and arousal in [-1, 1]; the file's columns are valence, arousal, dominance, liking."""
    labels = _numbers(path, "labels")
    if labels.ndim != 2 or labels.shape[1] != 4:
        raise InputError(f"{path}: 'labels' is {list(labels.shape)}, not trials and four ratings; fetch it again.")
    return (labels[:, :2] - 5) / 4


def _numbers(path: Path, name: str) -> NDArray[np.float64]:
    """The array of this name in a file of either form."""
    try:
        return np.asarray(_read(path, name)[name], np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} holds no '{name}' of DEAP ({error!r}); fetch it again.") from error


def _read(path: Path, name: str) -> Any:
    if path.suffix == ".dat":
        return load_arrays(path)
    from scipy.io import loadmat

    try:
        return loadmat(path, variable_names=[name])
    except Exception as error:  # a damaged file may raise almost anything
        raise InputError(f"{path} cannot be read as a MATLAB file ({error!r}); fetch it again.") from error
