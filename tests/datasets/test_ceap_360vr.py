"""CEAP-360VR on its own files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from real_signals import rows

from stf2m_bench.datasets.base.continuous import rated_windows
from stf2m_bench.datasets.base.corpus_files import corpus_file, corpus_files
from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.datasets.ceap_360vr import CEAPSignals, read_traces
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import media_of

# 2 s windows of CEAP-360VR's `Frame` ratings
QUADRANTS = """
P1 60 40 29 59 52
P2 37 59 23 26 95
P13 16 108 62 35 19
P30 0 18 14 56 152
P32 76 43 19 31 71
"""
WORDS = ("HVHA", "HVLA", "LVLA", "LVHA", "neutral")
WRIST = {"EDA", "BVP", "SKT", "HR", "IBI", "ACC_x", "ACC_y", "ACC_z"}  # none of it is to be had in public


def test_ceap_windows_of_the_released_frames_have_the_counted_quadrants(root: Callable[[str], Path]) -> None:
    people: dict[str, Counter[str]] = {}
    starts = Counter[tuple[int, str]]()
    for file in corpus_files(root("ceap_360vr"), "3_AnnotationData/Frame/P*.json"):
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
    for channel in set(CEAPSignals.channels) - WRIST:
        views = [make_extractor(f"signal.window:{channel}").extract(clip) for clip in clips]
        assert {view.shape for view in views} == {(32, 1)}
