"""Prototypes: class means of the support and distances to them (Snell, Swersky & Zemel 2017, section 2.2)."""

from __future__ import annotations

import torch
from torch import Tensor


def distance_logits(
    support: Tensor, query: Tensor, ways: int, present: Tensor | None = None, votes: Tensor | None = None
) -> Tensor:
    """Minus squared Euclidean distances to the class means.

    Args:
        support: `[B, N * K, D]`, class by class. query: `[B, Q, D]`.
        present: bool `[B, N * K]`, which shots have the view; a class that has none gets the mean logit of the others.
        votes: `[B, N * K, N]`, how far a shot counts for each class; without, 1 for its own.

    Returns:
        `[B, Q, N]`.
    """
    means = class_means(support, ways, present) if votes is None else voted_means(support, votes, present)
    logits = -torch.cdist(query, means, compute_mode="donot_use_mm_for_euclid_dist").square()
    if votes is not None:
        known = votes_present(votes, present).any(1, keepdim=True)
    elif present is not None:
        known = present.reshape(len(present), 1, ways, -1).any(3)
    else:
        return logits
    average = (logits * known).sum(2, keepdim=True) / known.sum(2, keepdim=True).clamp_min(1)
    return torch.where(known, logits, average)


def class_means(support: Tensor, ways: int, present: Tensor | None = None) -> Tensor:
    """`[B, N * K, D]`, class by class, to `[B, N, D]`: means over the shots that are present, zeros where none is."""
    shots = support.reshape(len(support), ways, -1, support.shape[-1])
    if present is None:
        return shots.mean(2)
    weights = present.reshape(len(support), ways, -1, 1).to(support)
    return (shots * weights).sum(2) / weights.sum(2).clamp_min(1)


def voted_means(support: Tensor, votes: Tensor, present: Tensor | None = None) -> Tensor:
    """`[B, S, D]` to `[B, N, D]`: means weighted by the votes `[B, S, N]` of the shots, zeros where nobody votes."""
    weights = votes_present(votes, present)
    total = weights.sum(1).unsqueeze(2)
    return weights.mT @ support / torch.where(total > 0, total, 1)


def votes_present(votes: Tensor, present: Tensor | None) -> Tensor:
    """The votes `[B, S, N]`, zeros for the shots that lack the view."""
    return votes if present is None else votes * present.unsqueeze(2)
