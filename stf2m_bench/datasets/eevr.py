"""EEVR: 37 people see eight 360-degree videos each, with EDA, pulse and their own words (Singh et al. 2024)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file, is_there
from stf2m_bench.datasets.base.loader import Card, Clip, ImportedTable, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of
from stf2m_bench.datasets.base.people import sex_group
from stf2m_bench.datasets.base.side_tables import read_rows
from stf2m_bench.datasets.base.signals import Channel, Signals
from stf2m_bench.errors import InputError, UnknownNameError

_FOLDER = "Data_files"
_SIGNAL = f"{_FOLDER}/Stimuli_EDA.csv"
_RATE = 7.83  # rows a second
_KEY = ("Participant ID", "Video ID")
_QUADRANTS = "VREED / EEVR / CLAS quadrants"


class EEVRSignals(Signals):
    """`EDA` (microsiemens) in `Stimuli_EDA.csv#12-V3`, read in its zip file.

    Second 0 is the part's first row. The stamps repeat, so that time is the row's number at 7.83 Hz, the mean rate.
    """

    def read(self, root: Path, signal: str, channel: str) -> Channel:
        """One person's signal during one video."""
        if channel != "EDA":
            raise UnknownNameError("channel of EEVR", channel, ["EDA"])
        file = corpus_file(root, self.file(signal, channel))
        parts, name = _parts(file), signal.partition("#")[2]
        if name not in parts:
            raise InputError(f"{file} has no rows of '{name}' (person and video); fetch it again.")
        return np.arange(len(parts[name])) / _RATE, parts[name]


def _seconds(root: Path) -> dict[str, float]:
    """How long the signal of each person and video lasts; of none where there is no signal."""
    parts = _parts(corpus_file(root, _SIGNAL)) if is_there(root, _SIGNAL) else {}
    return {name: len(values) / _RATE for name, values in parts.items()}


@lru_cache(maxsize=1)
def _parts(file: CorpusFile) -> dict[str, NDArray[np.float64]]:
    with file.open() as content:
        table = pd.read_csv(content, usecols=[*_KEY, "EDA"], dtype=dict.fromkeys(_KEY, str))
    names = table["Participant ID"] + "-V" + table["Video ID"].str.removeprefix("V")
    return {str(name): part.to_numpy(np.float64) for name, part in table["EDA"].groupby(names, sort=False)}


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
    )
    signals = EEVRSignals()

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every person and video that was rated."""
        ratings, words = root / _FOLDER / "VADS.csv", root / _FOLDER / "Textdata.csv"
        if not ratings.is_file():
            refuse(root, "EEVR", f"{_FOLDER}/VADS.csv")
        told = {_id(row): row for row in read_rows(words, (*_KEY, "Segment Name", "Text Description"))}
        sexes = {row["Participant ID"]: row["Gender"] for row in read_rows(_features(root, "EDA"), (*_KEY, "Gender"))}
        seconds = _seconds(root)
        for row in read_rows(ratings, (*_KEY, "CMA", "Valence", "Arousal")):
            clip_id, person = _id(row), row["Participant ID"]
            about = told.get(clip_id, {})
            yield Clip(
                clip_id=clip_id,
                subject=person,
                emotion="neutral" if row["CMA"] == "Baseline" else canonical_of(_QUADRANTS, row["CMA"]),
                label=row["CMA"],
                recording=clip_id,
                stimulus=about.get("Segment Name", "Baseline"),
                start=0.0 if clip_id in seconds else None,
                end=seconds.get(clip_id),
                text=about.get("Text Description"),
                signal=f"{_SIGNAL}#{clip_id}" if clip_id in seconds else None,
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
    """`12-V3`, `12-V0` (baseline): the tables say `V3` or `3`, and `0`."""
    return f"{row['Participant ID']}-V{row['Video ID'].removeprefix('V')}"
