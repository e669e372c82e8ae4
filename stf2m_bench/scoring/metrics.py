"""Metrics of decisions as pure functions on arrays: shares of 1, not percent.

Class numbers are permuted in every episode; confusion and recalls are counted on emotions, which stay the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def top_shares(logs: NDArray[Any]) -> Floats:
    """The decision for each query: 1 on its top class; `t` classes tied at the top share it, 1/t each.

    A constant model then scores chance, not the share of class 0.

    Args:
        logs: scores or log-probabilities `[..., N]`.

    Returns:
        `[..., N]`, summing to 1 over the last axis.

    >>> top_shares(np.array([[-2.0, -0.5, -0.5], [-0.1, -3.0, -3.0]])).tolist()
    [[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]]
    """
    top = logs == logs.max(axis=-1, keepdims=True)
    return np.asarray(top / top.sum(axis=-1, keepdims=True), dtype=np.float64)


def tie_split_correct(logs: NDArray[Any], labels: Ints) -> Floats:
    """How far each query is right: 1 or 0; 1/t where the truth is one of t classes tied at the top.

    Args:
        logs: `[..., N]`.
        labels: true class `[...]`.

    >>> tie_split_correct(np.array([[-0.7, -0.7], [-0.7, -0.7], [-0.1, -2.4]]), np.array([0, 1, 1])).tolist()
    [0.5, 0.5, 0.0]
    """
    taken: Floats = np.take_along_axis(top_shares(logs), labels[..., None], axis=-1)[..., 0]
    return taken


def counts(emotion: Ints, fold: Ints, *, emotions: int, folds: int, weights: Floats | None = None) -> Floats:
    """Queries of each emotion in each fold, or the sum of their weights: `[folds, emotions]`.

    >>> counts(np.array([0, 1, 1]), np.array([0, 0, 0]), emotions=2, folds=1).tolist()
    [[1.0, 2.0]]
    """
    cell = (fold * emotions + emotion).ravel()
    flat = None if weights is None else weights.ravel()
    return np.bincount(cell, flat, minlength=folds * emotions).astype(np.float64).reshape(folds, emotions)


def recalls(correct: Floats, emotion: Ints, fold: Ints, *, emotions: int, folds: int) -> Floats:
    """Recall of each emotion in each fold, its queries of all episodes pooled; NaN where there is none.

    R_fe = (sum of correctness over queries of e in f) / (number of them).

    >>> recalls(np.array([1.0, 0.0, 1.0]), np.array([0, 0, 1]), np.zeros(3, int), emotions=2, folds=1).tolist()
    [[0.5, 1.0]]
    """
    hits = counts(emotion, fold, emotions=emotions, folds=folds, weights=correct)
    asked = counts(emotion, fold, emotions=emotions, folds=folds)
    return np.divide(hits, asked, out=np.full_like(hits, np.nan), where=asked > 0)


def uar(recall: Floats) -> float:
    """Unweighted average recall: the mean over emotions within a fold, then the mean over folds.

    UAR = 1/F sum_f 1/E_f sum_e R_fe, over the emotions asked for in fold f. Schuller et al. 2009, "The
    INTERSPEECH 2009 Emotion Challenge" (the measure of a fold; equal to balanced accuracy).

    >>> uar(np.array([[0.5, 1.0], [0.25, 0.25]]))
    0.5
    """
    return float(np.nanmean(recall, axis=1).mean())


def group_uar(correct: Floats, emotion: Ints, member: NDArray[np.bool_], *, emotions: int) -> float:
    """UAR of the queries of one group of people, all folds pooled, over the emotions asked of it.

    The lowest over all groups is the worst-group figure of Sagawa et al. 2020, "Distributionally Robust Neural
    Networks for Group Shifts" (there of accuracy).

    Args:
        correct, emotion: `[...]`. member: which queries are the group's, at least one, `[...]`.

    >>> group_uar(np.array([1.0, 0.0, 0.0]), np.array([0, 0, 1]), np.array([True, True, False]), emotions=2)
    0.5
    """
    asked = emotion[member]
    return uar(recalls(correct[member], asked, np.zeros_like(asked), emotions=emotions, folds=1))


def accuracy(correct: Floats) -> float:
    """The mean over episodes of the share of right queries, `[E, Q]`. Vinyals et al. 2016, section 4.

    >>> accuracy(np.array([[1.0, 0.0], [1.0, 1.0]]))
    0.75
    """
    return float(correct.mean(axis=1).mean())


def chance_normalised(accuracy: float, ways: int) -> float:
    """How far from chance to all right: (accuracy - 1/N) / (1 - 1/N), in [-1/(N-1), 1]; 0 at chance.

    It makes tasks of different ways comparable. Bennett, Alpert & Goldstein 1954, "Communications through limited
    response questioning" (the S of two coders, one of them the truth).

    Args:
        ways: N, at least 2.

    >>> chance_normalised(0.6, 5)
    0.5
    """
    return (ways * accuracy - 1) / (ways - 1)


def confusion(shares: Floats, truth: Ints, emotion: Ints, *, emotions: int) -> Floats:
    """Queries by true emotion (row) and decided emotion (column); split decisions count as shares.

    Args:
        shares: decisions `[n, N]`, see `top_shares`.
        truth: true emotion `[n]`.
        emotion: emotion of each class `[n, N]`.

    >>> confusion(np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([2, 0]), np.array([[2, 0], [0, 1]]), emotions=3).tolist()
    [[0.5, 0.5, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    cell = truth[:, None] * emotions + emotion
    flat = np.bincount(cell.ravel(), shares.ravel(), minlength=emotions**2).astype(np.float64)
    return flat.reshape(emotions, emotions)


def macro_f1(matrix: Floats) -> float:
    """The mean over emotions of F1 = 2 TP / (true + decided), 0 where an emotion is never right.

    Emotions that are neither asked for nor decided are left out, as scikit-learn does. The mean of F1 scores: the
    first of the two kinds in Opitz & Burst 2019, "Macro F1 and Macro F1".

    >>> macro_f1(np.array([[1.0, 1.0], [0.0, 2.0]]))
    0.7333333333333334
    """
    total = matrix.sum(axis=0) + matrix.sum(axis=1)
    return float((2 * np.diag(matrix)[total > 0] / total[total > 0]).mean())
