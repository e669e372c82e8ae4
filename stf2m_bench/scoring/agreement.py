"""Agreement of what a model says with raters: on scales (valence, arousal) and with the shares of their votes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.scoring.metrics import Floats, top_shares


def pearson(predicted: Floats, rated: Floats) -> float:
    """Pearson's correlation r = cov / (sd sd), in [-1, 1]; NaN where either does not vary. Pearson 1895.

    Args:
        predicted, rated: `[n]`.

    >>> round(pearson(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0])), 6)
    0.944911
    """
    x, y = predicted - predicted.mean(), rated - rated.mean()
    spread = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / spread if spread > 0 else float("nan")


def ccc(predicted: Floats, rated: Floats) -> float:
    """Concordance correlation coefficient 2 cov / (var + var + (mean - mean)^2), in [-1, 1].

    1 only where both are equal: unlike r it falls with a wrong mean or spread. Moments over n, as in Lin 1989, "A
    concordance correlation coefficient to evaluate reproducibility"; NaN where both are one and the same constant.

    Args:
        predicted, rated: `[n]`.

    >>> round(ccc(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0])), 6)
    0.526316
    """
    x, y = predicted - predicted.mean(), rated - rated.mean()
    spread = float(np.mean(x * x) + np.mean(y * y) + (predicted.mean() - rated.mean()) ** 2)
    return 2 * float(np.mean(x * y)) / spread if spread > 0 else float("nan")


def vote_cross_entropy(logs: NDArray[Any], votes: Floats) -> Floats:
    """Cross-entropy of the raters' votes under the prediction, -sum_c v_c log p_c, of each query, in nats.

    Equal to the negative log-likelihood where all raters agree. Peterson et al. 2019, "Human uncertainty makes
    classification more robust", which trains and tests by it.

    Args:
        logs: log-probabilities `[..., N]`.
        votes: shares of the votes `[..., N]`, summing to 1 over the last axis.

    Returns:
        `[...]`.

    >>> vote_cross_entropy(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([[0.5, 0.5], [0.0, 1.0]])).round(6).tolist()
    [0.693147, 0.287682]
    """
    nats: Floats = -(votes * logs.astype(np.float64)).sum(axis=-1)
    return nats


def vote_divergence(logs: NDArray[Any], votes: Floats) -> Floats:
    """Jensen-Shannon divergence of prediction and votes, of each query, in bits: 0 if equal, 1 if disjoint.

    JS(p, v) = H((p + v) / 2) - (H(p) + H(v)) / 2. Lin 1991, "Divergence measures based on the Shannon entropy". The
    stored probabilities are brought to sum 1 first; this is the divergence, not its square root.

    Args:
        logs: log-probabilities `[..., N]`.
        votes: shares of the votes `[..., N]`, summing to 1 over the last axis.

    Returns:
        `[...]`.

    >>> vote_divergence(np.log([[0.5, 0.5]]), np.array([[1.0, 0.0]])).round(6).tolist()
    [0.311278]
    """
    p = np.exp(logs.astype(np.float64))
    p /= p.sum(axis=-1, keepdims=True)
    return _entropy((p + votes) / 2) - (_entropy(p) + _entropy(votes)) / 2


def vote_entropy(votes: Floats) -> float:
    """Entropy of the votes, mean over queries, in nats: the least cross-entropy that a prediction can have.

    Args:
        votes: shares of the votes `[..., N]`, summing to 1 over the last axis.

    >>> round(vote_entropy(np.array([[0.5, 0.5], [0.0, 1.0]])), 6)
    0.346574
    """
    return float(_entropy(votes).mean() * np.log(2))


def vote_agreement(logs: NDArray[Any], votes: Floats) -> Floats:
    """The share of the votes that the top class wins, of each query: how often one rater would say the same.

    Ties at the top are split. At most the largest share.

    Args:
        logs: log-probabilities `[..., N]`.
        votes: shares of the votes `[..., N]`, summing to 1 over the last axis.

    Returns:
        `[...]`.

    >>> vote_agreement(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([[1.0, 0.0], [0.4, 0.6]])).tolist()
    [0.5, 0.6]
    """
    shares: Floats = (top_shares(logs) * votes).sum(axis=-1)
    return shares


def rater_agreement(counts: Floats) -> float:
    """How often one rater of a query says what another one says, mean over queries with two votes at least.

    sum_c n_c (n_c - 1) / (n (n - 1)): the agreement P_i of Fleiss 1971, "Measuring nominal scale agreement among many
    raters". NaN where votes are no whole numbers (shares do not tell how many raters there were), or all single.

    Args:
        counts: votes `[..., N]`.

    >>> round(rater_agreement(np.array([[3.0, 1.0], [1.0, 0.0]])), 6)
    0.5
    """
    total = counts.sum(axis=-1)
    several = counts[total >= 2]
    if not len(several) or (counts != np.floor(counts)).any():
        return float("nan")
    pairs = (several * (several - 1)).sum(axis=-1) / (total * (total - 1))[total >= 2]
    return float(pairs.mean())


def _entropy(p: Floats) -> Floats:
    """Shannon entropy over the last axis, in bits."""
    bits: Floats = -(p * np.log2(p, out=np.zeros_like(p), where=p > 0)).sum(axis=-1)
    return bits
