"""Corpora of body signals on their own files, where excerpts of these lie beside the repository."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.continuous import rated_windows
from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file, corpus_files
from stf2m_bench.datasets.base.e4 import read_e4
from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.datasets.ceap_360vr import CEAPSignals, read_traces
from stf2m_bench.views.base.checks import check_extractor
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import media_of, prepare_view

CORPORA = {
    "stress_predict": "Stress-Predict",
    "smartwatch_walk": "SmartwatchWalk",
    "wesad_features": "WESAD-features",
    "eevr": "EEVR",
    "ceap_360vr": "CEAP-360VR",
}

# 4 s windows of each task, less 10 s at both ends: baseline, Stroop, rest, interview, rest, hyperventilation, rest
FOURS = """
S02 130 69 69 159 69 24 69
S03 81 69 69 129 69 24 69
S04 144 69 69 144 69 24 69
S05 142 84 69 144 69 24 69
S07 144 69 69 144 69 24 69
S09 141 69 69 144 69 24 69
S11 144 84 69 144 69 24 69
S13 144 99 69 144 69 24 69
S15 144 84 69 144 69 24 69
S17 144 84 69 144 69 24 69
S19 144 69 69 144 69 24 69
"""
TASKS = ("baseline", "stroop", "rest-1", "interview", "rest-2", "hyperventilation", "rest-3")

# 2 s windows of CEAP-360VR's `Frame` ratings
QUADRANTS = """
P1 60 40 29 59 52
P2 37 59 23 26 95
P13 16 108 62 35 19
P30 0 18 14 56 152
P32 76 43 19 31 71
"""
WORDS = ("HVHA", "HVLA", "LVLA", "LVHA", "neutral")


def rows(table: str) -> dict[str, list[int]]:
    return {person: list(map(int, numbers)) for person, *numbers in map(str.split, table.strip().splitlines())}


@pytest.fixture(scope="module")
def root(lying_beside: Callable[[str], Path]) -> Callable[[str], Path]:
    """The folder of a dataset's key; people of some lie in a zip file in it."""
    return lambda key: lying_beside(CORPORA[key])


def load(file: CorpusFile) -> np.ndarray:
    return np.load(io.BytesIO(file.read()), allow_pickle=False)


@pytest.fixture(scope="module")
def manifest(root: Callable[[str], Path]) -> Callable[[str], Manifest]:
    known: dict[str, Manifest] = {}

    def build(key: str) -> Manifest:
        if key not in known:
            known[key] = build_manifest(key, root(key))
        return known[key]

    return build


@pytest.mark.parametrize("key", CORPORA)
def test_the_real_folder_passes_every_check(key: str, root: Callable[[str], Path]) -> None:
    assert [check for check in check_dataset(key, root(key)) if check.passed is False] == []


@pytest.mark.parametrize(
    ("key", "view"),
    [
        ("stress_predict", "signal.pulse:BVP"),
        ("stress_predict", "signal.zscored:temperature:TEMP"),
        ("smartwatch_walk", "signal.motion:gyr_z"),
        ("eevr", "signal.eda:EDA"),
    ],
)
def test_views_of_real_signals_keep_the_contract_with_their_own_files_alone(
    key: str, view: str, manifest: Callable[[str], Manifest]
) -> None:
    assert [check for check in check_extractor(view, manifest(key)) if check.passed is False] == []


# ---- Stress-Predict ----


def test_stress_predict_holds_seven_tasks_of_the_counted_length(manifest: Callable[[str], Manifest]) -> None:
    table = manifest("stress_predict").table.set_index("clip_id")
    for person, numbers in rows(FOURS).items():
        mine = [table.loc[f"{person}-{task}"] for task in TASKS]
        for clip, number in zip(mine, numbers, strict=True):
            lost = 3 if clip["start"] == 10 else 0  # counted without regard to the heart rate, which starts late
            assert number - lost <= (clip["end"] - clip["start"] - 20) // 4 - 1 <= number
        assert [clip["start"] for clip in mine] == sorted(clip["start"] for clip in mine)  # one order for all
    assert len(table) == 77
    assert Counter(table["emotion"]) == {"neutral": 44, "stress": 33}


