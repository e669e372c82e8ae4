"""One channel of a body signal, at an even rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.channels import Stretch
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.signal import SignalExtractor


@dataclass(frozen=True)
class SignalParams:
    """Settings of `signal.window`.

    Attributes:
        rate: rows per second.
        longest_gap: seconds without a value that are bridged.
    """

    rate: float = 16.0
    longest_gap: float = 1.0


class SignalWindow(SignalExtractor):
    """The channel named after the colon, `[T, 1]`, in its own unit: linear interpolation at `start + k / rate`.

    Rows lie in `[start, end)`; without an end they go on to the last stamp. Stamps may be uneven. Missing values
    (NaN) and stamps are bridged over `longest_gap` seconds, or over twice the channel's usual step where that is
    longer; before the first and after the last value that value is held, as long. A longer gap raises an InputError.
    Nothing is filtered: content above half the rate folds down. The other views of signals filter first.
    """

    version = 1
    params = SignalParams()

    def rows(self, stretch: Stretch, clip: ClipMedia) -> NDArray[np.float64]:
        """`[T]`."""
        return np.interp(stretch.stamps(self.params.rate), stretch.seconds, stretch.values)
