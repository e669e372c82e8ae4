"""What the gaze does: rests, or points somewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.channels import Stretch
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.signal import SignalExtractor


@dataclass(frozen=True)
class GazeParams:
    """Settings of `signal.gaze`.

    Attributes:
        rate: rows per second.
        longest_gap: seconds without a value that are bridged.
    """

    rate: float = 4.0
    longest_gap: float = 1.0


class Gaze(SignalExtractor):
    """The mean of the channel named after the colon over each quarter of a second, `[T, 1]`, the corpus's unit.

    Of a channel that is 1 while the gaze rests and else 0, the share of time that it rests; of an angle, its mean.
    Eyes jump: a filter would smear a jump over what lies around it, a mean does not. Nothing counts as an artefact,
    blinks are missing values, and bridged as in `signal.window`.
    """

    version = 1
    params = GazeParams()

    def rows(self, stretch: Stretch, clip: ClipMedia) -> NDArray[np.float64]:
        """`[T]`: the integral of straight lines between the values, over each row."""
        from scipy.integrate import cumulative_trapezoid

        rate, begins = self.params.rate, stretch.stamps(self.params.rate)
        edges = np.append(begins, begins[-1] + 1 / rate)
        stamps = np.unique(np.concatenate([edges, stretch.seconds]))
        area = cumulative_trapezoid(np.interp(stamps, stretch.seconds, stretch.values), stamps, initial=0)
        means: NDArray[np.float64] = np.diff(np.interp(edges, stamps, area)) * rate
        return means
