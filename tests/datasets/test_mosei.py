"""CMU-MOSEI, on files of its documented layout."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.loader import Clip
from stf2m_bench.datasets.base.manifest import build_manifest, load_loader
from stf2m_bench.errors import CouldNotError, InputError

NAMES = ["sentiment", "happy", "sad", "anger", "surprise", "disgust", "fear"]
VIDEOS = {  # real names of videos; times and ratings are made up
    "cEXJ2zFbC9I": [((7.7, 12.1), (1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0)), ((-0.2, 7.7), (-3.0, 0, 1.0, 0, 0, 1.0, 0))],
    "101787": [((0.0, 4.0), (0.0,) * 7)],
    "uogwnZGb-iE": [((3.0, 6.5), (-1.0, 0.0, 1 / 3, 2 / 3, 0.0, 0.0, 0.0))],
    "hh04W3xXa5s": [((1.5, 3.0), (2.0, 0, 0, 0, 1 / 3, 0, 0))],
    "GdFP_p4eQX0": [
        ((2.0, 9.0), (-2.0, 0, 0, 0, 0, 0, 3.0)),
        ((9.0, 11.0), (-2.0, 0, 1.0, 0, 0, 0, 0)),
        ((11.0, 12.5), (-1.0, 0, 0, 0, 0, 1 / 3, 0)),
    ],
}


def write_csd(path: Path, names: list[str] = NAMES) -> Path:
    """As the corpus's own toolkit writes it: a sequence with `data` and `metadata`, whose entries are JSON."""
    h5py = pytest.importorskip("h5py")
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        sequence = file.create_group("All Labels")
        for video, rows in VIDEOS.items():
            one = sequence.create_group(f"data/{video}")
            one["intervals"] = np.array([times for times, _ in rows])
            one["features"] = np.array([[dict(zip(NAMES, r, strict=True))[n] for n in names] for _, r in rows], "f4")
        told = sequence.create_dataset("metadata/dimension names", (1,), dtype=h5py.special_dtype(vlen=str))
        told[0] = json.dumps(names)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_csd(tmp_path / "CMU_MOSEI_Labels.csd")
    folder = tmp_path / "Raw/Transcript/Segmented/Combined"
    folder.mkdir(parents=True)
    lines = "cEXJ2zFbC9I___0___-0.2___7.7___so I had___ this film\ncEXJ2zFbC9I___1___7.70___12.1___ and liked it\n"
    (folder / "cEXJ2zFbC9I.txt").write_text(lines, encoding="utf-8")
    return tmp_path


def scan(root: Path) -> dict[str, Clip]:
    return {clip.clip_id: clip for clip in load_loader("cmu_mosei").scan(root)}


def test_several_emotions_of_a_clip_keep_their_distribution(root: Path) -> None:
    clips = scan(root)
    told = {name: (clip.label, clip.emotion, dict(clip.votes)) for name, clip in clips.items()}
    assert told == {
        "cEXJ2zFbC9I-000": ("sad,disgust", None, {"raters.sadness": 0.5, "raters.disgust": 0.5}),
        "cEXJ2zFbC9I-001": ("happy", "happiness", {"raters.happiness": 1.0}),
        "101787-000": ("none", None, {}),
        "uogwnZGb-iE-000": (
            "sad,anger",
            "anger",
            {"raters.sadness": pytest.approx(1 / 3), "raters.anger": pytest.approx(2 / 3)},
        ),
        "hh04W3xXa5s-000": ("surprise", "surprise", {"raters.surprise": 1.0}),
        "GdFP_p4eQX0-000": ("fear", "fear", {"raters.fear": 1.0}),
        "GdFP_p4eQX0-001": ("sad", "sadness", {"raters.sadness": 1.0}),
        "GdFP_p4eQX0-002": ("disgust", "disgust", {"raters.disgust": 1.0}),
    }
    assert [clips[name].valence for name in ("cEXJ2zFbC9I-000", "101787-000")] == [-1.0, 0.0]
    assert {clip.subject for clip in clips.values()} == set(VIDEOS)
    table = build_manifest("cmu_mosei", root).table
    assert table["votes.raters.sadness"].notna().sum() == 3


def test_clips_are_in_order_of_time_with_the_words_of_their_times(root: Path) -> None:
    clips = scan(root)
    first, second = clips["cEXJ2zFbC9I-000"], clips["cEXJ2zFbC9I-001"]
    assert (first.start, first.end, first.text) == (0.0, 7.7, "so I had___ this film")  # a start before the film's
    assert (second.start, second.end, second.text) == (7.7, 12.1, "and liked it")
    assert clips["101787-000"].text is None


def test_a_clip_has_its_own_film_or_its_times_in_the_whole_sound(root: Path) -> None:
    for path in ("Raw/Videos/Segmented/Combined/cEXJ2zFbC9I_1.mp4", "Raw/Audio/Full/WAV_16000/cEXJ2zFbC9I.wav"):
        (root / path).parent.mkdir(parents=True)
        soundfile.write(root / path, np.zeros(9), 16_000, format="WAV")
    clips = scan(root)
    first, second = clips["cEXJ2zFbC9I-000"], clips["cEXJ2zFbC9I-001"]
    assert (first.video, first.audio, first.start) == (None, "Raw/Audio/Full/WAV_16000/cEXJ2zFbC9I.wav", 0.0)
    film = "Raw/Videos/Segmented/Combined/cEXJ2zFbC9I_1.mp4"
    assert (second.video, second.audio, second.start, second.end) == (film, None, None, None)


def test_the_folder_passes_every_check(root: Path) -> None:
    assert [check for check in check_dataset("cmu_mosei", root) if check.passed is False] == []


def test_columns_are_read_by_their_names(tmp_path: Path) -> None:
    write_csd(tmp_path / "labels/CMU_MOSEI_Labels.csd", names=NAMES[::-1])
    assert scan(tmp_path)["GdFP_p4eQX0-000"].emotion == "fear"


def test_a_damaged_file_or_one_without_the_emotions_is_refused(tmp_path: Path) -> None:
    path = write_csd(tmp_path / "CMU_MOSEI_Labels.csd", names=NAMES[:-1])
    with pytest.raises(InputError, match=r"Labels\.csd holds no ratings of CMU-MOSEI \('fear' is not in list\)"):
        scan(tmp_path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InputError, match=r"Labels\.csd holds no ratings of CMU-MOSEI"):
        scan(tmp_path)


def test_a_transcript_of_another_form_is_refused(root: Path) -> None:
    (root / "Raw/Transcript/Segmented/Combined/101787.txt").write_text("101787 0 0.0 4.0 words\n")
    with pytest.raises(InputError, match=r"101787\.txt is not a transcript"):
        scan(root)


def test_without_h5py_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "CMU_MOSEI_Labels.csd").write_bytes(b"\x89HDF")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(CouldNotError, match=r"h5py is not here to read it; pip install h5py\."):
        scan(tmp_path)
