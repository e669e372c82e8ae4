"""The plainest way to the same numbers: open each file, decode only the stretch, call the extractor's arithmetic."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import av
import numpy as np
import soundfile
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray
from scipy.signal import firwin, resample_poly

from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia


@dataclass
class Bare:
    """Takes the place of a clip's media for an extractor; nothing is checked.

    Attributes:
        by_soundfile: read sound by soundfile, which opens a file sooner than PyAV.
    """

    clip: ClipMedia
    by_soundfile: bool = False
    notes: Counter[str] = field(default_factory=Counter)

    def sound(self, rate: int) -> NDArray[np.float32]:
        """`[n]`, one channel at `rate`."""
        samples, found = self._read_by_soundfile() if self.by_soundfile else self._read_by_pyav()
        mono: NDArray[np.float32] = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)
        ratio = Fraction(rate, found)
        if ratio == 1:
            return mono
        window: Any = _low_pass(ratio.denominator)
        resampled: NDArray[np.float32] = resample_poly(mono, ratio.numerator, ratio.denominator, window=window)
        return resampled

    def _read_by_soundfile(self) -> tuple[NDArray[np.float32], int]:
        with soundfile.SoundFile(self.clip.root / str(self.clip.audio)) as file:
            first = round((self.clip.start or 0.0) * file.samplerate)
            file.seek(first)
            frames = -1 if self.clip.end is None else round(self.clip.end * file.samplerate) - first
            return file.read(frames, dtype="float32", always_2d=True), file.samplerate

    def _read_by_pyav(self) -> tuple[NDArray[np.float32], int]:
        with av.open(str(self.clip.root / str(self.clip.audio))) as file:
            stream: Any = file.streams.audio[0]
            stream.codec_context.thread_count = 1
            rate, channels = stream.rate, stream.channels
            first = round((self.clip.start or 0.0) * rate)
            last = None if self.clip.end is None else round(self.clip.end * rate)
            if first:
                file.seek(int(first / rate / stream.time_base), stream=stream)
            pieces, begun = [], None
            for frame in file.decode(stream):
                begun = round(frame.time * rate) if begun is None else begun
                pieces.append(frame.to_ndarray().reshape(-1, channels))
                if last is not None and round(frame.time * rate) + frame.samples >= last:
                    break
            samples = np.concatenate(pieces)[first - (begun or 0) :][: None if last is None else last - first]
            return samples.astype(np.float32) / np.float32(np.iinfo(samples.dtype).max + 1), rate

    def frames(self, rate: float, *, longest: int, grey: bool) -> NDArray[np.uint8]:
        """`[T, H, W]` luma of films that run at `rate` and are no larger than `longest`, by PyAV."""
        start, end = self.clip.start or 0.0, self.clip.end or float("inf")
        pictures = []
        turn_grey = VideoReformatter()
        with av.open(str(self.clip.root / str(self.clip.video))) as film:
            stream: Any = film.streams.video[0]
            stream.codec_context.thread_count = 1
            origin = (film.start_time or 0) / av.time_base
            film.seek(int((start + origin) / stream.time_base), stream=stream)
            for frame in film.decode(stream):
                time = frame.time - origin
                if time >= end - 0.001:
                    break
                if time >= start - 0.001:
                    pictures.append(turn_grey.reformat(frame, format="gray", interpolation="AREA").to_ndarray())
        return np.stack(pictures)


@lru_cache
def _low_pass(factor: int) -> NDArray[np.float32]:
    return np.asarray(firwin(20 * factor + 1, 1 / factor, window=("kaiser", 5.0)), np.float32)


def bare_loop(
    clips: list[ClipMedia], views: tuple[str, ...], *, by_soundfile: bool = False
) -> dict[str, list[NDArray[Any]]]:
    """Every view of every clip, kept in memory; nothing is written."""
    made = {}
    for view in views:
        extractor = make_extractor(view)
        stand_ins: list[Any] = [Bare(clip, by_soundfile) for clip in clips]
        made[view] = [extractor.extract(clip) for clip in stand_ins]
    return made
