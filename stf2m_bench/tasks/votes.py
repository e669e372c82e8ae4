"""Votes of raters as a task has them: written into its clip list, read from there, narrowed to an episode's classes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TIME = "time"
"""The condition of votes that are shares of a window's ratings, no raters."""
_ONE = re.compile(r"(?P<emotion>[^=;]+)=(?P<count>\d+(\.\d+)?(e-\d+)?)")


@dataclass(frozen=True)
class Rated:
    """What a task does with the votes of its corpus; nothing by default.

    Attributes:
        votes: whose votes are scored and shown with the shots: a condition of the corpus, such as `voice`.
        majority: share of all votes of a clip that its first emotion needs, else the clip is left out; 0 is any clip.
        relabelled: the emotion of a clip is the one that leads its votes, not the corpus's own. A clip that none leads
            alone is left out, as it is where a majority is asked for.
    """

    votes: str = ""
    majority: float = 0.0
    relabelled: bool = False

    def takes(self, votes: Mapping[str, float]) -> bool:
        """Whether a clip with these votes is in the clip list."""
        first, share = leading(votes)
        return (first is not None and share >= self.majority) or not (self.majority or self.relabelled)

    def __str__(self) -> str:
        """Where the emotions of a task come from, and what is done with votes, in sentences."""
        if not self.votes:
            return "Emotions are the corpus's own."
        own = (
            f"those that lead the votes '{self.votes}', not the corpus's own" if self.relabelled else "the corpus's own"
        )
        least = f"at least {100 * self.majority:g} % of these votes" if self.majority else "more votes than any other"
        kept = (
            f" Only clips are taken of which one emotion alone has {least}." if self.majority or self.relabelled else ""
        )
        if self.votes == TIME:
            whose = "Classes are those that most of a window has, not that of its mean. " if self.relabelled else ""
            return f"{whose}Scored, and shown with the shots, is how much of a window each class has ('{TIME}').{kept}"
        return f"Emotions are {own}.{kept} The votes '{self.votes}' are scored, and shown with the shots."


UNRATED = Rated()


def leading(votes: Mapping[str, float]) -> tuple[str | None, float]:
    """The emotion with the most votes and its share of all; None and 0 where two are first or nobody voted.

    >>> leading({"anger": 3, "fear": 1}), leading({"anger": 1, "fear": 1})
    (('anger', 0.75), (None, 0.0))
    """
    first = sorted(votes, key=votes.__getitem__)[-2:]
    if not first or votes[first[-1]] == 0 or (len(first) > 1 and votes[first[0]] == votes[first[1]]):
        return None, 0.0
    return first[-1], votes[first[-1]] / sum(votes.values())


def as_text(votes: Mapping[str, float], emotions: Iterable[str]) -> str:
    """The votes on these emotions, in their order, six digits each; empty where there are none.

    >>> as_text({"sadness": 3.0, "anger": 7.0, "fear": 0.0, "calm": 1.0}, ["anger", "fear", "sadness"])
    'anger=7;sadness=3'
    """
    return ";".join(f"{emotion}={votes[emotion]:g}" for emotion in emotions if votes.get(emotion))


def from_text(text: str) -> dict[str, float]:
    """Emotion -> votes.

    Raises:
        ValueError: not `emotion=votes;emotion=votes`, or an emotion twice.
    """
    found = [_ONE.fullmatch(one) for one in text.split(";")] if text else []
    votes = {one["emotion"]: float(one["count"]) for one in found if one}
    if len(votes) < len(found) or not all(map(math.isfinite, votes.values())):
        raise ValueError(f"'{text}' is not of the form anger=7;sadness=3")
    return votes


def as_matrix(texts: Sequence[str], emotions: Sequence[str]) -> Floats:
    """Votes `[n, E]` of n clips on these emotions."""
    read = map(from_text, texts)
    return np.array([[votes.get(emotion, 0.0) for emotion in emotions] for votes in read]).reshape(len(texts), -1)


def on_classes(votes: Floats, rows: NDArray[np.integer[Any]], classes: NDArray[np.integer[Any]]) -> Floats:
    """Votes `[B, S, N]` that the clips `rows` `[B, S]` have on the N emotions `classes` `[B, N]` of their episode."""
    found: Floats = votes[rows[:, :, None], classes[:, None, :]]
    return found


def vote_faults(clips: Sequence[str], texts: Sequence[str], emotions: Iterable[str]) -> list[str]:
    """Votes of a clip list that cannot be read, or on emotions that the task does not have."""
    known, faults = set(emotions), []
    for clip, text in zip(clips, texts, strict=True):
        try:
            strange = [emotion for emotion in from_text(text) if emotion not in known]
        except ValueError as error:
            faults.append(f"votes of clip '{clip}': {error}")
            continue
        faults += [f"votes of clip '{clip}': '{emotion}' is no emotion of the task" for emotion in strange]
    return faults


def label_faults(clips: Sequence[str], labels: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Clips whose emotion does not lead their votes alone."""
    led = [leading(from_text(text))[0] for text in texts]
    return [
        f"clip '{clip}' is '{label}', but {'no emotion' if first is None else repr(first)} leads its votes"
        for clip, label, first in zip(clips, labels, led, strict=True)
        if label != first
    ]
