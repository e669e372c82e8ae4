"""Skin conductance and pulse: both follow arousal, with a lag, on a level that is the person's own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.synth.people import Person, cast_person
from stf2m_bench.datasets.synth.script import FRAME_RATE, SIGNAL_RATE, Plan, RecordingScript

Signal = NDArray[np.float64]


def record_signals(plan: Plan, recording: RecordingScript) -> Signal:
    """`[n, 3]`: seconds, eda (microsiemens), ppg (arbitrary units) at `SIGNAL_RATE`."""
    person = cast_person(plan, recording.person)
    rng = plan.rng(6, recording.person, recording.recording)
    seconds = np.arange(int(recording.frames / FRAME_RATE * SIGNAL_RATE)) / SIGNAL_RATE
    return np.column_stack([seconds, _skin(person, recording, seconds, rng), _pulse(person, recording, seconds, rng)])


def _skin(person: Person, recording: RecordingScript, seconds: Signal, rng: np.random.Generator) -> Signal:
    """A drifting level and one response a clip: about half a second late, up in 0.7 s, gone in some seconds."""
    level: Signal = person.body.tonic * np.exp(rng.normal(0, 0.12)) + rng.normal(0, 0.012) * seconds
    for clip in recording.clips:
        size = person.body.reactivity * np.exp(1.1 * clip.arousal + rng.normal(0, 0.5))
        level += size * _response(seconds - clip.start - rng.uniform(0.3, 0.7))
    for _ in range(rng.poisson(seconds[-1] / 12)):
        level += person.body.reactivity * rng.exponential(0.6) * _response(seconds - rng.uniform(0, seconds[-1]))
    return level + rng.normal(0, 0.004, len(seconds))


def _response(seconds: Signal) -> Signal:
    after = np.clip(seconds, 0, None)
    return 1.6 * (np.exp(-after / 2.0) - np.exp(-after / 0.45))


def _pulse(person: Person, recording: RecordingScript, seconds: Signal, rng: np.random.Generator) -> Signal:
    """Beats with a second, smaller bump each; faster and flatter as arousal rises, with breathing."""
    arousal = np.zeros(len(seconds))
    for clip in recording.clips:
        arousal[(seconds >= clip.start) & (seconds < clip.end)] = clip.arousal + rng.normal(0, 0.35)
    lagging = _lagged(arousal, 0.6)
    breathing = np.sin(2 * np.pi * (0.25 * seconds + rng.random()))
    rate = person.body.heart_rate + rng.normal(0, 4) + 12 * lagging + 2 * breathing
    beat = (rng.random() + np.cumsum(rate) / 60 / SIGNAL_RATE) % 1
    wave = np.exp(-((beat - 0.25) ** 2) / 0.012) + 0.4 * np.exp(-((beat - 0.55) ** 2) / 0.012)
    height = person.body.pulse * (1 - 0.3 * lagging)
    return height * wave + 0.1 * breathing + rng.normal(0, 0.02, len(seconds))


def _lagged(values: Signal, lag: float) -> Signal:
    """First-order lag of `lag` seconds."""
    share = 1 / (lag * SIGNAL_RATE)
    slow = np.empty_like(values)
    state = 0.0
    for i, value in enumerate(values):
        state += share * (value - state)
        slow[i] = state
    return slow
