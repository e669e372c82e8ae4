"""Nearest mean on pooled views: no learning beyond scaling and the weights of the views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.models.base.fusion import ViewFusion
from stf2m_bench.models.base.model import Model
from stf2m_bench.models.base.pooling import Pooling, Source
from stf2m_bench.models.base.prototypes import distance_logits


class NearestMean(Model):
    """The class whose mean of supporting clips is nearest (squared Euclidean distance), summed over weighted views.

    Args:
        statistics: what scales the views, `training` people or the `support` (see `Pooling`).
        votes: a shot counts for each class by the votes of its raters, where the task has votes.
    """

    def __init__(self, statistics: Source = "training", votes: bool = False) -> None:
        self._pooling, self._fusion = Pooling(statistics), ViewFusion()
        self.uses_votes = votes

    def fit(self, sides: TrainingSides) -> NearestMean:
        """Scale by the training people; weigh views on meta-val."""
        self._pooling.fit(sides)
        self._fusion.fit(sides, self._view_logits)
        return self

    def predict(self, problem: Problem) -> Tensor:
        """Minus the weighted squared distances `[B, Q, N]`."""
        return self._fusion.fuse(problem, self._view_logits(problem))

    def _view_logits(self, problem: Problem) -> dict[str, Tensor]:
        votes = problem.support_votes if self.uses_votes else None
        return {
            view: distance_logits(support, query, problem.ways, present, votes)
            for view, (support, query, present) in self._pooling.problem(problem).items()
        }

    def config(self) -> dict[str, Any]:
        """Where the scale of the views comes from; votes, if they are used."""
        return {"statistics": self._pooling.statistics} | ({"votes": True} if self.uses_votes else {})

    def state(self) -> dict[str, Tensor]:
        """Scales and view weights."""
        return self._pooling.state() | self._fusion.state()

    def load_state(self, state: Mapping[str, Tensor], view_specs: Mapping[str, ViewSpec]) -> None:
        """Take back what `state()` gave."""
        self._pooling.load_state(state)
        self._fusion.load_state(state)
