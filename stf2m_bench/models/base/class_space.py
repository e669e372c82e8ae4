"""Matching in the space of the training emotions: which of them is each class of an episode, and which is a query?"""

from __future__ import annotations

import torch
from torch import Tensor

ROUNDS = 20


def assignment(evidence: Tensor) -> Tensor:
    """log p(training emotion | class), `[B, N, E]`, given that two classes are never the same emotion.

    Rows and columns are normalised in turn (Sinkhorn & Knopp 1967), with E - N classes that are not asked for and about
    which nothing is known. Where there are fewer emotions than classes, rows alone are normalised.

    Args:
        evidence: log-likelihoods of the support, `[B, N, E]`.
    """
    batch, ways, emotions = evidence.shape
    if emotions < ways:
        return evidence.log_softmax(-1)
    others = evidence.new_zeros(batch, emotions - ways, emotions)
    table = torch.cat([evidence.log_softmax(-1), others], dim=1)
    for _ in range(ROUNDS):
        table = table.log_softmax(1)
        table = table.log_softmax(2)
    return table[:, :ways]


def matching(queries: Tensor, classes: Tensor) -> Tensor:
    """log sum over emotions of p(e | query) p(e | class): `[B, Q, E]` and `[B, N, E]` to `[B, Q, N]`."""
    return torch.logsumexp(queries.unsqueeze(2) + classes.unsqueeze(1), dim=-1)
