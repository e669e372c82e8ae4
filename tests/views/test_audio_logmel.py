"""`audio.logmel`, by another route."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from small_media import RATE, clip_of

from stf2m_bench.errors import InputError
from stf2m_bench.views.base.extractor import Extractor, make_extractor
from stf2m_bench.views.base.media import ClipMedia


def plain_logmel(sound: np.ndarray, extractor: Extractor) -> np.ndarray:
    """The docstring's definition, one number after the other, in double precision."""
    p = extractor.params
    window = np.array([0.5 - 0.5 * np.cos(2 * np.pi * n / p.window) for n in range(p.window)])
    rows = [
        np.abs(np.fft.rfft(sound[start : start + p.window].astype(float) * window)) ** 2
        for start in range(0, len(sound) - p.window + 1, p.hop)
    ]
    energy = [row.sum() for row in rows]
    loud = [n for n, e in enumerate(energy) if 10 * np.log10(e / max(energy)) >= -p.trim]
    to_mel, to_hertz = lambda f: 2595 * np.log10(1 + f / 700), lambda m: 700 * (10 ** (m / 2595) - 1)
    step = (to_mel(p.highest) - to_mel(p.lowest)) / (p.bands + 1)
    edges = [to_hertz(to_mel(p.lowest) + n * step) for n in range(p.bands + 2)]
    bands = np.zeros((loud[-1] + 1 - loud[0], p.bands))
    for n, row in enumerate(rows[loud[0] : loud[-1] + 1]):
        for band in range(p.bands):
            left, peak, right = edges[band : band + 3]
            for k, power in enumerate(row):
                hertz = k * p.sample_rate / p.window
                if left < hertz < right:
                    slope = (hertz - left) / (peak - left) if hertz < peak else (right - hertz) / (right - peak)
                    bands[n, band] += slope * power
    decibel = 10 * np.log10(bands / (p.window * np.sum(window**2) / 4))
    return np.maximum(decibel, decibel.max() - p.depth)


def test_logmel_agrees_with_a_plain_computation(media: Path) -> None:
    extractor = make_extractor("audio.logmel")
    clip = clip_of(media)
    expected = plain_logmel(clip.sound(RATE), extractor)
    view = extractor.extract(clip)
    assert view.shape == expected.shape
    assert np.abs(view - expected).max() < 1e-3  # dB; single precision
    assert np.abs(10 ** (view / 10) - 10 ** (expected / 10)).max() < 1e-6


def test_logmel_cuts_the_silence_around_the_voice(media: Path) -> None:
    assert 35 <= len(make_extractor("audio.logmel").extract(clip_of(media))) <= 50  # of 99 rows


def test_logmel_keeps_the_level_in_decibel(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 1_000 * np.arange(RATE) / RATE)
    views = []
    for name, peak in (("loud", 1.0), ("soft", 0.1)):
        soundfile.write(tmp_path / f"{name}.wav", peak * tone, RATE, subtype="FLOAT")
        clip = ClipMedia(clip_id=name, root=tmp_path, audio=f"{name}.wav")
        views.append(make_extractor("audio.logmel").extract(clip))
    assert np.allclose(views[0] - 20, views[1], atol=1e-3)
    assert -3 < views[0].max() <= 0  # a full-scale tone is 0 dB, less what its neighbour bands take


def test_logmel_leaves_at_least_a_third_of_a_second(tmp_path: Path) -> None:
    click = np.zeros(RATE)
    click[8_000:8_040] = 0.5
    soundfile.write(tmp_path / "click.wav", click, RATE)
    soundfile.write(tmp_path / "short.wav", click[7_900:8_100], RATE)
    extractor = make_extractor("audio.logmel")
    assert len(extractor.extract(ClipMedia(clip_id="a", root=tmp_path, audio="click.wav"))) == 15
    assert len(extractor.extract(ClipMedia(clip_id="a", root=tmp_path, audio="short.wav"))) == 1


def test_logmel_refuses_a_silent_clip(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "still.wav", np.zeros(RATE), RATE)
    with pytest.raises(InputError, match="is silent from end to end"):
        make_extractor("audio.logmel").extract(ClipMedia(clip_id="a", root=tmp_path, audio="still.wav"))
