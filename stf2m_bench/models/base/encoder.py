"""A small trained encoder of one view: a linear map of its pooled statistics."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn

from stf2m_bench.episode.training_sides import LabelledClips
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.models.base.pooling import LIMIT, pool, statistics

SCALE = 2.7


class ViewEncoder(nn.Module):
    """`[U, T, sites ...]` with lengths `[U]` to `[U, width]`.

    Two residual convolutions over time beside this map lost 1 to 2 points on the meta-val episodes of
    ravdess-a12-new-subjects (one seed); a hidden layer lost 2 to 6 there and won 1 to 6 on synthetic emosynth.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, spec: ViewSpec, *, width: int, dropout: float) -> None:
        super().__init__()
        numbers = prod(spec.shape) * (3 if spec.rows > 1 else 1)
        self.register_buffer("mean", torch.zeros(numbers))
        self.register_buffer("scale", torch.ones(numbers))
        self.map = nn.Sequential(nn.Dropout(dropout), nn.Linear(numbers, width))
        self.temperature = nn.Parameter(torch.tensor(SCALE / width).log())

    def take_statistics(self, clips: LabelledClips, view: str) -> None:
        """Mean and deviation of each pooled number over the clips that have the view."""
        vectors = pool(clips.clips[view], clips.lengths[view])[clips.lengths[view] > 0]
        for buffer, values in zip((self.mean, self.scale), statistics(vectors), strict=True):
            buffer.copy_(values)

    def forward(self, array: Tensor, lengths: Tensor) -> Tensor:
        """Embeddings whose squared distances are logits; zeros where the clip lacks the view."""
        vectors = ((pool(array, lengths) - self.mean) / self.scale).clamp(-LIMIT, LIMIT)
        embedded: Tensor = self.map(vectors) * (self.temperature / 2).exp()
        return embedded * (lengths > 0).unsqueeze(1)
