"""The media of one clip, decoded on demand: PyAV for pictures and sound in containers, soundfile for sound files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.loader import ImportedTable
from stf2m_bench.errors import InputError, UnknownNameError
from stf2m_bench.views.base.decode import decode_frames, decode_sound

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class ClipMedia:
    """One clip as an extractor sees it: its media, and nothing of its labels.

    Attributes:
        root: the dataset's folder; `video`, `audio`, `signal` are relative to it, `text` is the words.
        start, end: seconds within the files; None is the whole file.
        tables: feature tables declared by the loader, by name.
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
    notes: Counter[str] = field(default_factory=Counter)

    def sound(self, rate: int) -> NDArray[np.float32] | None:
        """Mono sound `[n]` in [-1, 1] at `rate` Hz: of `audio`, else of `video`'s sound track; None without either.

        Raises:
            InputError: the file cannot be decoded there, or is silent from end to end; see `decode_sound`.
        """
        source = self.audio or self.video
        return decode_sound(self.root / source, rate, self.start or 0.0, self.end) if source else None

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
        path = self.root / self.video
        return decode_frames(path, rate, self.start or 0.0, self.end, longest=longest, grey=grey)

    def channel(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """`(seconds [n], values [n])` of one column of `signal` (CSV with a `seconds` column); None without it.

        Seconds are the file's own, rising. Rows of the stretch, and the nearest one on either side of it.

        Raises:
            InputError: the file is missing or is no such CSV; the stretch lies beyond its end.
            UnknownNameError: no such column; names those that there are.
        """
        if self.signal is None:
            return None
        path = self.root / self.signal
        if not path.is_file():
            raise InputError(f"{path} does not exist; check the dataset's folder, or fetch what is missing.")
        table = _signals(path, path.stat().st_mtime_ns)
        if name not in table.columns or name == "seconds":
            raise UnknownNameError(f"channel in {path}", name, (str(c) for c in table.columns if c != "seconds"))
        seconds = table["seconds"].to_numpy(np.float64)
        first = 0 if self.start is None else int(np.searchsorted(seconds, self.start, "right")) - 1
        last = len(seconds) if self.end is None else int(np.searchsorted(seconds, self.end, "left")) + 1
        rows = slice(max(0, first), last)
        return seconds[rows], table[name].to_numpy(np.float64)[rows]


@lru_cache(maxsize=4)
def _signals(path: Path, changed: int) -> pd.DataFrame:
    """A CSV of signals; `changed` is the file's time, so that one written anew is read anew."""
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except (ValueError, UnicodeDecodeError) as error:  # pandas' parser errors are ValueErrors
        raise InputError(f"{path} cannot be read as CSV ({error}); mend or fetch it again.") from error
    if "seconds" not in table.columns:
        found = ", ".join(map(str, table.columns))
        raise InputError(f"{path} has no column 'seconds' (it has: {found}); name its time column so.")
    for column in table.columns:
        if table[column].dtype.kind not in "iuf":
            raise InputError(f"{path}, column '{column}': not all values are numbers; mend or remove the column.")
    seconds = table["seconds"].to_numpy(np.float64)
    if not len(seconds) or not np.all(np.diff(seconds) > 0):
        raise InputError(f"{path}: the column 'seconds' must hold rising times, at least one; sort or mend it.")
    return table
