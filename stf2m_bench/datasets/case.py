"""CASE: 30 people rate valence and arousal all the while, eight film clips each (Sharma et al. 2019)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from stf2m_bench.datasets.base.continuous import clips_in
from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file
from stf2m_bench.datasets.base.loader import NOT_AT_HAND, Card, Clip, Loader, Trace
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.signals import Channel, Signals
from stf2m_bench.errors import InputError, UnknownNameError

LENGTH = 2.0  # seconds of a window, where a task does not say another
_KINDS = {1: "amusing", 2: "amusing", 3: "boring", 4: "boring", 5: "relaxing", 6: "relaxing", 7: "scary", 8: "scary"}
_COLUMNS = ["jstime", "valence", "arousal", "video"]


class CASESignals(Signals):
    """Channels at 1000 Hz under the names of their columns: `ecg`, `bvp`, `gsr`, `rsp`, `skt`, `emg_zygo` ..."""

    def read(self, root: Path, signal: str, channel: str) -> Channel:
        """A person's whole session."""
        file = corpus_file(root, self.file(signal, channel))
        table = _session(file)
        channels = [name for name in table.columns if name not in ("daqtime", "video")]
        if channel not in channels:
            raise UnknownNameError(f"channel in {file}", channel, channels)
        return table["daqtime"].to_numpy(np.float64) / 1000, table[channel].to_numpy(np.float64)


@lru_cache(maxsize=2)
def _session(file: CorpusFile) -> pd.DataFrame:
    with file.open() as content:
        return pd.read_csv(content)


class CASE(Loader):
    """`data/interpolated/annotations/sub_1.csv` (ratings 0.5 to 9.5, becoming -1 to 1) and `physiological/sub_1.csv`.

    A clip is a window of two seconds of one film clip, in seconds of the person's session (the files have
    milliseconds; the raw ones, which are not read, seconds), without a lag, unless a task asks for windows of its own.
    Its emotion is what the film aims at, by
    number of the video: recalled, to be compared with the corpus's own list; its valence and arousal are the person's.
    Start, blue and end screens (10 and above) are left out. Traces rest at 5 until the stick is moved.
    """

    card = Card(
        title="Continuously Annotated Signals of Emotion",
        licence="CC BY 4.0",
        access="figshare, c.4260668; data/interpolated/annotations/sub_1.csv, physiological/sub_1.csv ...",
        citation="Sharma et al. 2019, Scientific Data 6, 196, doi 10.1038/s41597-019-0209-0",
        subjects=30,
        emotions=emotions_of("CASE (clip kind)"),
        languages=(),
        modalities=("signal",),
        tracks=("new-subjects", "personal", "new-stimuli", "new-emotions"),
        verified="layout",
        no_task=NOT_AT_HAND,
        emotion_is="induced",
        left_out="Start clip, blue screens and end clip (videos 10 to 12); the raw and the non-interpolated files.",
    )
    signals = CASESignals()

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every window that was rated."""
        for trace in self.traces(root):
            yield from (clip for clip, _ in clips_in(trace, length=LENGTH, name="-{:03d}"))

    def traces(self, root: Path) -> Iterable[Trace]:
        """The ratings of each person and film clip."""
        files = sorted(root.rglob("interpolated/annotations/sub_*.csv"))
        files = [path for path in files if "non-interpolated" not in path.parts]
        if not files:
            refuse(root, "CASE", "data/interpolated/annotations/sub_1.csv")
        for path in files:
            yield from _traces(root, path)


def _traces(root: Path, path: Path) -> Iterator[Trace]:
    signal = path.parents[1] / "physiological" / path.name
    table = _table(path)
    for video, kind in _KINDS.items():
        rows = table[table["video"] == video]
        if rows.empty:
            continue
        seconds = rows["jstime"].to_numpy() / 1000
        valence, arousal = ((rows[name].to_numpy() - 5) / 4.5 for name in ("valence", "arousal"))
        whole = Clip(
            clip_id=f"{path.stem}-video_{video}",
            subject=path.stem,
            emotion=canonical_of("CASE (clip kind)", kind),
            label=kind,
            recording=f"{path.stem}-video_{video}",
            stimulus=f"video_{video}",
            start=float(seconds[0]),
            signal=signal.relative_to(root).as_posix() if signal.is_file() else None,
        )
        yield Trace(whole=whole, seconds=seconds, valence=valence, arousal=arousal)


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, usecols=_COLUMNS)
    except (ValueError, OSError) as error:
        raise InputError(f"{path} is not a trace with the columns {', '.join(_COLUMNS)}; fetch it again.") from error
    if not len(table) or table["jstime"].iloc[-1] < 10_000:
        raise InputError(f"{path}: 'jstime' does not count milliseconds; give the interpolated files.")
    return table
