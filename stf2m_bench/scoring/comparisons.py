"""Comparing models on the same people: paired difference, sign flips, Holm's correction, tiers.

All of it rests on the people's contributions c (`ShotFigures.subjects`). They are linear in the correctness of the
queries, so that on the same episodes the contribution of a difference is the difference of the contributions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stf2m_bench.scoring.intervals import FEWEST_PEOPLE
from stf2m_bench.scoring.metrics import Floats

LEVEL = 0.05
POWER = 0.8
_ENUMERATED = 16
_DRAWS = 100_000


@dataclass(frozen=True)
class Comparison:
    """One model's UAR minus another's, in points, on the same people.

    Attributes:
        difference: points. halfwidth: of its 95% interval for new people.
        p: two-sided, of the paired t test on the contributions; `p_flip`: of the sign-flip test, a second opinion.
        people: how many; below 6 both p are NaN and the halfwidth is infinite.
    """

    difference: float
    halfwidth: float
    p: float
    p_flip: float
    people: int


def compare(one: Mapping[str, float], other: Mapping[str, float]) -> Comparison:
    """The paired comparison of two results, from each person's contribution to the UAR.

    Args:
        one, other: person -> c in percent; the same people.

    Raises:
        ValueError: other people.
    """
    if one.keys() != other.keys():
        raise ValueError("results of different people cannot be compared in pairs")
    differences = np.array([one[person] - other[person] for person in sorted(one)])
    count = len(differences)
    if count < FEWEST_PEOPLE:
        return Comparison(float(differences.mean()), np.inf, np.nan, np.nan, count)
    from scipy.special import stdtr, stdtrit

    error = float(differences.std(ddof=1)) / np.sqrt(count)
    mean = float(differences.mean())
    ratio = abs(mean) / error if error > 0 else (np.inf if mean else 0.0)
    p = min(2 * float(stdtr(count - 1, -ratio)), 1.0)
    return Comparison(mean, float(stdtrit(count - 1, 1 - LEVEL / 2)) * error, p, sign_flip(differences), count)


def sign_flip(differences: Floats) -> float:
    """Two-sided p of the sign-flip test: how often |mean| is as large when each person's sign is a coin's.

    Exact up to 16 people, else 100,000 draws from a fixed stream, p = (1 + hits) / (1 + draws); the smallest exact p
    is 2 / 2^S. Fisher 1935, "The Design of Experiments", section 21; Phipson & Smyth 2010 for the draws.

    >>> sign_flip(np.array([1.0, 2.0, 3.0]))
    0.25
    """
    count = len(differences)
    if count <= _ENUMERATED:
        numbers = np.arange(2**count)
        signs = 1 - 2 * ((numbers[:, None] >> np.arange(count)) & 1)
    else:
        signs = 1 - 2 * np.random.Generator(np.random.Philox(0)).integers(0, 2, size=(_DRAWS, count))
    seen = abs(differences.sum())
    as_large = int((abs(signs @ differences) >= seen * (1 - 1e-12)).sum())
    return as_large / len(signs) if count <= _ENUMERATED else (1 + as_large) / (1 + len(signs))


def holm(p: Sequence[float]) -> list[float]:
    """P values adjusted for their number, in the given order: Holm 1979, "A simple sequentially rejective multiple test
    procedure"; NaN is never below any level.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [float("nan")] * len(p)
    running = 0.0
    order = sorted((value, place) for place, value in enumerate(p) if value == value)
    for rank, (value, place) in enumerate(order):
        running = max(running, min((len(order) - rank) * value, 1.0))
        adjusted[place] = running
    return adjusted


def tiers(rows: Sequence[Mapping[str, float]]) -> list[int] | None:
    """The tier of each row, from 1, for rows in falling order of UAR; None where fewer than 6 people were tested.

    The leader of a tier is compared with every row below it. With Holm's correction over these, those not separated
    from it share its tier; the first separated one leads the next. A shared tier says *not separated*, never *equal*.

    Args:
        rows: each one's contributions, person -> c in percent.
    """
    if rows and len(rows[0]) < FEWEST_PEOPLE:
        return None
    found: list[int] = []
    left = list(range(len(rows)))
    places = [0] * len(rows)
    while left:
        tier = len(found) + 1
        found.append(tier)
        leader, *others = left
        adjusted = holm([compare(rows[leader], rows[other]).p for other in others])
        separated = [other for other, p in zip(others, adjusted, strict=True) if p < LEVEL]
        for place in left:
            places[place] = tier
        left = separated
    return places


def smallest_detectable(contributions: Mapping[str, float]) -> float | None:
    """The difference in points that a paired test on these people finds 4 times in 5, or None below 6 people.

    (t.975(S - 1) + t.8(S - 1)) sd(c) / sqrt(S) (Cohen 1988, section 2.4, with t for z). Given the contributions of a
    difference, it is that of this comparison; given those of one row, a cautious figure for two unrelated rows of
    equal spread would be sqrt(2) times as large.
    """
    count = len(contributions)
    if count < FEWEST_PEOPLE:
        return None
    from scipy.special import stdtrit

    factor = float(stdtrit(count - 1, 1 - LEVEL / 2) + stdtrit(count - 1, POWER))
    return factor * float(np.std(list(contributions.values()), ddof=1)) / float(np.sqrt(count))
