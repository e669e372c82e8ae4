"""Late fusion of views: logits of each view are summed with weights that minimise the NLL of the meta-val episodes.

The weights are non-negative, one a view and K. The NLL is convex in them, so they do not depend on a seed; a view that
does not help gets a weight near zero and cannot drown the others. They also set the temperature of the sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides

ViewLogits = Callable[[Problem], Mapping[str, Tensor]]


class ViewFusion:
    """One weight a view and K, learned on meta-val."""

    def __init__(self) -> None:
        self.weights: dict[int, Tensor] = {}

    def fit(self, sides: TrainingSides, view_logits: ViewLogits, *, batches: int | None = None) -> ViewFusion:
        """`view_logits(problem)` gives view -> logits `[B, Q, N]`; views in any fixed order.

        Args:
            batches: how many of the validation batches of each K to use; None is all.
        """
        for shot in sides.shots:
            with torch.no_grad():
                pairs = [(_masked(p, view_logits(p)), labels) for p, labels in sides.validation(shot)[:batches]]
            logits = torch.cat([masked.flatten(0, 1) for masked, _ in pairs]).double()
            labels = torch.cat([labels.flatten() for _, labels in pairs])
            self.weights[shot] = fit_weights(logits, labels).float()
        return self

    def fuse(self, problem: Problem, logits: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum `[B, Q, N]`; a view that a query lacks adds nothing to that query."""
        masked = _masked(problem, logits)
        shot = problem.support_index.shape[1] // problem.ways
        return (masked * self.weights[nearest(self.weights, shot)].to(masked)).sum(-1)

    def state(self) -> dict[str, Tensor]:
        """The weights as tensors."""
        return {f"fusion.{shot}": weights for shot, weights in self.weights.items()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take back what `state()` gave."""
        self.weights = {int(k.removeprefix("fusion.")): v for k, v in state.items() if k.startswith("fusion.")}


def _masked(problem: Problem, logits: Mapping[str, Tensor]) -> Tensor:
    """`[B, Q, N, V]`, zeros where a query lacks the view; logits of another name than a view's always count."""
    whole = torch.ones_like(problem.query_index, dtype=torch.bool)
    present = torch.stack(
        [problem.present[view][problem.query_index] if view in problem.present else whole for view in logits], dim=-1
    )
    return torch.stack(list(logits.values()), dim=-1) * present.unsqueeze(2)


def nearest(known: Iterable[int], shot: int) -> int:
    """The known number of shots that is nearest; of two, the smaller."""
    return min(known, key=lambda one: (abs(one - shot), one))


def fit_weights(logits: Tensor, labels: Tensor) -> Tensor:
    """Non-negative weights `[V]` that minimise the NLL of `logits @ weights` (L-BFGS-B, Byrd et al. 1995).

    Args:
        logits: float64 `[n, N, V]`. labels: int64 `[n]`.

    Each view is first divided by the spread of its logits, so that all weights are of one size.
    """
    spread = (logits - logits.mean(1, keepdim=True)).std(dim=(0, 1), correction=0).clamp_min(1e-9)
    scaled = (logits / spread).cpu().numpy()
    truth = np.eye(logits.shape[1])[labels.cpu().numpy()]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logs = log_softmax(scaled @ weights, axis=1)
        return -float((truth * logs).sum(1).mean()), np.einsum("nc,ncv->v", np.exp(logs) - truth, scaled) / len(scaled)

    start = np.ones(logits.shape[-1])
    found = minimize(
        loss,
        start,
        jac=True,
        bounds=[(0, None)] * len(start),
        method="L-BFGS-B",
        options={"ftol": 1e-12, "gtol": 1e-8, "maxiter": 500},
    )
    return torch.from_numpy(found.x).to(spread) / spread
