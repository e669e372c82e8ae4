"""One channel of a body signal, at an even rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.errors import InputError
from stf2m_bench.views.base.extractor import Extractor
from stf2m_bench.views.base.media import ClipMedia


@dataclass(frozen=True)
class SignalParams:
    """Settings of `signal.window`.

    Attributes:
        rate: rows per second.
        longest_gap: seconds without a value that are bridged.
    """

    rate: float = 16.0
    longest_gap: float = 1.0


class SignalWindow(Extractor):
    """The channel named after the colon, `[T, 1]`, in its own unit: linear interpolation at `start + k / rate`.

    Rows lie in `[start, end)`; without an end they go on to the last stamp. Stamps may be uneven. Missing values
    (NaN) and stamps are bridged over `longest_gap` seconds, or over twice the channel's usual step where that is
    longer; before the first and after the last value that value is held, as long. A longer gap raises an InputError.
    Nothing is filtered: content above half the rate folds down.
    """

    version = 1
    media = ("signal",)
    sites = "channel"
    takes_argument = True
    params = SignalParams()

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.params.rate

    def extract(self, clip: ClipMedia) -> NDArray[np.float32]:
        """`[T, 1]` float32."""
        channel = clip.channel(self.argument)
        if channel is None:
            return np.zeros((0, 1), np.float32)
        seconds, values = channel
        start = float(seconds[0]) if clip.start is None else clip.start
        end = float(seconds[-1]) if clip.end is None else clip.end
        known = np.isfinite(values)
        self._refuse_long_gaps(clip, seconds, seconds[known], start, end)
        stamps = start + np.arange(max(1, np.ceil((end - start) * self.params.rate - 1e-6))) / self.params.rate
        return np.interp(stamps, seconds[known], values[known]).astype(np.float32)[:, None]

    def _refuse_long_gaps(
        self,
        clip: ClipMedia,
        seconds: NDArray[np.float64],
        known: NDArray[np.float64],
        start: float,
        end: float,
    ) -> None:
        where = f"{clip.root / str(clip.signal)}, channel '{self.argument}'"
        step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.0
        limit = max(self.params.longest_gap, 2 * step) + 1e-9
        within = known[(known > start) & (known < end)]
        before, after = known[known <= start], known[known >= end]
        edges = [before[-1] if len(before) else start, *within, after[0] if len(after) else end]
        gaps = np.diff(edges)
        if not len(known) or gaps.max() > limit:
            worst = int(gaps.argmax())
            raise InputError(
                f"{where}: no value from {edges[worst]:.2f} s to {edges[worst + 1]:.2f} s, more than the {limit:.2f} s "
                "that are bridged; leave the clip out or mend the signal."
            )
