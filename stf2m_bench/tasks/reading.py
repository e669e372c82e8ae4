"""How a task reads a manifest: what a clip is, and what its class is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.tasks.protocol import Label, Midpoint
from stf2m_bench.tasks.windows import in_windows

_DECIMALS = 9  # no last bit of a mean rating parts a tie with the band


def as_read(
    manifest: Manifest,
    *,
    label: Label = "emotion",
    neutral_band: float = 0.0,
    window: float = 0.0,
    midpoint: Midpoint = "neither",
) -> Manifest:
    """The manifest with its clips cut into windows, and the class of each in the column `emotion`, None without one.

    Classes change no view: they leave the hash, by which views are kept, as it is.

    Args:
        label: `emotion` (canonical), `word` (the corpus's own, its `label`), `valence` or `arousal` (`high_valence`,
            `low_valence`), `quadrant` (`high_valence_low_arousal`), or `quadrant_or_neutral` (`neutral` in place of no
            class).
        neutral_band: a clip has no class if a rating, in [-1, 1], lies no further from 0 than this.
        window: seconds; 0 leaves clips whole.
        midpoint: the side of a rating of exactly 0; on `neither` the clip has no class.

    Raises:
        InputError: clips cannot be cut.
    """
    manifest = in_windows(manifest, window) if window else manifest
    if label == "emotion":
        return manifest
    classes = [class_of(row, label, neutral_band, midpoint) for row in manifest.table.to_dict("records")]
    return replace(manifest, table=manifest.table.assign(emotion=pd.Series(classes, dtype=object)))


def class_of(
    clip: Mapping[Any, Any], label: Label, neutral_band: float = 0.0, midpoint: Midpoint = "neither"
) -> str | None:
    """The class of one row of a manifest; see `as_read`.

    >>> class_of({"valence": 0.5, "arousal": -0.25}, "quadrant", 0.125)
    'high_valence_low_arousal'
    >>> class_of({"valence": 0.125}, "valence", 0.125)
    >>> class_of({"valence": 0.0}, "valence", midpoint="high")
    'high_valence'
    """
    if label in ("emotion", "word"):
        word: str | None = clip["emotion" if label == "emotion" else "label"]
        return word
    axes = ("valence", "arousal") if label in ("quadrant", "quadrant_or_neutral") else (label,)
    if any(clip[axis] is None for axis in axes):
        return None
    sides = [_side(round(clip[axis], _DECIMALS), neutral_band, midpoint) for axis in axes]
    if "neither" in sides:
        return "neutral" if label == "quadrant_or_neutral" else None
    return "_".join(f"{side}_{axis}" for side, axis in zip(sides, axes, strict=True))


def _side(rating: float, neutral_band: float, midpoint: Midpoint) -> Midpoint:
    if rating == 0:
        return midpoint
    if abs(rating) <= neutral_band:
        return "neither"
    return "high" if rating > 0 else "low"
