"""What a sound file tells without what is said in it: length, level, silence before the voice, recording chain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.corpus_files import corpus_file
from stf2m_bench.views.base.decode import SILENCE
from stf2m_bench.views.base.extractor import Extractor
from stf2m_bench.views.base.media import ClipMedia

COLUMNS = ("length", "loudness", "leading silence", "noise floor", "noise edge", "sample rate", "channels")


@dataclass(frozen=True)
class ShortcutParams:
    """Settings of `audio.shortcuts`.

    Attributes:
        sample_rate: Hz, to which the sound is resampled.
        window: samples of a row; rows do not overlap.
        trim: dB below the loudest row, down to which a row counts as voice.
        quiet: share of rows, the softest ones, that are taken for the background.
        edge: share of the background's power that lies below its `noise edge`.
    """

    sample_rate: int = 16_000
    window: int = 400
    trim: float = 25.0
    quiet: float = 0.1
    edge: float = 0.95


class AudioShortcuts(Extractor):
    """One row `[1, 7]`, for the shortcut probes; no model is meant to see it.

    `length` of the clip (s); `loudness`, the mean power from the first to the last row of voice (dB below full
    scale); `leading silence` before that first row (s); `noise floor`, the power of the background (dB), and `noise
    edge`, the frequency (kHz) below which most of it lies; `sample rate` (kHz) and `channels` of the file.
    Rows of voice lie within `trim` dB of the loudest row, as in `audio.logmel`.
    """

    version = 1
    media = ("audio", "video")
    sites = "column"
    params = ShortcutParams()

    def extract(self, clip: ClipMedia) -> NDArray[np.float32]:
        """`[1, 7]` float32, columns as in `COLUMNS`."""
        sound = clip.sound(self.params.sample_rate)
        if sound is None:
            return np.zeros((0, len(COLUMNS)), np.float32)
        seconds = len(sound) / self.params.sample_rate
        rows = np.pad(sound, (0, -len(sound) % self.params.window)).reshape(-1, self.params.window)
        power = np.square(rows, dtype=np.float64).mean(axis=1)
        voice = np.flatnonzero(power >= power.max() * 10 ** (-self.params.trim / 10))
        loudness = _decibel(power[voice[0] : voice[-1] + 1].mean())
        silence = voice[0] * self.params.window / self.params.sample_rate
        quiet = rows[np.argsort(power, kind="stable")[: max(1, round(self.params.quiet * len(rows)))]]
        floor = _decibel(np.square(quiet, dtype=np.float64).mean())
        with corpus_file(clip.root, str(clip.audio or clip.video)).on_disk() as path:
            rate, channels = _as_recorded(path)
        edge = _edge(quiet, self.params)
        return np.array([[seconds, loudness, silence, floor, edge, rate / 1000, channels]], np.float32)


def _decibel(power: float) -> float:
    return float(10 * np.log10(max(power, SILENCE**2)))


def _edge(rows: NDArray[np.float32], params: ShortcutParams) -> float:
    """kHz below which the share `edge` of the power of these rows lies; 0 of digital silence."""
    power = np.square(np.abs(np.fft.rfft(rows * np.hanning(params.window), axis=1))).sum(axis=0).cumsum()
    place = int(np.searchsorted(power, params.edge * power[-1]))
    return place * params.sample_rate / params.window / 1000


def _as_recorded(path: Path) -> tuple[int, int]:
    """Sample rate (Hz) and number of channels that the file states."""
    import av
    import soundfile

    try:
        info = soundfile.info(path)
        return info.samplerate, info.channels
    except soundfile.SoundFileError:
        with av.open(path, metadata_errors="ignore") as container:
            track = container.streams.audio[0]
            return track.rate, track.channels
