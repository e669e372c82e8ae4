"""Corpora of body signals and ratings over time, on files of their layout."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.loader import Clip
from stf2m_bench.datasets.base.manifest import build_manifest, load_loader
from stf2m_bench.datasets.wesad_features import unlike_columns
from stf2m_bench.errors import InputError
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import media_of


def scan(key: str, root: Path) -> dict[str, Clip]:
    return {clip.clip_id: clip for clip in load_loader(key).scan(root)}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def failed(key: str, root: Path) -> list[str]:
    return [f"{check.name}: {check.message}" for check in check_dataset(key, root) if check.passed is False]


# ---- Stress-Predict ----

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADER = {
    "A": "S. ID.", "E": "Consent", "G": "Baseline/Questionniare", "I": "Stroop Test", "K": "Relax", "M": "Interview",
    "O": "Relax", "Q": "Hyperventilation", "S": "Relax", "U": "Questionniare", "W": "Relax/Baseline",
}  # fmt: skip
START = 1_645_448_580  # 2022-02-21 13:03:00 UTC


def excel(path: Path, rows: Sequence[Mapping[str, str | float]]) -> Path:
    """The parts of an Excel file that hold its first sheet; text is shared, as Excel writes it."""
    words: list[str] = []
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for letter, value in row.items():
            kind = ' t="s"' if isinstance(value, str) else ""
            if isinstance(value, str):
                words.append(value)
            cells.append(
                f'<c r="{letter}{number}"{kind}><v>{len(words) - 1 if kind else value}</v></c><c r="Z{number}"/>'
            )
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    texts = "".join(f"<si><t>{word}</t></si>" for word in words)
    sheet = f'<worksheet xmlns="{SHEET}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    parts = {
        "xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">{texts}</sst>'.encode(),
        "xl/worksheets/sheet1.xml": sheet.encode(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path


def times(clock: str) -> dict[str, float]:
    """Times as the log has them: parts of a day, in the columns from G on."""
    days = [(60 * int(time[:2]) + int(time[3:])) / 1440 for time in clock.split()]
    return dict(zip("GHIJKLMNOPQRST", days, strict=True))


@pytest.fixture
def stress_predict(tmp_path: Path) -> Path:
    afternoon = times("01:02 01:10 01:11 01:16 01:16 01:21 01:21 01:31 01:31 01:36 01:37 01:39 01:39 01:44")
    morning = times("09:04 09:13 09:15 09:20 09:20 09:25 09:25 09:35 09:35 09:40 09:40 09:42 09:43 09:47")
    log = [HEADER, dict.fromkeys("GIKMOQS", "Start"), {"A": "S12"} | afternoon, {"A": "S02"} | morning]
    excel(tmp_path / "Processed_data/Time_logs.xlsx", log)
    for person, start in (("S12", START), ("S02", START - 4 * 3600)):
        samples = "0.000000\n" + "0.250000\n" * (4 * 2400 - 1)  # 40 minutes
        write(tmp_path / f"Raw_data/{person}/EDA.csv", f"{start}.000000\n4.000000\n{samples}")
    return tmp_path


def test_stress_predict_reads_a_clip_a_task_from_the_log(stress_predict: Path) -> None:
    clips = scan("stress_predict", stress_predict)
    assert {name: (clip.label, clip.emotion) for name, clip in clips.items() if clip.subject == "S02"} == {
        "S02-baseline": ("Baseline/Questionniare", "neutral"),
        "S02-stroop": ("Stroop Test", "stress"),
        "S02-rest-1": ("Relax", "neutral"),
        "S02-interview": ("Interview", "stress"),
        "S02-rest-2": ("Relax", "neutral"),
        "S02-hyperventilation": ("Hyperventilation", "stress"),
    }
    interview = clips["S02-interview"]
    assert (interview.start, interview.end, interview.recording) == (22 * 60, 32 * 60, "S02")
    assert interview.signal == "Raw_data/S02/EDA.csv"
    assert failed("stress_predict", stress_predict) == []


def test_stress_predict_takes_early_hours_for_the_afternoon(stress_predict: Path) -> None:
    clips = scan("stress_predict", stress_predict)
    assert (clips["S12-stroop"].start, clips["S12-stroop"].end) == (8 * 60, 13 * 60)


def test_stress_predict_cuts_what_was_not_recorded(stress_predict: Path) -> None:
    clips = scan("stress_predict", stress_predict)
    assert (clips["S12-baseline"].start, clips["S12-baseline"].end) == (0, 7 * 60)  # a minute before the start
    assert (clips["S12-rest-3"].start, clips["S12-rest-3"].end) == (36 * 60, 40 * 60 - 0.25)  # the last sample
    assert "S02-rest-3" not in clips  # begins as the file ends, or later


def test_stress_predict_begins_when_the_heart_rate_does(stress_predict: Path) -> None:
    write(stress_predict / "Raw_data/S12/HR.csv", f"{START + 10}.000000\n1.000000\n" + "70.0\n" * 2390)
    clips = scan("stress_predict", stress_predict)
    assert (clips["S12-baseline"].start, clips["S12-stroop"].start) == (10, 8 * 60)


def test_stress_predict_without_its_log_or_a_persons_row_in_it_is_refused(stress_predict: Path) -> None:
    write(stress_predict / "Raw_data/S35/EDA.csv", f"{START}\n4\n0\n")
    with pytest.raises(InputError, match=r"Time_logs\.xlsx has no row of S35"):
        scan("stress_predict", stress_predict)
    write(stress_predict / "Processed_data/Time_logs.xlsx", "no zip file")
    with pytest.raises(InputError, match=r"Time_logs\.xlsx cannot be read as a zip file"):
        scan("stress_predict", stress_predict)
    excel(stress_predict / "Processed_data/Time_logs.xlsx", [{"A": "S. ID.", "G": "Stroop Test"}])
    with pytest.raises(InputError, match=r"has no column 'Baseline/Questionniare'"):
        scan("stress_predict", stress_predict)


def test_stress_predict_refuses_a_file_without_start_and_rate(stress_predict: Path) -> None:
    write(stress_predict / "Raw_data/S02/EDA.csv", "seconds,eda\n0,1\n")
    with pytest.raises(InputError, match=r"EDA\.csv is not a file of an E4"):
        scan("stress_predict", stress_predict)


# ---- smartwatch ----


def walk(root: Path, name: str, labels: Sequence[str]) -> Path:
    path = root / f"deep_learning_data/{name}_x.npy"
    path.parent.mkdir(exist_ok=True)
    np.save(path, np.zeros((len(labels), 24, 7)))
    return write(path.with_name(f"{name}_y.csv"), "".join(f"{label}\n" for label in labels))


def test_smartwatch_windows_are_clips_and_walks_are_recordings(tmp_path: Path) -> None:
    labels = ["1.000000"] * 2 + ["0.000000"] + ["-1.000000"] * 2
    walk(tmp_path, "mo_ew10_accdata_30_1_108-1033", labels)
    walk(tmp_path, "mw_ew20_accdata_7_2_1713-1732", labels)
    write(tmp_path / "user_study_encoding.csv", "PARTICIPANT ID,CONDITION,AGE,SEX\nEW10,Mo-HNS,21,F\nEW2,Mo-SNH,23,F\n")
    clips = scan("smartwatch_walk", tmp_path)
    mine = [clip for clip in clips.values() if clip.subject == "ew10"]
    assert [(clip.label, clip.emotion, clip.recording) for clip in mine] == [
        ("1", "happiness", "ew10-walk-1"), ("1", "happiness", "ew10-walk-1"), ("0", "neutral", "ew10-walk-2"),
        ("-1", "sadness", "ew10-walk-3"), ("-1", "sadness", "ew10-walk-3"),
    ]  # fmt: skip
    assert [(clip.start, clip.end) for clip in mine] == [(0, 1), (0.5, 1.5), (1.5, 2.5), (2.5, 3.5), (3, 4)]
    assert (mine[0].groups, clips["ew20-0000"].groups) == ({"sex": "female", "age": "under 30"}, {})
    assert failed("smartwatch_walk", tmp_path) == []


def test_smartwatch_windows_and_labels_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    labels = walk(tmp_path, "mu_ew12_accdata_31_1_159-1535", ["1.0", "0.0"])
    write(labels, "1.0\n")
    with pytest.raises(InputError, match=r"\[2, 24, 7\] and .*_y\.csv \(1 labels"):
        scan("smartwatch_walk", tmp_path)
    write(labels, "1.0\n2.0\n")
    with pytest.raises(InputError, match=r"do not fit"):
        scan("smartwatch_walk", tmp_path)
    labels.unlink()
    with pytest.raises(InputError, match=r"are not windows and their labels"):
        scan("smartwatch_walk", tmp_path)


def test_smartwatch_windows_that_are_pickled_objects_are_refused(tmp_path: Path) -> None:
    labels = walk(tmp_path, "mu_ew12_accdata_31_1_159-1535", ["1.0", "0.0"])
    np.save(labels.with_name("mu_ew12_accdata_31_1_159-1535_x.npy"), np.array([{}, {}], object))
    with pytest.raises(InputError, match=r"are not windows and their labels"):
        scan("smartwatch_walk", tmp_path)


# ---- WESAD, features ----


def test_columns_that_are_there_twice_are_all_left_out() -> None:
    table = pd.DataFrame({"a_mean": [1.0, 2.0], "a_std": [0.1, 0.2], "b_mean": [1.0, 2.0], "b_std": [0.1, 0.3]})
    assert unlike_columns(table) == ("a_std", "b_std")


def test_wesad_features_declare_neither_copies_nor_labels_nor_facts_about_people(tmp_path: Path) -> None:
    header = ",BVP_mean,BVP_std,TEMP_mean,TEMP_std,0_std,BVP_peak_freq,TEMP_slope,subject,label,age,smoker_NO"
    rows = ["0,.5,1,.5,2,3,4,5,2,1,27,True", "1,.6,2,.6,3,4,5,6,2,2,27,True", "2,.7,1,.7,3,5,5,4,16,0,24,False"]
    write(tmp_path / "data/m14_merged.csv", "\n".join([header, *rows]))
    manifest = build_manifest("wesad_features", tmp_path)
    assert list(zip(*(manifest.table[name] for name in ("clip_id", "subject", "emotion", "label")), strict=True)) == [
        ("row-0000", "S2", "neutral", "1"), ("row-0001", "S2", "stress", "2"), ("row-0002", "S16", "amusement", "0"),
    ]  # fmt: skip
    assert manifest.tables["windows"].columns == ("BVP_std", "TEMP_std", "0_std", "BVP_peak_freq", "TEMP_slope")
    view = make_extractor("imported:windows").extract(media_of(manifest)[2])
    assert view.tolist() == [[1, 3, 5, 5, 4]]


# ---- EEVR ----

EDA = ",ku_eda,sk_eda,Participant ID,Video ID,Gender,CMA,Video_ID_number,Valence,Arousal,valence_category"
PPG = ",BPM,Participant ID,Video ID,Gender,CMA,Video_ID_number,Valence,Arousal,valence_category"


@pytest.fixture
def eevr(tmp_path: Path) -> Path:
    folder = tmp_path / "Data_files"
    ratings = ["1,1,0,Baseline,3,2,3,3", "1,1,1,LVLA,4,3,2,3", "2,3,0,Baseline,5,1,3,3", "2,3,1,LVHA,1,3,4,3"]
    write(folder / "VADS.csv", "Participant ID,Playlist ID,Video ID,CMA,Valence,Arousal,Dominance,significance\n"
          + "\n".join(ratings))  # fmt: skip
    texts = ['"I felt sad, then not.",1,1,1,TheDisplaced,LVLA,4,3', "It was loud,2,3,1,Jailbreak,LVHA,1,3"]
    write(folder / "Textdata.csv", "Text Description,Participant ID,Playlist ID,Video ID,Segment Name,CMA,Valence,"
          "Arousal\n" + "\n".join(texts))  # fmt: skip
    eda = ["0,.1,.2,1,0,Male,Baseline,0,3,2,0", "1,.3,.4,1,V1,Male,LVLA,1,4,3,1", "2,.5,.6,2,0,Female,Baseline,0,5,1,1",
           "3,.7,.8,2,V1,Female,LVHA,1,1,3,0"]  # fmt: skip
    ppg = ["0,66,2,0,Female,Baseline,0,5,1,1", "1,77,2,V1,Female,LVHA,1,1,3,0", "2,88,1,0,Male,Baseline,0,3,2,0",
           "3,99,1,V1,Male,LVLA,1,4,3,1"]  # fmt: skip
    write(folder / "EDA_labels.csv", "\n".join([EDA, *eda]))
    write(folder / "PPG_labels.csv", "\n".join([PPG, *ppg]))
    return tmp_path


def test_eevr_clips_carry_the_aim_as_label_and_the_persons_own_ratings(eevr: Path) -> None:
    clips = scan("eevr", eevr)
    assert clips.keys() == {"1-V0", "1-V1", "2-V0", "2-V1"}
    clip = clips["1-V1"]
    assert (clip.label, clip.emotion, clip.valence, clip.arousal) == ("LVLA", None, 0.5, 0.0)
    assert (clip.stimulus, clip.text) == ("TheDisplaced", "I felt sad, then not.")
    assert (clip.subject, clip.recording, clip.groups) == ("1", "1-V1", {"sex": "male"})
    rest = clips["2-V0"]
    assert (rest.label, rest.emotion, rest.text, rest.valence, rest.arousal) == ("Baseline", "neutral", None, 1.0, -1.0)
    assert failed("eevr", eevr) == []


def test_eevr_tables_in_different_orders_are_joined_by_person_and_video(eevr: Path) -> None:
    manifest = build_manifest("eevr", eevr)
    assert (manifest.tables["eda"].columns, manifest.tables["ppg"].columns) == (("ku_eda", "sk_eda"), ("BPM",))
    views = {
        clip.clip_id: [make_extractor(f"imported:{name}").extract(clip).tolist() for name in ("eda", "ppg")]
        for clip in media_of(manifest)
    }
    assert views["2-V1"] == [[[pytest.approx(0.7), pytest.approx(0.8)]], [[77.0]]]
    assert views["1-V0"] == [[[pytest.approx(0.1), pytest.approx(0.2)]], [[88.0]]]
    assert hash(manifest.tables["eda"]) == hash(pickle.loads(pickle.dumps(manifest.tables["eda"])))


# ---- CEAP-360VR ----


def trace(root: Path, person: str, ratings: Mapping[str, tuple[float, float]]) -> None:
    """Two seconds of rest, then two of these ratings, at uneven steps about as wide as the corpus's."""
    stamps = np.cumsum([0.1, *([0.15, 0.1, 0.1] * 11)])
    videos = [
        {
            "VideoID": video,
            "TimeStamp_Valence_Arousal": [
                {"TimeStamp": round(t, 3), "Valence": v if t >= 2 else 5.0, "Arousal": a if t >= 2 else 5.0}
                for t in stamps.tolist()
            ],
        }
        for video, (v, a) in ratings.items()
    ]
    told = {"ContinuousAnnotation_TransData": [{"ParticipantID": person, "Video_Annotation_TransData": videos}]}
    write(root / f"3_AnnotationData/Transformed/{person}_Annotation_TransData.json", json.dumps(told))


