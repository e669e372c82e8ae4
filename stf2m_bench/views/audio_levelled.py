"""Log-mel spectrogram of the voice without its level: for corpora that were recorded, or normalised, at others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.audio_logmel import LogMel
from stf2m_bench.views.base.media import ClipMedia


class LevelledLogMel(LogMel):
    """`audio.logmel` in dB above the clip's own mean band power, `[T, 40]`, 50 rows a second.

    A gain moves no number: EmoDB is scaled to full peaks file by file, RAVDESS is not, and a classifier trained on the
    levels of one calls every clip of the other the same emotion. Within a corpus the level is a cue (see
    `audio.logmel`). Spectral colour of microphone and room stays.
    """

    def extract(self, clip: ClipMedia) -> NDArray[np.float32]:
        """`[T, bands]` float32, dB."""
        decibel = super().extract(clip)
        if not len(decibel):
            return decibel
        mean = np.mean(10 ** (decibel.astype(np.float64) / 10))
        levelled: NDArray[np.float32] = (decibel - 10 * np.log10(mean)).astype(np.float32)
        return levelled
