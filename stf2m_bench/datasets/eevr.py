"""EEVR: 37 people see eight 360-degree videos each, with EDA, pulse and their own words (Singh et al. 2024)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file, is_there
from stf2m_bench.datasets.base.loader import Card, Clip, ImportedTable, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of
from stf2m_bench.datasets.base.people import sex_group
from stf2m_bench.datasets.base.side_tables import read_rows
from stf2m_bench.datasets.base.signals import Channel, Signals, file_of
from stf2m_bench.errors import InputError, UnknownNameError

_FOLDER = "Data_files"
_KEY = ("Participant ID", "Video ID")
_QUADRANTS = "VREED / EEVR / CLAS quadrants"


class EEVRSignals(Signals):
    """`EDA` (microsiemens) and `PPG` (device's unit) in `Stimuli_EDA.csv` and `Stimuli_PPG.csv`, zipped or not.

    A clip's `signal` is either file, `Stimuli_EDA.csv#12-V3`; the other lies beside it. Second 0 is the part's first
    row in both. The stamps are minutes of four digits and repeat, so that time is the row's number at the mean rate:
    7.83 Hz of EDA; of PPG, rows by the seconds that the stamps of all parts span. No file of PPG was seen: the reader
    holds to the documented layout (the authors' scripts write `Time`, `PPG` and the same keys, and say 125 Hz).
    """

    channels = ("EDA", "PPG")

    def file(self, signal: str, channel: str) -> str:
        """The file of the channel's own kind."""
        return str(PurePosixPath(file_of(signal)).with_name(f"Stimuli_{channel}.csv"))

    def read(self, root: Path, signal: str, channel: str) -> Channel:
        """One person's signal during one video."""
        if channel not in self.channels:
            raise UnknownNameError("channel of EEVR", channel, self.channels)
        file, name = corpus_file(root, self.file(signal, channel)), signal.partition("#")[2]
        rate, parts = _recorded(file, channel)
        if name not in parts:
            raise InputError(f"{file} has no rows of '{name}' (person and video); fetch it again.")
        return np.arange(len(parts[name])) / rate, parts[name]


def _signals(root: Path) -> dict[str, tuple[str, float]]:
    """Of each person and video that was recorded: its signal, and how many seconds it lasts; by EDA where it is."""
    for kind in EEVRSignals.channels:
        if is_there(root, path := f"{_FOLDER}/Stimuli_{kind}.csv"):
            rate, parts = _recorded(corpus_file(root, path), kind)
            return {name: (f"{path}#{name}", len(values) / rate) for name, values in parts.items()}
    return {}


@lru_cache(maxsize=2)
def _recorded(file: CorpusFile, kind: str) -> tuple[float, dict[str, NDArray[np.float64]]]:
    """Rows a second; of each person and video, the values."""
    try:
        with file.open() as content:
            table = pd.read_csv(content, usecols=["Time", kind, *_KEY], dtype=dict.fromkeys(_KEY, "category"))
        table = table.astype({"Time": np.float64, kind: np.float64})
    except ValueError as error:  # pandas' parser errors are ValueErrors
        raise InputError(f"{file} is not a table of {kind} of EEVR ({error}); fetch it again.") from error
    groups = table.groupby(list(_KEY), sort=False, observed=True)
    rate = 7.83 if kind == "EDA" else _mean_rate(file, groups["Time"].agg(["size", "min", "max"]))
    return rate, {_name(*map(str, key)): part.to_numpy() for key, part in groups[kind]}


def _mean_rate(file: CorpusFile, parts: pd.DataFrame) -> float:
    seconds = float((parts["max"] - parts["min"]).sum()) * 60
    if not seconds > 0:
        raise InputError(f"{file}: the stamps in 'Time' do not go on; fetch it again.")
    return float((parts["size"] - 1).sum()) / seconds


class EEVR(Loader):
    """`Data_files/VADS.csv`: a clip is a person and a video or the baseline; `Textdata.csv`: their words about it.

    `label` is the quadrant that the video aims at (`HVHA` ...), which people hardly follow in arousal; `valence` and
    `arousal` are their own ratings, 1 to 5 becomes -1 to 1. A quadrant is no emotion: only the baseline has one
    (neutral). `imported:eda` and `imported:ppg` are the feature tables, joined by person and video: they list people in
    different orders. The stimulus is the video's name; its number is a place in one of four playlists. Length, place
    and words tell the video: high valence is short, so cut equal windows.
    """

    card = Card(
        title="Emotion Elicitation in Virtual Reality",
        licence="not stated for the data (code: MIT); research",
        access="github.com/alchemy18/EEVR; Data_files/VADS.csv, Textdata.csv, EDA_labels.csv, PPG_labels.csv",
        citation="Singh et al. 2024, NeurIPS Datasets and Benchmarks",
        subjects=37,
        emotions=("neutral",),
        languages=("en",),
        modalities=("text", "signal"),
        tracks=("new-subjects", "new-stimuli"),
        verified="real",
        emotion_is="induced",
    )
    signals = EEVRSignals()

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every person and video that was rated."""
        ratings, words = root / _FOLDER / "VADS.csv", root / _FOLDER / "Textdata.csv"
        if not ratings.is_file():
            refuse(root, "EEVR", f"{_FOLDER}/VADS.csv")
        told = {_id(row): row for row in read_rows(words, (*_KEY, "Segment Name", "Text Description"))}
        sexes = {row["Participant ID"]: row["Gender"] for row in read_rows(_features(root, "EDA"), (*_KEY, "Gender"))}
        signals = _signals(root)
        for row in read_rows(ratings, (*_KEY, "CMA", "Valence", "Arousal")):
            clip_id, person = _id(row), row["Participant ID"]
            about, (signal, end) = told.get(clip_id, {}), signals.get(clip_id, (None, None))
            yield Clip(
                clip_id=clip_id,
                subject=person,
                emotion="neutral" if row["CMA"] == "Baseline" else canonical_of(_QUADRANTS, row["CMA"]),
                label=row["CMA"],
                recording=clip_id,
                stimulus=about.get("Segment Name", "Baseline"),
                start=0.0 if signal else None,
                end=end,
                text=about.get("Text Description"),
                signal=signal,
                language="en",
                valence=(float(row["Valence"]) - 3) / 2,
                arousal=(float(row["Arousal"]) - 3) / 2,
                groups=sex_group(sexes.get(person, "")),
            )

    def tables(self, root: Path) -> dict[str, ImportedTable]:
        """`eda` and `ppg`, without what stands beside the features: targets, ratings, person, sex, place."""
        return {kind.lower(): _table(root, kind) for kind in ("EDA", "PPG")}


@dataclass(frozen=True)
class RowNames:
    """From a row's number to the clip that its other columns name."""

    names: tuple[str, ...]

    def __call__(self, number: str) -> str:
        return self.names[int(number)]


def _table(root: Path, kind: str) -> ImportedTable:
    path = _features(root, kind)
    with path.open(encoding="utf-8") as file:
        columns = file.readline().strip().split(",")
    return ImportedTable(
        path=path.relative_to(root).as_posix(),
        key="Unnamed: 0",  # what pandas calls the first column, the row's number
        columns=tuple(columns[1 : columns.index("Participant ID")]),
        source=f"Singh et al. 2024, {path.name}: features of one video of one person",
        fitted_on="scaled between the least and the greatest value of all 37 people together, test people included",
        scope="dataset",
        clip_id=RowNames(tuple(_id(row) for row in read_rows(path, _KEY))),
    )


def _features(root: Path, kind: str) -> Path:
    return root / _FOLDER / f"{kind}_labels.csv"


def _id(row: dict[str, str]) -> str:
    return _name(row["Participant ID"], row["Video ID"])


def _name(person: str, video: str) -> str:
    """`12-V3`, `12-V0` (baseline): the tables say `V3` or `3`, and `0`."""
    return f"{person}-V{video.removeprefix('V')}"