def test_ceap_windows_are_clips_of_a_person_and_a_video(tmp_path: Path) -> None:
    for person in ("P1", "P10"):
        trace(tmp_path, person, {"V1": (9.0, 7.0), "V4": (1.0, 5.0)})
    told = {"QuestionnaireData": [{"ParticipantID": "P1", "Age": 22, "Gender": "Male"}]}
    write(tmp_path / "2_QuestionnaireData/P1_Questionnaire_Data.json", json.dumps(told))
    clips = scan("ceap_360vr", tmp_path)
    assert {name: (clip.label, clip.emotion, clip.valence, clip.arousal) for name, clip in clips.items()} == {
        f"{person}-{name}": read
        for person in ("P1", "P10")
        for name, read in {
            "V1-00": ("neutral", "neutral", 0.0, 0.0),
            "V1-01": ("HVHA", None, 1.0, 0.5),
            "V4-00": ("neutral", "neutral", 0.0, 0.0),
            "V4-01": ("neutral", None, -1.0, 0.0),
        }.items()
    }
    clip = clips["P1-V1-01"]
    assert (clip.start, clip.end, clip.recording, clip.stimulus) == (2, 4, "P1-V1", "V1")
    assert (clip.groups, clips["P10-V1-01"].groups) == ({"sex": "male", "age": "under 30"}, {})
    assert failed("ceap_360vr", tmp_path) == []


