"""Sets: people drawn from a population answer the episodes of a design, scored by the bench's own functions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from designs import QUERIES, WAYS, Design
from numpy.typing import NDArray
from populations import EMOTIONS, Population, expected_uar

from stf2m_bench.scoring import metrics
from stf2m_bench.scoring.intervals import contributions, linearised

Array = NDArray[Any]
_AT_ONCE = 3_000_000


@dataclass(frozen=True)
class Sets:
    """One model's results on B sets of S people, E episodes; shares of 1.

    Attributes:
        uar: `[B]`. c: contributions `[B, S]`, NaN where asking and supporting cannot be told apart.
        asked: mean over the queries of each person `[B, S]`. accuracy: of each episode `[B, E]`.
        truth: the UAR expected of new people, given each fold's training `[B]`.
    """

    uar: Array
    c: Array
    asked: Array
    accuracy: Array
    truth: Array


def simulate(
    design: Design,
    models: Sequence[Population],
    *,
    sets: int,
    rng: np.random.Generator,
    shared: float,
    shifts: Sequence[float] | None = None,
) -> list[Sets]:
    """Results of each model.

    Args:
        shared: the share of the variance of each effect that is common to all models; 1 for a single one.
        shifts: added to each model's effects.
    """
    at_once = max(10, _AT_ONCE // design.asking.size)
    parts: list[list[Sets]] = [[] for _ in models]
    for first in range(0, sets, at_once):
        count = min(at_once, sets - first)
        answers = _answers(design, models, shifts or [0.0] * len(models), shared, count, rng)
        for part, (correct, truth) in zip(parts, answers, strict=True):
            part.append(score_sets(design, correct, truth))
    return [Sets(*(np.concatenate([getattr(one, f.name) for one in part]) for f in fields(Sets))) for part in parts]


def score_sets(design: Design, correct: Array, truth: Array) -> Sets:
    """Score the correctness `[B, E, Q]` as `scoring.score` does, all sets at once."""
    sets = len(correct)
    uar, c, asked = np.zeros(sets), np.zeros((sets, design.people)), np.zeros((sets, design.people))
    for fold in range(design.folds):
        rows = design.drawn.fold == fold
        y = correct[:, rows].reshape(sets, -1)
        emotion, asking = design.drawn.truth[rows].ravel(), design.asking[rows].ravel()
        number = np.broadcast_to(np.arange(sets)[:, None], y.shape)
        recall = metrics.recalls(y, np.broadcast_to(emotion, y.shape), number, emotions=EMOTIONS, folds=sets)
        z = linearised(y, emotion, recall)
        supporting = None if design.personal else np.repeat(design.supporting[rows], WAYS * QUERIES, axis=0)
        found = contributions(z, asking, supporting)
        uar += recall.mean(axis=1) / design.folds
        c[:, found.people] = found.values if found.told_apart else np.nan
        asked[:, found.people] = (z @ (asking[:, None] == found.people)) / np.maximum(
            np.bincount(asking, minlength=design.people), 1
        )[found.people]
    return Sets(uar, c, asked, correct.mean(axis=2).astype(np.float32), truth)


def _answers(
    design: Design,
    models: Sequence[Population],
    shifts: Sequence[float],
    shared: float,
    sets: int,
    rng: np.random.Generator,
) -> Iterator[tuple[Array, Array]]:
    """Correctness `[B, E, Q]` and truth `[B]` of each model."""
    common = _unit_effects(models[0], design, sets, rng)
    for population, shift in zip(models, shifts, strict=True):
        own = _unit_effects(population, design, sets, rng)
        units = [
            math.sqrt(shared) * one + math.sqrt(1 - shared) * other for one, other in zip(common, own, strict=True)
        ]
        training = population.training * units.pop() + shift
        chance = population.chance(_effects(design, population, units) + training[:, design.drawn.fold, None])
        right = rng.random(chance.shape, dtype=np.float32) < chance
        yield right.astype(np.float64), expected_uar(population, design.shares, training).mean(axis=1)


def _effects(design: Design, population: Population, units: Sequence[Array]) -> Array:
    """The sum of the effects on each query, but for training `[B, E, Q]`."""
    asking, supporting, person_emotion, pair, episode = units
    supporting = population.alignment * asking + math.sqrt(1 - population.alignment**2) * supporting
    cells = population.base + population.difficulties + population.asking * asking[..., None]
    cells = (cells + population.person_emotion * person_emotion).reshape(len(asking), -1)
    effects: Array = cells[:, design.asking * EMOTIONS + design.drawn.truth]
    effects += population.episode * episode[..., None]
    if not design.personal:
        meeting, asked, helpers = design.meetings
        help_given = population.supporting * supporting[:, helpers] + population.pair * pair[:, asked[:, None], helpers]
        effects += help_given.mean(axis=2)[:, meeting]
    return effects


def _unit_effects(population: Population, design: Design, sets: int, rng: np.random.Generator) -> list[Array]:
    """Effects of deviation 1: asking, supporting `[B, S]`, emotions `[B, S, 8]`, pairs `[B, S, S]`, episodes, folds."""
    people, normal = (sets, design.people), rng.standard_normal
    return [
        population.persons(rng, people),
        population.persons(rng, people),
        normal((*people, EMOTIONS), dtype=np.float32),
        normal((*people, design.people), dtype=np.float32),
        normal((sets, design.episodes), dtype=np.float32),
        normal((sets, design.folds), dtype=np.float32),
    ]
