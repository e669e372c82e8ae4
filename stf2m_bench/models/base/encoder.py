"""A small encoder of one view: standardise, mix sites, two convolutions over time, pool."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stf2m_bench.episodes.training_sides import LabelledClips
from stf2m_bench.episodes.views import ViewSpec


class ViewEncoder(nn.Module):
    """`[U, T, sites ...]` with lengths `[U]` to `[U, width]`. Padding never counts; LayerNorm only."""

    mean: Tensor
    scale: Tensor

    def __init__(self, spec: ViewSpec, *, width: int, dropout: float) -> None:
        super().__init__()
        sites = int(torch.tensor(spec.shape).prod())
        self.register_buffer("mean", torch.zeros(sites))
        self.register_buffer("scale", torch.ones(sites))
        self.timed = spec.rows > 1
        self.mix = nn.Sequential(nn.Linear(sites, width), nn.GELU(), nn.Dropout(dropout))
        self.steps = nn.ModuleList(nn.Conv1d(width, width, 3, padding=1) for _ in range(2 if self.timed else 0))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in self.steps)
        self.out = nn.Linear(2 * width if self.timed else width, width)

    def take_statistics(self, clips: LabelledClips, view: str) -> None:
        """Mean and deviation of each site over the rows of these clips."""
        flat = clips.clips[view].flatten(2)
        valid = torch.arange(flat.shape[1])[None, :] < clips.lengths[view][:, None]
        rows = flat[valid].double()
        self.mean.copy_(rows.mean(0))
        self.scale.copy_(rows.std(0, correction=0).clamp_min(1e-6))

    def forward(self, array: Tensor, lengths: Tensor) -> Tensor:
        """Embeddings `[U, width]`; zeros where the clip lacks the view."""
        flat = ((array.flatten(2) - self.mean) / self.scale).clamp(-5, 5)
        valid = (torch.arange(flat.shape[1], device=flat.device)[None, :] < lengths[:, None]).unsqueeze(2).to(flat)
        hidden = self.mix(flat) * valid
        for step, norm in zip(self.steps, self.norms, strict=True):
            hidden = hidden + nn.functional.gelu(step((norm(hidden) * valid).mT).mT) * valid
        count = valid.sum(1).clamp_min(1)
        mean = hidden.sum(1) / count
        if not self.timed:
            return self._read_out(mean, valid)
        spread = (((hidden - mean.unsqueeze(1)) * valid).square().sum(1) / count + 1e-5).sqrt()
        return self._read_out(torch.cat([mean, spread], dim=1), valid)

    def _read_out(self, pooled: Tensor, valid: Tensor) -> Tensor:
        embedded: Tensor = self.out(pooled)
        return embedded * valid.amax(1)
