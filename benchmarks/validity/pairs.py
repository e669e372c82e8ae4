"""Two models on the same people: false positives of each test under the null, and power."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
from counted import Point, point, stream
from covered import TRAINING
from designs import Design
from populations import Population, expected_uar, shift_to
from sets import Array, Sets, simulate

from stf2m_bench.scoring.comparisons import LEVEL, sign_flip, smallest_detectable, t_test

PAIRED_T, FLIP = "paired t", "sign flip"
FLIP_QUERY, Z = "sign flip on query means", "z over episodes"
SAME = Population("equal spread")
DESIGNS = [
    *(Design(people, 1, shot) for shot in (1, 5) for people in (6, 12, 24)),
    *(Design(people, people // 4, shot) for shot in (1, 5) for people in (8, 12, 24)),
    Design(12, 1, 5, personal=True),
]
NULLS = [
    (SAME, replace(SAME, title="good at other emotions", emotions=-SAME.emotions)),
    (SAME, Population("half the spread", asking=0.25, supporting=0.2, person_emotion=0.2)),
    (replace(SAME, skewed=True), Population("a few hard people", skewed=True)),
    (replace(SAME, base=3.6), Population("near the ceiling", base=3.6)),
    (replace(SAME, alignment=0.8), Population("roles aligned (r = 0.8)", alignment=0.8)),
    (replace(SAME, training=0.3), replace(TRAINING, title="luck of training, over trainings")),
]
FEW, FOLDS = Design(6, 1, 1), Design(12, 3, 5)
SHARED = 0.5
STEPS = (0.5, 1.0, 1.5)
_SIZING_SETS = 500


def measure_null(sets: int) -> Iterator[Point]:
    """False positives: two models whose expected UAR is the same."""
    for design in DESIGNS:
        yield null_point(design, SAME, SAME, sets)
    for design in (FEW, FOLDS):
        for one, other in NULLS:
            if design.folds > 1 or not other.training:
                yield null_point(design, one, other, sets)


def measure_power(sets: int) -> Iterator[Point]:
    """How often a difference of so many times the smallest detectable one is found."""
    for design in (FEW, Design(12, 3, 1), FOLDS, Design(24, 6, 5)):
        size = detectable(design, sets)
        for step in STEPS:
            one, other = two_models(design, SAME, SAME, step * size, sets, f"power {step}")
            differences = other.c - one.c
            counts = {PAIRED_T: int((t_test(differences) < LEVEL).sum()), FLIP: _flips(differences)}
            yield point("power", design, f"{step:g}", sets, counts, {"difference": 100 * step * size})


@cache
def detectable(design: Design, sets: int) -> float:
    """The mean over sets of the smallest detectable difference of two models alike, as a share of 1."""
    one, other = two_models(design, SAME, SAME, 0.0, min(sets, _SIZING_SETS), "sizing")
    people = [str(number) for number in range(design.people)]
    sizes = [smallest_detectable(dict(zip(people, difference, strict=True))) for difference in one.c - other.c]
    return float(np.mean([size for size in sizes if size is not None]))


def null_point(design: Design, one: Population, other: Population, sets: int) -> Point:
    """All tests on the same sets."""
    first, second = two_models(design, one, other, 0.0, sets, "null")
    differences = first.c - second.c
    episodes = (first.accuracy - second.accuracy).astype(np.float64)
    z = episodes.mean(axis=1) / (episodes.std(axis=1, ddof=1) / np.sqrt(design.episodes))
    counts = {
        PAIRED_T: int((t_test(differences) < LEVEL).sum()),
        FLIP: _flips(differences),
        FLIP_QUERY: _flips(first.asked - second.asked),
        Z: int((abs(z) > 1.96).sum()),
    }
    return point("false positives", design, other.title, sets, counts)


def two_models(
    design: Design, one: Population, other: Population, difference: float, sets: int, purpose: str
) -> list[Sets]:
    """Both models' results; the other's expected UAR is higher by `difference`, a share of 1.

    Skewed effects are sums of a common and an own one, less skewed than one alone, for both models alike.
    """
    aim = float(expected_uar(one, design.shares)) + difference
    shifts = [0.0, shift_to(aim, other, design.shares)]
    rng = stream(purpose, design, one, other)
    return simulate(design, [one, other], sets=sets, rng=rng, shared=SHARED, shifts=shifts)


def _flips(differences: Array) -> int:
    return sum(sign_flip(one) < LEVEL for one in differences)
