"""`signal.window`: stamps, gaps, broken files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_media import clip_of

from stf2m_bench.errors import InputError, UnknownNameError
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia


def write_signal(root: Path, seconds: np.ndarray, values: np.ndarray) -> None:
    pd.DataFrame({"seconds": seconds, "eda": values}).to_csv(root / "s.csv", index=False)


def window(root: Path, start: float | None = None, end: float | None = None, channel: str = "eda") -> np.ndarray:
    clip = ClipMedia(clip_id="a", root=root, signal="s.csv", start=start, end=end)
    return make_extractor(f"signal.window:{channel}").extract(clip)


def test_uneven_stamps_are_brought_to_an_even_rate(tmp_path: Path) -> None:
    seconds = np.sort(np.random.default_rng(0).uniform(0, 20, 300))
    seconds[0], seconds[-1] = 0, 20
    write_signal(tmp_path, seconds, 3 * seconds - 1)
    view = window(tmp_path, 4.0, 9.5)
    assert view.shape == (88, 1)
    assert np.allclose(view[:, 0], 3 * (4 + np.arange(88) / 16) - 1, atol=1e-4)
    assert len(window(tmp_path)) == 320


def test_a_short_gap_is_bridged_and_a_long_one_refused(tmp_path: Path) -> None:
    seconds = np.arange(0, 10, 0.1)
    for gap, bridged in ((0.8, True), (1.5, False)):
        values = np.where((seconds > 5) & (seconds < 5 + gap), np.nan, seconds)
        write_signal(tmp_path, seconds, values)
        if bridged:
            assert np.allclose(window(tmp_path, 4.0, 8.0)[:, 0], 4 + np.arange(64) / 16, atol=1e-4)
        else:
            assert len(window(tmp_path, 0.0, 5.0)) == 80
            with pytest.raises(InputError, match=r"s\.csv, channel 'eda': no value from 5\.00 s to 6\.50 s"):
                window(tmp_path, 4.0, 8.0)
        (tmp_path / "s.csv").unlink()


def test_a_gap_counts_whether_values_or_rows_are_missing(tmp_path: Path) -> None:
    seconds = np.r_[np.arange(0, 3, 0.1), np.arange(6, 9, 0.1)]
    write_signal(tmp_path, seconds, seconds)
    with pytest.raises(InputError, match=r"no value from 2\.90 s to 6\.00 s"):
        window(tmp_path, 2.0, 7.0)


def test_a_slow_channel_is_not_taken_for_gaps(tmp_path: Path) -> None:
    write_signal(tmp_path, np.arange(0, 60, 4.0), np.arange(15.0))
    assert np.allclose(window(tmp_path, 8.0, 16.0)[:, 0], 2 + np.arange(128) / 64)


def test_a_stretch_beyond_the_signal_is_refused(tmp_path: Path) -> None:
    write_signal(tmp_path, np.arange(0, 10, 0.1), np.ones(100))
    for start, end in ((50.0, 52.0), (8.0, 12.0)):
        with pytest.raises(InputError, match=r"channel 'eda': no value from (9\.90|50\.00) s to"):
            window(tmp_path, start, end)


def test_an_unknown_channel_names_those_that_there_are(media: Path) -> None:
    with pytest.raises(
        UnknownNameError,
        match=r"no channel in .*body\.csv called 'gsr'; known: acc, eda, pitch, ppg, pupil, rests, temp",
    ):
        make_extractor("signal.window:gsr").extract(clip_of(media))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "does not exist"),
        ("time,eda\n0,1\n", "has no column 'seconds' .it has: time, eda."),
        ("seconds,eda\n0,1\n2,1\n1,1\n", "must hold rising times"),
        ("seconds,eda\n", "must hold rising times|not all values are numbers"),
        ("seconds,eda\n0,high\n", "column 'eda': not all values are numbers"),
        ('seconds,eda\n0,"1\n', "cannot be read as CSV"),
    ],
)
def test_a_broken_signal_file_is_named(tmp_path: Path, content: str | None, fault: str) -> None:
    if content is not None:
        (tmp_path / "s.csv").write_text(content)
    with pytest.raises(InputError, match=rf"s\.csv.*({fault})"):
        window(tmp_path)


def test_a_gap_is_judged_by_known_values_and_the_recording_s_usual_step(tmp_path: Path) -> None:
    values = np.ones(400)
    values[212:228] = np.nan  # 21.2 to 22.8 s, ten values a second
    for seconds, told in (
        (np.arange(400) / 10, values),
        (np.delete(np.arange(400), range(212, 228)) / 10, np.ones(384)),
    ):
        write_signal(tmp_path, seconds, told)
        for start, end in ((20.0, 22.0), (22.0, 24.0), (21.5, 22.5)):
            with pytest.raises(InputError, match=r"no value from 21\.10 s to 22\.80 s, more than the 1\.00 s"):
                window(tmp_path, start, end)
        assert len(window(tmp_path, 23.0, 25.0)) == 32
    write_signal(tmp_path, np.arange(0, 10, 0.1), np.full(100, np.nan))
    with pytest.raises(InputError, match="channel 'eda': no value in the whole recording"):
        window(tmp_path, 2.0, 4.0)


def test_channels_of_other_rates_may_share_a_table_with_blank_cells(tmp_path: Path) -> None:
    values = np.where(np.arange(640) % 16 == 0, np.arange(640) / 64, np.nan)  # four a second among 64
    write_signal(tmp_path, np.arange(640) / 64, values)
    assert window(tmp_path, 2.0, 4.0)[:, 0] == pytest.approx(2 + np.arange(32) / 16, abs=1e-6)
