"""Sites of a view: where in space its numbers come from, and the few rows in which they change."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isqrt, prod

import torch
from torch import Tensor

from stf2m_bench.episode.views import ViewSpec

ROWS, BANDS, GRID, NAMED = 24, 10, 4, 64
ORDERED = ("mel band",)
UNORDERED = ("hash bucket",)


@dataclass(frozen=True)
class Layout:
    """How the numbers of a row are laid out in space.

    Attributes:
        kind: `line` (ordered bands), `grid` (patches of a picture), `named` (each number its own place), `point` (one).
        sites, channels: P and C of `[U, T, P, C]`.
        window: rows that are averaged into one, so that T is at most 24.
        seconds: of such a window; 0 where the view has no rate.
    """

    kind: str
    sites: int
    channels: int
    window: int
    seconds: float


def layout_of(spec: ViewSpec) -> Layout:
    """The layout that suits a view: bands in 10 neighbourhoods, pictures in 4 x 4 patches, up to 64 named places."""
    numbers, window = prod(spec.shape), ceil(spec.rows / ROWS)
    seconds = window / spec.rate if spec.rate else 0.0
    if len(spec.shape) == 2:
        side = GRID if all(n % GRID == 0 for n in spec.shape) else 1
        return Layout("grid" if side > 1 else "point", side**2, numbers // side**2, window, seconds)
    if spec.sites in ORDERED and numbers > 1:
        sites = next(n for n in range(min(BANDS, numbers), 0, -1) if numbers % n == 0)
        return Layout("line", sites, numbers // sites, window, seconds)
    if spec.sites in UNORDERED or not 1 < spec.shape[0] <= NAMED:
        return Layout("point", 1, numbers, window, seconds)
    return Layout("named", spec.shape[0], numbers // spec.shape[0], window, seconds)


def to_sites(array: Tensor, layout: Layout) -> Tensor:
    """`[U, T, ...]` to `[U, T, P, C]`."""
    if layout.kind != "grid":
        return array.reshape(*array.shape[:2], layout.sites, layout.channels)
    clips, rows, height, width = array.shape
    side = isqrt(layout.sites)
    patches = array.reshape(clips, rows, side, height // side, side, width // side)
    return patches.transpose(3, 4).reshape(clips, rows, layout.sites, layout.channels)


def averaged(x: Tensor, lengths: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Means over windows of rows.

    Args:
        x: `[U, T, P, C]`. lengths: `[U]`, valid rows.

    Returns:
        `[U, T', P, C]`, zero where no row is valid; bool `[U, T']`, which are.
    """
    rows = x.shape[1]
    valid = torch.arange(rows, device=x.device)[None, :] < lengths[:, None]
    if window == 1:
        return x * valid[..., None, None], valid
    missing = -rows % window
    kept = torch.nn.functional.pad(x * valid[..., None, None], (0, 0, 0, 0, 0, missing))
    counted = torch.nn.functional.pad(valid, (0, missing)).reshape(len(x), -1, window).sum(2)
    sums = kept.reshape(len(x), -1, window, *x.shape[2:]).sum(2)
    return sums / counted.clamp_min(1)[..., None, None], counted > 0
