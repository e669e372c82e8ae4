"""The temperature of the skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.channels import Stretch
from stf2m_bench.views.base.filters import even, without_artefacts
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.signal import SignalExtractor


@dataclass(frozen=True)
class TemperatureParams:
    """Settings of `signal.temperature`.

    Attributes:
        rate: rows per second.
        cut: hertz; what is faster is left out before the rate is changed (Butterworth of 4th order, zero phase).
        lowest, highest: degrees Celsius; values outside are of no skin, and artefacts.
        longest_gap: seconds without a value that are bridged.
    """

    rate: float = 1.0
    cut: float = 0.25
    lowest: float = 10.0
    highest: float = 45.0
    longest_gap: float = 1.0


class Temperature(SignalExtractor):
    """Skin temperature of the channel named after the colon, `[T, 1]` in degrees Celsius, one row a second.

    Straight lines bridge artefacts, the store's notes count them. Missing values as in `signal.window`. Temperature
    drifts for minutes after a device is put on: it is a clock as much as a feeling.
    """

    version = 1
    params = TemperatureParams()

    def kept(self, stretch: Stretch, clip: ClipMedia) -> Stretch | None:
        """The stretch without artefacts."""
        p = self.params
        return without_artefacts(stretch, clip, lowest=p.lowest, highest=p.highest)

    def rows(self, stretch: Stretch, clip: ClipMedia) -> NDArray[np.float64]:
        """`[T]`."""
        return even(stretch).low_passed(self.params.cut, 4).rows(self.params.rate)
