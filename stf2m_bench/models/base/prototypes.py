"""Prototypes: class means of the support and distances to them (Snell, Swersky & Zemel 2017, section 2.2)."""

from __future__ import annotations

import torch
from torch import Tensor


def distance_logits(support: Tensor, query: Tensor, ways: int, present: Tensor | None = None) -> Tensor:
    """Minus squared Euclidean distances to the class means.

    Args:
        support: `[B, N * K, D]`, class by class. query: `[B, Q, D]`.
        present: bool `[B, N * K]`, which shots have the view; a class that has none gets the mean logit of the others.

    Returns:
        `[B, Q, N]`.
    """
    means = class_means(support, ways, present)
    logits = -torch.cdist(query, means, compute_mode="donot_use_mm_for_euclid_dist").square()
    if present is None:
        return logits
    known = present.reshape(len(present), 1, ways, -1).any(3)
    average = (logits * known).sum(2, keepdim=True) / known.sum(2, keepdim=True).clamp_min(1)
    return torch.where(known, logits, average)


def class_means(support: Tensor, ways: int, present: Tensor | None = None) -> Tensor:
    """`[B, N * K, D]`, class by class, to `[B, N, D]`: means over the shots that are present, zeros where none is."""
    shots = support.reshape(len(support), ways, -1, support.shape[-1])
    if present is None:
        return shots.mean(2)
    weights = present.reshape(len(support), ways, -1, 1).to(support)
    return (shots * weights).sum(2) / weights.sum(2).clamp_min(1)
