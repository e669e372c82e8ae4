"""Temporal convolution: several dilations, weighed anew at each step, and pooling over time (blueprint 3.2)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, pad

SHORTEST, LONGEST = 0.5, 64.0
DILATIONS = {"multi": (1, 2, 4), "single": (1,), "none": (0,)}


class TemporalConvolution(nn.Module):
    """`[U, T, P, D]` to `[U, P, D]`, every site by itself, with the same weights.

    Args:
        kind: `multi` has dilations 1, 2 and 4, mixed by a gate that looks at each step and how it differs from the five
            steps around it; `single` is dilation 1 without a gate; `none` has kernel 1.
        position: `seconds` adds sinusoids of periods 0.5 to 64 s, `index` of as many rows, `none` nothing.
    """

    def __init__(self, kind: str, position: str, width: int, seconds: float, layers: int = 2) -> None:
        super().__init__()
        self.dilations, self.position, self.seconds = DILATIONS[kind], position, seconds
        taps = 1 if kind == "none" else 3
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.branches = nn.ModuleList(nn.Linear(taps * width, width * len(self.dilations)) for _ in range(layers))
        if len(self.dilations) > 1:
            self.branches = nn.ModuleList(
                nn.ModuleList(nn.Linear(taps * width, width) for _ in self.dilations) for _ in range(layers)
            )
            self.gates = nn.ModuleList(nn.Linear(2 * width, len(self.dilations)) for _ in range(layers))
        self.pooled = nn.Linear(3 * width, width)
        self.register_buffer("periods", torch.logspace(0, 1, width // 2, base=LONGEST / SHORTEST), persistent=False)

    def forward(self, hidden: Tensor, valid: Tensor) -> Tensor:
        """`valid`: bool `[U, T]`; rows that are not valid count nowhere."""
        mask = valid[:, :, None, None].to(hidden)
        if hidden.shape[1] > 1:
            hidden = hidden + self._positions(hidden)[None, :, None, :]
            for layer, norm in enumerate(self.norms):
                hidden = hidden + self._layer(layer, gelu(norm(hidden)) * mask, mask)
        return self.pooled(pooled_over_time(hidden, mask))  # type: ignore[no-any-return]

    @property
    def gated(self) -> bool:
        """Whether there are several dilations, and so a gate that weighs them."""
        return len(self.dilations) > 1

    def branch_weights(self, hidden: Tensor, valid: Tensor) -> Tensor:
        """How much each dilation counts at each step, `[layers, U, T, P, dilations]`, summing to 1 over the last axis.

        Args:
            hidden, valid: as `forward` takes them; more than one step, and `gated`.
        """
        mask, found = valid[:, :, None, None].to(hidden), []
        hidden = hidden + self._positions(hidden)[None, :, None, :]
        for layer, norm in enumerate(self.norms):
            u = gelu(norm(hidden)) * mask
            found.append(self._weights(layer, u, mask))
            hidden = hidden + self._layer(layer, u, mask)
        return torch.stack(found)

    def _layer(self, layer: int, u: Tensor, mask: Tensor) -> Tensor:
        if not self.gated:
            return self.branches[layer](_taps(u, self.dilations[0]))  # type: ignore[no-any-return]
        weights = self._weights(layer, u, mask)
        branches = self.branches[layer]
        assert isinstance(branches, nn.ModuleList)
        found = [
            branch(_taps(u, dilation)) * weights[..., place : place + 1]
            for place, (branch, dilation) in enumerate(zip(branches, self.dilations, strict=True))
        ]
        return torch.stack(found).sum(0)

    def _weights(self, layer: int, u: Tensor, mask: Tensor) -> Tensor:
        logits: Tensor = self.gates[layer](torch.cat([u, u - _around(u, mask)], dim=-1))
        return logits.softmax(-1)

    def _positions(self, hidden: Tensor) -> Tensor:
        """`[T, D]`."""
        rows, width = hidden.shape[1], hidden.shape[3]
        if self.position == "none":
            return hidden.new_zeros(rows, width)
        step = self.seconds if self.position == "seconds" and self.seconds else SHORTEST / 4
        times = torch.arange(rows, device=hidden.device) * step
        angles = 2 * math.pi * times[:, None] / (SHORTEST * self.get_buffer("periods"))
        return torch.cat([angles.sin(), angles.cos()], dim=1)[:, :width]


def _taps(u: Tensor, dilation: int) -> Tensor:
    """Each row beside those `dilation` before and after it, `[U, T, P, 3 * D]`; alone where dilation is 0."""
    if not dilation:
        return u
    padded = pad(u, (0, 0, 0, 0, dilation, dilation))
    return torch.cat([padded[:, : -2 * dilation], u, padded[:, 2 * dilation :]], dim=-1)


def _around(u: Tensor, mask: Tensor) -> Tensor:
    """Mean of the five rows around each one, of those that are valid."""
    sums, counts = (_sum_of_five(x) for x in (u, mask))
    return sums / counts.clamp_min(1)


def _sum_of_five(x: Tensor) -> Tensor:
    padded, rows = pad(x, (0, 0, 0, 0, 2, 2)), x.shape[1]
    return torch.stack([padded[:, place : place + rows] for place in range(5)]).sum(0)


def pooled_over_time(hidden: Tensor, mask: Tensor) -> Tensor:
    """Mean, deviation and maximum over the valid rows: `[U, T, P, D]` to `[U, P, 3 * D]`; finite where none is."""
    count = mask.sum(1).clamp_min(1)
    mean = (hidden * mask).sum(1) / count
    variance = ((hidden - mean.unsqueeze(1)).square() * mask).sum(1) / count
    highest = hidden.masked_fill(mask == 0, -1e4).amax(1)
    return torch.cat([mean, (variance + 1e-5).sqrt(), torch.where(mask.any(1), highest, mean)], dim=-1)
