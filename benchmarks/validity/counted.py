"""One point of a study: how often each method was right, or struck, in so many simulated sets."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from designs import Design

_Z = 1.959963984540054


@dataclass(frozen=True)
class Point:
    """A simulated point.

    Attributes:
        study: `coverage`, `false positives`, `power`, `tiers` or `episodes`.
        case: the population, or what else sets the point apart.
        counts: method -> in how many of the `sets`.
        figures: what else was seen, in points of UAR.
    """

    study: str
    layout: str
    people: int
    shot: int
    episodes: int
    case: str
    sets: int
    counts: dict[str, int]
    figures: dict[str, float] = field(default_factory=dict)


def point(
    study: str, design: Design, case: str, sets: int, counts: dict[str, int], figures: dict[str, float] | None = None
) -> Point:
    """A point of this design."""
    rounded = {name: round(value, 3) for name, value in (figures or {}).items()}
    return Point(study, design.layout, design.people, design.shot, design.episodes, case, sets, counts, rounded)


def stream(*words: object) -> np.random.Generator:
    """Random numbers of one point alone: the same whatever else is simulated."""
    return np.random.default_rng(list(repr(words).encode()))


def wilson(hits: int, sets: int) -> tuple[float, float]:
    """95% Monte-Carlo bounds of a share. Wilson 1927, JASA 22.

    >>> [round(bound, 4) for bound in wilson(95, 100)]
    [0.8882, 0.9785]
    """
    share, widening = hits / sets, _Z**2 / sets
    centre = (share + widening / 2) / (1 + widening)
    half = _Z * np.sqrt(share * (1 - share) / sets + widening / (4 * sets)) / (1 + widening)
    return float(centre - half), float(centre + half)
