"""The pulse wave of a light sensor on the skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.channels import Stretch
from stf2m_bench.views.base.filters import even
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.signal import SignalExtractor


@dataclass(frozen=True)
class PulseParams:
    """Settings of `signal.pulse`.

    Attributes:
        rate: rows per second.
        lowest, highest: hertz; what is slower (breath, drift) or faster is left out (Butterworth of 3rd order, zero
            phase, each way).
        most: robust standard deviations (1.4826 median absolute deviations) of the clip; larger swings are artefacts.
        longest_gap: seconds without a value that are bridged.
    """

    rate: float = 32.0
    lowest: float = 0.5
    highest: float = 8.0
    most: float = 6.0
    longest_gap: float = 1.0


class Pulse(SignalExtractor):
    """Blood volume pulse (BVP, PPG), the channel named after the colon, `[T, 1]`, device's unit, 32 rows a second.

    Band of Elgendi et al. 2013 (PLoS ONE 8(10)). Artefacts of motion are tens of times the pulse: they are cut off at
    `most` deviations, the store's notes count them. The unit means something within one device and one person alone.
    Missing values as in `signal.window`. A clip shorter than 2 s holds hardly two beats.
    """

    version = 1
    params = PulseParams()

    def rows(self, stretch: Stretch, clip: ClipMedia) -> NDArray[np.float64]:
        """`[T]`, artefacts cut off."""
        p = self.params
        wave = even(stretch).band_passed(p.lowest, p.highest, 3).rows(p.rate)
        limit = p.most * 1.4826 * float(np.median(np.abs(wave))) or np.inf
        clip.notes["rows"] += len(wave)
        clip.notes["rows that are artefacts"] += int((np.abs(wave) > limit).sum())
        return np.clip(wave, -limit, limit)
