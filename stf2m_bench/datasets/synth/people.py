"""The cast: each person's own face, voice, body and style of expressing, drawn from the seed."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.synth.expression import FACE, VOICE
from stf2m_bench.datasets.synth.script import ClipScript, Plan, person_name

Colour = tuple[float, float, float]

_VOICE_SPREAD = np.array([1.2, 0.3, 1.0, 1.2, 0.12, 0.3, 0.15, 0.15, 0.15, 0.03])
"""How far a manner of speaking strays, in its own unit, where `style` or `variation` is 1; order of `MANNERS`."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """A face: lengths are shares of half the picture, colours are RGB in [0, 1]."""

    head_width: float
    head_height: float
    eye_gap: float
    eye_width: float
    eye_height: float
    brow_height: float
    brow_thickness: float
    mouth_width: float
    mouth_height: float
    lip: float
    fringe: float
    hair_length: float
    glasses: bool
    beard: float
    skin: Colour
    hair: Colour
    iris: Colour
    shirt: Colour
    wall: Colour


@dataclass(frozen=True, kw_only=True)
class Throat:
    """A voice: median pitch in Hz, vocal tract scale of the formants, syllables a second, loudness in dB."""

    pitch: float
    tract: float
    tempo: float
    loudness: float
    bright: float
    breath: float
    noise: float


@dataclass(frozen=True, kw_only=True)
class Body:
    """Skin conductance at rest in microsiemens and its reactivity, heart rate in beats a minute, pulse height."""

    tonic: float
    reactivity: float
    heart_rate: float
    pulse: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Person:
    """One person; `face` and `voice` are the prototypes of the eight emotions in this person's own style."""

    index: int
    sex: str
    look: Look
    throat: Throat
    body: Body
    face: NDArray[np.float64]
    voice: NDArray[np.float64]

    @property
    def name(self) -> str:
        return person_name(self.index)


def cast_person(plan: Plan, index: int) -> Person:
    """Person `index` of the cast; sexes alternate."""
    rng = plan.rng(3, index)
    sex = ("female", "male")[index % 2]
    channel = rng.uniform(-0.25, 0.25)
    return Person(
        index=index,
        sex=sex,
        look=_look(sex, rng),
        throat=_throat(sex, rng),
        body=_body(rng),
        face=_styled(FACE, np.full(FACE.shape[1], 0.33), 1.05 + channel, plan.style, rng),
        voice=_styled(VOICE, 1.2 * _VOICE_SPREAD, 1.4 - channel, plan.style, rng),
    )


def shown_face(plan: Plan, person: Person, clip: ClipScript, rng: np.random.Generator) -> NDArray[np.float64]:
    """`[actions]` at the apex of a clip: the person's blend at the clip's intensity, and what varies each time."""
    varied = plan.variation * rng.normal(size=FACE.shape[1])
    return clip.intensity * (clip.shares(plan.parts.face) @ person.face) + varied


def shown_voice(plan: Plan, person: Person, clip: ClipScript, rng: np.random.Generator) -> NDArray[np.float64]:
    """`[manners]` of a clip, as `shown_face`."""
    varied = plan.variation * 2.2 * _VOICE_SPREAD * rng.normal(size=VOICE.shape[1])
    return clip.intensity * (clip.shares(plan.parts.voice) @ person.voice) + varied


def _styled(
    prototypes: NDArray[np.float64],
    spread: NDArray[np.float64],
    strength: float,
    style: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Prototypes `[8, c]` as one person shows them: some channels used more, some less, and habits of their own."""
    gains = np.exp(style * rng.normal(size=prototypes.shape[1]))
    per_emotion = np.exp(0.5 * style * rng.normal(size=(len(prototypes), 1)))
    habits = style * spread * rng.normal(size=prototypes.shape)
    styled: NDArray[np.float64] = strength * prototypes * gains * per_emotion + habits
    return styled


def _look(sex: str, rng: np.random.Generator) -> Look:
    width = rng.uniform(0.5, 0.58) if sex == "female" else rng.uniform(0.53, 0.62)
    return Look(
        head_width=width,
        head_height=rng.uniform(0.68, 0.76),
        eye_gap=width * rng.uniform(0.4, 0.46),
        eye_width=rng.uniform(0.12, 0.15),
        eye_height=rng.uniform(0.05, 0.07),
        brow_height=rng.uniform(0.135, 0.18),
        brow_thickness=rng.uniform(0.016, 0.026) if sex == "female" else rng.uniform(0.024, 0.036),
        mouth_width=rng.uniform(0.18, 0.24),
        mouth_height=rng.uniform(0.37, 0.43),
        lip=rng.uniform(0.035, 0.055) if sex == "female" else rng.uniform(0.02, 0.04),
        fringe=rng.uniform(-0.66, -0.55),
        hair_length=rng.uniform(0.2, 0.9) if sex == "female" else rng.uniform(-0.35, -0.1),
        glasses=bool(rng.random() < 0.2),
        beard=float(sex == "male" and rng.random() < 0.35) * rng.uniform(0.2, 0.55),
        skin=_hsv(rng.uniform(0.045, 0.085), rng.uniform(0.25, 0.55), rng.uniform(0.5, 0.97)),
        hair=_hsv(rng.uniform(0.03, 0.12), rng.uniform(0.2, 0.7), rng.uniform(0.1, 0.6)),
        iris=_hsv(rng.uniform(0.05, 0.6), rng.uniform(0.3, 0.7), rng.uniform(0.2, 0.5)),
        shirt=_hsv(rng.random(), rng.uniform(0.2, 0.8), rng.uniform(0.3, 0.9)),
        wall=_hsv(rng.random(), rng.uniform(0.05, 0.35), rng.uniform(0.35, 0.9)),
    )


def _throat(sex: str, rng: np.random.Generator) -> Throat:
    pitch, tract = (200.0, 1.12) if sex == "female" else (118.0, 0.97)
    return Throat(
        pitch=pitch * 2 ** (rng.normal(0, 1.6) / 12),
        tract=tract * rng.uniform(0.95, 1.05),
        tempo=rng.uniform(4.0, 5.4),
        loudness=rng.normal(0, 3),
        bright=rng.normal(0, 0.25),
        breath=rng.uniform(0.02, 0.2),
        noise=rng.uniform(-62, -54),
    )


def _body(rng: np.random.Generator) -> Body:
    return Body(
        tonic=float(np.exp(rng.normal(1.5, 0.5))),
        reactivity=float(np.exp(rng.normal(-1.0, 0.6))),
        heart_rate=rng.uniform(58, 88),
        pulse=rng.uniform(0.5, 1.5),
    )


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    return colorsys.hsv_to_rgb(hue, saturation, value)
