"""Traps of corpora of body signals on their own files: what they would give away, and what the loaders do about it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stf2m_bench.datasets.base.corpus_files import corpus_file, corpus_files
from stf2m_bench.datasets.base.e4 import read_e4
from stf2m_bench.datasets.base.loader import Clip
from stf2m_bench.datasets.base.manifest import build_manifest, load_loader
from stf2m_bench.datasets.case import CASESignals
from stf2m_bench.datasets.stress_predict import read_sheet

Beside = Callable[[str], Path]
TIMES = "BCEFGHIJKLMNOPQRSTUVWX"  # columns of the log that hold times; of the seven tasks G to T


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def recall(told: np.ndarray, truth: np.ndarray) -> float:
    """Mean recall of a guess between two sides."""
    return float(np.mean([np.mean(told[truth == side] == side) for side in (False, True)]))


# ---- Stress-Predict ----


def log(root: Path) -> dict[str, dict[str, float]]:
    """Of each person, the times of their tasks as parts of a day, as the log has them."""
    rows = [row for row in read_sheet(root / "Processed_data/Time_logs.xlsx") if row.get("A", "").startswith("S")]
    return {row["A"]: {c: float(row[c]) for c in TIMES if c in row} for row in rows if row["A"][1:].isdigit()}


def recorded(root: Path, log_of: Path, person: str, hour: float) -> dict[str, Clip]:
    """The clips of a person of the real log whose made-up recording of an hour and a half begins at this hour."""
    target = root / "Processed_data/Time_logs.xlsx"
    target.parent.mkdir()
    shutil.copyfile(log_of / "Processed_data/Time_logs.xlsx", target)
    start = 1_645_401_600 + round(hour * 3600)  # a midnight, UTC
    write(root / f"Raw_data/{person}/EDA.csv", f"{start}.000000\n4.000000\n" + "0.25\n" * (4 * 5400))
    return {clip.clip_id: clip for clip in load_loader("stress_predict").scan(root)}


def test_the_real_log_has_hours_after_noon_without_saying_so(lying_beside: Beside) -> None:
    people = log(lying_beside("Stress-Predict"))
    assert len(people) == 35
    assert sum(min(times.values()) < 8 / 24 for times in people.values()) == 21
    assert sum(max(times.values()) > 20 / 24 for times in people.values()) == 0


def test_a_person_of_the_real_log_who_came_after_noon_has_tasks_after_noon(
    lying_beside: Beside, tmp_path: Path
) -> None:
    root = lying_beside("Stress-Predict")
    person, times = next((name, row) for name, row in log(root).items() if row["G"] < 8 / 24)
    hour = times["G"] * 24 + 12
    clips = recorded(tmp_path, root, person, hour - 0.1)
    assert len(clips) == 7
    assert clips[f"{person}-baseline"].start == pytest.approx(360, abs=60)


def test_the_first_person_of_the_real_log_rested_after_the_stroop_test(lying_beside: Beside, tmp_path: Path) -> None:
    root = lying_beside("Stress-Predict")
    clips = recorded(tmp_path, root, "S01", log(root)["S01"]["I"] * 24 - 0.1)
    starts = {name: clip.start or 0.0 for name, clip in clips.items()}
    assert sorted(starts, key=starts.__getitem__)[:3] == ["S01-stroop", "S01-rest-1", "S01-baseline"]


def test_people_differ_tenfold_in_how_well_their_skin_conducts(lying_beside: Beside) -> None:
    files = corpus_files(lying_beside("Stress-Predict"), "Raw_data/S*/EDA.csv")
    means = [read_e4(file)[2].mean() for file in files]
    assert (max(means) > 10 * min(means), min(means) > 0.2, max(means) < 4.4) == (True, True, True)


# ---- smartwatch ----


def test_the_watchs_heart_rate_is_held_for_a_second_and_is_no_pulse(lying_beside: Beside) -> None:
    for file in corpus_files(lying_beside("SmartwatchWalk"), "*_x.npy"):
        heart = np.load(io.BytesIO(file.read()), allow_pickle=False)[..., 6]
        assert np.median([len(set(window)) for window in heart.tolist()]) <= 3
        assert heart.max() < 230


def test_people_of_the_watch_are_not_numbered_one_after_another(lying_beside: Beside) -> None:
    told = pd.read_csv(lying_beside("SmartwatchWalk") / "user_study_encoding.csv")["PARTICIPANT ID"]
    numbers = sorted(int(name[2:]) for name in told)
    assert (len(numbers), numbers[-1] > 44) == (44, True)


# ---- EEVR ----


def test_place_in_the_playlist_and_length_tell_the_valence_of_a_video(lying_beside: Beside) -> None:
    root = lying_beside("EEVR")
    clips = build_manifest("eevr", root).table
    clips = clips[clips["label"] != "Baseline"]
    high = clips["label"].str.startswith("HV").to_numpy()
    place = clips["clip_id"].str[-1].astype(int).to_numpy()
    assert recall(place > 4, high) == pytest.approx(0.69, abs=0.1)
    with corpus_file(root, "Data_files/Stimuli_EDA.csv").open() as file:
        rows = pd.read_csv(file, usecols=["Participant ID", "Video ID"], dtype=str)
    rows_of = (rows["Participant ID"] + "-" + rows["Video ID"]).value_counts()
    seconds = rows_of[clips["clip_id"]].to_numpy() / 7.83
    assert (seconds.min() > 55, seconds.max() < 380) == (True, True)
    best = max(recall(seconds < cut, high) for cut in np.unique(seconds))
    assert best > 0.8  # equal windows must be cut: the length alone is an answer


def test_words_of_eevr_name_feelings(lying_beside: Beside) -> None:
    words = build_manifest("eevr", lying_beside("EEVR")).table["text"].dropna().str.lower()
    named = words.str.contains(r"\b(?:felt|feel|feeling|sad|happy|scar|afraid|fear|calm|relax|excit|joy|bored)")
    assert len(words) == 296
    assert named.mean() > 0.7


# ---- WESAD, features ----


def test_all_means_least_and_greatest_values_of_wesads_table_are_one_column(lying_beside: Beside) -> None:
    table = pd.read_csv(lying_beside("WESAD-features") / "data/m14_merged.csv")
    copies = table[[name for name in table if name.endswith(("_mean", "_min", "_max"))]]
    assert copies.T.drop_duplicates().shape[0] == 3  # one of means, one of least, one of greatest values
    assert "0_mean" in copies  # a signal without a name
    assert (table["label"] == 1).mean() == pytest.approx(0.533, abs=0.001)  # always "baseline"


# ---- CASE, on files of its layout ----


def test_raw_files_of_case_whose_clock_is_in_seconds_are_not_read_and_the_end_screen_is_no_clip(tmp_path: Path) -> None:
    rows = [(n * 50, 5.0, 5.0, 1 if n < 80 else 12) for n in range(240)]
    text = "jstime,valence,arousal,video\n" + "\n".join(",".join(map(str, row)) for row in rows)
    write(tmp_path / "data/interpolated/annotations/sub_7.csv", text)
    write(tmp_path / "data/raw/annotations/sub7_joystick.txt", "0.0\t-26225\t26225\n0.1\t0\t0\n")
    write(tmp_path / "data/raw/physiological/sub7_DAQ.txt", "0.000\t1.1\t2.2\n")
    clips = list(load_loader("case").scan(tmp_path))
    assert [(clip.clip_id, clip.label, clip.start, clip.end) for clip in clips] == [
        ("sub_7-video_1-000", "amusing", 0, 2),
        ("sub_7-video_1-001", "amusing", 2, 4),
    ]


def test_milliseconds_of_cases_sensors_become_seconds(tmp_path: Path) -> None:
    header = "daqtime,ecg,bvp,gsr,rsp,skt,emg_zygo,emg_coru,emg_trap,video"
    write(tmp_path / "sub_1.csv", f"{header}\n0,1,2,3,4,5,6,7,8,10\n1,1,2,3.5,4,5,6,7,8,10\n")
    seconds, values = CASESignals().read(tmp_path, "sub_1.csv", "gsr")
    assert (seconds.tolist(), values.tolist()) == ([0, 0.001], [3, 3.5])
