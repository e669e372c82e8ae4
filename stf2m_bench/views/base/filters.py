"""Zero-phase Butterworth filters over one clip of a channel, and values that no sensor on skin gives.

A filter sees the clip alone, mirrored at its ends: what is slower than the clip is long cannot be told from its level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.errors import InputError
from stf2m_bench.views.base.channels import Stretch
from stf2m_bench.views.base.media import ClipMedia

_ROOM = 0.95  # of half the rate: a cut above it would leave nothing out


def without_artefacts(
    stretch: Stretch, clip: ClipMedia, *, lowest: float, highest: float, steepest: float = np.inf
) -> Stretch | None:
    """The stretch without values outside `[lowest, highest]`, and without both ends of steps steeper than `steepest`.

    Straight lines bridge them when the stretch is made even, however long. The clip's notes count them. None where
    nothing is left.

    Args:
        steepest: units per second.
    """
    good = (stretch.values >= lowest) & (stretch.values <= highest)
    jumps = np.abs(np.diff(stretch.values)) > steepest * np.diff(stretch.seconds)
    good[1:] &= ~jumps
    good[:-1] &= ~jumps
    clip.notes["samples"] += len(good)
    clip.notes["samples that are artefacts"] += int((~good).sum())
    if not good.any():
        clip.notes["clips of artefacts alone"] += 1
        return None
    return replace(stretch, seconds=stretch.seconds[good], values=stretch.values[good])


@dataclass(frozen=True)
class Even:
    """A channel at its own usual rate, evenly.

    Attributes:
        stretch: what it was made of.
        rate: samples a second; 0 where there is but one.
        values: `[n]`, the first one at `stretch.seconds[0]`.
    """

    stretch: Stretch
    rate: float
    values: NDArray[np.float64]

    def low_passed(self, hertz: float, order: int) -> Even:
        """What is slower than `hertz`; itself where the channel's rate holds nothing faster."""
        if hertz >= _ROOM * self.rate / 2:
            return self
        return self._filtered(hertz, order, "lowpass")

    def band_passed(self, lowest: float, highest: float, order: int) -> Even:
        """What is slower than `highest` and faster than `lowest` hertz.

        Raises:
            InputError: the channel's rate holds nothing faster than `lowest`.
        """
        if lowest >= _ROOM * self.rate / 2:
            raise InputError(
                f"{self.stretch.where}: {self.rate:g} values a second hold nothing above {lowest:g} Hz; take another "
                "view of it."
            )
        return self.low_passed(highest, order)._filtered(lowest, order, "highpass")

    def rows(self, rate: float) -> NDArray[np.float64]:
        """Values at `start + k / rate`, by straight lines between its own."""
        seconds = self.stretch.seconds[0] + np.arange(len(self.values)) / (self.rate or 1.0)
        return np.interp(self.stretch.stamps(rate), seconds, self.values)

    def _filtered(self, hertz: float, order: int, kind: Literal["lowpass", "highpass"]) -> Even:
        from scipy.signal import butter, sosfiltfilt

        mirrored = min(len(self.values) - 1, int(np.ceil(self.rate / hertz)))
        sections = butter(order, hertz, kind, fs=self.rate, output="sos")
        return replace(self, values=sosfiltfilt(sections, self.values, padlen=mirrored))


def even(stretch: Stretch) -> Even:
    """A stretch at its usual step, by straight lines between its values."""
    first, last = stretch.seconds[[0, -1]]
    if not stretch.step or first == last:
        return Even(stretch, 0.0, stretch.values[:1])
    stamps = first + np.arange(round((last - first) / stretch.step) + 1) * stretch.step
    return Even(stretch, 1 / stretch.step, np.interp(stamps, stretch.seconds, stretch.values))
