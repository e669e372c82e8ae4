"""Comparing models on the same people: paired difference, sign flips, Holm's correction, tiers.

All of it rests on the people's contributions c (`ShotFigures.subjects`). They are linear in the correctness of the
queries, so that on the same episodes the contribution of a difference is the difference of the contributions.
docs/validity.md shows by simulation how often these tests err and what they find.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stf2m_bench.scoring.intervals import FEWEST_PEOPLE, t_halfwidth
from stf2m_bench.scoring.metrics import Floats

LEVEL = 0.05
POWER = 0.8
_ENUMERATED = 32
_DRAWS = 100_000
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Comparison:
    """One model's UAR minus another's, in points, on the same people.

    Attributes:
        difference: points; the mean over people, which is that of the UARs where all folds test equally many.
        halfwidth: of its 95% interval for new people.
        p: two-sided, of the paired t test on the contributions; `p_flip`: of the sign-flip test, a second opinion.
        people: how many; below 6 both p are NaN and the halfwidth is infinite; of nobody the difference is NaN too.
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
    first, second = _aligned([one, other])
    differences = first - second
    mean, count = float(differences.mean()) if len(differences) else np.nan, len(differences)
    if count < FEWEST_PEOPLE:
        return Comparison(mean, np.inf, np.nan, np.nan, count)
    halfwidth, p = float(t_halfwidth(differences)), float(t_test(differences))
    return Comparison(mean, halfwidth, p, sign_flip(differences), count)


def t_test(differences: Floats) -> Floats:
    """Two-sided p of the paired t test: is the mean of S differences zero? Student 1908, Biometrika 6.

    Where all differences are equal, p is 1 if they are zero, else 0.

    Args:
        differences: `[..., S]`.

    Returns:
        `[...]`.
    """
    from scipy.special import stdtr

    count = differences.shape[-1]
    mean, error = abs(differences.mean(axis=-1)), differences.std(axis=-1, ddof=1) / np.sqrt(count)
    surely = np.where(mean > 0, np.inf, 0.0)
    ratio = np.divide(mean, error, out=surely, where=error > _ROUNDING * mean)
    p: Floats = 2 * stdtr(count - 1, -ratio)
    return p


def sign_flip(differences: Floats) -> float:
    """Two-sided p of the sign-flip test: how often |sum| is as large when each person's sign is a coin's.

    Exact up to 32 people: the sums of all signs of one half of the people meet those of the other half, sorted
    (Horowitz & Sahni 1974). Beyond, 100,000 draws from a fixed stream, p = (1 + hits) / (1 + draws) (Phipson & Smyth
    2010). The smallest exact p is 2 / 2^S. Fisher 1935, "The Design of Experiments", section 21.

    >>> sign_flip(np.array([1.0, 2.0, 3.0]))
    0.25
    """
    count = len(differences)
    seen = abs(differences.sum()) - _ROUNDING * abs(differences).sum()
    if count > _ENUMERATED:
        signs = 1 - 2 * np.random.Generator(np.random.Philox(0)).integers(0, 2, size=(_DRAWS, count))
        return (1 + int(np.count_nonzero(abs(signs @ differences) >= seen))) / (1 + _DRAWS)
    one, other = _signed_sums(differences[: count // 2]), np.sort(_signed_sums(differences[count // 2 :]))
    above = len(other) - np.searchsorted(other, seen - one, side="left")
    below = np.searchsorted(other, -seen - one, side="right")
    return min(int(above.sum() + below.sum()) / 2.0**count, 1.0)


def _signed_sums(values: Floats) -> Floats:
    """The sums under all 2^n signs of n values."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums


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

    The leader of a tier is compared with every row below it: those not separated from it share its tier; the first
    separated one leads the next. A shared tier says *not separated*, never *equal*. Holm's correction is over all pairs
    of rows: the leader is the best of them by luck, too, and a correction over the other rows alone would not pay for
    having chosen it (docs/validity.md has the figures).

    Args:
        rows: each one's contributions, person -> c in percent; the same people.

    Raises:
        ValueError: other people.
    """
    if not rows:
        return []
    c = _aligned(rows)
    if c.shape[1] < FEWEST_PEOPLE:
        return None
    upper, lower = np.triu_indices(len(rows), k=1)
    separated = np.zeros((len(rows), len(rows)), dtype=bool)
    separated[upper, lower] = np.array(holm(t_test(c[upper] - c[lower]).tolist())) < LEVEL
    places = [0] * len(rows)
    left, tier = list(range(len(rows))), 0
    while left:
        leader, tier = left[0], tier + 1
        for row in left:
            places[row] = tier
        left = [row for row in left if separated[leader, row]]
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


def _aligned(rows: Sequence[Mapping[str, float]]) -> Floats:
    """The contributions `[rows, S]`, people in the order of their names."""
    if any(row.keys() != rows[0].keys() for row in rows):
        raise ValueError("results of different people cannot be compared in pairs")
    people = sorted(rows[0])
    return np.array([[row[person] for person in people] for row in rows], dtype=np.float64)
