"""Motion of the body: one axis of acceleration or of turning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.channels import Stretch
from stf2m_bench.views.base.filters import even
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.signal import SignalExtractor


@dataclass(frozen=True)
class MotionParams:
    """Settings of `signal.motion`.

    Attributes:
        rate: rows per second.
        cut: hertz; what is faster is left out before the rate is changed (Butterworth of 4th order, zero phase).
        longest_gap: seconds without a value that are bridged.
    """

    rate: float = 24.0
    cut: float = 6.0
    longest_gap: float = 1.0


class Motion(SignalExtractor):
    """One axis of acceleration or turning, the channel named after the colon, `[T, 1]`, corpus's unit, 24 a second.

    An Empatica E4 counts 1/64 g with gravity in it, SmartwatchWalk metres per second squared without it. Nothing counts
    as an artefact: a sensor at the end of its range stays there. Missing values as in `signal.window`.
    """

    version = 1
    params = MotionParams()

    def rows(self, stretch: Stretch, clip: ClipMedia) -> NDArray[np.float64]:
        """`[T]`."""
        return even(stretch).low_passed(self.params.cut, 4).rows(self.params.rate)
