"""How far predicted probabilities can be believed: log-likelihood, Brier score, calibration error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.scoring.metrics import Floats, Ints


def nll(logs: NDArray[Any], labels: Ints) -> float:
    """Negative log-likelihood of the truth, mean over queries, in nats; at most 15, the clip. Good 1952.

    >>> round(nll(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1])), 6)
    0.490415
    """
    return float(-_taken(logs, labels).mean())


def brier(logs: NDArray[Any], labels: Ints) -> float:
    """Brier score: mean over queries of sum_c (p_c - [c is the truth])^2, in [0, 2]. Brier 1950.

    >>> round(brier(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1])), 6)
    0.3125
    """
    p = np.exp(logs.astype(np.float64))
    return float(((p**2).sum(axis=-1) - 2 * np.exp(_taken(logs, labels)) + 1).mean())


def ece(logs: NDArray[Any], correct: Floats, *, bins: int = 15) -> float:
    """Expected calibration error: sum over bins of |mean confidence - mean correctness|, weighted by their queries.

    Bins of equal width over the top probability, each closed above. Guo et al. 2017, section 2.

    >>> round(ece(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([0.5, 1.0])), 6)
    0.125
    """
    confidence = np.exp(logs.astype(np.float64).max(axis=-1)).ravel()
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gap = np.bincount(place, confidence - correct.ravel(), minlength=bins)
    return float(abs(gap).sum() / confidence.size)


def _taken(logs: NDArray[Any], labels: Ints) -> Floats:
    taken: Floats = np.take_along_axis(logs, labels[..., None], axis=-1)[..., 0].astype(np.float64)
    return taken
