"""Audio fingerprint: what stays of a sound when it is encoded again, resampled, turned up or trimmed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.extractor import Extractor
from stf2m_bench.views.base.media import ClipMedia


@dataclass(frozen=True)
class AudioFingerprintParams:
    """Settings of `audio.fingerprint`: those of the source, but for round numbers.

    Attributes:
        sample_rate: Hz, to which the sound is resampled.
        window, hop: samples; rows overlap by 31 of 32 parts, so that a copy that begins between two rows has the same.
        lowest, highest: Hz, between which 33 bands are spaced evenly in the logarithm.
    """

    sample_rate: int = 5_500
    window: int = 2_048
    hop: int = 64
    lowest: float = 300.0
    highest: float = 2_000.0


class AudioFingerprint(Extractor):
    """Rows `[T, 4]` of 32 bits, 86 a second, for finding near-duplicates; no model is meant to see it.

    Bit m of row n is the sign of the difference of energies between bands m and m + 1, less that of row n - 1
    (Haitsma & Kalker 2002, "A highly robust audio fingerprinting system", ISMIR, section 4.2). A clip shorter than one
    window is padded with zeros and has one row.
    """

    version = 1
    media = ("audio", "video")
    sites = "byte"
    dtype = np.uint8
    params = AudioFingerprintParams()

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.params.sample_rate / self.params.hop

    def extract(self, clip: ClipMedia) -> NDArray[np.uint8]:
        """`[T, 4]` uint8."""
        sound = clip.sound(self.params.sample_rate)
        if sound is None:
            return np.zeros((0, 4), np.uint8)
        energy = _band_energy(sound, self.params)
        contrast = energy[:, :-1] - energy[:, 1:]
        return np.packbits(contrast[1:] - contrast[:-1] > 0, axis=1)


def _band_energy(sound: NDArray[np.float32], params: AudioFingerprintParams) -> NDArray[np.float64]:
    """`[T + 1, 33]`, T >= 1."""
    sound = np.pad(sound, (0, max(0, params.window + params.hop - len(sound))))
    rows = np.lib.stride_tricks.sliding_window_view(sound, params.window)[:: params.hop]
    power = np.square(np.abs(np.fft.rfft(rows * np.hanning(params.window), axis=1)))
    return np.add.reduceat(power, _edges(params), axis=1)[:, :-1]


@lru_cache(maxsize=4)
def _edges(params: AudioFingerprintParams) -> NDArray[np.intp]:
    """First bin of each band, and the one behind the last."""
    hertz = np.geomspace(params.lowest, params.highest, 34)
    return np.round(hertz * params.window / params.sample_rate).astype(np.intp)
