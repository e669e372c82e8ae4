"""The variants of emosynth: each differs from the base in the parts that make its one controlled difficulty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.synth.expression import COURSES, course_over
from stf2m_bench.datasets.synth.places import held, in_bands, with_noise, with_patches
from stf2m_bench.datasets.synth.rhythm import in_rhythm

Samples = NDArray[np.float64]
Pictures = NDArray[np.uint8]
Rng = np.random.Generator


def _mostly_clear(ambiguous: float, rng: Rng) -> float:
    return rng.uniform(0.3, 0.45) if rng.random() < ambiguous else rng.uniform(0, 0.12)


def _evenly_blended(ambiguous: float, rng: Rng) -> float:
    return rng.uniform(0, 0.499)


def _own_course(emotion: str, n: int, rate: float, rng: Rng) -> Samples:
    return course_over(COURSES[emotion], n, rate)


def _level(emotion: str, n: int, rate: float, rng: Rng) -> Samples:
    return np.zeros(n)


def _same_voice(samples: Samples, emotion: str, rng: Rng) -> Samples:
    return samples


def _clear_sound(sound: Samples, person: Rng, recording: Rng) -> Samples:
    return sound


def _clear_pictures(pictures: Pictures, person: Rng, recording: Rng) -> Pictures:
    return pictures


@dataclass(frozen=True, kw_only=True)
class Variant:
    """The parts in which variants differ; the defaults are the base.

    Attributes:
        frames: least and most pictures of a clip.
        blend: share of the other emotion in a clip, from the share of ambiguous clips.
        appraisal: how far valence and arousal, and with them the signals, follow the emotion.
        face, voice, gestures: the emotion that these show in every clip; None is the clip's own.
        strength: of the facial expression over a clip, `[n]` in [0, 1].
        swing: of the voice's level and pitch over its stretch, `[n]` in [0, 1].
        colour: what the person makes of a spoken clip, before its level is set.
        disturb_sound, disturb_pictures: what the place and the recording add, from a generator of each.
    """

    frames: tuple[int, int] = (20, 30)
    blend: Callable[[float, Rng], float] = _mostly_clear
    appraisal: float = 1.0
    face: str | None = None
    voice: str | None = None
    gestures: str | None = None
    strength: Callable[[str, int, float, Rng], Samples] = _own_course
    swing: Callable[[str, int, float, Rng], Samples] = _level
    colour: Callable[[Samples, str, Rng], Samples] = _same_voice
    disturb_sound: Callable[[Samples, Rng, Rng], Samples] = _clear_sound
    disturb_pictures: Callable[[Pictures, Rng, Rng], Pictures] = _clear_pictures


VARIANTS = {
    "base": Variant(),
    "temporal": Variant(
        frames=(30, 40),
        appraisal=0.0,
        face="surprise",
        voice="neutral",
        gestures="neutral",
        strength=in_rhythm,
        swing=in_rhythm,
    ),
    "spatial": Variant(
        appraisal=0.0,
        voice="neutral",
        gestures="neutral",
        strength=held,
        colour=in_bands,
        disturb_sound=with_noise,
        disturb_pictures=with_patches,
    ),
    "ambiguous": Variant(blend=_evenly_blended),
}
"""`temporal`: every clip shows the same expression and voice with the same amounts of it, and their order tells the
emotion. `spatial`: places of the face and bands of the voice tell it, whatever the time, and some are disturbed.
`ambiguous`: every clip is blended with another emotion, and the votes tell so."""
