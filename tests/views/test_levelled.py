"""The view of sound without its level."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia

RATE = 16_000


def bands(folder: Path, view: str, gain: float) -> np.ndarray:
    t = np.arange(RATE) / RATE
    voice = np.sin(2 * np.pi * (200 + 80 * t) * t) * np.sin(np.pi * t) ** 2 + 0.001 * np.random.default_rng(0).normal(
        size=RATE
    )
    soundfile.write(folder / f"{gain}.wav", (gain * voice).astype(np.float32), RATE, subtype="FLOAT")
    return make_extractor(view).extract(ClipMedia(clip_id="a", root=folder, audio=f"{gain}.wav"))


def test_a_gain_moves_no_number_but_those_of_the_view_with_level(tmp_path: Path) -> None:
    loud, quiet = (bands(tmp_path, "audio.levelled", gain) for gain in (0.9, 0.01))
    np.testing.assert_allclose(loud, quiet, atol=0.01)
    with_level = [bands(tmp_path, "audio.logmel", gain) for gain in (0.9, 0.01)]
    np.testing.assert_allclose(with_level[0] - with_level[1], 20 * np.log10(90), atol=0.01)


def test_what_differs_from_the_view_with_level_is_one_number_a_clip(tmp_path: Path) -> None:
    apart = bands(tmp_path, "audio.logmel", 0.5) - bands(tmp_path, "audio.levelled", 0.5)
    assert np.ptp(apart) < 1e-4
    power = 10 ** (bands(tmp_path, "audio.levelled", 0.5).astype(np.float64) / 10)
    np.testing.assert_allclose(power.mean(), 1, rtol=1e-5)


def test_a_clip_without_sound_has_no_such_view(tmp_path: Path) -> None:
    assert make_extractor("audio.levelled").extract(ClipMedia(clip_id="a", root=tmp_path)).shape == (0, 40)
