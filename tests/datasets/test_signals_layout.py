"""Corpora of body signals that none of us holds, on files of their documented layout."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.loader import Clip
from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.errors import InputError


def scan(key: str, root: Path) -> dict[str, Clip]:
    return {clip.clip_id: clip for clip in load_loader(key).scan(root)}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def failed(key: str, root: Path) -> list[str]:
    return [f"{check.name}: {check.message}" for check in check_dataset(key, root) if check.passed is False]


def case(root: Path, person: int, *, unit: int = 1000) -> None:
    seconds = np.arange(0, 16, 0.05)
    video = np.select([seconds < 4, seconds < 8, seconds < 12], [10, 3, 11], 8)
    valence, arousal = np.where(video == 8, 0.5, 5.0), np.where(video == 8, 9.5, 5.0)
    columns = {"jstime": seconds * unit, "valence": valence, "arousal": arousal, "video": video}
    folder = root / "data/interpolated/annotations"
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_csv(folder / f"sub_{person}.csv", index=False)


def test_case_windows_are_in_seconds_of_the_session_and_screens_between_films_are_left_out(tmp_path: Path) -> None:
    for person in (1, 30):
        case(tmp_path, person)
    write(tmp_path / "data/interpolated/physiological/sub_1.csv", "daqtime,ecg,video\n0,1,10\n")
    write(tmp_path / "data/non-interpolated/annotations/sub_1.csv", "jstime,valence,arousal,video\n")
    clips = scan("case", tmp_path)
    mine = {name: (clip.start, clip.end, clip.label, clip.emotion) for name, clip in clips.items() if "sub_1-" in name}
    assert mine == {
        "sub_1-video_3-000": (4, 6, "boring", "boredom"),
        "sub_1-video_3-001": (6, 8, "boring", "boredom"),
        "sub_1-video_8-000": (12, 14, "scary", "fear"),
        "sub_1-video_8-001": (14, 16, "scary", "fear"),
    }
    clip = clips["sub_1-video_8-000"]
    assert (clip.valence, clip.arousal, clip.recording, clip.stimulus) == (-1, 1, "sub_1-video_8", "video_8")
    assert (clip.signal, clips["sub_30-video_8-000"].signal) == ("data/interpolated/physiological/sub_1.csv", None)


def test_case_in_seconds_where_milliseconds_are_expected_is_refused(tmp_path: Path) -> None:
    case(tmp_path, 1, unit=1)
    with pytest.raises(InputError, match="'jstime' does not count milliseconds"):
        scan("case", tmp_path)


def test_deap_trials_begin_after_their_three_seconds_of_rest(tmp_path: Path) -> None:
    ratings = np.array([[9.0, 1.0, 5.0, 5.0], [5.0, 5.0, 1.0, 9.0], [2.5, 7.5, 1.0, 1.0]])
    content = {"labels": ratings, "data": np.zeros((3, 2, 4))}
    for folder in ("data_preprocessed_python", "data_preprocessed_matlab"):
        (tmp_path / folder).mkdir()
    (tmp_path / "data_preprocessed_python/s01.dat").write_bytes(pickle.dumps(content, 2))
    savemat(tmp_path / "data_preprocessed_matlab/s01.mat", content)
    savemat(tmp_path / "data_preprocessed_matlab/s32.mat", content)
    clips = scan("deap", tmp_path)
    assert [(c.clip_id, c.label, c.emotion, c.valence, c.arousal) for c in clips.values() if c.subject == "s01"] == [
        ("s01-01", "HVLA", None, 1.0, -1.0),
        ("s01-02", "neutral", "neutral", 0.0, 0.0),
        ("s01-03", "LVHA", None, -0.625, 0.625),
    ]
    clip = clips["s01-03"]
    assert (clip.start, clip.end, clip.stimulus, clip.recording) == (129, 189, "03", "s01-03")
    assert clip.signal == "data_preprocessed_python/s01.dat#03"
    assert clips["s32-01"].signal == "data_preprocessed_matlab/s32.mat#01"
    assert failed("deap", tmp_path) == []


def test_deap_of_another_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s01.dat").write_bytes(pickle.dumps({"labels": np.zeros((40, 2))}))
    with pytest.raises(InputError, match=r"'labels' is \[40, 2\]"):
        scan("deap", tmp_path)
    (tmp_path / "s01.dat").unlink()
    (tmp_path / "s02.mat").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"s02\.mat cannot be read as a MATLAB file"):
        scan("deap", tmp_path)


def wesad(root: Path, person: str, blocks: Sequence[tuple[int, int]]) -> None:
    labels = np.concatenate([np.full(seconds * 700, label) for label, seconds in blocks])
    folder = root / "WESAD" / person
    folder.mkdir(parents=True)
    content = {"subject": person, "signal": {"wrist": {"EDA": np.zeros((4, 1))}}, "label": labels}
    (folder / f"{person}.pkl").write_bytes(pickle.dumps(content, 2))


def test_wesad_blocks_of_known_labels_are_clips_in_seconds(tmp_path: Path) -> None:
    for person in ("S2", "S13"):
        wesad(tmp_path, person, [(0, 40), (1, 60), (0, 5), (2, 50), (6, 40), (3, 45), (4, 31), (0, 1), (4, 31), (1, 2)])
    clips = scan("wesad", tmp_path)
    assert [(c.label, c.emotion, c.start, c.end) for c in clips.values() if c.subject == "S2"] == [
        ("1", "neutral", 40, 100), ("2", "stress", 105, 155), ("3", "amusement", 195, 240), ("4", "calm", 240, 271),
        ("4", "calm", 272, 303),
    ]  # fmt: skip
    assert {clip.recording for clip in clips.values()} == {"S2", "S13"}
    assert failed("wesad", tmp_path) == []


def test_wesad_refuses_a_pickle_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "S2").mkdir()
    (tmp_path / "S2/S2.pkl").write_bytes(pickle.dumps({"labels": np.zeros(3)}))
    with pytest.raises(InputError, match=r"S2\.pkl holds no labels of WESAD"):
        scan("wesad", tmp_path)
    (tmp_path / "S2/S2.pkl").write_bytes(pickle.dumps({"label": io.StringIO()}))
    with pytest.raises(InputError, match="which no array needs"):
        scan("wesad", tmp_path)
