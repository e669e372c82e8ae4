"""Filtered signals: what passes, what does not fold down, which values are no skin; against SciPy by another route."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.signal import butter, filtfilt, freqz, welch

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.errors import InputError
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.store import media_of


def clip_of(
    root: Path, values: np.ndarray, *, rate: float, start: float | None = None, end: float | None = None
) -> ClipMedia:
    pd.DataFrame({"seconds": np.arange(len(values)) / rate, "x": values}).to_csv(root / "s.csv", index=False)
    return ClipMedia(clip_id="a", root=root, signal="s.csv", start=start, end=end)


def view(name: str, clip: ClipMedia) -> np.ndarray:
    return make_extractor(f"signal.{name}:x").extract(clip).astype(float)


def sine(hertz: float, *, rate: float, seconds: float, level: float = 0.0) -> np.ndarray:
    return level + np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def strength(rows: np.ndarray) -> float:
    """Of a sine, its amplitude, away from the ends."""
    middle = rows[len(rows) // 4 : -len(rows) // 4]
    return float(np.sqrt(2) * (middle - middle.mean()).std())


# ---- what passes ----


@pytest.mark.parametrize(
    ("name", "slow", "fast", "level"),
    [("eda", 0.3, 3.8, 5.0), ("temperature", 0.05, 0.9, 33.0), ("motion", 2.0, 22.0, 0.0), ("pulse", 1.5, 30.5, 0.0)],
)
def test_what_is_too_fast_for_the_rows_does_not_fold_down(
    name: str, slow: float, fast: float, level: float, tmp_path: Path
) -> None:
    for hertz, kept in ((slow, 1.0), (fast, 0.0)):
        clip = clip_of(tmp_path, sine(hertz, rate=200, seconds=60, level=level), rate=200)
        assert strength(view(name, clip).sum(axis=1)) == pytest.approx(kept, abs=0.03), hertz
        (tmp_path / "s.csv").unlink()
    plain = clip_of(tmp_path, sine(17, rate=200, seconds=60), rate=200)
    assert strength(view("window", plain)) > 0.9  # the unfiltered view shows 17 Hz as 1 Hz


@pytest.mark.parametrize("hertz", [0.2, 0.6, 1.0, 1.4])
def test_a_filter_weakens_a_sine_as_its_response_both_ways_says(hertz: float, tmp_path: Path) -> None:
    rows = view("eda", clip_of(tmp_path, sine(hertz, rate=32, seconds=120, level=5), rate=32)).sum(axis=1)
    _, response = freqz(*butter(4, 1.0, fs=32), worN=[hertz], fs=32)
    assert strength(rows) == pytest.approx(np.abs(response[0]) ** 2, abs=0.01)


def test_the_pulse_is_what_plain_filtering_forth_and_back_gives(tmp_path: Path) -> None:
    wave = np.random.default_rng(0).normal(size=64 * 60)
    clip = clip_of(tmp_path, wave, rate=64)
    expected = filtfilt(*butter(3, 0.5, "high", fs=64), filtfilt(*butter(3, 8.0, fs=64), wave))
    middle = slice(32 * 5, -32 * 5)
    assert np.abs(view("pulse", clip)[middle, 0] - expected[::2][middle]).max() < 1e-3


def test_tonic_and_phasic_are_the_level_and_what_rises_above_it(tmp_path: Path) -> None:
    seconds = np.arange(0, 120, 0.25)
    level = 4 + 0.01 * seconds
    response = np.exp(-((seconds - 60) ** 2) / 4)
    tonic, phasic = view("eda", clip_of(tmp_path, level + response, rate=4)).T
    assert len(tonic) == 4 * 120 - 1
    assert np.abs(tonic[:160] - level[:160]).max() < 0.1
    assert phasic.argmax() == pytest.approx(240, abs=2)
    assert phasic.max() > 0.6
    assert np.abs(phasic[:160]).max() < 0.1


@pytest.mark.parametrize("name", ["eda", "temperature", "motion"])
def test_a_line_stays_the_line_up_to_the_ends_of_a_short_clip(name: str, tmp_path: Path) -> None:
    values = 30 + 0.1 * np.arange(32 * 20) / 32
    clip = clip_of(tmp_path, values, rate=32, start=4.0, end=6.0)
    rows = view(name, clip).sum(axis=1)
    rate = make_extractor(f"signal.{name}:x").rate or 0
    assert len(rows) == 2 * rate
    assert rows == pytest.approx(30 + 0.1 * (4 + np.arange(len(rows)) / rate), abs=0.02)


def test_uneven_stamps_are_made_even_before_the_filter(tmp_path: Path) -> None:
    seconds = np.arange(0, 30, 1 / 50) + np.random.default_rng(1).uniform(-0.004, 0.004, 1500)
    pd.DataFrame({"seconds": seconds, "x": np.sin(2 * np.pi * seconds)}).to_csv(tmp_path / "s.csv", index=False)
    rows = view("motion", ClipMedia(clip_id="a", root=tmp_path, signal="s.csv", start=5, end=25))
    assert np.abs(rows[:, 0] - np.sin(2 * np.pi * (5 + np.arange(480) / 24))).max() < 0.03


def test_a_channel_that_is_slower_than_the_cut_is_left_as_it_is(tmp_path: Path) -> None:
    values = np.random.default_rng(0).uniform(30, 33, 60)
    rows = view("temperature", clip_of(tmp_path, values, rate=0.5))
    assert rows[::2, 0] == pytest.approx(values[:-1], abs=1e-5)


# ---- artefacts ----


def test_values_that_no_skin_gives_are_bridged_and_counted(tmp_path: Path) -> None:
    values = np.full(80, 5.0)
    values[[0, 20, 21, 40]] = 0.0, 0.01, 99.0, 12.0  # lost contact; a knock of 7 uS in a quarter of a second
    clip = clip_of(tmp_path, values, rate=4)
    assert np.abs(view("eda", clip) - [5, 0]).max() < 1e-5
    assert clip.notes == Counter({"samples": 80, "samples that are artefacts": 9})  # and the neighbours of the jumps


def test_a_clip_of_nothing_but_artefacts_has_no_rows_and_is_counted(tmp_path: Path) -> None:
    clip = clip_of(tmp_path, np.zeros(80), rate=4, start=2.0, end=8.0)
    for number, (name, columns) in enumerate((("eda", 2), ("temperature", 1)), start=1):
        assert view(name, clip).shape == (0, columns)
        assert clip.notes["clips of artefacts alone"] == number


def test_swings_of_motion_in_the_pulse_are_cut_off_and_counted(tmp_path: Path) -> None:
    wave = sine(1.2, rate=64, seconds=60)
    wave[64 * 30 : 64 * 31] *= 50
    clip = clip_of(tmp_path, wave, rate=64)
    rows = view("pulse", clip)
    assert np.abs(rows).max() == pytest.approx(6 * 1.4826 * np.sin(np.pi / 4), rel=0.05)  # of a sine's median
    assert 5 < clip.notes["rows that are artefacts"] < 64


def test_a_still_pulse_is_nought_and_a_slow_channel_is_no_pulse(tmp_path: Path) -> None:
    assert np.abs(view("pulse", clip_of(tmp_path, np.full(640, 7.0), rate=64))).max() < 1e-9
    (tmp_path / "s.csv").unlink()
    with pytest.raises(InputError, match=r"s\.csv, channel 'x': 1 values a second hold nothing above 0\.5 Hz"):
        view("pulse", clip_of(tmp_path, np.full(60, 70.0), rate=1))


def test_missing_values_are_bridged_and_refused_as_in_the_plain_view(tmp_path: Path) -> None:
    values = np.full(400, 20.0)
    values[100:120] = np.nan
    clip = clip_of(tmp_path, values, rate=40)
    for name in ("eda", "temperature", "motion"):
        assert view(name, clip).sum(axis=1) == pytest.approx(20.0, abs=1e-4)
    (tmp_path / "s.csv").unlink()
    values[100:180] = np.nan
    with pytest.raises(InputError, match=r"no value from 2\.48 s to 4\.50 s, more than the 1\.00 s"):
        view("motion", clip_of(tmp_path, values, rate=40))


@pytest.mark.parametrize("name", ["eda", "temperature", "motion"])
def test_one_value_is_a_row(name: str, tmp_path: Path) -> None:
    assert view(name, clip_of(tmp_path, np.array([20.0]), rate=1)).sum() == pytest.approx(20)


# ---- real files ----


@pytest.fixture(scope="module")
def wrist(lying_beside: Callable[[str], Path]) -> Manifest:
    """Eleven people of Stress-Predict with an Empatica E4."""
    return build_manifest("stress_predict", lying_beside("Stress-Predict"))


def rests(manifest: Manifest) -> list[ClipMedia]:
    """The first rest of five people."""
    return [clip for clip in media_of(manifest) if clip.clip_id.endswith("-rest-1")][:5]


def beats_in_a_row(clip: ClipMedia) -> tuple[float, float, float]:
    """Start and end of the longest stretch in which the wrist band found every beat, and its beats a second."""
    stamps, lengths = clip.signals.read(clip.root, str(clip.signal), "IBI")
    inside = (stamps > clip.start) & (stamps < clip.end)
    stamps, lengths = stamps[inside], lengths[inside]
    breaks = np.flatnonzero(np.abs(np.diff(stamps) - lengths[1:]) > 0.02) + 1
    edges = [0, *breaks, len(stamps)]
    first, last = max(pairwise(edges), key=lambda run: run[1] - run[0])
    return float(stamps[first]), float(stamps[last - 1]), float(1 / lengths[first:last].mean())


def test_real_pulses_beat_as_often_as_the_wrist_band_itself_found(wrist: Manifest) -> None:
    for clip in rests(wrist):
        start, end, beats = beats_in_a_row(clip)
        assert end - start > 8
        pulse = make_extractor("signal.pulse:BVP").extract(replace(clip, start=start, end=end))[:, 0]
        hertz, power = welch(pulse, fs=32, nperseg=len(pulse), nfft=4096)
        assert hertz[power.argmax()] == pytest.approx(beats, rel=0.08)


def test_real_skin_conducts_is_warm_and_the_wrist_is_held_by_gravity(wrist: Manifest) -> None:
    for clip in rests(wrist):
        tonic, phasic = make_extractor("signal.eda:EDA").extract(clip).T
        assert (tonic.min() > 0.05, tonic.max() < 10) == (True, True)
        assert abs(phasic.mean()) < 0.01
        assert phasic.std() < tonic.mean()
        warm = make_extractor("signal.temperature:TEMP").extract(clip)
        assert (warm.min() > 25, warm.max() < 37) == (True, True)
        axes = [make_extractor(f"signal.motion:ACC.{axis}").extract(clip)[:, 0] for axis in "xyz"]
        assert np.median(np.linalg.norm(axes, axis=0)) == pytest.approx(64, rel=0.05)  # 1 g in 1/64 g


def test_the_first_sample_of_nought_of_a_real_file_is_an_artefact(wrist: Manifest) -> None:
    (clip,) = [clip for clip in media_of(wrist) if clip.clip_id == "S07-baseline"]
    start = ClipMedia(clip_id="a", root=clip.root, signal=clip.signal, signals=clip.signals, start=0.0, end=20.0)
    tonic, _ = make_extractor("signal.eda:EDA").extract(start).T
    assert start.notes["samples that are artefacts"] >= 1
    assert tonic.min() > 0.05
