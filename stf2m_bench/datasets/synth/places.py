"""The variant `spatial`: bands of the voice that carry the emotion, and disturbances at some places of ear and eye."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.synth.expression import EMOTIONS

Samples = NDArray[np.float64]

_SOUND_RATE = 16_000
_BANDS = 8
_LOWEST, _HIGHEST = 150.0, 5_000.0
_LOUDER = 13.0
"""Decibels by which an emotion's two bands stand out."""
_NOISE = 10 ** (-37 / 20)
_PATCHES = [(row, side) for row in (-0.38, -0.16, 0.12, 0.36, 0.6) for side in (-0.24, 0.24)]
"""Middles (down, right; shares of half the picture) of what a patch may hide: one side of brows, eyes, nose, mouth,
chin."""
_PATCH = (0.11, 0.22)
_FLICKER = 0.12
"""Seconds for which a disturbance keeps its strength, on average."""


def held(emotion: str, n: int, rate: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Strength `[n]` of an expression that does not change over a clip: 1."""
    return np.ones(n)


def in_bands(samples: Samples, emotion: str, rng: np.random.Generator) -> Samples:
    """The voice with the two bands of its emotion louder, in a person's own degree."""
    first = EMOTIONS.index(emotion)
    gains = rng.normal(0, 1.0, _BANDS)
    gains[[first, (first + 3) % _BANDS]] += _LOUDER * np.exp(0.2 * rng.normal(size=2))
    return _equalised(samples, gains)


def with_noise(sound: Samples, person: np.random.Generator, recording: np.random.Generator) -> Samples:
    """A recording's sound with flickering noise in two bands of the person's and one of the recording's own.

    The recording's microphone also has a spectral tilt of its own.
    """
    tilt = recording.normal(0, 2) * np.linspace(-1, 1, _BANDS)
    disturbed = _equalised(sound, tilt)
    for band in _some_places(_BANDS, person, recording):
        only = np.where(np.arange(_BANDS) == band, 0.0, -80.0)
        noise = _equalised(recording.normal(size=len(sound)), only)
        flicker = np.exp(0.6 * recording.normal(size=int(len(sound) / _SOUND_RATE / _FLICKER) + 1))
        strength = flicker[np.arange(len(sound)) * len(flicker) // len(sound)]
        disturbed += _NOISE * strength * noise / noise.std()
    return disturbed


def with_patches(
    pictures: NDArray[np.uint8], person: np.random.Generator, recording: np.random.Generator
) -> NDArray[np.uint8]:
    """Pictures `[T, size, size, 3]` with flickering patches at two places of the person's and one of the recording's.

    The recording's light also falls off in a direction of its own.
    """
    at = (np.arange(pictures.shape[1]) + 0.5) / pictures.shape[1] * 2 - 1
    down, right = at[:, None], at[None, :]
    falls = recording.uniform(-0.3, 0.3, 2)
    lit = pictures * (1 + falls[0] * down + falls[1] * right).astype(np.float32)[:, :, None]
    for place in _some_places(len(_PATCHES), person, recording):
        row, side = _PATCHES[place]
        alpha = 0.6 * np.exp(-(((down - row) / _PATCH[0]) ** 4) - ((right - side) / _PATCH[1]) ** 4).astype(np.float32)
        grey = recording.uniform(0, 255, len(pictures)).astype(np.float32)
        lit += alpha[:, :, None] * (grey[:, None, None, None] - lit)
    disturbed: NDArray[np.uint8] = np.clip(lit, 0, 255).astype(np.uint8)
    return disturbed


def _some_places(places: int, person: np.random.Generator, recording: np.random.Generator) -> list[int]:
    """Two places of the person's and another of the recording's."""
    mine = [int(place) for place in person.choice(places, 2, replace=False)]
    return [*mine, int(recording.choice([place for place in range(places) if place not in mine]))]


def _equalised(samples: Samples, gains: NDArray[np.floating[Any]]) -> Samples:
    """Samples with the bands, equally wide on the mel scale, louder by `gains` `[bands]` decibels."""
    mel = 2595 * np.log10(1 + np.fft.rfftfreq(len(samples), 1 / _SOUND_RATE) / 700)
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (_LOWEST, _HIGHEST))
    band = np.clip((mel - low) / (high - low) * _BANDS, 0, _BANDS - 0.001).astype(int)
    changed: Samples = np.fft.irfft(np.fft.rfft(samples) * 10 ** (gains[band] / 20), len(samples))
    return changed
