"""The channels of body signals, read from the files in which their corpora keep them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from stf2m_bench.datasets.base.e4 import E4Signals
from stf2m_bench.datasets.base.loader import Clip
from stf2m_bench.datasets.base.manifest import find_faults, load_loader
from stf2m_bench.datasets.base.signals import Signals
from stf2m_bench.datasets.ceap_360vr import CEAPSignals
from stf2m_bench.datasets.eevr import EEVRSignals
from stf2m_bench.datasets.smartwatch_walk import WalkSignals
from stf2m_bench.errors import InputError, UnknownNameError
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.store import source_paths


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def e4(tmp_path: Path) -> Path:
    write(tmp_path / "S02/EDA.csv", "1000.000000\n4.000000\n" + "".join(f"{n / 4}\n" for n in range(80)))
    write(tmp_path / "S02/HR.csv", "1010.000000\n1.000000\n" + "".join(f"{60 + n}\n" for n in range(10)))
    write(tmp_path / "S02/ACC.csv", "1000.0, 1000.0, 1000.0\n2.0, 2.0, 2.0\n1,2,3\n4,5,6\n")
    write(tmp_path / "S02/IBI.csv", "1000.000000, IBI\n2.5,0.75\n3.25,0.5\n")
    return tmp_path


def test_files_of_an_e4_are_read_on_the_clock_of_the_file_that_the_clip_names(e4: Path) -> None:
    read = lambda name: [part.tolist() for part in E4Signals().read(e4, "S02/EDA.csv", name)]  # noqa: E731
    assert read("HR") == [[10.0 + n for n in range(10)], [60.0 + n for n in range(10)]]
    assert read("ACC.y") == [[0.0, 0.5], [2.0, 5.0]]
    assert read("IBI") == [[2.5, 3.25], [0.75, 0.5]]
    with pytest.raises(UnknownNameError, match="channel of an E4 called 'EDAX'; did you mean EDA"):
        read("EDAX")


def test_a_view_of_another_channel_than_the_named_file_is_windowed_and_watched(e4: Path) -> None:
    clip = ClipMedia(clip_id="a", root=e4, signal="S02/EDA.csv", start=12, end=14, signals=E4Signals())
    view, extractor = make_extractor("signal.window:HR").extract(clip), make_extractor("signal.window:HR")
    assert view[:, 0].tolist() == [62 + n / 16 for n in range(32)]
    assert source_paths(clip, extractor) == ["S02/EDA.csv", "S02/HR.csv"]  # the clock is that of the first
    assert source_paths(clip, make_extractor("signal.window:EDA")) == ["S02/EDA.csv"]
    with pytest.raises(InputError, match=r"TEMP\.csv does not exist"):
        make_extractor("signal.window:TEMP").extract(clip)


def test_walks_are_put_together_from_windows_that_share_their_halves(tmp_path: Path) -> None:
    first, second = np.arange(36.0), 100 + np.arange(24.0)
    windows = np.stack([first[:24], first[12:], second])[:, :, None] * np.ones(7)
    np.save(tmp_path / "mo_ew1_a_x.npy", windows)
    write(tmp_path / "mo_ew1_a_y.csv", "1.0\n1.0\n0.0\n")
    seconds, values = WalkSignals().read(tmp_path, "mo_ew1_a_x.npy", "hr")
    assert values.tolist() == [*first, *second]
    assert seconds[-1] == pytest.approx(59 / 24)
    for clip, window in zip(load_loader("smartwatch_walk").scan(tmp_path), windows, strict=True):
        assert clip.start is not None
        assert values[round(clip.start * 24) : round(clip.start * 24) + 24].tolist() == window[:, 6].tolist()


def test_parts_of_a_zipped_table_are_recordings_of_their_own(tmp_path: Path) -> None:
    rows = ["0.0,1.5,12,0", "0.002,2.5,12,V1", "0.002,3.5,12,V1", "0.0,4.5,2,V1"]
    with zipfile.ZipFile(tmp_path / "Stimuli_EDA.zip", "w") as file:
        file.writestr("Stimuli_EDA.csv", "\n".join(["Time,EDA,Participant ID,Video ID", *rows]))
    seconds, values = EEVRSignals().read(tmp_path, "Stimuli_EDA.csv#12-V1", "EDA")
    assert (seconds.tolist(), values.tolist()) == ([0, 1 / 7.83], [2.5, 3.5])
    with pytest.raises(InputError, match="has no rows of '3-V1'"):
        EEVRSignals().read(tmp_path, "Stimuli_EDA.csv#3-V1", "EDA")


def test_a_table_of_eevr_that_is_damaged_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for text in ("Time,Participant ID,Video ID\n0.0,12,V1\n", "", "Time,EDA,Participant ID,Video ID\n0.0,much,12,V1\n"):
        write(tmp_path / "Stimuli_EDA.csv", text)
        with pytest.raises(InputError, match=r"Stimuli_EDA\.csv is not a table of EDA of EEVR \(.*\); fetch it again"):
            EEVRSignals().read(tmp_path, "Stimuli_EDA.csv#12-V1", "EDA")
    (tmp_path / "Stimuli_EDA.csv").unlink()
    (tmp_path / "Stimuli_EDA.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=r"Stimuli_EDA\.zip cannot be read as a zip file"):
        EEVRSignals().read(tmp_path, "Stimuli_EDA.csv#12-V1", "EDA")


def test_heads_are_read_video_by_video(tmp_path: Path) -> None:
    rows = [{"ID": n + 1, "Pitch": n / 2, "Yaw": -n} for n in range(3)]
    told = {"ParticipantID": "P1", "Video_Behavior_ScanPath_Data": [{"VideoID": "V2", "ID_Pitch_Yaw": rows}]}
    scan = "4_BehaviorData/HM_ScanPath/P1_Behavior_HeadScanPathData.json"
    write(tmp_path / scan, json.dumps({"Behavior_HeadScanPath_Data": [told]}))
    seconds, values = CEAPSignals().read(tmp_path, f"{scan}#V2", "head_yaw")
    assert (seconds.tolist(), values.tolist()) == ([0, 0.2, 0.4], [0, -1, -2])
    with pytest.raises(InputError, match="has no video 'V3'"):
        CEAPSignals().read(tmp_path, f"{scan}#V3", "head_yaw")


def ceap(root: Path) -> str:
    """One person and video, three rows each, in the corpus's folders; returns the clip's signal."""
    scan = "CEAP-360VR/4_BehaviorData/HM_ScanPath/P1_Behavior_HeadScanPathData.json"
    rows = [{"ID": n, "Pitch": 1.5, "Yaw": yaw} for n, yaw in enumerate((170.0, 179.0, -179.0, -160.0, 175.0))]
    heads = {"ParticipantID": "P1", "Video_Behavior_ScanPath_Data": [{"VideoID": "V1", "ID_Pitch_Yaw": rows}]}
    write(root / scan, json.dumps({"Behavior_HeadScanPath_Data": [heads]}))
    rests = [{"StartFrame": 1, "EndFrame": 2, "Pitch": 0.0, "Yaw": 0.0}]
    gaze = {"ParticipantID": "P1", "Video_Behavior_FixationData": [{"VideoID": "V1", "Fixation": rests}]}
    write(
        root / "CEAP-360VR/4_BehaviorData/EM_Fixation/P1_Behavior_FixationData.json",
        json.dumps({"Behavior_FixationData": [gaze]}),
    )
    eyes = {"LPD": [3.0, 4.0, 5.0], "RPD": [3.0, 4.0, 5.0], "PD_Mean": [3.0, 4.0, 5.0], "PD_emotion": [-1.0, 0.0, 1.0]}
    shown = {"VideoID": "V1", "PD_luminance": [4.0, 4.0, 4.0], "Linear_k": -0.01, "Linear_b": 4.2}
    told = {"ParticipantID": "P1", "Video_PD_Data": [shown | eyes]}
    write(root / "ML_Analysis/Processed_PD_Data/P1_PD_ProcessedData.json", json.dumps(told))
    return f"{scan}#V1"


def test_pupils_and_gaze_are_read_from_the_files_beside_the_scan_path(tmp_path: Path) -> None:
    signal, signals = ceap(tmp_path), CEAPSignals()
    seconds, pupil = signals.read(tmp_path, signal, "pupil")
    assert (seconds.tolist(), pupil.tolist()) == ([0, 30, 60], [3, 4, 5])
    assert signals.read(tmp_path, signal, "pupil_emotion")[1].tolist() == [-1, 0, 1]
    seconds, rests = signals.read(tmp_path, signal, "fixation")
    assert (seconds[1], len(rests), rests[:4].tolist()) == (1 / 25, 1500, [0, 1, 1, 0])
    with pytest.raises(InputError, match=r"P1_Behavior_FixationData\.json does not exist"):
        signals.read(tmp_path, signal.removeprefix("CEAP-360VR/"), "fixation")


def test_a_head_that_turns_past_180_degrees_does_not_jump(tmp_path: Path) -> None:
    assert CEAPSignals().read(tmp_path, ceap(tmp_path), "head_yaw")[1].tolist() == [170, 179, 181, 200, 175]


@pytest.mark.parametrize("channel", ["PD_luminance", "luminance", "Linear_k", "LPD", "RPD"])
def test_brightness_and_one_eye_alone_are_no_channels(channel: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="channel of CEAP-360VR"):
        CEAPSignals().read(tmp_path, ceap(tmp_path), channel)


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    signal = ceap(tmp_path)
    path = tmp_path / "ML_Analysis/Processed_PD_Data/P1_PD_ProcessedData.json"
    for text in ('{"a": 1, "b": 2}', "[]", '{"a": 1, "b": [{"VideoID": "V1"}]}'):
        write(path, text)
        with pytest.raises(InputError, match="is not a recording of CEAP-360VR"):
            CEAPSignals().read(tmp_path, signal, "pupil")


def test_a_part_of_a_file_needs_the_file(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "seconds,eda\n0,1\n")
    card = load_loader("csv").card
    clip = lambda signal: Clip(clip_id="a", subject="p", emotion=None, label="", signal=signal)  # noqa: E731
    assert find_faults([clip("a.csv#1")], tmp_path, card) == []
    assert find_faults([clip("b.csv#1")], tmp_path, card) == ["clip 'a': signal 'b.csv#1' does not exist"]
    assert Signals().file("a.csv#1", "eda") == "a.csv"
