"""Where the head is turned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.channels import Stretch
from stf2m_bench.views.base.filters import even, without_artefacts
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.signal import SignalExtractor


@dataclass(frozen=True)
class HeadParams:
    """Settings of `signal.head`.

    Attributes:
        rate: rows per second.
        cut: hertz; what is faster is left out before the rate is changed (Butterworth of 4th order, zero phase).
        steepest: degrees per second; both ends of a steeper step are artefacts.
        longest_gap: seconds without a value that are bridged.
    """

    rate: float = 5.0
    cut: float = 2.0
    steepest: float = 1000.0
    longest_gap: float = 1.0


class Head(SignalExtractor):
    """One angle of the head, the channel named after the colon, `[T, 1]` in degrees, five rows a second.

    An angle has to go on past 180 degrees, as the loaders give it: a jump to -180 is steeper than heads turn (below
    1000 degrees a second) and counts as an artefact. Straight lines bridge artefacts, the store's notes count them.
    Missing values as in `signal.window`.
    """

    version = 1
    params = HeadParams()

    def kept(self, stretch: Stretch, clip: ClipMedia) -> Stretch | None:
        """The stretch without artefacts."""
        return without_artefacts(stretch, clip, lowest=-np.inf, highest=np.inf, steepest=self.params.steepest)

    def rows(self, stretch: Stretch, clip: ClipMedia) -> NDArray[np.float64]:
        """`[T]`."""
        return even(stretch).low_passed(self.params.cut, 4).rows(self.params.rate)
