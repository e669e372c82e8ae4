"""The encoder of one view: a linear map of its pooled statistics, and what spatial and temporal convolution add to it.

Clips are convolved once, whatever the episodes of a batch; an episode then standardises and gates the sites by the
statistics of its own support. The blueprint standardises before the convolutions, which costs one encoding a clip and
episode instead of one a clip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, layer_norm

from stf2m_bench.episode.training_sides import LabelledClips
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.models.base.encoder import SCALE, ViewEncoder
from stf2m_bench.models.base.pooling import LIMIT
from stf2m_bench.models.stf2m_parts.sites import Layout, averaged, layout_of, to_sites
from stf2m_bench.models.stf2m_parts.spatial import SpatialConvolution
from stf2m_bench.models.stf2m_parts.temporal import TemporalConvolution

PRIOR = 20.0  # how many clips' worth the training people's statistics count beside those of an episode's support
FLOOR = 1e-3


@dataclass(frozen=True)
class Encoded:
    """Clips of one view before an episode looks at them.

    Attributes:
        linear: `[U, d]`, the linear map. sites: `[U, P, D]`, what convolution found at each site.
        within, mean: `[U, P]`, deviation over time and mean of the standardised numbers of each site.
        present: bool `[U]`.
    """

    linear: Tensor
    sites: Tensor
    within: Tensor
    mean: Tensor
    present: Tensor

    def float(self) -> Encoded:
        """All numbers in float32: statistics, rules and scores are no place for fewer bits."""
        return replace(
            self,
            linear=self.linear.float(),
            sites=self.sites.float(),
            within=self.within.float(),
            mean=self.mean.float(),
        )


def joined(parts: Sequence[Encoded]) -> Encoded:
    """The clips of all parts, in order."""
    return Encoded(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(Encoded)))


class SpatioTemporalEncoder(nn.Module):
    """One view of clips `[U, T, ...]` to embeddings `[B, I, d]` of the items of B episodes.

    Args:
        spatial, temporal, position: see `SpatialConvolution` and `TemporalConvolution`.
        task_norm, gate: standardise, and gate, the sites by the support of the episode.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        spec: ViewSpec,
        *,
        spatial: str,
        temporal: str,
        position: str,
        task_norm: bool,
        gate: bool,
        site_width: int,
        width: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.layout = layout_of(spec)
        self.linear = ViewEncoder(_coarse_spec(spec, self.layout), width=width, dropout=dropout)
        self.register_buffer("mean", torch.zeros(self.layout.sites, self.layout.channels))
        self.register_buffer("scale", torch.ones(self.layout.sites, self.layout.channels))
        self.spatial = SpatialConvolution(self.layout, spatial, site_width)
        self.temporal = TemporalConvolution(temporal, position, site_width, self.layout.seconds)
        self.task_norm = task_norm and not self.spatial.flat
        self.gate = _site_gate() if gate and not self.spatial.flat else None
        sites = torch.zeros(1, 1 if self.spatial.flat else self.layout.sites, 1)
        places = _places(sites, self.layout).shape[1]
        self.read_out = nn.Sequential(nn.Dropout(dropout), silent(nn.Linear(places * site_width, width)))

    def take_statistics(self, clips: LabelledClips, view: str) -> None:
        """Mean and deviation of each number over the valid rows of the training people's clips."""
        self.linear.take_statistics(replace(clips, clips={view: _coarse(clips.clips[view], self.layout)}), view)
        array, lengths = clips.clips[view], clips.lengths[view]
        valid = torch.arange(array.shape[1])[None, :] < lengths[:, None]
        rows = to_sites(array, self.layout)[valid]
        if len(rows) > 1:
            self.mean.copy_(rows.mean(0))
            self.scale.copy_(rows.std(0).clamp_min(FLOOR))

    def encode(self, array: Tensor, lengths: Tensor) -> Encoded:
        """What does not depend on an episode."""
        valid = torch.arange(array.shape[1], device=array.device)[None, :] < lengths[:, None]
        x = self._standardised(array)
        mask = valid[..., None, None].to(x)
        count = mask.sum(1).clamp_min(1)
        mean = (x * mask).sum(1) / count
        within = (((x - mean.unsqueeze(1)).square() * mask).sum(1) / count).mean(-1).sqrt()
        rows, steps = averaged(x, lengths, self.layout.window)
        sites = self.temporal(self.spatial(rows), steps)
        return Encoded(
            self.linear(_coarse(array, self.layout), lengths),
            layer_norm(sites, sites.shape[1:]),
            within,
            mean.mean(-1),
            lengths > 0,
        )

    def embed(self, clips: Encoded, items: Tensor, support: Tensor) -> Tensor:
        """Embeddings `[B, I, d]`, zero where the view is absent.

        Args:
            items: clip numbers `[B, I]`. support: clip numbers `[B, S]`, whose statistics rule.
        """
        here = clips.present[support].to(clips.sites)
        sites = clips.sites[items]
        if self.task_norm:
            mean, scale = shrunk_statistics(clips.sites[support], here)
            sites = ((sites - mean) / scale).clamp(-5, 5)
        if self.gate is not None:
            sites = sites * self.site_gates(clips, support)[:, None, :, None]
        added: Tensor = self.read_out(_places(sites.flatten(0, 1), self.layout).flatten(1))
        added = sqrt(SCALE / added.shape[-1]) * added.reshape(*items.shape, -1)
        added = added * clips.present[items].unsqueeze(-1)
        return clips.linear[items] + added

    def site_gates(self, clips: Encoded, support: Tensor) -> Tensor:
        """How far each site is open, `[B, P]` in (0, 1), by how it moves within and between the support clips."""
        assert self.gate is not None
        here = clips.present[support].to(clips.within)
        within = ((clips.within[support] * here.unsqueeze(-1)).sum(1) + PRIOR) / (here.sum(1, keepdim=True) + PRIOR)
        _, between = shrunk_statistics(clips.mean[support].unsqueeze(-1), here)
        logs = torch.stack([within.clamp_min(FLOOR).log(), between[:, 0, :, 0].log()], dim=-1).clamp(-5, 5)
        opening: Tensor = self.gate(logs)
        return opening.squeeze(-1).sigmoid()

    def branch_weights(self, array: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """How much each dilation counts, `[layers, U, T', P, dilations]`, and bool `[U, T']`, which steps are valid."""
        rows, steps = averaged(self._standardised(array), lengths, self.layout.window)
        return self.temporal.branch_weights(self.spatial(rows), steps), steps

    def embed_alone(self, clips: Encoded) -> Tensor:
        """Embeddings `[U, d]` of clips that are in no episode: every clip is its own support."""
        own = torch.arange(len(clips.present), device=clips.present.device).unsqueeze(1)
        return self.embed(clips, own, own).squeeze(1)

    def _standardised(self, array: Tensor) -> Tensor:
        """`[U, T, P, C]`, by the training people's statistics."""
        return ((to_sites(array, self.layout) - self.mean) / self.scale).clamp(-LIMIT, LIMIT)


def shrunk_statistics(values: Tensor, here: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation over the support, `[B, 1, P, D]` each, moved toward 0 and 1 by 20 clips' worth.

    Few values (five at K = 1 for a clip-averaged view), or a number that is nearly always zero, then explode nowhere.

    Args:
        values: `[B, S, P, D]`. here: `[B, S]`, 1 where the clip has the view.
    """
    weight = here[:, :, None, None]
    count = weight.sum(1, keepdim=True) + PRIOR
    mean = (values * weight).sum(1, keepdim=True) / count
    squares = ((values - mean).square() * weight).sum(1, keepdim=True)
    return mean, ((squares + PRIOR) / count).sqrt().clamp_min(FLOOR)


def _site_gate() -> nn.Sequential:
    """A small network from two statistics of a site; open (0.88) and blind to them at first."""
    return nn.Sequential(nn.Linear(2, 8), nn.GELU(), silent(nn.Linear(8, 1), level=2.0))


def silent(layer: nn.Linear, level: float = 0.0) -> nn.Linear:
    """A layer that gives `level` at first, whatever it is told."""
    nn.init.zeros_(layer.weight)
    nn.init.constant_(layer.bias, level)
    return layer


def _coarse(array: Tensor, layout: Layout) -> Tensor:
    """What the linear map sees: pictures at half their size, which has a quarter of the weights; else all."""
    return avg_pool2d(array, 2) if layout.kind == "grid" else array


def _coarse_spec(spec: ViewSpec, layout: Layout) -> ViewSpec:
    return replace(spec, shape=tuple(side // 2 for side in spec.shape)) if layout.kind == "grid" else spec


def _places(sites: Tensor, layout: Layout) -> Tensor:
    """Places that keep *where*, and the maximum that keeps *what*: `[n, P, D]` to `[n, places, D]`."""
    if layout.kind in ("named", "point") or sites.shape[1] == 1:
        return sites
    if layout.kind == "line":
        bins = adaptive_avg_pool2d(sites.unsqueeze(1), (min(4, layout.sites), sites.shape[2])).squeeze(1)
    else:
        side = round(layout.sites**0.5)
        grid = sites.reshape(len(sites), side, side, -1).permute(0, 3, 1, 2)
        bins = adaptive_avg_pool2d(grid, (2, 2)).flatten(2).transpose(1, 2)
    return torch.cat([bins, sites.amax(1, keepdim=True)], dim=1)
