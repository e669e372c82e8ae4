"""CEAP-360VR's signals of the wrist, on files of the layout that its authors' scripts read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.datasets.ceap_360vr import CEAPSignals
from stf2m_bench.errors import InputError, UnknownNameError
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.store import media_of, prepare_view

CORPUS = "CEAP-360VR"
RATES = {"EDA": 4, "BVP": 64, "SKT": 4, "HR": 1}
LENGTH = 8  # seconds, where the corpus has 60


def write(path: Path, told: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def wrist(root: Path, person: str, beats: Mapping[float, float], *, late: float = 0.1, unit: float = 1) -> str:
    """A person's videos V1 and V4, of which a value is the second of its stamp, plus 100 in V4."""
    videos = []
    for video, offset in (("V1", 0.0), ("V4", 100.0)):
        stamps = {name: np.arange(late, LENGTH, 1 / rate).round(3).tolist() for name, rate in RATES.items()}
        told: dict[str, object] = {"VideoID": video}
        for name, seconds in stamps.items():
            told[f"{name}_RawData"] = [{"TimeStamp": t * unit, name: offset + t} for t in seconds]
        told["IBI_RawData"] = [{"TimeStamp": t * unit, "IBI": value} for t, value in beats.items()]
        still = [{"TimeStamp": t * unit, "ACC_X": 1, "ACC_Y": 2, "ACC_Z": 3} for t in np.arange(0, LENGTH, 1 / 32)]
        videos.append(told | {"ACC_RawData": still})
    path = f"{CORPUS}/5_PhysioData/Raw/{person}_Physio_RawData.json"
    write(root / path, {"Physio_RawData": [{"ParticipantID": person, "Video_Physio_RawData": videos}]})
    return path


def ratings(root: Path, person: str) -> None:
    rows = [{"TimeStamp": t, "Valence": 9.0, "Arousal": 7.0} for t in np.arange(0.1, LENGTH + 0.3, 0.1).round(3)]
    told = [{"VideoID": video, "TimeStamp_Valence_Arousal": rows} for video in ("V1", "V4")]
    person_told = {"ParticipantID": person, "Video_Annotation_TransData": told}
    path = root / f"{CORPUS}/3_AnnotationData/Transformed/{person}_Annotation_TransData.json"
    write(path, {"ContinuousAnnotation_TransData": [person_told]})


def scan_path(root: Path, person: str) -> str:
    rows = [{"ID": n + 1, "Pitch": 1.5, "Yaw": 2.5} for n in range(5 * LENGTH)]
    videos = [{"VideoID": video, "ID_Pitch_Yaw": rows} for video in ("V1", "V4")]
    path = f"{CORPUS}/4_BehaviorData/HM_ScanPath/{person}_Behavior_HeadScanPathData.json"
    told = {"ParticipantID": person, "Video_Behavior_ScanPath_Data": videos}
    write(root / path, {"Behavior_HeadScanPath_Data": [told]})
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """P1 with head and wrist, P2 with the wrist alone and no beats, P3 with ratings alone."""
    for person in ("P1", "P2", "P3"):
        ratings(tmp_path, person)
    scan_path(tmp_path, "P1")
    wrist(tmp_path, "P1", {0.5: 0.8, 1.25: 0.75})
    wrist(tmp_path, "P2", {})
    return tmp_path


def clip(root: Path, clip_id: str) -> ClipMedia:
    return next(clip for clip in media_of(build_manifest("ceap_360vr", root)) if clip.clip_id == clip_id)


@pytest.mark.parametrize("lies_beside", [True, False])
def test_the_wrist_is_read_at_its_own_stamps_from_the_head_or_without_it(tmp_path: Path, lies_beside: bool) -> None:
    path = wrist(tmp_path, "P1", {0.5: 0.8, 1.25: 0.75})
    signal = f"{scan_path(tmp_path, 'P1') if lies_beside else path}#V4"
    for channel, rate in RATES.items():
        seconds, values = CEAPSignals().read(tmp_path, signal, channel)
        assert (seconds[0], np.median(np.diff(seconds))) == (0.1, pytest.approx(1 / rate, abs=0.001))
        assert values == pytest.approx(seconds + 100)
    assert [part.tolist() for part in CEAPSignals().read(tmp_path, signal, "IBI")] == [[0.5, 1.25], [0.8, 0.75]]
    assert [CEAPSignals().read(tmp_path, signal, f"ACC_{axis}")[1][0] for axis in "xyz"] == [1, 2, 3]


