"""Training clips told in another way: time scale, dropped frames, masked bands (SpecAugment, Park et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

SLOWEST, FASTEST = 0.8, 1.25
DROPPED, MASKED = 0.1, 0.2
Clips = tuple[dict[str, Tensor], dict[str, Tensor]]


def augmented(clips: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> Clips:
    """Every clip of every view in another way: `[U, T, ...]` and `[U]` of the same shapes.

    A view of one row a clip stays as it is.
    """
    changed, counts = {}, {}
    for view, array in clips.items():
        changed[view], counts[view] = array, lengths[view]
        if array.shape[1] > 1:
            changed[view], counts[view] = _in_other_time(array, lengths[view])
            changed[view] = _masked(changed[view], counts[view])
    return changed, counts


def _in_other_time(array: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """0.8 to 1.25 times as long, as far as there is room, with one row in ten left out."""
    size, device = array.shape[1], array.device
    factor = torch.empty(len(array), 1).uniform_(SLOWEST, FASTEST).to(device)
    steps = torch.arange(size, device=device)[None, :]
    longer = (lengths[:, None] * factor).round().clamp(max=size)
    source = torch.minimum((steps / factor).floor(), lengths[:, None] - 1.0).clamp_min(0)
    kept = (torch.rand(len(array), size).to(device) > DROPPED) & (steps < longer)
    order = (~kept).to(torch.uint8).argsort(dim=1, stable=True)
    rows = source.gather(1, order).long()
    taken = array[torch.arange(len(array), device=device)[:, None], rows]
    count = kept.sum(1)
    alone = (count == 0) & (lengths > 0)
    return taken, torch.where(alone, torch.ones_like(count), count)


def _masked(array: Tensor, lengths: Tensor) -> Tensor:
    """A stretch of numbers and a stretch of rows, each up to a fifth of all, become the clip's mean."""
    flat = array.flatten(2)
    clips, size, numbers = flat.shape
    valid = (torch.arange(size, device=array.device)[None, :] < lengths[:, None]).unsqueeze(2)
    mean = (flat * valid).sum(1, keepdim=True) / lengths.clamp_min(1)[:, None, None]
    hidden = _stretch(clips, size, array.device).unsqueeze(2) | _stretch(clips, numbers, array.device).unsqueeze(1)
    return torch.where(hidden, mean, flat).reshape(array.shape)


def _stretch(clips: int, size: int, device: torch.device) -> Tensor:
    """bool `[clips, size]`: where one stretch of random length and place lies."""
    length = (torch.rand(clips, 1) * MASKED * size).to(device)
    start = (torch.rand(clips, 1).to(device) * (size - length)).floor()
    steps = torch.arange(size, device=device)[None, :]
    return (steps >= start) & (steps < start + length.floor())
