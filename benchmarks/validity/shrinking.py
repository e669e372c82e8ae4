"""Intervals against the number of episodes: what more episodes of the same people can tell, and what not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from counted import Point, point, stream
from covered import EPISODES, TWO_ROLE, over_episodes
from designs import Design
from populations import Population
from sets import simulate

from stf2m_bench.scoring.intervals import t_halfwidth

NUMBERS = (10, 30, 100, 300, 1000, 10_000, 100_000)
MANY, FEWER = 1000, 8


def measure(sets: int, most: int = NUMBERS[-1]) -> Iterator[Point]:
    """Twelve people in folds of 4, 5 shots, up to `most` episodes; above 1,000 an eighth of the sets."""
    for number in (number for number in NUMBERS if number <= most):
        design = Design(12, 3, 5, episodes=number)
        count = sets if number <= MANY else sets // FEWER
        (found,) = simulate(design, [Population()], sets=count, rng=stream("episodes", design), shared=1.0)
        error = abs(found.accuracy.mean(axis=1, dtype=np.float64) - found.truth)
        figures = {EPISODES: 100 * float(over_episodes(found).mean()), "real": 100 * float(np.quantile(error, 0.95))}
        counts = {EPISODES: int((error <= over_episodes(found)).sum())}
        if not np.isnan(found.c).any():
            halfwidth = t_halfwidth(found.c)
            counts[TWO_ROLE] = int((abs(found.uar - found.truth) <= halfwidth).sum())
            figures[TWO_ROLE] = 100 * float(halfwidth.mean())
        yield point("episodes", design, Population().title, count, counts, figures)
