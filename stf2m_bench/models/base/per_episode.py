"""Any scikit-learn classifier as a model: fitted anew on the pooled support of each episode, one a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.models.base.fusion import ViewFusion
from stf2m_bench.models.base.model import Model
from stf2m_bench.models.base.pooling import Pooling
from stf2m_bench.models.base.span import span_of


class PerEpisode(Model):
    """Clones `estimator` for every episode and view; views are then fused with weights learned on meta-val.

    Args:
        estimator: an unfitted classifier.
        rotation_free: the estimator gives the same in rotated coordinates (linear with a squared penalty, neighbours):
            the support is then handed over in its own span, at most N * K numbers, which is the same and much faster.
    """

    def __init__(self, estimator: Any, *, rotation_free: bool = False) -> None:
        self.estimator = estimator
        self.rotation_free = rotation_free
        self._pooling, self._fusion = Pooling(), ViewFusion()

    def fit(self, sides: TrainingSides) -> PerEpisode:
        """Scale by the training people; weigh views on the first meta-val batch (thousands of fits cost too much)."""
        self._pooling.fit(sides)
        self._fusion.fit(sides, self._view_logits, batches=1)
        return self

    def predict(self, problem: Problem) -> Tensor:
        """Weighted log-probabilities `[B, Q, N]`."""
        return self._fusion.fuse(problem, self._view_logits(problem))

    def _view_logits(self, problem: Problem) -> dict[str, Tensor]:
        labels = problem.support_labels.cpu().numpy()
        found = {}
        for view, (support, query, present) in self._pooling.problem(problem).items():
            unit = support.shape[-1] ** 0.5
            arrays = [tensor.cpu().numpy() for tensor in (support * unit, query * unit, present)]
            with threadpool_limits(1):
                scores = [
                    self._scores(s[here], q, y[here], problem.ways)
                    for s, q, here, y in zip(*arrays, labels, strict=True)
                ]
            found[view] = torch.from_numpy(np.stack(scores)).to(support)
        return found

    def _scores(
        self, support: NDArray[np.floating], query: NDArray[np.floating], labels: NDArray[np.int64], ways: int
    ) -> NDArray[np.float64]:
        """Log-probabilities `[Q, N]`; a class without a shot gets the mean of the others, so that it is not judged."""
        from sklearn.base import clone

        if len(np.unique(labels)) < 2:
            return np.zeros((len(query), ways))
        if self.rotation_free and support.shape[1] > len(support) and support.any():
            basis = span_of(support)
            support, query = support @ basis, query @ basis
        fitted = clone(self.estimator).fit(support, labels)
        scores = np.full((len(query), ways), -15.0)
        if hasattr(fitted, "predict_proba"):
            scores[:, fitted.classes_] = np.log(np.clip(fitted.predict_proba(query), np.exp(-15.0), 1))
        else:
            scores[np.arange(len(query)), fitted.predict(query)] = 0
        unknown = np.setdiff1d(np.arange(ways), labels)
        scores[:, unknown] = scores[:, fitted.classes_].mean(1, keepdims=True)
        return scores

    def config(self) -> dict[str, Any]:
        """Nothing that rebuilds an arbitrary estimator: such a model is handed in from Python."""
        return {"estimator": repr(self.estimator)}

    def state(self) -> dict[str, Tensor]:
        """Scales and view weights."""
        return self._pooling.state() | self._fusion.state()

    def load_state(self, state: Mapping[str, Tensor], view_specs: Mapping[str, ViewSpec]) -> None:
        """Take back what `state()` gave."""
        self._pooling.load_state(state)
        self._fusion.load_state(state)
