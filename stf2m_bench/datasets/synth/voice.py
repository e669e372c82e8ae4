"""Voices by source and filter: a train of glottal pulses through the resonances of a vocal tract (Fant, 1960)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from stf2m_bench.datasets.synth.expression import EMOTIONS
from stf2m_bench.datasets.synth.people import Person, cast_person, shown_voice
from stf2m_bench.datasets.synth.script import (
    SAMPLES_A_FRAME,
    SOUND_RATE,
    ClipScript,
    Plan,
    RecordingScript,
)
from stf2m_bench.datasets.synth.sentences import SENTENCES, syllables

Samples = NDArray[np.float64]

_VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (300, 2250, 2990),
    (570, 840, 2410),
    (330, 900, 2250),
    (500, 1500, 2500),
)
_BANDWIDTHS = (70, 100, 140, 220)
_FOURTH = 3500
_LEVEL = 10 ** (-27 / 20)
_SWING_LEVEL, _SWING_PITCH = 14, 5
"""Decibels and semitones by which a voice rises where its swing is 1."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How one clip is spoken: Hz, semitones, semitones, decibels, seconds a syllable, strengths, scale of formants."""

    pitch: float
    range: float
    slope: float
    level: float
    syllable: float
    bright: float
    rough: float
    breath: float
    tremor: float
    tract: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Speech:
    """The voice of one clip at `SOUND_RATE`: samples, pitch in Hz (0 = unvoiced), opening of the mouth in [0, 1]."""

    samples: Samples
    pitch: Samples
    opening: Samples


def speak_recording(plan: Plan, recording: RecordingScript) -> tuple[Samples, Samples]:
    """The sound of a recording and the opening of the mouth, both `[samples]`."""
    person = cast_person(plan, recording.person)
    rng = plan.rng(5, recording.person, recording.recording)
    sound = _background(recording.frames * SAMPLES_A_FRAME, person.throat.noise + rng.normal(0, 2), rng)
    opening = np.zeros(len(sound))
    for clip in recording.clips:
        speech = speak(plan, clip)
        stretch = slice(clip.first * SAMPLES_A_FRAME, (clip.first + clip.frames) * SAMPLES_A_FRAME)
        sound[stretch] += speech.samples
        opening[stretch] = speech.opening
    place, own = plan.rng(16, recording.person), plan.rng(17, recording.person, recording.recording)
    return np.clip(plan.parts.disturb_sound(sound, place, own), -0.99, 0.99), opening


