"""The canonical emotions: 55 keys with coarse parents, read from `emotions.csv` (data, not code)."""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Emotion:
    """One canonical emotion.

    Attributes:
        coarse: its class among neutral, happiness, sadness, anger, fear, disgust, surprise, contempt, or None.
        coarse_loose: the class it folds into when loose folding is asked for, or None.
        valence, arousal: usual sign, one of `+`, `-`, `0` (a prior, recalled from the literature).
        kind: `emotion`, `state` (stress, pain ...) or `attitude` (approval, concern ...).
    """

    key: str
    code: str
    coarse: str | None
    coarse_loose: str | None
    valence: str
    arousal: str
    kind: str
    covers: str


@cache
def canonical_emotions() -> dict[str, Emotion]:
    """Key -> emotion, in the order of the file."""
    text = files("stf2m_bench.datasets.base").joinpath("emotions.csv").read_text(encoding="utf-8")
    emotions = [
        Emotion(
            key=row["emotion"],
            code=row["code"],
            coarse=row["coarse"] or None,
            coarse_loose=row["coarse_loose"] or None,
            valence=row["valence"],
            arousal=row["arousal"],
            kind=row["kind"],
            covers=row["covers"],
        )
        for row in csv.DictReader(text.splitlines())
    ]
    return {emotion.key: emotion for emotion in emotions}


def nearest_emotion(word: str) -> str | None:
    """The canonical key that a corpus's word most likely means: `happy` is `happiness`; None where none is near."""
    meant = {
        synonym.strip(): key for key, emotion in canonical_emotions().items() for synonym in emotion.covers.split(",")
    }
    meant |= {key: key for key in canonical_emotions()}
    near = difflib.get_close_matches(word.strip().lower(), meant, n=1, cutoff=0.6)
    return meant[near[0]] if near else None
