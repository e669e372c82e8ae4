"""What a face does over a recording: expressions with their courses, speech, blinks, small movements of the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.synth.expression import ACTIONS, COURSES
from stf2m_bench.datasets.synth.face import Light, draw
from stf2m_bench.datasets.synth.people import cast_person, shown_face
from stf2m_bench.datasets.synth.script import FRAME_RATE, SAMPLES_A_FRAME, ClipScript, Plan, RecordingScript

_AT = {name: i for i, name in enumerate(ACTIONS)}
_HEAD = [_AT["pitch"], _AT["roll"], _AT["yaw"]]


def film_recording(plan: Plan, recording: RecordingScript, opening: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Pictures `[frames, size, size, 3]` of a recording; `opening` is the voice's, `[samples]`."""
    person = cast_person(plan, recording.person)
    rng = plan.rng(7, recording.person, recording.recording)
    motion = np.zeros((recording.frames, len(ACTIONS) + 1))
    for clip in recording.clips:
        motion[clip.first : clip.first + clip.frames, :-1] = _play(plan, clip)
    motion[:, _HEAD] += _wander(recording.frames, rng)
    spoken = opening.reshape(-1, SAMPLES_A_FRAME).mean(1)
    motion[:, _AT["jaw"]] += 0.25 * spoken * rng.uniform(0.4, 1.0, recording.frames)
    motion[:, -1] = _blinks(recording.frames, rng)
    light = _light(plan, recording.person, recording.recording)
    pictures = draw(person.look, motion.astype(np.float32), light, size=plan.size, rng=rng)
    place, own = plan.rng(14, recording.person), plan.rng(15, recording.person, recording.recording)
    return plan.parts.disturb_pictures(pictures, place, own)


def _play(plan: Plan, clip: ClipScript) -> NDArray[np.float64]:
    """Actions `[frames, actions]` of one clip."""
    rng = plan.rng(8, clip.person, clip.recording, clip.place)
    apex = shown_face(plan, cast_person(plan, clip.person), clip, rng)
    course = COURSES[plan.parts.gestures or clip.emotion]
    delay = int(rng.integers(0, 4))
    strength = np.zeros(clip.frames)
    strength[delay:] = plan.parts.strength(clip.emotion, clip.frames - delay, FRAME_RATE, clip.rng(plan, 11))
    actions = strength[:, None] * apex
    seconds = np.arange(clip.frames) / FRAME_RATE
    moving = np.sin(2 * np.pi * (rng.uniform(1.2, 2.4) * seconds + rng.random())) * strength * clip.intensity
    actions[:, _AT["pitch"]] += course.nod * 2 * moving
    actions[:, _AT["yaw"]] += course.shake * 2 * moving
    actions += course.tremor * clip.intensity * strength[:, None] * rng.normal(size=actions.shape)
    actions[:, _HEAD] += (course.tremor * 2) * strength[:, None] * rng.normal(size=(clip.frames, len(_HEAD)))
    return actions


def _wander(frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Slow head movements `[frames, 3]` between random places a second apart, about a pose of the recording's own."""
    knots = rng.normal(0, 0.25, (frames // 12 + 2, len(_HEAD))) + rng.normal(0, 0.2, len(_HEAD))
    at = np.arange(frames) / 12
    return np.column_stack([np.interp(at, np.arange(len(knots)), column) for column in knots.T])


def _blinks(frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    shut = np.zeros(frames)
    for start in np.flatnonzero(rng.random(frames) < 0.3 / FRAME_RATE):
        shape = (0.7, 1.0, 0.4)[: frames - start]
        shut[start : start + len(shape)] = shape
    return shut


def _light(plan: Plan, person: int, recording: int) -> Light:
    """The light of a session; a little different in each recording."""
    session = plan.rng(9, person, plan.session(recording))
    right, down, gain = session.uniform(-0.25, 0.25), session.uniform(-0.2, 0.1), session.uniform(0.75, 1.1)
    own = plan.rng(10, person, recording)
    return Light(
        right=right + own.normal(0, 0.03),
        down=down,
        gain=gain * own.uniform(0.92, 1.08),
        noise=own.uniform(0.004, 0.016),
    )
