"""The script of emosynth: who says what, when, with which emotion; all of it follows from the seed, media or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.synth.expression import AROUSAL, EMOTIONS, VALENCE
from stf2m_bench.datasets.synth.sentences import NEUTRAL, SENTENCES, leaning_to
from stf2m_bench.datasets.synth.variants import VARIANTS, Variant

FRAME_RATE = 12.5
SOUND_RATE = 16_000
SIGNAL_RATE = 32
SAMPLES_A_FRAME = 1280


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What decides every byte of the corpus.

    Attributes:
        variant: a key of `VARIANTS`.
        recordings: of each person; each holds one clip of every emotion.
        size: picture height and width in pixels.
        raters: how many votes a clip has.
        ambiguous: share of clips that blend two emotions.
        leaning: share of clips whose sentence leans to the clip's own emotion; as many lean to a random one.
        style: spread of people about the prototype of an emotion, as a share of it.
        variation: spread of one person's clips of one emotion.
    """

    seed: int = 2412
    variant: str = "base"
    subjects: int = 20
    recordings: int = 10
    size: int = 80
    raters: int = 10
    ambiguous: float = 0.18
    leaning: float = 0.14
    style: float = 0.3
    variation: float = 0.22

    def rng(self, *place: int) -> np.random.Generator:
        """The generator of one place of the corpus (person, recording, clip, purpose), whatever was drawn elsewhere."""
        return np.random.default_rng([self.seed, *place])

    @property
    def parts(self) -> Variant:
        """What the variant does otherwise than the base."""
        return VARIANTS[self.variant]

    def session(self, recording: int) -> int:
        """0 or 1: the first or the second half of a person's recordings."""
        return int(recording >= (self.recordings + 1) // 2)


@dataclass(frozen=True, kw_only=True)
class ClipScript:
    """One clip to be played.

    Attributes:
        first, frames: place and length in pictures of its recording.
        other, blend: the emotion mixed in, and its share in [0, 0.5).
        intensity: strength of the expression, about 0.4 to 1.1.
        sentence: place in `SENTENCES`.
        lead: seconds from the clip's start to the voice.
        votes: `[8]` raters by emotion, in the order of `EMOTIONS`.
    """

    person: int
    recording: int
    place: int
    emotion: str
    other: str
    blend: float
    intensity: float
    sentence: int
    first: int
    frames: int
    lead: float
    valence: float
    arousal: float
    votes: tuple[int, ...]

    @property
    def clip_id(self) -> str:
        return f"{recording_name(self.person, self.recording)}_c{self.place + 1}"

    @property
    def start(self) -> float:
        return self.first / FRAME_RATE

    @property
    def end(self) -> float:
        return (self.first + self.frames) / FRAME_RATE

    def rng(self, plan: Plan, purpose: int) -> np.random.Generator:
        """The generator of one purpose in this clip."""
        return plan.rng(purpose, self.person, self.recording, self.place)

    def shares(self, always: str | None = None) -> NDArray[np.float64]:
        """`[8]`: how much of each emotion is shown, or of the one that `always` is; sums to 1."""
        shown = np.zeros(len(EMOTIONS))
        shown[EMOTIONS.index(always or self.emotion)] += 1 - self.blend
        shown[EMOTIONS.index(always or self.other)] += self.blend
        return shown


@dataclass(frozen=True, kw_only=True)
class RecordingScript:
    """Clips recorded in one go, with pauses between them; `frames` is its whole length in pictures."""

    person: int
    recording: int
    clips: tuple[ClipScript, ...]
    frames: int


def person_name(person: int) -> str:
    """`p01` for person 0."""
    return f"p{person + 1:02d}"


def recording_name(person: int, recording: int) -> str:
    """`p01_r01` for the first recording of person 0."""
    return f"{person_name(person)}_r{recording + 1:02d}"


def script(plan: Plan) -> list[RecordingScript]:
    """Every recording of the corpus, by person, then recording."""
    return [
        script_recording(plan, person, recording)
        for person in range(plan.subjects)
        for recording in range(plan.recordings)
    ]


def script_recording(plan: Plan, person: int, recording: int) -> RecordingScript:
    """One clip of every emotion in shuffled order, 0.4 to 0.7 s apart."""
    rng = plan.rng(1, person, recording)
    fewest, most = plan.parts.frames
    clips = []
    frame = int(rng.integers(5, 9))
    for place, which in enumerate(rng.permutation(len(EMOTIONS))):
        frames = int(rng.integers(fewest, most + 1))
        clips.append(_script_clip(plan, person, recording, place, EMOTIONS[which], frame, frames))
        frame += frames + int(rng.integers(5, 9))
    return RecordingScript(person=person, recording=recording, clips=tuple(clips), frames=frame)


def _script_clip(
    plan: Plan, person: int, recording: int, place: int, emotion: str, first: int, frames: int
) -> ClipScript:
    rng = plan.rng(2, person, recording, place)
    other = EMOTIONS[rng.choice([i for i, name in enumerate(EMOTIONS) if name != emotion])]
    blend = plan.parts.blend(plan.ambiguous, rng)
    intensity = rng.uniform(0.6, 1.15)
    told = intensity * plan.parts.appraisal
    return ClipScript(
        person=person,
        recording=recording,
        place=place,
        emotion=emotion,
        other=other,
        blend=round(blend, 3),
        intensity=round(intensity, 3),
        sentence=_sentence(plan, emotion, rng),
        first=first,
        frames=frames,
        lead=round(rng.uniform(0.1, 0.4), 3),
        valence=_appraisal(VALENCE, emotion, other, blend, told, rng),
        arousal=_appraisal(AROUSAL, emotion, other, blend, told, rng),
        votes=_votes(plan, emotion, other, blend, rng),
    )


def _sentence(plan: Plan, emotion: str, rng: np.random.Generator) -> int:
    kind = rng.random()
    if kind < plan.leaning:
        return int(rng.choice(leaning_to(emotion)))
    if kind < 2 * plan.leaning:
        return int(rng.integers(len(NEUTRAL), len(SENTENCES)))
    return int(rng.integers(len(NEUTRAL)))


def _appraisal(
    table: dict[str, float], emotion: str, other: str, blend: float, told: float, rng: np.random.Generator
) -> float:
    mixed = (1 - blend) * table[emotion] + blend * table[other]
    return round(float(np.clip(mixed * told + rng.normal(0, 0.08), -1, 1)), 3)


def _votes(plan: Plan, emotion: str, other: str, blend: float, rng: np.random.Generator) -> tuple[int, ...]:
    """Votes of raters who see the blend and sometimes err; drawn again until the clip's emotion leads alone."""
    mine, its = EMOTIONS.index(emotion), EMOTIONS.index(other)
    shares = np.full(len(EMOTIONS), 0.08 / len(EMOTIONS))
    shares[mine] += 0.92 * (1 - blend)
    shares[its] += 0.92 * blend
    while True:
        votes = rng.multinomial(plan.raters, shares)
        if votes[mine] > np.delete(votes, mine).max():
            return tuple(int(count) for count in votes)
