"""Late fusion of views: logits of each view are summed with weights that minimise the NLL of the meta-val episodes.

The weights are non-negative, one a view and K. The NLL is convex in them, so they do not depend on a seed; a view that
does not help gets a weight near zero and cannot drown the others. They also set the temperature of the sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from stf2m_bench.episodes.problems import Problem
from stf2m_bench.episodes.training_sides import TrainingSides

ViewLogits = Callable[[Problem], Mapping[str, Tensor]]


class ViewFusion:
    """One weight a view and K, learned on meta-val."""

    def __init__(self) -> None:
        self.weights: dict[int, Tensor] = {}

    def fit(self, sides: TrainingSides, view_logits: ViewLogits) -> ViewFusion:
        """`view_logits(problem)` gives view -> logits `[B, Q, N]`; views in any fixed order."""
        for shot in sides.shots:
            with torch.no_grad():
                pairs = [(_stack(view_logits(problem)), labels) for problem, labels in sides.validation(shot)]
            logits = torch.cat([stacked.flatten(0, 1) for stacked, _ in pairs]).double()
            labels = torch.cat([labels.flatten() for _, labels in pairs])
            self.weights[shot] = fit_weights(logits, labels).float()
        return self

    def fuse(self, problem: Problem, logits: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum `[B, Q, N]`; a view that a query lacks adds nothing to that query."""
        stacked = _stack(logits)
        shot = problem.support_index.shape[1] // problem.ways
        nearest = min(self.weights, key=lambda known: (abs(known - shot), known))
        present = torch.stack([problem.present[view][problem.query_index] for view in logits], dim=-1)
        weights = self.weights[nearest].to(stacked) * present
        return (stacked * weights.unsqueeze(2)).sum(-1)

    def state(self) -> dict[str, Tensor]:
        """The weights as tensors."""
        return {f"fusion.{shot}": weights for shot, weights in self.weights.items()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take back what `state()` gave."""
        self.weights = {int(k.removeprefix("fusion.")): v for k, v in state.items() if k.startswith("fusion.")}


def _stack(logits: Mapping[str, Tensor]) -> Tensor:
    return torch.stack(list(logits.values()), dim=-1)


def fit_weights(logits: Tensor, labels: Tensor, *, steps: int = 500) -> Tensor:
    """Non-negative weights `[V]` that minimise the NLL of `logits @ weights`.

    Args:
        logits: float64 `[n, N, V]`. labels: int64 `[n]`.

    Projected gradient descent with Nesterov momentum (FISTA, Beck & Teboulle 2009) from equal weights, each view first
    divided by the spread of its logits.
    """
    spread = (logits - logits.mean(1, keepdim=True)).std(dim=(0, 1)).clamp_min(1e-9)
    scaled = logits / spread
    step = 4.0 / float((scaled - scaled.mean(1, keepdim=True)).square().sum(1).mean(0).sum())
    weights = momentum = torch.ones(logits.shape[-1], dtype=torch.float64)
    t = 1.0
    for _ in range(steps):
        point = momentum.clone().requires_grad_(True)
        (gradient,) = torch.autograd.grad(cross_entropy(scaled @ point, labels), point)
        new = (momentum - step * gradient).clamp_min(0)
        t_new = (1 + (1 + 4 * t * t) ** 0.5) / 2
        momentum, weights, t = new + (t - 1) / t_new * (new - weights), new, t_new
    return weights / spread
