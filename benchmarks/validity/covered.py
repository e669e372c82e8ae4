"""Coverage: how often a 95% interval holds the UAR expected of new people."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from counted import Point, point, stream
from designs import Design
from populations import Population, expected_uar
from sets import Array, Sets, simulate

from stf2m_bench.scoring.intervals import t_halfwidth

TWO_ROLE, QUERY_T = "two-role t", "t over query people"
BOOTSTRAP, EPISODES = "bootstrap over query people", "1.96 s/√episodes"
OVER_TRAININGS = "two-role t, over trainings"
DESIGNS = [
    *(Design(people, 1, shot) for shot in (1, 5) for people in (4, 6, 8, 12, 20, 24)),
    Design(6, 2, 1),
    *(Design(people, people // 4, shot) for shot in (1, 5) for people in (8, 12, 20, 24)),
    *(Design(people, 1, shot, personal=True) for shot in (1, 5) for people in (6, 12, 24)),
]
FEW, FOLDS = Design(6, 1, 1), Design(12, 3, 5)
OTHERS = [
    Population("only as query", supporting=0.0),
    Population("only as support", asking=0.0, person_emotion=0.0),
    Population("roles aligned (r = 0.8)", alignment=0.8),
    Population("roles opposed (r = -0.8)", alignment=-0.8),
    Population("pairs matter more", pair=0.6),
    Population("a few hard people", skewed=True),
    Population("near the ceiling", base=3.6),
    Population("effects on the chance itself", 0.6, 0.1, 0.08, 0.0, 0.15, 0.06, 0.04, 0.06, link="linear"),
    Population("all people alike", asking=0.0, supporting=0.0, person_emotion=0.0, pair=0.0),
]
TRAINING = Population("luck of training", training=0.3)
_RESAMPLES = 1000


def measure(sets: int) -> Iterator[Point]:
    """Every design with one population, then other populations with two designs."""
    for design in DESIGNS:
        yield measure_one(design, Population(), sets)
    for design in (FEW, FOLDS):
        for population in OTHERS:
            yield measure_one(design, population, sets)
    for design in (FOLDS, Design(24, 6, 5)):
        yield measure_one(design, TRAINING, sets)


def measure_one(design: Design, population: Population, sets: int) -> Point:
    """All intervals on the same sets."""
    rng = stream("coverage", design, population)
    (found,) = simulate(design, [population], sets=sets, rng=rng, shared=1.0)
    halfwidth = t_halfwidth(found.c)
    lower, upper = bootstrap(found.asked, rng)
    hits = {
        TWO_ROLE: abs(found.uar - found.truth) <= halfwidth,
        QUERY_T: abs(found.asked.mean(axis=1) - found.truth) <= t_halfwidth(found.asked),
        BOOTSTRAP: (lower <= found.truth) & (found.truth <= upper),
        EPISODES: abs(found.accuracy.mean(axis=1) - found.truth) <= over_episodes(found),
    }
    if population.training:
        spread = population.training * np.random.default_rng(0).standard_normal(100_000)
        overall = expected_uar(population, design.shares, spread).mean()
        hits[OVER_TRAININGS] = abs(found.uar - overall) <= halfwidth
    counts = {name: int(hit.sum()) for name, hit in hits.items()}
    error = 1.96 * float(np.sqrt(((found.uar - found.truth) ** 2).mean()))
    figures = {"halfwidth": 100 * float(halfwidth.mean()), "real": 100 * error, "uar": 100 * float(found.truth.mean())}
    return point("coverage", design, population.title, sets, counts, figures)


def over_episodes(found: Sets) -> Array:
    """The usual half-width of few-shot papers: 1.96 s / sqrt(episodes), s over the accuracies of episodes."""
    halfwidth: Array = 1.96 * found.accuracy.std(axis=1, ddof=1) / np.sqrt(found.accuracy.shape[1])
    return halfwidth


def bootstrap(asked: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Percentile bootstrap of the mean over query people `[B, S]`: both bounds `[B]`."""
    people = asked.shape[1]
    weights = rng.multinomial(people, [1 / people] * people, size=_RESAMPLES) / people
    lower, upper = np.quantile(asked @ weights.T, [0.025, 0.975], axis=1)
    return lower, upper
