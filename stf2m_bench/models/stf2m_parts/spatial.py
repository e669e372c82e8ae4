"""Spatial convolution: residual layers that mix each site with its neighbours (blueprint 3.2, S2 and S3)."""

from __future__ import annotations

from math import isqrt

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from stf2m_bench.models.stf2m_parts.sites import Layout

KIND_OF = {"line": "conv", "grid": "graph", "named": "learned", "point": "none"}


class SpatialConvolution(nn.Module):
    """`[U, T, P, C]` to `[U, T, P, D]`.

    Args:
        kind: `auto` takes what suits the layout: `conv` (1 x 3 over ordered sites), `graph` (patches with their four
            neighbours), `learned` (adjacency softmax(relu(E1 E2')), Wu et al. 2019). `none` is a per-frame dense layer
            on the flattened sites: the ablation without spatial convolution.
    """

    def __init__(self, layout: Layout, kind: str, width: int, layers: int = 2) -> None:
        super().__init__()
        self.layout = layout
        self.kind = KIND_OF[layout.kind] if kind == "auto" else kind
        self.flat = self.kind == "none" and layout.sites > 1
        if self.flat:
            self.dense = nn.Linear(layout.sites * layout.channels, width)
            return
        self.stem = nn.Linear(layout.channels, width)
        self.place = nn.Parameter(0.1 * torch.randn(layout.sites, width))
        taps = 3 if self.kind == "conv" else 2
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.mixes = nn.ModuleList(nn.Linear(taps * width, width) for _ in range(layers))
        if self.kind == "learned":
            self.from_site = nn.Parameter(torch.randn(layout.sites, 8))
            self.to_site = nn.Parameter(torch.randn(layout.sites, 8))
        if self.kind == "graph":
            self.register_buffer("neighbours", grid_neighbours(layout.sites), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.flat:
            return gelu(self.dense(x.flatten(2))).unsqueeze(2)
        hidden = gelu(self.stem(x) + self.place)
        for norm, mix in zip(self.norms, self.mixes, strict=True):
            hidden = hidden + mix(self._with_neighbours(gelu(norm(hidden))))
        return hidden

    def _with_neighbours(self, hidden: Tensor) -> Tensor:
        """`[U, T, P, taps * D]`."""
        if self.kind == "conv":
            padded = nn.functional.pad(hidden, (0, 0, 1, 1))
            return torch.cat([padded[:, :, :-2], hidden, padded[:, :, 2:]], dim=-1)
        if self.kind == "none":
            return torch.cat([hidden, hidden], dim=-1)
        return torch.cat([hidden, self._adjacency() @ hidden], dim=-1)

    def _adjacency(self) -> Tensor:
        if self.kind == "graph":
            return self.get_buffer("neighbours")
        return torch.relu(self.from_site @ self.to_site.mT).softmax(dim=1)


def grid_neighbours(sites: int) -> Tensor:
    """`[P, P]`, row-normalised: which patches of a square grid touch; all others alike where P is no square."""
    side = isqrt(sites)
    if side**2 != sites:
        return (1 - torch.eye(sites)) / max(sites - 1, 1)
    row, column = torch.arange(sites) // side, torch.arange(sites) % side
    apart = (row[:, None] - row).abs() + (column[:, None] - column).abs()
    touching = (apart == 1).float()
    return touching / touching.sum(1, keepdim=True).clamp_min(1)
