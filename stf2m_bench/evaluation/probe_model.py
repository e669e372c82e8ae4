"""The model behind the shortcut probes: nearest class mean of a few numbers, with weights of either sign."""

from __future__ import annotations

import torch
from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.models.base.fusion import fit_weights
from stf2m_bench.models.base.model import Model
from stf2m_bench.models.base.pooling import Pooling
from stf2m_bench.models.base.prototypes import distance_logits
from stf2m_bench.models.ridge import ridge_logits

LEAST = 0.05  # of a weight: predictions are kept in float16, in which smaller differences of logits would be ties
PENALTY = 1.0  # of the ridge
TIME = "probe.time"


class Probe(Model):
    """Distance to class means (of time, to the nearest supporting clip); of several shortcuts, with the ridge of each.

    Weights minimise the NLL of the meta-val episodes and may be *negative*: where a person has few clips of an emotion
    and every stimulus equally often, a query is of the stimulus that its class's support has least of.
    One shortcut alone always decides, so that none is overlooked because three people did not show it.
    """

    def __init__(self) -> None:
        self._pooling = Pooling()
        self._weights: dict[int, Tensor] = {}

    def fit(self, sides: TrainingSides) -> Probe:
        """Scale by the training people; weigh shortcuts on meta-val."""
        self._pooling.fit(sides)
        for shot in sides.shots:
            episodes = [(self._logits(problem), labels) for problem, labels in sides.validation(shot)]
            logits = torch.cat([one.flatten(0, 1) for one, _ in episodes]).double()
            labels = torch.cat([one.flatten() for _, one in episodes])
            either = fit_weights(torch.cat([logits, -logits], dim=-1), labels).float()
            weights = either[: logits.shape[-1]] - either[logits.shape[-1] :]
            alone = len(weights) == 1 and abs(float(weights)) < LEAST
            self._weights[shot] = torch.full_like(weights, LEAST) if alone else weights
        return self

    def predict(self, problem: Problem) -> Tensor:
        """The weighted sum `[B, Q, N]`."""
        return self._logits(problem) @ self._weights[problem.support_index.shape[1] // problem.ways]

    def _logits(self, problem: Problem) -> Tensor:
        """`[B, Q, N, W]`, W numbers to be weighed; zeros where a query lacks the shortcut."""
        found = []
        pooled = self._pooling.problem(problem)
        for view, (support, query, present) in pooled.items():
            if view == TIME:
                logits = [nearest_logits(support, query, problem.ways)]
            else:
                logits = [distance_logits(support, query, problem.ways, present)]
            if len(pooled) > 1:
                logits += [ridge_logits(support, query, problem.support_labels, problem.ways, PENALTY, present)]
            found += [one * problem.present[view][problem.query_index].unsqueeze(2) for one in logits]
        return torch.stack(found, dim=-1)

    def state(self) -> dict[str, Tensor]:
        """Scales and weights."""
        return self._pooling.state() | {f"weights.{shot}": weights for shot, weights in self._weights.items()}


def nearest_logits(support: Tensor, query: Tensor, ways: int) -> Tensor:
    """Minus the squared distance `[B, Q, N]` to the nearest supporting clip of each class."""
    away = (query.unsqueeze(2) - support.unsqueeze(1)).square().sum(-1)
    return -away.reshape(*away.shape[:2], ways, -1).amin(3)
