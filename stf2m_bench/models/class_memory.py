"""Class memory: matches the support to training classes and never adapts to people. A reference row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.errors import NotForThisTaskError
from stf2m_bench.models.base.class_space import assignment, matching
from stf2m_bench.models.base.fusion import ViewFusion
from stf2m_bench.models.base.model import Model
from stf2m_bench.models.base.posteriors import Posteriors
from stf2m_bench.models.base.prototypes import class_means


class ClassMemory(Model):
    """log sum over training emotions e of p(e | query) p(e | support of the class).

    p(e | support) is the normalised product over shots, tempered to one clip's worth of evidence a shot by the root.

    Args:
        exclusion: use that two classes are never the same emotion, as `stf2m` does; shots are then not tempered.
    """

    reference = True

    def __init__(self, exclusion: bool = False) -> None:
        self._exclusion = exclusion
        self._posteriors, self._fusion = Posteriors(), ViewFusion()

    def fit(self, sides: TrainingSides) -> ClassMemory:
        """Train the classifier; set the temperature on meta-val.

        Raises:
            NotForThisTaskError: meta-val has no emotion of meta-train, so that nothing can be chosen there.
        """
        task, fold = sides.task, sides.fold
        if set(task.emotions("meta_train", fold)).isdisjoint(task.emotions("meta_val", fold)):
            raise NotForThisTaskError(
                f"class_memory judges its classifier by meta-val clips of the emotions of meta-train, and '{task.name}'"
                " has none; leave it out of this board."
            )
        self._posteriors.fit(sides)
        self._fusion.fit(sides, self._logits)
        return self

    def predict(self, problem: Problem) -> Tensor:
        """Matching log-probabilities `[B, Q, N]`."""
        return self._fusion.fuse(problem, self._logits(problem))

    def _logits(self, problem: Problem) -> dict[str, Tensor]:
        logs = self._posteriors.log_posteriors(problem.clips, problem.lengths)
        support = class_means(logs[problem.support_index], problem.ways)
        shots = problem.support_index.shape[1] // problem.ways
        classes = assignment(shots * support) if self._exclusion else support.log_softmax(-1)
        return {next(iter(problem.clips)): matching(logs[problem.query_index], classes)}

    def config(self) -> dict[str, Any]:
        """Whether two classes may be the same emotion."""
        return {"exclusion": self._exclusion}

    def state(self) -> dict[str, Tensor]:
        """The classifier and the temperature."""
        return self._posteriors.state() | self._fusion.state()

    def load_state(self, state: Mapping[str, Tensor], view_specs: Mapping[str, ViewSpec]) -> None:
        """Take back what `state()` gave."""
        self._posteriors.load_state(state)
        self._fusion.load_state(state)
