"""How wide the pupil is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.channels import Stretch
from stf2m_bench.views.base.filters import even, without_artefacts
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.signal import SignalExtractor


@dataclass(frozen=True)
class PupilParams:
    """Settings of `signal.pupil`.

    Attributes:
        rate: rows per second.
        cut: hertz; what is faster is left out before the rate is changed (Butterworth of 4th order, zero phase).
        lowest, highest: millimetres; values outside are of no pupil, and artefacts.
        steepest: millimetres per second; both ends of a steeper step are artefacts, such as those of a blink.
        longest_gap: seconds without a value that are bridged.
    """

    rate: float = 10.0
    cut: float = 4.0
    lowest: float = 1.5
    highest: float = 9.0
    steepest: float = 10.0
    longest_gap: float = 1.0


class Pupil(SignalExtractor):
    """The diameter of a pupil, the channel named after the colon, `[T, 1]` in millimetres, ten rows a second.

    Range and cut after Kret & Sjak-Shie 2019 (Behav. Res. Methods 51, 1336-1342), whose limit of speed is one of the
    whole recording; here it is fixed, above the 4 to 7 mm/s of the response to a flash. Straight lines bridge
    artefacts, the store's notes count them. Missing values as in `signal.window`. Pupils answer to light first.
    """

    version = 1
    params = PupilParams()

    def kept(self, stretch: Stretch, clip: ClipMedia) -> Stretch | None:
        """The stretch without artefacts."""
        p = self.params
        return without_artefacts(stretch, clip, lowest=p.lowest, highest=p.highest, steepest=p.steepest)

    def rows(self, stretch: Stretch, clip: ClipMedia) -> NDArray[np.float64]:
        """`[T]`."""
        return even(stretch).low_passed(self.params.cut, 4).rows(self.params.rate)