def test_ceap_tells_how_bright_the_video_is_during_a_clip_to_probes_alone(tmp_path: Path) -> None:
    trace(tmp_path, "P1", {"V1": (9.0, 7.0), "V4": (1.0, 5.0)})
    manifest = build_manifest("ceap_360vr", tmp_path)
    clips, loader = manifest.table.to_dict("records"), load_loader("ceap_360vr")
    assert loader.shortcuts(tmp_path, clips) == {}
    shown = [{"VideoID": "V1", "V": [*range(1500)]}, {"VideoID": "V4", "V": [7] * 1800}]
    write(tmp_path / "1_Stimuli/CEAP_VideoInfo_Luminance.json", json.dumps({"Video_InfoData": shown}))
    assert loader.shortcuts(tmp_path, clips) == {"brightness": [24.5, 74.5, 7.0, 7.0]}
    assert "brightness" not in manifest.table.columns


def test_ceap_refuses_what_is_no_annotation(tmp_path: Path) -> None:
    write(tmp_path / "3_AnnotationData/Transformed/P1_Annotation_TransData.json", '{"QuestionnaireData": []}')
    with pytest.raises(InputError, match=r"P1_Annotation_TransData\.json is not an annotation of CEAP-360VR"):
        scan("ceap_360vr", tmp_path)
