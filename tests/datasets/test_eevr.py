"""EEVR on its own files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stf2m_bench.datasets.base.corpus_files import corpus_file
from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.datasets.eevr import EEVRSignals
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import media_of, prepare_view


def test_eevr_holds_a_baseline_and_eight_videos_of_each_of_37_people(manifest: Callable[[str], Manifest]) -> None:
    table = manifest("eevr").table
    quadrants = dict.fromkeys(("HVHA", "HVLA", "LVHA", "LVLA"), 74)
    assert Counter(table["label"]) == quadrants | {"Baseline": 37}
    assert Counter(table["emotion"]) == {None: 296, "neutral": 37}
    assert set(table.groupby("subject").size()) == {9}
    valence, arousal = (Counter(table[name].astype(float) * 2 + 3) for name in ("valence", "arousal"))
    assert [valence[n] for n in range(1, 6)] == [13, 41, 77, 108, 94]
    assert [arousal[n] for n in range(1, 6)] == [57, 76, 86, 88, 26]
    means = table[["valence", "arousal"]].astype(float).groupby(table["label"]).mean() * 2 + 3
    assert means.round(2).loc["HVLA"].tolist() == [4.16, 2.46]
    assert means.round(2).loc["LVHA"].tolist() == [3.36, 2.99]


def test_eevr_stimuli_are_sixteen_videos_though_their_numbers_restart(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    table = manifest("eevr").table
    table = table[table["label"] != "Baseline"]
    playlists = pd.read_csv(root("eevr") / "Data_files/Textdata.csv").groupby("Segment Name")["Playlist ID"].unique()
    assert {name: set(seen) for name, seen in playlists.items()}.keys() == set(table["stimulus"])
    assert {frozenset(seen) for seen in playlists} == {frozenset({1, 3}), frozenset({2, 4})}
    assert table["stimulus"].nunique() == 16
    lengths = table["text"].str.len()
    assert (lengths.min(), lengths.max()) == (75, 1378)
    first = table[table["clip_id"].str.endswith("-V1")]
    assert first["stimulus"].nunique() > 2  # a number is a place in a playlist, not a video


def test_eevr_feature_tables_are_joined_by_person_and_video_not_by_row(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    tables = manifest("eevr").tables
    assert (len(tables["eda"].columns), len(tables["ppg"].columns)) == (15, 37)
    names = {kind: [tables[kind].clip_id(str(row)) for row in range(333)] for kind in tables}
    ids = manifest("eevr").table["clip_id"].tolist()
    assert sorted(names["eda"]) == sorted(names["ppg"]) == ids
    assert names["eda"][:63] == names["ppg"][:63]  # seven people, then another order
    assert names["eda"] != names["ppg"]
    frames = {kind: pd.read_csv(root("eevr") / table.path) for kind, table in tables.items()}
    assert round((frames["eda"]["Valence"] == frames["ppg"]["Valence"]).mean(), 2) == 0.69  # by row: two people's
    labels = manifest("eevr").table.set_index("clip_id")["label"]
    for kind, frame in frames.items():
        assert frame["CMA"].tolist() == labels[names[kind]].tolist()


def test_eevr_features_hold_no_target_and_are_scaled_over_all_people(manifest: Callable[[str], Manifest]) -> None:
    for name, table in manifest("eevr").tables.items():
        told = {
            "CMA",
            "CMA_numeric",
            "Valence",
            "Arousal",
            "Gender",
            "Participant ID",
            "Video_ID_number",
            "task_valence",
        }
        assert not told & set(table.columns)
        assert "all 37 people" in table.fitted_on
        assert table.scope == prepare_view(manifest("eevr"), f"imported:{name}").info["scope"] == "dataset"
        views = [make_extractor(f"imported:{name}").extract(clip) for clip in media_of(manifest("eevr"))]
        values = np.concatenate(views)
        assert values.shape == (333, len(table.columns))
        assert (np.abs(values.min(axis=0)).max(), values.max(axis=0).min()) == (0, pytest.approx(1))


def test_eevr_signal_is_read_in_its_zip_file_and_its_minutes_repeat(root: Callable[[str], Path]) -> None:
    with corpus_file(root("eevr"), "Data_files/Stimuli_EDA.csv").open() as member:
        table = pd.read_csv(member, usecols=["Time", "EDA", "Participant ID", "Video ID", "VideoName"])
    assert (len(table), (table["EDA"] <= 0).sum(), table["VideoName"].nunique()) == (429920, 912, 17)
    clips = table.groupby(["Participant ID", "Video ID"], sort=False)
    repeated, late = clips["Time"].diff() == 0, table["Time"] > 10
    assert (repeated[late].mean() > 0.5, repeated[~late].mean() < 0.001) == (True, True)
    spans = clips["Time"].agg(["size", "min", "max"])
    rates = (spans["size"] - 1) / (spans["max"] - spans["min"]) / 60
    assert rates.between(7.80, 7.88).all()
    order = spans.loc[29]["min"].sort_values().index.tolist()
    assert order[:4] == ["0", "V2", "V1", "V3"]  # the numbers are not always the sequence in time


def test_eevr_parts_are_those_rows_of_the_table_in_their_order(root: Callable[[str], Path]) -> None:
    with corpus_file(root("eevr"), "Data_files/Stimuli_EDA.csv").open() as member:
        table = pd.read_csv(member, usecols=["EDA", "Participant ID", "Video ID"], dtype={"Video ID": str})
    for video, name in (("V3", "29-V3"), ("0", "29-V0")):
        rows = table[(table["Participant ID"] == 29) & (table["Video ID"] == video)]["EDA"]
        seconds, values = EEVRSignals().read(root("eevr"), f"Data_files/Stimuli_EDA.csv#{name}", "EDA")
        assert np.array_equal(values, rows)
        assert (seconds[0], seconds[1]) == (0, 1 / 7.83)
