"""Does one query move another's prediction? Asked by the mock run, and by every evaluation on its first episodes."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.models.base.mock import with_queries

TOLERANCE = 0.01  # of a probability; sums in another order move it by less than a thousandth of this


def moved_by_other_queries(predict: Callable[[Problem], Tensor], problem: Problem) -> float:
    """The largest difference in probability when the queries come in reverse order, in two halves, or one alone.

    Args:
        predict: from a problem to logits `[B, Q, N]`.
    """
    whole, number = predict(problem), problem.query_index.shape[1]
    places = [*range(number)]
    parts = (places[::-1], places[: number // 2], places[number // 2 :], [number - 1])
    return max(probabilities_apart(predict(with_queries(problem, part)), whole[:, part]) for part in parts if part)


def probabilities_apart(one: Tensor, other: Tensor) -> float:
    """The largest difference in probability between two logits."""
    return float((one.double().softmax(-1) - other.double().softmax(-1)).abs().max())
