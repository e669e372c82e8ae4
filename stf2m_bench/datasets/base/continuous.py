"""Ratings of valence and arousal given while something is watched, cut into windows with one rating each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stf2m_bench.datasets.base.loader import Clip, Trace
from stf2m_bench.errors import InputError

Floats = NDArray[np.float64]
ROUNDING = 1e-9
"""By how much the last bits of seconds may be off."""


@dataclass(frozen=True)
class RatedWindow:
    """One window of one trace.

    Attributes:
        number: its place, from 0; a window that is left out keeps its number.
        start, end: seconds on the clock of the stamps, without the lag.
        valence, arousal: mean ratings in [-1, 1].
        quadrant: `HVHA`, `HVLA`, `LVHA`, `LVLA` or `neutral`: see `quadrant_of`.
        ratings: the valence and arousal `[2, n]` that these are the means of.
    """

    number: int
    start: float
    end: float
    valence: float
    arousal: float
    quadrant: str
    ratings: Floats = field(repr=False, compare=False)


def rated_windows(
    seconds: ArrayLike,
    valence: ArrayLike,
    arousal: ArrayLike,
    *,
    length: float,
    lag: float = 0.0,
    longest_gap: float = 0.5,
    first: float = 0.0,
) -> Iterator[RatedWindow]:
    """Windows `[start, start + length)` that follow one another from `first` on, without overlap.

    Nothing is resampled: a window's rating is the plain mean of the ratings stamped in
    `[start + lag, start + length + lag)`, each counted once, however uneven the stamps. A device that sends a rating
    only when it changes needs even stamps first. A window of which more than `longest_gap` seconds, its two ends
    included, pass without a rating is left out: so is the rest at the end that fills no window.

    Args:
        seconds: rising stamps `[n]`, even or not.
        valence, arousal: ratings `[n]` in [-1, 1].
        length: seconds of a window, usually 1, 2 or 4.
        lag: seconds by which people rate late: what is rated at `t` was shown at `t - lag`.

    Raises:
        InputError: the stamps do not rise, or the three are not of one length.
    """
    stamps, ratings = np.asarray(seconds, np.float64), np.asarray([valence, arousal], np.float64)
    if ratings.shape != (2, len(stamps)) or not np.all(np.diff(stamps) > 0):
        raise InputError("A trace of ratings needs rising stamps and as many ratings of valence as of arousal.")
    rated = np.floor((stamps - lag - first) / length)
    for number in map(int, np.unique(np.clip([rated - 1, rated, rated + 1], 0, None))):  # no last bit leaves one out
        start, end = first + number * length, first + (number + 1) * length
        rows = slice(*np.searchsorted(stamps, [start + lag, end + lag], "left"))
        edges = np.concatenate([[start + lag], stamps[rows], [end + lag]])
        if len(edges) > 2 and np.diff(edges).max() <= longest_gap:
            v, a = (float(mean) for mean in ratings[:, rows].mean(axis=1))
            yield RatedWindow(number, start, end, v, a, quadrant_of(v, a), ratings[:, rows])


def clips_in(trace: Trace, *, length: float, lag: float = 0.0, name: str = "@{:03d}") -> Iterator[tuple[Clip, Floats]]:
    """The windows of one trace as clips, up to the end of the whole, each with its ratings `[2, n]`.

    See `rated_windows`.

    Args:
        name: what the number of a window adds to the id of the whole.

    Raises:
        InputError: the stamps do not rise.
    """
    whole = trace.whole
    first, last = whole.start or 0.0, np.inf if whole.end is None else whole.end
    cut = rated_windows(trace.seconds, trace.valence, trace.arousal, length=length, lag=lag, first=first)
    try:
        windows = [window for window in cut if window.end <= last + ROUNDING]
    except InputError as error:
        raise InputError(f"The ratings of '{whole.clip_id}': {error}") from error
    for window in windows:
        clip = replace(
            whole,
            clip_id=whole.clip_id + name.format(window.number),
            start=window.start,
            end=window.end,
            valence=window.valence,
            arousal=window.arousal,
        )
        if not whole.label:
            clip = replace(clip, emotion=emotion_at(window.valence, window.arousal), label=window.quadrant)
        yield clip, window.ratings


def quadrant_of(valence: float, arousal: float, band: float = 0.0) -> str:
    """High or low valence, high or low arousal (`HVHA` ...); `neutral` where either is no further than `band` from 0.

    With `band` 0, exactly the midpoint is neutral and nothing else: the rule of CEAP-360VR's authors.
    """
    if abs(valence) <= band or abs(arousal) <= band:
        return "neutral"
    return ("HV" if valence > 0 else "LV") + ("HA" if arousal > 0 else "LA")


def emotion_at(valence: float, arousal: float) -> str | None:
    """The canonical `neutral` where both are at the midpoint; a quadrant is a region, not an emotion, and has none."""
    return "neutral" if valence == arousal == 0 else None