def test_stress_predict_begins_with_the_heart_rate_where_the_log_begins_earlier(
    manifest: Callable[[str], Manifest],
) -> None:
    starts = manifest("stress_predict").table.set_index("clip_id")["start"]
    assert [person for person in rows(FOURS) if starts[f"{person}-baseline"] == 10] == [
        "S02",
        "S03",
        "S05",
        "S09",
        "S19",
    ]


def test_stress_predict_agrees_with_the_corpus_own_labels_as_far_as_counted(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    folder, clips = root("stress_predict"), manifest("stress_predict").table
    with corpus_file(folder, "Processed_data/Improved_All_Combined_hr_rsp_binary.csv").open() as file:
        told = pd.read_csv(file)
    assert (told["HR"].isna().sum(), told["Participant"].nunique(), 1 in set(told["Participant"])) == (44, 34, False)
    agree = {}
    for person in rows(FOURS):
        mine = told[told["Participant"] == int(person[1:])]
        seconds = mine["Time(sec)"] - read_e4(corpus_file(folder, f"Raw_data/{person}/EDA.csv"))[0]
        stress = clips[(clips["subject"] == person) & (clips["emotion"] == "stress")]
        read = sum(
            seconds.between(start, end, "left") for start, end in zip(stress["start"], stress["end"], strict=True)
        )
        agree[person] = (read == mine["Label"]).mean()
        assert (mine["Label"].diff() != 0).sum() == 7
    assert (round(agree["S02"], 3), round(agree["S03"], 3)) == (0.898, 0.879)
    assert min(share for person, share in agree.items() if person not in ("S02", "S03")) > 0.9


def test_stress_predict_has_other_clocks_extra_presses_and_a_first_sample_of_nought(
    root: Callable[[str], Path],
) -> None:
    presses = {}
    for eda in corpus_files(root("stress_predict"), "Raw_data/S*/EDA.csv"):
        person = eda.name.parent.name
        beside = lambda name: corpus_file(eda.root, f"Raw_data/{person}/{name}.csv")  # noqa: B023, E731
        starts = {name: read_e4(beside(name))[0] for name in ("EDA", "BVP", "TEMP", "ACC", "HR")}
        assert {name: start - starts["EDA"] for name, start in starts.items() if start != starts["EDA"]} == {"HR": 10.0}
        presses[person] = len(beside(f"tags_{person}").read().split())
        assert float(eda.read().split()[2]) == 0
    assert {person: n for person, n in presses.items() if n != 7} == {"S02": 9, "S03": 9, "S04": 9}


# ---- smartwatch ----


def test_smartwatch_walks_have_the_counted_windows_and_the_neutral_one_is_second(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    table = manifest("smartwatch_walk").table
    people = table.groupby("subject").size()
    assert (len(people), len(table), people.min(), people.max()) == (11, 13358, 1053, 1369)
    assert Counter(table[table["subject"] == "ew20"]["label"]) == {"-1": 342, "0": 494, "1": 533}
    walks = table.groupby("recording")["emotion"].unique().map(list)
    assert {emotions[0] for name, emotions in walks.items() if str(name).endswith("walk-2")} == {"neutral"}
    assert all(len(emotions) == 1 for emotions in walks)
    told = pd.read_csv(root("smartwatch_walk") / "user_study_encoding.csv").set_index("PARTICIPANT ID")
    assert len(told) == 44
    for person in people.index:
        order = [walks[f"{person}-walk-{n}"][0][0].upper() for n in (1, 2, 3)]
        assert told.loc[str(person).upper(), "CONDITION"].endswith("".join(order))  # SNH, HNS


def test_smartwatch_windows_share_half_of_their_samples_but_not_over_walks(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    table = manifest("smartwatch_walk").table
    for path, clips in table.groupby("signal"):
        windows = load(corpus_file(root("smartwatch_walk"), str(path)))
        shared = (windows[:-1, 12:] == windows[1:, :12]).all(axis=(1, 2))
        recording, start = clips["recording"].to_numpy(), clips["start"].to_numpy(float)
        assert np.array_equal(shared, recording[:-1] == recording[1:])
        assert np.array_equal(np.diff(start), np.where(shared, 0.5, 1.0))


def test_smartwatch_heart_rates_are_missing_or_drop_where_told(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    table = manifest("smartwatch_walk").table
    heart = {
        path: load(corpus_file(root("smartwatch_walk"), path))[..., 6].mean(axis=1) for path in set(table["signal"])
    }
    missing = {person for person, path in zip(table["subject"], table["signal"], strict=True) if not heart[path].any()}
    assert missing == {"ew3"}
    mine = table[table["subject"] == "ew45"]
    rates = pd.Series(heart[mine["signal"].iloc[0]]).groupby(mine["emotion"].to_numpy()).mean().round()
    assert dict(rates) == {"happiness": 65, "neutral": 107, "sadness": 116}


# ---- WESAD, features ----


def test_wesad_features_count_blocks_of_fifteen_people(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    table = manifest("wesad_features").table
    assert Counter(table["emotion"]) == {"neutral": 628, "stress": 355, "amusement": 195}
    ranges = {emotion: set(part.groupby("subject").size()) for emotion, part in table.groupby("emotion")}
    assert ranges["amusement"] == {13}
    assert (min(ranges["neutral"]), max(ranges["neutral"])) == (41, 43)
    assert (min(ranges["stress"]), max(ranges["stress"])) == (22, 26)
    mine = table[table["subject"] == "S2"]
    assert list(dict.fromkeys(mine["emotion"])) == ["neutral", "stress", "amusement"]  # order is a leak
    own = pd.read_csv(root("wesad_features") / "data/subject_feats/S2_feats_4.csv")
    assert own[["0", "1", "2"]].idxmax(axis=1).tolist() == mine["label"].tolist()


def test_wesad_features_are_thirteen_columns_with_a_signal_of_their_own(manifest: Callable[[str], Manifest]) -> None:
    columns = manifest("wesad_features").tables["windows"].columns
    assert len(columns) == 13
    assert {name for name in columns if not name.endswith("_std")} == {"BVP_peak_freq", "TEMP_slope"}
    clips = media_of(manifest("wesad_features"))
    view = make_extractor("imported:windows").extract(clips[1])
    assert view.shape == (1, 13)
    assert view[0, 0] == pytest.approx(0.091882, abs=1e-6)


# ---- EEVR ----


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


# ---- CEAP-360VR ----


def test_ceap_windows_of_the_released_frames_have_the_counted_quadrants(
    lying_beside: Callable[[str], Path],
) -> None:
    people: dict[str, Counter[str]] = {}
    starts = Counter[tuple[int, str]]()
    for file in corpus_files(lying_beside(CORPORA["ceap_360vr"]), "3_AnnotationData/Frame/P*.json"):
        person = people.setdefault(file.name.name.partition("_")[0], Counter())
        for video, *trace in read_traces(file, "Frame"):
            assert len(trace[0]) == (1500 if video == "V1" else 1800)
            windows = list(rated_windows(*trace, length=2))
            assert len(windows) == 30
            person.update(window.quadrant for window in windows)
            starts.update((window.number, window.quadrant) for window in windows)
    for name, numbers in rows(QUADRANTS).items():
        assert [people[name][word] for word in WORDS] == numbers
    whole = sum(people.values(), Counter[str]())
    assert [whole[word] for word in WORDS] == [1185, 1350, 746, 1174, 1785]
    shares = [starts[number, "neutral"] / (26 * 8) for number in range(4)]
    assert shares == sorted(shares, reverse=True)  # every trace starts at rest and needs seconds to move
    assert (shares[0] > 0.8, shares[3] < 0.35) == (True, True)


def test_ceap_loader_reads_the_corrected_ratings_of_26_people(manifest: Callable[[str], Manifest]) -> None:
    table = manifest("ceap_360vr").table
    assert (table["subject"].nunique(), len(table), set(table.groupby("recording").size())) == (26, 6240, {30})
    assert not {"P3", "P8", "P14", "P19", "P25", "P31"} & set(table["subject"])
    labels = Counter(table["label"])
    near = {"HVHA": 1185, "HVLA": 1350, "LVLA": 746, "LVHA": 1174, "neutral": 1785}  # of the frames
    assert all(abs(labels[word] - n) < 0.04 * n for word, n in near.items())
    assert Counter(table["emotion"]).keys() == {None, "neutral"}
    assert Counter(zip(table["subject"], table["label"], strict=True))["P30", "HVHA"] == 0
    main = table.groupby("stimulus")["label"].agg(lambda words: words[words != "neutral"].mode()[0])
    assert main.tolist() == ["HVHA", "HVLA", "LVHA", "LVLA"] * 2  # the quadrants that the videos were chosen for


def test_ceap_frames_of_one_video_were_not_corrected_as_the_others_were(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    frames = "CEAP-360VR/3_AnnotationData/Frame/P15_Annotation_FrameData.json"
    file = corpus_file(root("ceap_360vr"), frames)
    assert json.loads(file.read())["ContinuousAnnotation_FrameData"][0]["ParticipantID"] == "15"  # not "P15"
    clips = manifest("ceap_360vr").table.set_index("clip_id")
    differences = {
        video: np.mean(
            [
                abs(window.valence - clips.loc[f"P15-{video}-{window.number:02d}", "valence"]) * 4
                for window in rated_windows(*trace, length=2)
            ]
        )
        for video, *trace in read_traces(file, "Frame")
    }
    assert [video for video, difference in differences.items() if difference > 0.2] == ["V8"]


def test_ceap_sees_the_person_in_the_files_name(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    groups = manifest("ceap_360vr").table.drop_duplicates("subject")
    assert groups["group.sex"].notna().all()
    told = json.loads((root("ceap_360vr") / "CEAP-360VR/2_QuestionnaireData/P1_Questionnaire_Data.json").read_text())
    assert told["QuestionnaireData"][0]["Gender"] == "Male"
    assert groups.set_index("subject").loc["P1", "group.sex"] == "male"


def test_ceap_eyes_are_one_view_of_as_many_frames_as_the_video_has(root: Callable[[str], Path]) -> None:
    folder = root("ceap_360vr")
    left, right, lengths = [], [], set()
    for file in corpus_files(folder, "ML_Analysis/Processed_PD_Data/P*.json"):
        told = json.loads(file.read())
        assert told["ParticipantID"] == file.name.name.partition("_")[0]
        for video in told["Video_PD_Data"]:
            left.append(np.array(video["LPD"]))
            right.append(np.array(video["RPD"]))
            lengths.add((video["VideoID"] == "V1", len(video["LPD"])))
    assert lengths == {(True, 1500), (False, 1800)}
    both = np.concatenate(left), np.concatenate(right)
    assert round((both[0] == both[1]).mean(), 4) == 0.9994
    assert both[0].min() > 0  # nothing is missing: it was mended before


def test_ceap_every_window_has_every_view(manifest: Callable[[str], Manifest]) -> None:
    clips = media_of(manifest("ceap_360vr"))[::617]
    assert len(clips) == 11
    for channel in CEAPSignals.channels:
        views = [make_extractor(f"signal.window:{channel}").extract(clip) for clip in clips]
        assert {view.shape for view in views} == {(32, 1)}
