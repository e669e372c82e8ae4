"""Populations of people to draw from, and the truth about each: its expected UAR."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

EMOTIONS = 8
_TRUTH_DRAWS, _BLOCK = 400_000, 100
_SHIFTS = np.linspace(-2, 2, 33)


@dataclass(frozen=True)
class Population:
    """What decides whether a model answers a query rightly: standard deviations of effects on the logit of the chance.

    Attributes:
        base: where the chances lie.
        asking, supporting: effect of the person queried, and of a person who gives the support.
        alignment: correlation of a person's two effects.
        emotions: the easiest and the hardest emotion lie this far from the base; negative: in the other order.
        person_emotion: effect of one person's one emotion, as query.
        pair: effect of one person queried with the support of one other.
        episode: luck of the episode's support clips.
        training: luck of one fold's training.
        skewed: the persons' effects have a long tail of hard people (1 - Exp(1)), else they are normal.
        link: `linear`: the effects add up to the chance itself, cut at 0 and 1.
    """

    title: str = "both roles"
    base: float = 0.5
    asking: float = 0.5
    supporting: float = 0.4
    alignment: float = 0.0
    emotions: float = 0.8
    person_emotion: float = 0.4
    pair: float = 0.2
    episode: float = 0.4
    training: float = 0.0
    skewed: bool = False
    link: Literal["logit", "linear"] = "logit"

    @property
    def difficulties(self) -> NDArray[np.float32]:
        """Effect of each emotion `[EMOTIONS]`, of mean zero."""
        return np.linspace(self.emotions, -self.emotions, EMOTIONS, dtype=np.float32)

    def chance(self, effects: NDArray[Any]) -> NDArray[Any]:
        """The chance of a right answer for sums of effects, any shape."""
        return expit(effects) if self.link == "logit" else np.clip(effects, 0, 1)

    def persons(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Effects of persons with mean 0 and standard deviation 1."""
        if self.skewed:
            return 1 - rng.standard_exponential(shape, dtype=np.float32)
        return rng.standard_normal(shape, dtype=np.float32)


@cache
def _expected_at_shifts(population: Population, shares: tuple[float, ...]) -> NDArray[np.float64]:
    rng, n = np.random.default_rng(0), _TRUTH_DRAWS
    effects = population.base + population.asking * population.persons(rng, (n,))
    effects += float(np.hypot(population.person_emotion, population.episode)) * rng.standard_normal(n)
    for share in shares:
        effects += share * population.supporting * population.persons(rng, (n,))
        effects += share * population.pair * rng.standard_normal(n)
    effects = np.sort(effects).reshape(-1, _BLOCK).mean(axis=1)
    return np.array(
        [np.mean([population.chance(effects + s + d).mean() for d in population.difficulties]) for s in _SHIFTS]
    )


def expected_uar(population: Population, shares: tuple[float, ...], shift: Any = 0.0) -> NDArray[np.float64]:
    """The UAR expected of new people, as a share of 1, by 400,000 draws of people (error below 0.05 points).

    Draws that are neighbours in size are taken together by hundreds: the chance is straight over so short a stretch.

    Args:
        shares: of the support that each supporting person gives; empty where one person does both (`personal`).
        shift: added to the effects, any shape: the luck of a fold's training, or how much better a model is.
    """
    return np.interp(shift, _SHIFTS, _expected_at_shifts(population, shares))


def shift_to(uar: float, population: Population, shares: tuple[float, ...]) -> float:
    """The shift at which this population's expected UAR is the given share."""
    return float(np.interp(uar, _expected_at_shifts(population, shares), _SHIFTS))
