"""Skin conductance in its slow and its fast part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.channels import Stretch
from stf2m_bench.views.base.filters import even, without_artefacts
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.signal import SignalExtractor


@dataclass(frozen=True)
class EDAParams:
    """Settings of `signal.eda`.

    Attributes:
        rate: rows per second.
        cut: hertz; what is faster is left out before the rate is changed (Butterworth of 4th order, zero phase).
        tonic: hertz; what is slower is the tonic part (Butterworth of 2nd order, zero phase).
        lowest, highest: microsiemens; values outside are artefacts.
        steepest: microsiemens per second; both ends of a steeper step are artefacts.
        longest_gap: seconds without a value that are bridged.
    """

    rate: float = 4.0
    cut: float = 1.0
    tonic: float = 0.05
    lowest: float = 0.05
    highest: float = 60.0
    steepest: float = 10.0
    longest_gap: float = 1.0


class EDA(SignalExtractor):
    """Skin conductance of the channel named after the colon, `[T, 2]`: tonic, phasic; microsiemens, 4 rows a second.

    The sum of both is the signal below 1 Hz. A clip shorter than 20 s has nothing slower than the tonic part's 0.05 Hz:
    there the phasic part is what leaves a bent line. Range and slope of artefacts after Kleckner et al. 2018 (IEEE
    Trans. Biomed. Eng. 65(7)), without its rules of temperature and neighbourhood; straight lines bridge artefacts,
    the store's notes count them. Missing values as in `signal.window`.
    """

    version = 1
    columns = 2
    params = EDAParams()

    def kept(self, stretch: Stretch, clip: ClipMedia) -> Stretch | None:
        """The stretch without artefacts."""
        p = self.params
        return without_artefacts(stretch, clip, lowest=p.lowest, highest=p.highest, steepest=p.steepest)

    def rows(self, stretch: Stretch, clip: ClipMedia) -> NDArray[np.float64]:
        """`[T, 2]`: tonic, phasic."""
        p = self.params
        whole = even(stretch).low_passed(p.cut, 4)
        tonic, both = whole.low_passed(p.tonic, 2).rows(p.rate), whole.rows(p.rate)
        return np.stack([tonic, both - tonic], axis=1)
