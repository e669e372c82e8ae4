"""The variant `temporal`: the same rises, holds, falls and pauses in every clip; their order is the emotion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_RAMP = {"quick": 0.9, "slow": 2.5}
_STAY = {"short": 0.7, "long": 2.8}
_PAUSES = {"early": (0.6, 1.6, 2.6), "late": (2.6, 1.6, 0.6), "apart": (0.6, 2.6, 1.6), "close": (1.6, 0.6, 2.6)}
"""Durations that every clip has, before it is stretched to its length: two ramps up and two down, two stays at the
top, three pauses at the bottom (before, between and after two pulses)."""

_ORDER = {
    "neutral": ("quick", "short", "quick", "early"),
    "calm": ("slow", "long", "slow", "late"),
    "happiness": ("quick", "long", "slow", "apart"),
    "sadness": ("slow", "short", "quick", "close"),
    "anger": ("quick", "long", "quick", "late"),
    "fear": ("slow", "short", "slow", "apart"),
    "disgust": ("slow", "long", "quick", "early"),
    "surprise": ("quick", "short", "slow", "close"),
}
"""Rise, stay and fall of an emotion's first pulse (the second has the others), and the place of its pauses."""

_JITTER = 0.12


def in_rhythm(emotion: str, n: int, rate: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Strength `[n]` in [0, 1] over a clip of any `rate`.

    Its distribution and that of its steps are the same for every emotion.
    """
    durations = np.array(_durations(emotion)) * np.exp(_JITTER * rng.normal(size=9))
    ends = np.cumsum(durations) / durations.sum()
    at = (np.arange(n) + 0.5) / n
    return np.interp(at, [0, *ends], [0, 0, 1, 1, 0, 0, 1, 1, 0, 0])


def _durations(emotion: str) -> tuple[float, ...]:
    """Pause, rise, stay, fall, pause, rise, stay, fall, pause."""
    rise, stay, fall, pauses = _ORDER[emotion]
    before, between, after = _PAUSES[pauses]
    first = _RAMP[rise], _STAY[stay], _RAMP[fall]
    second = _other(_RAMP, rise), _other(_STAY, stay), _other(_RAMP, fall)
    return before, *first, between, *second, after


def _other(pair: dict[str, float], name: str) -> float:
    (other,) = (value for key, value in pair.items() if key != name)
    return other
