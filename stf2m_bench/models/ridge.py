"""Ridge regression on the support, in closed form (Bertinetto et al. 2019, "Meta-learning with differentiable
closed-form solvers", section 3.2), one a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.models.base.fusion import ViewFusion
from stf2m_bench.models.base.model import Model
from stf2m_bench.models.base.pooling import Pooling, Source

PENALTIES = (0.01, 0.1, 1.0, 10.0)
Pooled = dict[str, tuple[Tensor, Tensor, Tensor]]


class Ridge(Model):
    """Least squares from pooled views to class numbers with a squared penalty, chosen on meta-val.

    Args:
        statistics: what scales the views, `training` people or the `support` (see `Pooling`).
        votes: a shot's target is the votes of its raters, where the task has votes.

    Attributes:
        pooling: the views' common scale.
    """

    def __init__(self, statistics: Source = "training", votes: bool = False) -> None:
        self.pooling, self._fusion = Pooling(statistics), ViewFusion()
        self.uses_votes = votes
        self._penalty = torch.tensor(1.0)

    def fit(self, sides: TrainingSides) -> Ridge:
        """Scale by the training people; choose the penalty and weigh views by the NLL on meta-val."""
        self.pooling.fit(sides)
        known: dict[int, tuple[Problem, Pooled]] = {}

        def view_logits(problem: Problem) -> dict[str, Tensor]:
            """Pooling costs most and is the same for every penalty."""
            if id(problem) not in known:
                known[id(problem)] = problem, self.pooling.problem(problem)
            return self._logits(problem, known[id(problem)][1])

        losses = {}
        for penalty in PENALTIES:
            self._penalty = torch.tensor(penalty)
            self._fusion.fit(sides, view_logits)
            losses[penalty] = sum(
                float(cross_entropy(self._fusion.fuse(problem, view_logits(problem)).flatten(0, 1), labels.flatten()))
                for shot in sides.shots
                for problem, labels in sides.validation(shot)
            )
        self._penalty = torch.tensor(min(losses, key=losses.__getitem__))
        self._fusion.fit(sides, view_logits)
        return self

    def predict(self, problem: Problem, *, vectors: Mapping[str, Tensor] | None = None) -> Tensor:
        """Weighted regression values `[B, Q, N]`; `vectors`: the clips, if they are pooled already."""
        return self._fusion.fuse(problem, self._logits(problem, self.pooling.problem(problem, vectors=vectors)))

    def _logits(self, problem: Problem, pooled: Pooled) -> dict[str, Tensor]:
        votes = problem.support_votes if self.uses_votes else None
        labels, ways, penalty = problem.support_labels, problem.ways, float(self._penalty)
        return {v: ridge_logits(s, q, labels, ways, penalty, present, votes) for v, (s, q, present) in pooled.items()}

    def config(self) -> dict[str, Any]:
        """Where the scale of the views comes from; votes, if they are used."""
        return {"statistics": self.pooling.statistics} | ({"votes": True} if self.uses_votes else {})

    def state(self) -> dict[str, Tensor]:
        """Scales, view weights and the penalty."""
        return self.pooling.state() | self._fusion.state() | {"penalty": self._penalty}

    def load_state(self, state: Mapping[str, Tensor], view_specs: Mapping[str, ViewSpec]) -> None:
        """Take back what `state()` gave."""
        self.pooling.load_state(state)
        self._fusion.load_state(state)
        self._penalty = state["penalty"]


def ridge_logits(
    support: Tensor,
    query: Tensor,
    labels: Tensor,
    ways: int,
    penalty: float,
    present: Tensor | None = None,
    votes: Tensor | None = None,
) -> Tensor:
    """Values of the ridge solution at the queries, solved in the space of the support: (X X' + penalty I)^-1 Y.

    Args:
        support: `[B, S, D]`. query: `[B, Q, D]`. labels: `[B, S]`.
        present: bool `[B, S]`, which of the support takes part (all).
        votes: `[B, S, N]`, targets in place of 1 for the label.

    Returns:
        `[B, Q, N]`; inputs and targets are centred on the support.
    """
    weights = torch.ones_like(support[..., :1]) if present is None else present.unsqueeze(2).to(support)
    count = weights.sum(1, keepdim=True).clamp_min(1)
    targets = one_hot(labels, ways).to(support) if votes is None else votes
    centre = (support * weights).sum(1, keepdim=True) / count
    x, q = (support - centre) * weights, query - centre
    targets = (targets - (targets * weights).sum(1, keepdim=True) / count) * weights
    gram = x @ x.mT + penalty * torch.eye(x.shape[1], device=x.device)
    values: Tensor = q @ x.mT @ torch.linalg.solve(gram, targets)
    return values
