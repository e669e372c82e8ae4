"""`audio.shortcuts` of sounds whose length, level, silence and background are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stf2m_bench.views.audio_shortcuts import COLUMNS, AudioShortcuts
from stf2m_bench.views.base.media import ClipMedia

RATE = 48_000


def told(path: Path, sound: np.ndarray, *, rate: int = RATE) -> dict[str, float]:
    soundfile.write(path, sound, rate, subtype="FLOAT")
    row = AudioShortcuts().extract(ClipMedia(clip_id="a", root=path.parent, audio=path.name))
    return dict(zip(COLUMNS, row[0].tolist(), strict=True))


def voice_in_noise(*, lead: float, level: float, cut: float = RATE / 2) -> np.ndarray:
    """A second of a 440 Hz tone of amplitude `level` after `lead` s of noise up to `cut` Hz, and more noise."""
    time = np.arange(round((lead + 1.5) * RATE)) / RATE
    noise = np.random.default_rng(0).normal(0, 1e-3, len(time))
    spectrum = np.fft.rfft(noise)
    spectrum[np.fft.rfftfreq(len(time), 1 / RATE) > cut] = 0
    tone = level * np.sin(2 * np.pi * 440 * time) * ((time >= lead) & (time < lead + 1))
    return tone + np.fft.irfft(spectrum, len(time))


@pytest.mark.parametrize(("lead", "level"), [(0.5, 0.5), (1.25, 0.05)])
def test_length_level_and_silence_before_the_voice(tmp_path: Path, lead: float, level: float) -> None:
    found = told(tmp_path / "a.wav", voice_in_noise(lead=lead, level=level))
    assert found["length"] == pytest.approx(lead + 1.5, abs=1e-3)
    assert found["leading silence"] == pytest.approx(lead, abs=0.026)
    assert found["loudness"] == pytest.approx(20 * np.log10(level) - 3.01, abs=0.3)


def test_the_background_shows_the_recording_chain(tmp_path: Path) -> None:
    dull = told(tmp_path / "dull.wav", voice_in_noise(lead=1, level=0.3, cut=2000))
    wide = told(tmp_path / "wide.wav", np.column_stack([voice_in_noise(lead=1, level=0.3)] * 2))
    assert dull["noise edge"] == pytest.approx(1.9, abs=0.2)
    assert wide["noise edge"] == pytest.approx(7.4, abs=0.3)
    assert wide["noise floor"] == pytest.approx(-60 + 10 * np.log10(1 / 3), abs=1)  # a third of its band is kept
    assert (dull["channels"], wide["channels"], wide["sample rate"]) == (1, 2, 48)


def test_digital_silence_around_the_voice_has_the_lowest_floor(tmp_path: Path) -> None:
    found = told(tmp_path / "a.wav", np.concatenate([np.zeros(8000), np.full(4000, 0.5)]), rate=8000)
    assert (found["noise floor"], found["noise edge"], found["sample rate"]) == (-100, 0, 8)
