"""Channels of WESAD and DEAP, read from pickles and MATLAB files of their documented layout."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from stf2m_bench.datasets.base.manifest import build_manifest, load_loader
from stf2m_bench.datasets.deap import DEAPSignals
from stf2m_bench.datasets.wesad import WESADSignals
from stf2m_bench.errors import InputError, UnknownNameError
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import media_of, prepare_view

# ---- WESAD: 40 s at rest, then 32 s of stress; the second at which a sample was taken is its value ----

BLOCKS = ((1, 40), (2, 32))
SECONDS = 72
PICKLE = "WESAD/S2/S2.pkl"


def taken(rate: int, columns: int = 1) -> np.ndarray:
    """`[n, columns]`: the seconds at which samples are taken, plus 100 for every column."""
    return (np.arange(SECONDS * rate) / rate)[:, None] + 100 * np.arange(columns)


def wesad() -> dict[str, object]:
    chest = {name: taken(700) for name in ("ECG", "EMG", "EDA", "Temp", "Resp")} | {"ACC": taken(700, 3)}
    wrist = {"EDA": taken(4), "BVP": taken(64), "TEMP": taken(4), "ACC": taken(32, 3)}
    labels = np.concatenate([np.full(seconds * 700, label) for label, seconds in BLOCKS])
    return {"subject": "S2", "signal": {"chest": chest, "wrist": wrist}, "label": labels}


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content, 2))
    return path


def test_wrist_and_chest_of_wesad_are_read_at_their_own_rates_on_one_clock(tmp_path: Path) -> None:
    write(tmp_path / PICKLE, wesad())
    for channel, rate, offset in (("wrist_EDA", 4, 0), ("wrist_BVP", 64, 0), ("wrist_TEMP", 4, 0),
                                  ("wrist_ACC_y", 32, 100), ("chest_ECG", 700, 0), ("chest_Temp", 700, 0),
                                  ("chest_ACC_z", 700, 200)):  # fmt: skip
        seconds, values = WESADSignals().read(tmp_path, PICKLE, channel)
        assert len(seconds) == SECONDS * rate
        assert np.allclose(values - offset, seconds, rtol=0, atol=1e-9), channel


def test_wesads_wrist_is_found_by_time_though_labels_count_the_chests_rows(tmp_path: Path) -> None:
    write(tmp_path / PICKLE, wesad())
    manifest = build_manifest("wesad", tmp_path)
    stress = manifest.table.set_index("emotion").loc["stress"]
    assert (stress["start"], stress["end"]) == (40, 72)  # the block's first label is the file's 28,000th row
    clip = next(clip for clip in media_of(manifest) if clip.clip_id == stress["clip_id"])
    for channel in ("wrist_BVP", "chest_ECG"):
        view = make_extractor(f"signal.window:{channel}").extract(clip)
        assert view[:3, 0] == pytest.approx([40, 40 + 1 / 16, 40 + 2 / 16])
        assert len(view) == 32 * 16
    conductance = make_extractor("signal.eda:wrist_EDA").extract(clip).sum(axis=1)
    assert len(conductance) == 32 * 4
    assert conductance[16:64] == pytest.approx(np.arange(44, 56, 0.25), abs=0.05)  # what is above 60 is an artefact


def test_a_view_of_wesads_wrist_is_prepared(tmp_path: Path) -> None:
    write(tmp_path / PICKLE, wesad())
    store = prepare_view(build_manifest("wesad", tmp_path), "signal.temperature:wrist_TEMP")
    assert store.array("S2-block-02").shape == (32, 1)
    assert store.array("S2-block-01")[:, 0] == pytest.approx(np.clip(np.arange(40), 10, None), abs=0.5)


def test_wesad_names_its_channels_and_refuses_one_that_is_not_at_its_rate(tmp_path: Path) -> None:
    content = wesad()
    signal = content["signal"]
    assert isinstance(signal, dict)
    signal["wrist"]["EDA"] = taken(700)  # as if the wrist had the labels' rate
    del signal["chest"]["Resp"]
    write(tmp_path / PICKLE, content)
    with pytest.raises(UnknownNameError, match=r"channel of WESAD called 'EDA'.*wrist_EDA"):
        WESADSignals().read(tmp_path, PICKLE, "EDA")
    with pytest.raises(InputError, match=r"'wrist_EDA' lasts 12600\.0 s at 4 Hz, the labels 72\.0 s"):
        WESADSignals().read(tmp_path, PICKLE, "wrist_EDA")
    with pytest.raises(InputError, match=r"S2\.pkl holds no 'chest_Resp' of WESAD \(KeyError\('Resp'\)\)"):
        WESADSignals().read(tmp_path, PICKLE, "chest_Resp")


def test_a_damaged_pickle_of_wesad_is_refused_by_its_reader_of_signals(tmp_path: Path) -> None:
    path = write(tmp_path / PICKLE, wesad())
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(InputError, match=r"S2\.pkl cannot be read as a pickle of arrays"):
        WESADSignals().read(tmp_path, PICKLE, "wrist_BVP")
    write(path, [1, 2])
    with pytest.raises(InputError, match="holds no 'wrist_BVP' of WESAD"):
        WESADSignals().read(tmp_path, PICKLE, "wrist_BVP")


# ---- DEAP: three trials; a value is 1000 for each trial, 10 for each channel, plus the part of the trial gone by ----

DAT, MAT = "data_preprocessed_python/s01.dat", "data_preprocessed_matlab/s23.mat"


def deap() -> dict[str, np.ndarray]:
    trial, channel = 1000 * np.arange(3)[:, None, None], 10 * np.arange(40)[:, None]
    ratings = np.array([[9.0, 1.0, 5.0, 5.0], [5.0, 5.0, 1.0, 9.0], [2.5, 7.5, 1.0, 1.0]])
    return {"data": trial + channel + np.arange(8064) / 8064, "labels": ratings}


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    write(tmp_path / DAT, deap())
    (tmp_path / MAT).parent.mkdir()
    savemat(tmp_path / MAT, deap())
    return tmp_path


@pytest.mark.parametrize("file", [DAT, MAT])
def test_forty_channels_of_a_trial_of_deap_are_read_from_either_form(trials: Path, file: str) -> None:
    seconds, values = DEAPSignals().read(trials, f"{file}#03", "GSR")
    assert (len(seconds), seconds[0], seconds[-1]) == (8064, 126, 189 - 1 / 128)
    assert (values[0], values[-1]) == (2360, pytest.approx(2361, abs=0.001))
    firsts = [DEAPSignals().read(trials, f"{file}#01", name)[1][0] for name in DEAPSignals.channels]
    assert firsts == [10 * place for place in range(40)]


def test_deaps_channels_are_in_genevas_order_not_in_twentes(trials: Path) -> None:
    channels = DEAPSignals.channels
    assert (channels[:8], channels[15:18]) == (("Fp1", "AF3", "F3", "F7", "FC5", "FC1", "C3", "T7"),
                                               ("Pz", "Fp2", "AF4"))  # fmt: skip
    assert (channels[31:34], channels[-4:]) == (
        ("O2", "hEOG", "vEOG"),
        ("GSR", "respiration", "plethysmograph", "temperature"),
    )
    assert len(set(channels)) == 40
    (trials / "s02.bdf").write_bytes(b"\xffBIOSEMI")  # raw: another order, another unit
    assert {clip.subject for clip in load_loader("deap").scan(trials)} == {"s01", "s23"}


def test_a_view_of_deap_has_neither_the_rest_before_the_video_nor_the_next_trial(trials: Path) -> None:
    manifest = build_manifest("deap", trials)
    store = prepare_view(manifest, "signal.window:temperature")
    for person in ("s01", "s23"):
        rows = store.array(f"{person}-02")[:, 0]
        assert len(rows) == 60 * 16
        assert (rows[0], rows[-1]) == (pytest.approx(1390 + 3 / 63), pytest.approx(1390 + (63 - 1 / 16) / 63))
        assert make_extractor("signal.pulse:plethysmograph").extract(
            next(clip for clip in media_of(manifest) if clip.clip_id == f"{person}-02")
        ).shape == (60 * 32, 1)


def test_ohms_of_deap_are_no_microsiemens(trials: Path) -> None:
    clip = media_of(build_manifest("deap", trials))[0]
    assert make_extractor("signal.eda:GSR").extract(clip).shape == (0, 2)
    assert clip.notes["samples that are artefacts"] == clip.notes["samples"] > 7600
    assert make_extractor("signal.window:GSR").extract(clip)[0, 0] == pytest.approx(360 + 3 / 63)


def test_deap_names_its_channels_and_refuses_files_of_another_shape(trials: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"channel of DEAP called 'EDA'"):
        DEAPSignals().read(trials, f"{DAT}#01", "EDA")
    with pytest.raises(InputError, match=r"s01\.dat has no trial 4 \(it has 3\)"):
        DEAPSignals().read(trials, f"{DAT}#04", "GSR")
    write(trials / DAT, {"data": np.zeros((3, 32, 8064)), "labels": np.zeros((3, 4))})
    with pytest.raises(InputError, match=r"'data' is \[3, 32, 8064\], not \[trials, 40, 8064\]"):
        DEAPSignals().read(trials, f"{DAT}#01", "GSR")
    write(trials / DAT, {"labels": np.zeros((3, 4))})
    with pytest.raises(InputError, match=r"s01\.dat holds no 'data' of DEAP"):
        DEAPSignals().read(trials, f"{DAT}#01", "GSR")
    (trials / MAT).write_bytes(b"MATLAB 5.0 MAT-file")
    with pytest.raises(InputError, match=r"s23\.mat cannot be read as a MATLAB file"):
        DEAPSignals().read(trials, f"{MAT}#01", "GSR")
