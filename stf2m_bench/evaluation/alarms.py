"""Alarms that go off while a model is evaluated."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.errors import InputError
from stf2m_bench.models.base.transduction import TOLERANCE, moved_by_other_queries


def refuse_undeclared_transduction(predict: Callable[[Problem], Tensor], problem: Problem, title: str) -> None:
    """For a model that is not declared transductive: a query's prediction may not depend on the others beside it.

    Args:
        predict: from a problem to logits `[B, Q, N]`.
        title: what messages call the model.

    Raises:
        InputError: other queries, or another order of them, move a probability by more than 0.01.
    """
    moved = moved_by_other_queries(predict, problem)
    if moved > TOLERANCE:
        raise InputError(
            f"The model '{title}' moves a query's probabilities by {moved:.2g} when other queries lie beside it, but is"
            " not declared transductive; declare transductive = True, or predict each query alone and without chance."
        )