def test_a_clip_without_a_scan_path_has_the_wrist_as_its_signal(corpus: Path) -> None:
    told = {name: clip(corpus, name).signal for name in ("P1-V4-01", "P2-V4-01", "P3-V4-01")}
    assert told == {
        "P1-V4-01": f"{CORPUS}/4_BehaviorData/HM_ScanPath/P1_Behavior_HeadScanPathData.json#V4",
        "P2-V4-01": f"{CORPUS}/5_PhysioData/Raw/P2_Physio_RawData.json#V4",
        "P3-V4-01": None,
    }


def test_the_wrist_is_windowed_on_the_clock_of_the_ratings(corpus: Path) -> None:
    for person in ("P1", "P2"):
        view = make_extractor("signal.window:BVP").extract(clip(corpus, f"{person}-V4-01"))
        assert view[:, 0] == pytest.approx(102 + np.arange(32) / 16, abs=0.02)
    conductance = make_extractor("signal.eda:EDA").extract(clip(corpus, "P2-V1-02"))
    assert conductance.sum(axis=1) == pytest.approx(np.arange(4, 6, 0.25), abs=0.1)


def test_a_view_of_the_wrist_is_prepared_and_who_has_none_has_no_rows(corpus: Path) -> None:
    store = prepare_view(build_manifest("ceap_360vr", corpus), "signal.window:EDA")
    assert {name: len(store.array(f"{name}-V1-03")) for name in ("P1", "P2", "P3")} == {"P1": 32, "P2": 32, "P3": 0}
    assert store.array("P2-V1-03")[0, 0] == pytest.approx(6, abs=0.01)


def test_beats_that_a_person_lacks_are_told(corpus: Path) -> None:
    with pytest.raises(InputError, match=r"P2_Physio_RawData\.json has no IBI of V1; leave the clip out"):
        make_extractor("signal.window:IBI").extract(clip(corpus, "P2-V1-00"))


def test_an_unknown_channel_is_told_and_scaled_levels_are_not_read(corpus: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"channel of CEAP-360VR called 'ACC'; did you mean ACC_"):
        make_extractor("signal.window:ACC").extract(clip(corpus, "P1-V1-00"))
    raw = corpus / f"{CORPUS}/5_PhysioData/Raw/P2_Physio_RawData.json"
    scaled = corpus / f"{CORPUS}/5_PhysioData/Transformed/P2_Physio_TransData.json"
    scaled.parent.mkdir()
    raw.rename(scaled)
    assert clip(corpus, "P2-V1-00").signal is None


def test_files_of_another_form_and_stamps_in_milliseconds_are_refused(tmp_path: Path) -> None:
    path = wrist(tmp_path, "P1", {}, unit=1000)
    with pytest.raises(InputError, match=r"P1_Physio_RawData\.json is not a recording of CEAP-360VR.*not seconds of"):
        CEAPSignals().read(tmp_path, f"{path}#V1", "EDA")
    for told in ({"Physio_RawData": []}, {"Physio_RawData": [{"Video_Physio_RawData": [{"VideoID": "V1"}]}]}):
        write(tmp_path / path, told)
        with pytest.raises(InputError, match=r"P1_Physio_RawData\.json is not a recording of CEAP-360VR"):
            CEAPSignals().read(tmp_path, f"{path}#V1", "EDA")
    (tmp_path / path).write_text('{"Physio_RawData": [{')
    with pytest.raises(InputError, match=r"P1_Physio_RawData\.json is not a recording of CEAP-360VR"):
        CEAPSignals().read(tmp_path, f"{path}#V1", "EDA")


def test_of_rows_that_share_a_rounded_stamp_the_first_is_taken_and_none_may_go_back(tmp_path: Path) -> None:
    path = wrist(tmp_path, "P1", {1.5: 0.75, 0.5: 0.8})
    with pytest.raises(InputError, match="the stamps of IBI are not seconds of the video"):
        CEAPSignals().read(tmp_path, f"{path}#V1", "IBI")
    told = json.loads((tmp_path / path).read_text())
    videos = told["Physio_RawData"][0]["Video_Physio_RawData"]
    videos[0]["HR_RawData"] = [{"TimeStamp": t, "HR": value} for t, value in ((0.1, 60), (0.1, 61), (1.1, 62))]
    write(tmp_path / path, told)
    assert [part.tolist() for part in CEAPSignals().read(tmp_path, f"{path}#V1", "HR")] == [[0.1, 1.1], [60, 62]]
