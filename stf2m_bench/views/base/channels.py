"""One channel of a body signal over one clip, as it was recorded: known values and their stamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.errors import InputError
from stf2m_bench.views.base.media import ClipMedia


@dataclass(frozen=True)
class Stretch:
    """A channel over a clip, and the nearest value on either side of it.

    Attributes:
        where: file and channel, for messages.
        start, end: of the clip, in seconds.
        step: the channel's usual seconds from stamp to stamp, 0 where it has one alone.
        seconds, values: rising stamps and their finite values `[n]`, at least one.
    """

    where: str
    start: float
    end: float
    step: float
    seconds: NDArray[np.float64]
    values: NDArray[np.float64]

    def stamps(self, rate: float) -> NDArray[np.float64]:
        """`start + k / rate` in `[start, end)`, at least one."""
        rows: NDArray[np.float64] = np.arange(max(1, np.ceil((self.end - self.start) * rate - 1e-6)))
        return self.start + rows / rate


def known_stretch(clip: ClipMedia, channel: str, longest_gap: float) -> Stretch | None:
    """The values that are known of a channel over a clip; without an end, up to the last stamp. None without a signal.

    Raises:
        InputError: values (or stamps) are missing for more than `longest_gap` seconds, or more than twice the channel's
            usual step where that is longer.
    """
    read = clip.channel(channel)
    if read is None:
        return None
    seconds, values, usual = read
    start = float(seconds[0]) if clip.start is None else clip.start
    end = float(seconds[-1]) if clip.end is None else clip.end
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.0
    known = np.isfinite(values)
    where = f"{clip.root / str(clip.signal)}, channel '{channel}'"
    stretch = Stretch(where, start, end, step, seconds[known], values[known])
    if not known.any():
        raise InputError(f"{where}: no value in the whole recording; take another view or signal.")
    _refuse_long_gaps(stretch, max(longest_gap, 2 * usual) + 1e-9)
    return stretch


def _refuse_long_gaps(stretch: Stretch, limit: float) -> None:
    start, end, known = stretch.start, stretch.end, stretch.seconds
    within = known[(known > start) & (known < end)]
    before, after = known[known <= start], known[known >= end]
    edges = [before[-1] if len(before) else start, *within, after[0] if len(after) else end]
    gaps = np.diff(edges)
    if gaps.max() > limit:
        worst = int(gaps.argmax())
        raise InputError(
            f"{stretch.where}: no value from {edges[worst]:.2f} s to {edges[worst + 1]:.2f} s, more than the"
            f" {limit:.2f} s that are bridged; leave the clip out, cut it in two there (start, end, one recording), or"
            " mend the signal."
        )
