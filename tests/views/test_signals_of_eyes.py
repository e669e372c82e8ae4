"""Pupils, gaze and heads: what passes, what is no pupil, and the real ones of CEAP-360VR."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.store import media_of


def rows(name: str, root: Path, values: np.ndarray, rate: float, **span: float) -> tuple[np.ndarray, ClipMedia]:
    """The view of a channel that is recorded `rate` times a second, and its clip."""
    pd.DataFrame({"seconds": np.arange(len(values)) / rate, "x": values}).to_csv(root / "s.csv", index=False)
    clip = ClipMedia(clip_id="a", root=root, signal="s.csv", **span)
    return make_extractor(f"signal.{name}:x").extract(clip)[:, 0].astype(float), clip


@pytest.mark.parametrize(("name", "slow", "fast"), [("pupil", 1.0, 9.6), ("head", 0.5, 4.8)])
def test_what_is_too_fast_for_the_rows_does_not_fold_down(name: str, slow: float, fast: float, tmp_path: Path) -> None:
    seconds = np.arange(0, 60, 1 / 120)
    for hertz, kept in ((slow, 0.1), (fast, 0.0)):
        found, _ = rows(name, tmp_path, 4 + 0.1 * np.sin(2 * np.pi * hertz * seconds), 120)
        assert np.sqrt(2) * found[50:-50].std() == pytest.approx(kept, abs=0.004), hertz
        (tmp_path / "s.csv").unlink()


def test_a_blink_is_bridged_and_counted(tmp_path: Path) -> None:
    wide = np.full(120 * 4, 3.5)
    wide[200:212] = [3.0, 2.5, 2.0, 1.0, 0, 0, 0, 0, 1.0, 2.0, 2.5, 3.0]  # lids closing and opening in 0.1 s
    found, clip = rows("pupil", tmp_path, wide, 120)
    assert found == pytest.approx(3.5, abs=1e-5)
    assert clip.notes == Counter({"samples": 480, "samples that are artefacts": 14})  # and its neighbours
    (tmp_path / "s.csv").unlink()
    found, clip = rows("pupil", tmp_path, np.zeros(480), 120)
    assert (len(found), clip.notes["clips of artefacts alone"]) == (0, 1)


def test_a_response_to_a_flash_is_no_artefact(tmp_path: Path) -> None:
    seconds = np.arange(0, 4, 1 / 60)
    flash = 6 - 2.2 * (1 - np.exp(-np.clip(seconds - 1, 0, None) / 0.35))  # up to 6.3 mm/s
    found, clip = rows("pupil", tmp_path, flash, 60)
    assert clip.notes["samples that are artefacts"] == 0
    assert found[-1] == pytest.approx(flash[-1], abs=0.02)


def test_an_angle_that_jumps_at_180_degrees_is_seen_as_no_turning(tmp_path: Path) -> None:
    turning = np.arange(0, 200, 0.25)  # degrees, 20 a second
    found, clip = rows("head", tmp_path, turning, 80)
    assert (found[:20] == pytest.approx(np.arange(20) * 4, abs=0.2), clip.notes["samples that are artefacts"]) == (
        True,
        0,
    )
    (tmp_path / "s.csv").unlink()
    _, clip = rows("head", tmp_path, (turning + 180) % 360 - 180, 80)
    assert clip.notes["samples that are artefacts"] == 2


def test_gaze_is_the_mean_of_each_quarter_of_a_second(tmp_path: Path) -> None:
    rests = np.zeros(400)
    rests[100:150] = 1  # half a second from 1.0 s on, 100 values a second
    found, _ = rows("gaze", tmp_path, rests, 100, start=0.5, end=2.5)
    assert found == pytest.approx([0, 0, 1, 1, 0, 0, 0, 0], abs=0.03)
    angle = np.cumsum(np.random.default_rng(0).normal(size=400))
    (tmp_path / "s.csv").unlink()
    found, _ = rows("gaze", tmp_path, angle, 100, start=0.5, end=2.5)
    fine = np.interp(np.arange(0.5, 2.5, 1e-4) + 5e-5, np.arange(400) / 100, angle).reshape(8, -1).mean(axis=1)
    assert found == pytest.approx(fine, abs=1e-3)


def test_one_value_is_a_row(tmp_path: Path) -> None:
    for name in ("pupil", "head", "gaze"):
        assert rows(name, tmp_path, np.array([4.0]), 1)[0] == pytest.approx([4.0])
        (tmp_path / "s.csv").unlink()


def test_real_eyes_and_heads_are_those_of_the_files(lying_beside: Callable[[str], Path]) -> None:
    clips = [
        c for c in media_of(build_manifest("ceap_360vr", lying_beside("CEAP-360VR"))) if c.clip_id.startswith("P1-V2")
    ]
    notes: Counter[str] = Counter()
    for clip in clips:
        pupil, head, gaze = (
            make_extractor(name).extract(replace(clip, notes=notes))[:, 0]
            for name in ("signal.pupil:pupil", "signal.head:head_pitch", "signal.gaze:fixation")
        )
        assert (len(pupil), len(head), len(gaze)) == (20, 10, 8)
        assert (pupil.min() > 1.5, pupil.max() < 9, np.abs(head).max() <= 90) == (True, True, True)
        seconds, rests = clip.signals.read(clip.root, str(clip.signal), "fixation")
        inside = (seconds >= clip.start) & (seconds < clip.end)
        assert gaze.mean() == pytest.approx(rests[inside].mean(), abs=0.03)
        seconds, plain = clip.signals.read(clip.root, str(clip.signal), "head_pitch")
        inside = (seconds >= clip.start) & (seconds < clip.end)
        assert head.mean() == pytest.approx(plain[inside].mean(), abs=1.5)
    assert 0 < notes["samples that are artefacts"] < 0.1 * notes["samples"]