def speak(plan: Plan, clip: ClipScript) -> Speech:
    """The voice of one clip, without background; it starts `clip.lead` seconds after the clip does."""
    person = cast_person(plan, clip.person)
    rng = plan.rng(4, clip.person, clip.recording, clip.place)
    manner = manner_of(plan, person, clip, rng)
    total = clip.frames * SAMPLES_A_FRAME
    first = round(clip.lead * SOUND_RATE)
    length = round(manner.syllable * SOUND_RATE)
    count = int(np.clip((total - first - 800) // length, 2, syllables(SENTENCES[clip.sentence])))
    length = min(length, (total - first - 800) // count)

    swing = plan.parts.swing(clip.emotion, count * length, SOUND_RATE, clip.rng(plan, 11))
    voiced = np.zeros(total)
    voiced[first : first + count * length] = np.tile(_syllable_shape(length), count)
    pitch = np.zeros(total)
    pitch[first : first + count * length] = _contour(manner, count, length, rng) * 2 ** (_SWING_PITCH * swing / 12)
    source = _glottis(pitch, manner, rng)
    samples = np.zeros(total)
    for i in range(count):
        stretch = slice(first + i * length, first + (i + 1) * length)
        vowel = _VOWELS[rng.integers(len(_VOWELS))]
        samples[stretch] = _tract(source[stretch], vowel, manner.tract) * voiced[stretch]
        samples[stretch] += _consonant(length, rng) * (rng.random() < 0.6)
    samples[first : first + count * length] *= 10 ** (_SWING_LEVEL * swing / 20)
    samples = plan.parts.colour(samples, clip.emotion, plan.rng(12, clip.person, EMOTIONS.index(clip.emotion)))
    return Speech(
        samples=_levelled(samples, first, count * length, manner.level),
        pitch=np.where(voiced > 0.5, pitch, 0.0),
        opening=voiced,
    )


def manner_of(plan: Plan, person: Person, clip: ClipScript, rng: np.random.Generator) -> Manner:
    """A person's manner of speaking in one clip."""
    pitch, span, slope, level, tempo, bright, rough, breath, tremor, formants = shown_voice(plan, person, clip, rng)
    throat = person.throat
    return Manner(
        pitch=throat.pitch * 2 ** (np.clip(pitch, -6, 11) / 12),
        range=2.2 * 2 ** np.clip(span, -1.5, 1.5),
        slope=slope - 1,
        level=throat.loudness + level + rng.normal(0, 3),
        syllable=2 ** -np.clip(tempo, -0.6, 0.6) / throat.tempo,
        bright=throat.bright + bright,
        rough=max(rough, 0.0),
        breath=throat.breath + max(breath, 0.0),
        tremor=max(tremor, 0.0),
        tract=throat.tract * 2**formants,
    )


def _syllable_shape(length: int) -> Samples:
    at = np.linspace(0, 1, length)
    return np.clip(np.minimum(at / 0.18, (1 - at) / 0.25), 0, 1)


def _contour(manner: Manner, count: int, length: int, rng: np.random.Generator) -> Samples:
    """Pitch in Hz over `count` syllables: an accent on each, a slope over all, a tremor."""
    at = np.arange(count * length) / (count * length)
    accents = np.interp(at * count, np.arange(count) + 0.5, rng.uniform(-1, 1, count))
    seconds = np.arange(count * length) / SOUND_RATE
    shake = 0.7 * manner.tremor * np.sin(2 * np.pi * 7 * seconds + rng.uniform(0, 2 * np.pi))
    semitones = manner.range * accents + manner.slope * (at - 0.5) + shake
    contour: Samples = manner.pitch * 2 ** (semitones / 12)
    return contour


def _glottis(pitch: Samples, manner: Manner, rng: np.random.Generator) -> Samples:
    """Derivative of the glottal flow (Rosenberg pulses) with jitter, shimmer, roughness, breath and spectral tilt."""
    jitter = 1 + (0.006 + 0.02 * manner.rough) * np.repeat(rng.normal(size=len(pitch) // 80 + 1), 80)[: len(pitch)]
    cycles = np.cumsum(pitch * jitter) / SOUND_RATE
    number = cycles.astype(np.int64)
    at = cycles - number
    flow = np.where(
        at < 0.4, 0.5 - 0.5 * np.cos(np.pi * at / 0.4), np.cos(np.pi / 2 * np.clip((at - 0.4) / 0.16, 0, 1))
    )
    shimmer = 1 + (0.04 + 0.12 * manner.rough) * rng.normal(size=number[-1] + 1)
    rough = 1 - 0.6 * min(manner.rough, 1.2) * (np.arange(len(shimmer)) % 2)
    pulses = np.diff(flow, prepend=flow[0]) * (shimmer * rough)[number]
    breath = 0.05 * manner.breath * rng.normal(size=len(pitch))
    pole = np.clip(0.72 - 0.22 * manner.bright, 0.2, 0.95)
    tilted: Samples = lfilter([1 - pole], [1, -pole], pulses + breath)
    return tilted


def _tract(source: Samples, vowel: tuple[int, int, int], scale: float) -> Samples:
    """Four formants in series (Klatt, 1980)."""
    for frequency, bandwidth in zip((*vowel, _FOURTH), _BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * bandwidth / SOUND_RATE)
        b = 2 * radius * np.cos(2 * np.pi * frequency * scale / SOUND_RATE)
        source = lfilter([1 - b + radius**2], [1, -b, radius**2], source)
    return source


def _consonant(length: int, rng: np.random.Generator) -> Samples:
    burst = np.zeros(length)
    n = min(int(rng.integers(300, 900)), length)
    burst[:n] = np.diff(rng.normal(size=n), prepend=0.0) * np.hanning(n) * 0.02
    return burst


def _levelled(samples: Samples, first: int, length: int, level: float) -> Samples:
    spoken = samples[first : first + length]
    gain = _LEVEL * 10 ** (level / 20) / float(np.sqrt(np.mean(spoken**2)) + 1e-9)
    return samples * min(gain, 0.9 / float(np.abs(samples).max() + 1e-9))


def _background(n: int, level: float, rng: np.random.Generator) -> Samples:
    hiss: Samples = lfilter([0.3], [1, -0.7], rng.normal(size=n))
    return hiss * float(10 ** (level / 20) / np.sqrt(np.mean(hiss**2)))
