"""Chance: the same logit for every class. What any other row must be compared with."""

from __future__ import annotations

import torch
from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.models.base.model import Model


class Chance(Model):
    """Knows nothing; ties split, so its UAR is exactly 1 / N."""

    def predict(self, problem: Problem) -> Tensor:
        """Zeros `[B, Q, N]`."""
        return torch.zeros(*problem.query_index.shape, problem.ways, device=problem.query_index.device)
