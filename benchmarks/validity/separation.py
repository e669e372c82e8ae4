"""Tiers of models that are all equally good: how often is any of them called separated?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from counted import Point, point, stream
from designs import Design
from pairs import SAME, SHARED, detectable
from populations import expected_uar, shift_to
from sets import Array, simulate

from stf2m_bench.scoring.comparisons import LEVEL, holm, t_test, tiers

ALL_PAIRS, OTHER_ROWS = "Holm over all pairs", "Holm over the other rows"
MODELS = (2, 5, 10)
BETTER = 1.5


def measure(sets: int) -> Iterator[Point]:
    """2, 5 and 10 equal models, the same simulated results for each."""
    for design in (Design(6, 1, 1), Design(12, 3, 5), Design(24, 6, 5)):
        found = _contributions(design, [0.0] * max(MODELS), sets)
        for models in MODELS:
            rows = [c[np.argsort(-c.mean(axis=1))] for c in found[:, :models]]
            counts = {ALL_PAIRS: sum(map(_split, rows)), OTHER_ROWS: sum(map(_split_from_leader, rows))}
            yield point("tiers", design, str(models), sets, counts)


def measure_power(sets: int) -> Iterator[Point]:
    """Five models, one of them better by 1.5 times the smallest detectable difference: does it stand alone on top?"""
    for design in (Design(12, 3, 5), Design(24, 6, 5)):
        better = BETTER * detectable(design, sets)
        aim = float(expected_uar(SAME, design.shares)) + better
        found = _contributions(design, [shift_to(aim, SAME, design.shares), 0.0, 0.0, 0.0, 0.0], sets)
        firsts = [c for c in found if c.mean(axis=1).argmax() == 0]
        counts = {
            ALL_PAIRS: sum(_places(c).count(1) == 1 for c in firsts),
            OTHER_ROWS: sum(max(_against_leader(c)) < LEVEL for c in firsts),
        }
        yield point("tiers power", design, f"{BETTER:g}", sets, counts, {"difference": 100 * better})


def _contributions(design: Design, shifts: Sequence[float], sets: int) -> Array:
    """Contributions to models that differ by their shifts alone `[B, M, S]`."""
    rng = stream("tiers", design, shifts)
    models = simulate(design, [SAME] * len(shifts), sets=sets, rng=rng, shared=SHARED, shifts=shifts)
    return np.stack([model.c for model in models], axis=1)


def _split(c: Array) -> bool:
    return max(_places(c)) > 1


def _split_from_leader(c: Array) -> bool:
    return min(_against_leader(c)) < LEVEL


def _places(c: Array) -> list[int]:
    people = [str(number) for number in range(c.shape[1])]
    return tiers([dict(zip(people, row, strict=True)) for row in c]) or []


def _against_leader(c: Array) -> list[float]:
    """Adjusted p of each row below the first."""
    return holm(t_test(c[0] - c[1:]).tolist())
