"""Prototypes: class means of the support and distances to them (Snell, Swersky & Zemel 2017, section 2.2)."""

from __future__ import annotations

import torch
from torch import Tensor


def distance_logits(support: Tensor, query: Tensor, ways: int) -> Tensor:
    """Minus squared Euclidean distances to the class means.

    Args:
        support: `[B, N * K, D]`, class by class. query: `[B, Q, D]`.

    Returns:
        `[B, Q, N]`.
    """
    means = class_means(support, ways)
    return -torch.cdist(query, means, compute_mode="donot_use_mm_for_euclid_dist").square()


def class_means(support: Tensor, ways: int) -> Tensor:
    """`[B, N * K, D]`, class by class, to `[B, N, D]`."""
    return support.reshape(len(support), ways, -1, support.shape[-1]).mean(2)
