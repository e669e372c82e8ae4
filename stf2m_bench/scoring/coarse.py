"""The map from fine to coarse emotions, and what a prediction of fine emotions says of the coarse ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.emotions import canonical_emotions
from stf2m_bench.scoring.metrics import Floats, Ints

_DECIMALS = 9


def coarse_emotions(emotions: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """The coarse emotions of a task by first appearance, and the number of each emotion's own one.

    The map is the column `coarse` of the canonical emotions (never the loose one); an emotion without a coarse parent
    stands for itself.

    >>> names, number = coarse_emotions(["amusement", "calm", "happiness"])
    >>> names, number.tolist()
    (('happiness', 'calm'), [0, 1, 0])
    """
    known = canonical_emotions()
    parents = [(known[emotion].coarse if emotion in known else None) or emotion for emotion in emotions]
    names = tuple(dict.fromkeys(parents))
    return names, np.array([names.index(parent) for parent in parents])


def coarse_mass(logs: NDArray[Any], coarse: Ints, *, count: int) -> Floats:
    """Probability of each coarse emotion: the sum over the classes of an episode that fold into it, 0 where none does.

    Deng et al. 2012, "Hedging Your Bets": the posterior of an inner node is the sum over its leaves. Its
    largest value is the decision that is wrong least often if the posterior is true; the parent of the top class is
    not: (0.3, 0.3, 0.4) with the first two of one kind is 0.6 for that kind. Rounded to nine decimals, so that no
    last bit of a sum parts a tie.

    Args:
        logs: log-probabilities `[E, Q, N]`.
        coarse: coarse emotion of each class `[E, N]`, numbers below `count`.

    Returns:
        `[E, Q, count]`.

    >>> coarse_mass(np.log([[[0.3, 0.3, 0.4]]]), np.array([[1, 1, 0]]), count=3).tolist()
    [[[0.4, 0.6, 0.0]]]
    """
    belongs = (coarse[..., None] == np.arange(count)).astype(np.float64)
    mass: Floats = np.round(np.exp(logs.astype(np.float64)) @ belongs, _DECIMALS)
    return mass
