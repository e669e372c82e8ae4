"""EEVR's pulse beside its skin conductance, on files of the layout that its authors' scripts write."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.datasets.eevr import EEVRSignals
from stf2m_bench.errors import InputError, UnknownNameError
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.store import media_of, prepare_view

RATE = 125
PARTS = (("12", "0", 10.0), ("12", "V1", 16.0), ("3", "V1", 12.0))  # person, video, seconds; one after another


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def recorded(root: Path, kind: str, rate: float, beats: float = 1.0) -> Path:
    """`Stimuli_<kind>.zip` of a wave of `beats` a second, whose stamps are minutes of four digits, as in the corpus."""
    parts, start = [], {"12": 11.0, "3": 0.0}  # person 12 is late in their session, where stamps repeat
    for person, video, length in PARTS:
        seconds = np.arange(0, length, 1 / rate)
        stamps = [float(f"{minutes:.4g}") for minutes in start[person] + seconds / 60]
        start[person] += length / 60
        columns = {"Time": stamps, kind: 5 + np.sin(2 * np.pi * beats * seconds), "Label": "V1_LVLA_x"}
        parts.append(pd.DataFrame(columns | {"Participant ID": person, "Video ID": video}))
    table = io.StringIO()
    pd.concat(parts).to_csv(table, index=False)
    path = root / f"Data_files/Stimuli_{kind}.zip"
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"Stimuli_{kind}.csv", table.getvalue())
    return path


@pytest.fixture
def eevr(tmp_path: Path) -> Path:
    """Three people and videos with EDA and PPG, and one, `3-V2`, that was rated alone."""
    rows = ["12,1,0,Baseline,3,2,3,3", "12,1,1,LVLA,4,3,2,3", "3,1,1,LVLA,4,3,2,3", "3,1,2,LVHA,4,3,2,3"]
    header = "Participant ID,Playlist ID,Video ID,CMA,Valence,Arousal,Dominance,significance"
    written(tmp_path / "Data_files/VADS.csv", "\n".join([header, *rows]))
    words = "Text Description,Participant ID,Playlist ID,Video ID,Segment Name,CMA,Valence,Arousal"
    written(tmp_path / "Data_files/Textdata.csv", f"{words}\nIt was loud,12,1,1,TheDisplaced,LVLA,4,3\n")
    for kind in ("EDA", "PPG"):
        keys = "Participant ID,Video ID,Gender,CMA,Video_ID_number,Valence,Arousal"
        lines = [f"{n},0.5,{person},{video},Male,LVLA,1,4,3" for n, (person, video, _) in enumerate(PARTS)]
        written(tmp_path / f"Data_files/{kind}_labels.csv", "\n".join([f",a,{keys}", *lines]))
    recorded(tmp_path, "EDA", 7.83)
    recorded(tmp_path, "PPG", RATE, beats=1.25)
    return tmp_path


def clip(root: Path, clip_id: str) -> ClipMedia:
    return next(clip for clip in media_of(build_manifest("eevr", root)) if clip.clip_id == clip_id)


def test_pulse_and_conductance_are_channels_of_one_clip_on_one_clock(eevr: Path) -> None:
    mine = clip(eevr, "12-V1")
    assert (mine.signal, mine.start, mine.end) == ("Data_files/Stimuli_EDA.csv#12-V1", 0, pytest.approx(16, abs=0.2))
    for channel, rate in (("EDA", 7.83), ("PPG", RATE)):
        read = mine.channel(channel)
        assert read is not None
        seconds, values, _ = read
        assert (seconds[0], values[0]) == (0, 5)
        assert np.median(np.diff(seconds)) == pytest.approx(1 / rate, rel=0.03)  # by stamps of 0.6 s
    assert clip(eevr, "3-V2").channel("PPG") is None


def test_a_pulse_beats_as_often_as_it_did(eevr: Path) -> None:
    wave = make_extractor("signal.pulse:PPG").extract(clip(eevr, "12-V1"))[:, 0]
    assert len(wave) == pytest.approx(16 * 32, abs=3)
    heights = np.abs(np.fft.rfft(wave))
    assert np.fft.rfftfreq(len(wave), 1 / 32)[heights.argmax()] == pytest.approx(1.25, abs=0.07)
    assert make_extractor("signal.eda:EDA").extract(clip(eevr, "12-V1")).shape == (65, 2)


def test_a_view_of_the_pulse_is_prepared_and_watches_the_pulses_file_alone(eevr: Path) -> None:
    manifest = build_manifest("eevr", eevr)
    store = prepare_view(manifest, "signal.pulse:PPG")
    assert {name: len(store.array(name)) // 32 for name in store.info["clips"]} == {
        "12-V0": 10, "12-V1": 16, "3-V1": 12, "3-V2": 0,
    }  # fmt: skip
    assert manifest.signals.files("Data_files/Stimuli_EDA.csv#12-V1", "PPG") == ("Data_files/Stimuli_PPG.csv",)


def test_clips_end_with_the_conductance_and_where_that_is_missing_with_the_pulse(eevr: Path) -> None:
    both = build_manifest("eevr", eevr)
    (eevr / "Data_files/Stimuli_PPG.zip").rename(eevr / "pulse.zip.kept")
    assert build_manifest("eevr", eevr).hash == both.hash
    with pytest.raises(InputError, match=r"Stimuli_PPG\.csv does not exist"):
        make_extractor("signal.pulse:PPG").extract(clip(eevr, "12-V1"))
    (eevr / "pulse.zip.kept").rename(eevr / "Data_files/Stimuli_PPG.zip")
    (eevr / "Data_files/Stimuli_EDA.zip").unlink()
    alone = clip(eevr, "12-V1")
    assert (alone.signal, alone.end) == ("Data_files/Stimuli_PPG.csv#12-V1", pytest.approx(16, rel=0.03))


def test_channels_that_eevr_lacks_and_damaged_tables_are_told(eevr: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"channel of EEVR called 'BVP'; known: EDA, PPG"):
        make_extractor("signal.pulse:BVP").extract(clip(eevr, "12-V1"))
    (eevr / "Data_files/Stimuli_PPG.zip").unlink()
    signal = "Data_files/Stimuli_EDA.csv#12-V1"
    written(eevr / "Data_files/Stimuli_PPG.csv", "Time,PPG,Participant ID,Video ID\n0.5,1,12,V1\n0.5,2,12,V1\n")
    with pytest.raises(InputError, match=r"Stimuli_PPG\.csv: the stamps in 'Time' do not go on"):
        EEVRSignals().read(eevr, signal, "PPG")
    written(eevr / "Data_files/Stimuli_PPG.csv", "Time,EDA,Participant ID,Video ID\n0.5,1,12,V1\n")
    with pytest.raises(InputError, match=r"Stimuli_PPG\.csv is not a table of PPG of EEVR"):
        EEVRSignals().read(eevr, signal, "PPG")
