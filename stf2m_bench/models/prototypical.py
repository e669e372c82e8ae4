"""Prototypical networks (Snell, Swersky & Zemel 2017): an encoder a view, trained on episodes of training people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.models.base.encoder import ViewEncoder
from stf2m_bench.models.base.fusion import ViewFusion
from stf2m_bench.models.base.model import TrainedModel
from stf2m_bench.models.base.prototypes import distance_logits


class Prototypical(TrainedModel):
    """Squared distances to class means in each view's embedding; views are summed, then weighed on meta-val.

    Args:
        votes: a shot counts for each class by the votes of its raters, where the task has votes.
    """

    def __init__(self, width: int = 48, dropout: float = 0.5, votes: bool = False) -> None:
        self.uses_votes = votes
        self._width, self._dropout = width, dropout
        self._fusion = ViewFusion()

    def build(self, view_specs: Mapping[str, ViewSpec], emotions: Sequence[str]) -> None:
        """One encoder a view."""
        encoders = [ViewEncoder(spec, width=self._width, dropout=self._dropout) for spec in view_specs.values()]
        self.network = nn.ModuleList(encoders)

    def prepare(self, sides: TrainingSides) -> None:
        """Standardise sites by the training people."""
        clips = sides.clips("meta_train")
        for encoder, view in zip(self._encoders(), sides.view_specs, strict=True):
            encoder.take_statistics(clips, view)

    def loss(self, problem: Problem, labels: Tensor) -> Tensor:
        """Cross-entropy of the queries under the sum of all views."""
        logits = torch.stack(list(self._view_logits(problem).values())).sum(0)
        return cross_entropy(logits.flatten(0, 1), labels.flatten())

    def finish(self, sides: TrainingSides) -> None:
        """Weigh views on meta-val."""
        self._fusion.fit(sides, self._view_logits)

    def predict(self, problem: Problem) -> Tensor:
        """Minus weighted squared distances `[B, Q, N]`."""
        self.network.to(problem.query_index.device)
        logits = self._view_logits(problem)
        return self._fusion.fuse(problem, logits) if self._fusion.weights else torch.stack(list(logits.values())).sum(0)

    def _view_logits(self, problem: Problem) -> dict[str, Tensor]:
        found, votes = {}, problem.support_votes if self.uses_votes else None
        for encoder, (view, array) in zip(self._encoders(), problem.clips.items(), strict=True):
            z = encoder(array, problem.lengths[view])
            support = problem.support_index
            present = problem.present[view][support]
            found[view] = distance_logits(z[support], z[problem.query_index], problem.ways, present, votes)
        return found

    def _encoders(self) -> list[ViewEncoder]:
        return [module for module in self.network.children() if isinstance(module, ViewEncoder)]

    def config(self) -> dict[str, Any]:
        """Width of the embeddings, dropout; votes, if they are used."""
        return {"width": self._width, "dropout": self._dropout} | ({"votes": True} if self.uses_votes else {})

    def state(self) -> dict[str, Tensor]:
        """The encoders and the weights of the views."""
        return super().state() | self._fusion.state()

    def load_state(self, state: Mapping[str, Tensor], view_specs: Mapping[str, ViewSpec]) -> None:
        """Take back what `state()` gave."""
        self.build(view_specs, ())
        self._fusion.load_state(state)
        self.network.load_state_dict({k: v for k, v in state.items() if not k.startswith("fusion.")})
        self.network.eval()
