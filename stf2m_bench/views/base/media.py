"""The media of one clip, decoded on demand: PyAV for pictures and sound in containers, soundfile for sound files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.corpus_files import corpus_file
from stf2m_bench.datasets.base.loader import ImportedTable
from stf2m_bench.datasets.base.signals import Signals
from stf2m_bench.views.base.decode import decode_frames, decode_sound


@dataclass(frozen=True, kw_only=True)
class ClipMedia:
    """One clip as an extractor sees it: its media, and nothing of its labels.

    Attributes:
        root: the dataset's folder; `video`, `audio`, `signal` are relative to it, `text` is the words.
        start, end: seconds within the files; None is the whole file.
        tables: feature tables declared by the loader, by name.
        signals: how the loader's signals are read.
        notes: counters that the extractor may raise (`notes["frames without a face"] += 1`); the view store
            sums and reports them.
    """

    clip_id: str
    root: Path
    video: str | None = None
    audio: str | None = None
    text: str | None = None
    signal: str | None = None
    start: float | None = None
    end: float | None = None
    tables: Mapping[str, ImportedTable] = field(default_factory=dict)
    signals: Signals = field(default_factory=Signals)
    notes: Counter[str] = field(default_factory=Counter)

    def sound(self, rate: int) -> NDArray[np.float32] | None:
        """Mono sound `[n]` in [-1, 1] at `rate` Hz: of `audio`, else of `video`'s sound track; None without either.

        Raises:
            InputError: the file cannot be decoded there, or is silent from end to end; see `decode_sound`.
        """
        source = self.audio or self.video
        if source is None:
            return None
        with corpus_file(self.root, source).on_disk() as path:
            return decode_sound(path, rate, self.start or 0.0, self.end)

    def frames(self, rate: float, *, longest: int | None = None, grey: bool = False) -> NDArray[np.uint8] | None:
        """RGB pictures `[T, H, W, 3]` at `rate` per second (the frame shown at each stamp); None without `video`.

        Args:
            longest: larger pictures are scaled down until their longer side has so many pixels.
            grey: luma alone, `[T, H, W]`.

        Raises:
            InputError: the file cannot be decoded there; see `decode_frames`.
        """
        if self.video is None:
            return None
        with corpus_file(self.root, self.video).on_disk() as path:
            return decode_frames(path, rate, self.start or 0.0, self.end, longest=longest, grey=grey)

    def channel(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64], float] | None:
        """`(seconds [n], values [n], step)` of one channel of `signal`; None without it.

        Seconds are on the clock of `start` and `end`, rising. Rows of the stretch, and all up to the nearest known
        value on either side; `step` is the usual time between known values of the whole recording, 0 with one alone.

        Raises:
            InputError: the file is missing or not of the corpus's form.
            UnknownNameError: no such channel; names those that there are.
        """
        if self.signal is None:
            return None
        seconds, values = self.signals.read(self.root, self.signal, name)
        places = np.flatnonzero(np.isfinite(values))
        known = seconds[places]
        first, last = 0, len(seconds)
        if self.start is not None and (before := np.searchsorted(known, self.start, "right")):
            first = int(places[before - 1])
        if self.end is not None and (after := np.searchsorted(known, self.end, "left")) < len(known):
            last = int(places[after]) + 1
        step = float(np.median(np.diff(known))) if len(known) > 1 else 0.0
        return seconds[first:last], values[first:last], step
