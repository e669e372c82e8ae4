"""Pooling a view over time into one vector, standardised with statistics of the training people or of the support."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.errors import UsageError

LIMIT = 4.0
SHRINKAGE = 10.0
Source = Literal["training", "support"]


def pool(array: Tensor, lengths: Tensor) -> Tensor:
    """Mean, deviation, and deviation of steps from row to row, over the valid rows.

    Args:
        array: `[U, T, ...]`. lengths: `[U]`, valid rows.

    Returns:
        `[U, 3 * sites]`, or `[U, sites]` (the row itself) where no clip has more than one row.
    """
    flat = array.flatten(2)
    if flat.shape[1] == 1:
        return flat[:, 0]
    valid = (torch.arange(flat.shape[1], device=flat.device)[None, :] < lengths[:, None]).unsqueeze(2).to(flat)
    steps = flat[:, 1:] - flat[:, :-1]
    mean, deviation = _moments(flat, valid)
    return torch.cat([mean, deviation, _moments(steps, valid[:, 1:])[1]], dim=1)


def _moments(rows: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    count = valid.sum(1).clamp_min(1)
    mean = (rows * valid).sum(1) / count
    apart = (rows - mean.unsqueeze(1)).mul_(valid)
    return mean, apart.square_().sum(1).div_(count).sqrt_()


def statistics(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation `[D]` of the rows of `[n, D]`; 0 and 1 where there is no row."""
    if not len(vectors):
        return vectors.new_zeros(vectors.shape[1]), vectors.new_ones(vectors.shape[1])
    return vectors.mean(0), vectors.std(0, correction=0).clamp_min(1e-6)


class Pooling:
    """Pooled views in a common scale: standardised, limited to +-4, divided by the root of their number.

    So the squared distance between two random clips is about 2 in every view, however many numbers it has.

    Args:
        statistics: where mean and deviation come from: the clips of the training people, or, moved toward those by 10
            clips' worth, the support of each episode.

    Raises:
        UsageError: another source.
    """

    def __init__(self, statistics: Source = "training") -> None:
        if statistics not in ("training", "support"):
            raise UsageError(f"There are no statistics from '{statistics}'; expected training or support.")
        self.statistics = statistics
        self.mean: dict[str, Tensor] = {}
        self.scale: dict[str, Tensor] = {}

    def fit(self, sides: TrainingSides) -> Pooling:
        """Statistics from the clips of the training people."""
        clips = sides.clips("meta_train")
        for view, array in clips.clips.items():
            vectors = pool(array, clips.lengths[view])[clips.lengths[view] > 0]
            self.mean[view], self.scale[view] = statistics(vectors)
        return self

    def vectors(self, clips: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """View -> `[U, D]`; zeros (the mean of the training people) where a clip lacks the view."""
        found = {}
        for view, array in clips.items():
            raw = pool(array, lengths[view])
            scaled = ((raw - self.mean[view].to(raw)) / self.scale[view].to(raw)).clamp(-LIMIT, LIMIT)
            found[view] = scaled * (lengths[view] > 0).unsqueeze(1) / raw.shape[1] ** 0.5
        return found

    def problem(
        self, problem: Problem, *, vectors: Mapping[str, Tensor] | None = None
    ) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
        """View -> (support `[B, N * K, D]`, query `[B, Q, D]`, which shots have the view `[B, N * K]`).

        Args:
            vectors: of the clips, if they are pooled already.
        """
        vectors = self.vectors(problem.clips, problem.lengths) if vectors is None else vectors
        support, query = problem.support_index, problem.query_index
        found = {view: (v[support], v[query], problem.present[view][support]) for view, v in vectors.items()}
        if self.statistics == "support":
            return {view: _standardised_by_support(*parts) for view, parts in found.items()}
        return found

    def state(self) -> dict[str, Tensor]:
        """The statistics as tensors."""
        means = {f"pooling.mean.{view}": tensor for view, tensor in self.mean.items()}
        return means | {f"pooling.scale.{view}": tensor for view, tensor in self.scale.items()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take back what `state()` gave."""
        self.mean = {k.removeprefix("pooling.mean."): v for k, v in state.items() if k.startswith("pooling.mean.")}
        self.scale = {k.removeprefix("pooling.scale."): v for k, v in state.items() if k.startswith("pooling.scale.")}


def _standardised_by_support(support: Tensor, query: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Vectors in the scale of the training people, mean 0 and variance 1 / D, brought to that of their support."""
    here = present.unsqueeze(2).to(support)
    count = here.sum(1, keepdim=True) + SHRINKAGE
    mean = (support * here).sum(1, keepdim=True) / count
    squares = ((support - mean).square() * here).sum(1, keepdim=True)
    scale = ((squares * support.shape[2] + SHRINKAGE) / count).sqrt()
    limit = LIMIT / support.shape[2] ** 0.5
    return ((support - mean) / scale).clamp(-limit, limit), ((query - mean) / scale).clamp(-limit, limit), present
