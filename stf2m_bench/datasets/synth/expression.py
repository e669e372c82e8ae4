"""How an emotion shows: facial actions, their course in time, and the manner of speaking. One table each.

Actions follow the Facial Action Coding System (their unit beside each name); the prototypes follow what it and
Juslin and Laukka (2003, vocal expression) report, simplified.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EMOTIONS = ("neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise")

ACTIONS = (
    "inner_brow",  # AU1
    "outer_brow",  # AU2
    "brow_lower",  # AU4
    "lid_raise",  # AU5
    "cheek",  # AU6
    "lid_tight",  # AU7
    "nose",  # AU9
    "upper_lip",  # AU10
    "smile",  # AU12
    "frown",  # AU15
    "stretch",  # AU20
    "press",  # AU24
    "jaw",  # AU26
    "droop",  # AU43, partly
    "gaze",  # down
    "pitch",  # head up
    "roll",
    "yaw",
)

_FACE: dict[str, dict[str, float]] = {
    "neutral": {},
    "calm": {"smile": 0.3, "droop": 0.6, "pitch": 0.2, "roll": 0.3},
    "happiness": {"smile": 1.0, "cheek": 0.8, "jaw": 0.3, "pitch": 0.2},
    "sadness": {"inner_brow": 0.9, "frown": 0.9, "droop": 0.4, "gaze": 0.6, "pitch": -0.5, "brow_lower": 0.2},
    "anger": {"brow_lower": 1.0, "lid_tight": 0.5, "lid_raise": 0.3, "press": 0.9, "frown": 0.3, "pitch": -0.2},
    "fear": {"inner_brow": 0.8, "outer_brow": 0.3, "lid_raise": 0.9, "stretch": 0.9, "jaw": 0.2, "brow_lower": 0.2},
    "disgust": {"nose": 1.0, "upper_lip": 0.9, "brow_lower": 0.5, "lid_tight": 0.5, "frown": 0.3, "yaw": 0.4},
    "surprise": {"inner_brow": 0.9, "outer_brow": 1.0, "lid_raise": 0.8, "jaw": 0.95, "pitch": 0.2},
}

MANNERS = ("pitch", "range", "slope", "level", "tempo", "bright", "rough", "breath", "tremor", "formants")

_VOICE: dict[str, dict[str, float]] = {
    "neutral": {},
    "calm": {"pitch": -1.5, "range": -0.5, "level": -1.5, "tempo": -0.2, "bright": -0.6, "breath": 0.5},
    "happiness": {"pitch": 3.5, "range": 1.0, "slope": 1.0, "level": 2, "tempo": 0.15, "bright": 0.5, "formants": 0.12},
    "sadness": {
        "pitch": -1,
        "range": -0.9,
        "slope": -2.5,
        "level": -2.5,
        "tempo": -0.4,
        "bright": -1,
        "formants": -0.06,
    },
    "anger": {"pitch": 2, "range": 0.4, "slope": -1.5, "level": 3.5, "tempo": 0.2, "bright": 1.4, "rough": 0.8},
    "fear": {"pitch": 4.5, "range": -0.4, "level": 0.5, "tempo": 0.35, "bright": 0.3, "breath": 0.7, "tremor": 1.0},
    "disgust": {"pitch": -2, "slope": -3, "level": 0.5, "tempo": -0.3, "bright": 0.4, "rough": 0.8, "formants": -0.14},
    "surprise": {"pitch": 4.5, "range": 1.0, "slope": 5, "level": 1.5, "tempo": -0.15, "bright": 0.2, "breath": 0.2},
}

VALENCE = dict(zip(EMOTIONS, (0.0, 0.45, 0.8, -0.65, -0.7, -0.6, -0.6, 0.15), strict=True))
AROUSAL = dict(zip(EMOTIONS, (-0.15, -0.65, 0.45, -0.5, 0.75, 0.7, 0.2, 0.65), strict=True))


@dataclass(frozen=True, kw_only=True)
class Course:
    """How an expression runs: seconds to the apex and back, share of the clip at the apex, tremor, nodding."""

    onset: float
    hold: float
    offset: float
    tremor: float = 0.0
    nod: float = 0.0
    shake: float = 0.0


COURSES = {
    "neutral": Course(onset=0.4, hold=0.7, offset=0.4),
    "calm": Course(onset=0.7, hold=0.7, offset=0.6),
    "happiness": Course(onset=0.4, hold=0.75, offset=0.5, nod=0.25),
    "sadness": Course(onset=0.8, hold=0.8, offset=0.7),
    "anger": Course(onset=0.25, hold=0.75, offset=0.35, nod=0.2, tremor=0.04),
    "fear": Course(onset=0.15, hold=0.7, offset=0.4, tremor=0.14),
    "disgust": Course(onset=0.45, hold=0.65, offset=0.35, shake=0.3),
    "surprise": Course(onset=0.1, hold=0.5, offset=0.3),
}


def _matrix(table: dict[str, dict[str, float]], columns: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([[table[emotion].get(column, 0.0) for column in columns] for emotion in EMOTIONS])


FACE = _matrix(_FACE, ACTIONS)
"""`[8, actions]`: strength of each facial action at the apex."""

VOICE = _matrix(_VOICE, MANNERS)
"""`[8, manners]`: semitones, log2, semitones, decibels, log2, strengths from 0, log2 at the end."""


def course_over(course: Course, frames: int, rate: float) -> NDArray[np.float64]:
    """Strength `[frames]` of an expression from 0 through its apex at 1 and back to 0."""
    seconds = (np.arange(frames) + 0.5) / rate
    length = frames / rate
    end = min(course.hold * length + course.onset * (1 - course.hold), length - course.offset)
    rise = np.clip(seconds / course.onset, 0, 1)
    fall = np.clip((end + course.offset - seconds) / course.offset, 0, 1)
    return _smooth(rise) * _smooth(fall)


def _smooth(ramp: NDArray[np.float64]) -> NDArray[np.float64]:
    return ramp * ramp * (3 - 2 * ramp)
