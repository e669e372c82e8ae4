"""How a task reads a manifest: what a clip is, and what its class is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.tasks.protocol import Label
from stf2m_bench.tasks.windows import in_windows

_DECIMALS = 9  # no last bit of a mean rating parts a tie with the band


def as_read(
    manifest: Manifest, *, label: Label = "emotion", neutral_band: float = 0.0, window: float = 0.0
) -> Manifest:
    """The manifest with its clips cut into windows, and the class of each in the column `emotion`, None without one.

    Classes change no view: they leave the hash, by which views are kept, as it is.

    Args:
        label: `emotion` (canonical), `word` (the corpus's own, its `label`), `valence` or `arousal` (`high_valence`,
            `low_valence`), or `quadrant` (`high_valence_low_arousal`).
        neutral_band: a clip has no class if a rating, in [-1, 1], lies no further from 0 than this.
        window: seconds; 0 leaves clips whole.

    Raises:
        InputError: clips cannot be cut.
    """
    manifest = in_windows(manifest, window) if window else manifest
    if label == "emotion":
        return manifest
    classes = [class_of(row, label, neutral_band) for row in manifest.table.to_dict("records")]
    return replace(manifest, table=manifest.table.assign(emotion=pd.Series(classes, dtype=object)))


def class_of(clip: Mapping[Any, Any], label: Label, neutral_band: float = 0.0) -> str | None:
    """The class of one row of a manifest; see `as_read`.

    >>> class_of({"valence": 0.5, "arousal": -0.25}, "quadrant", 0.125)
    'high_valence_low_arousal'
    >>> class_of({"valence": 0.125}, "valence", 0.125)
    """
    if label in ("emotion", "word"):
        word: str | None = clip["emotion" if label == "emotion" else "label"]
        return word
    sides = []
    for axis in ("valence", "arousal") if label == "quadrant" else (label,):
        rating = clip[axis]
        if rating is None or abs(round(rating, _DECIMALS)) <= neutral_band:
            return None
        sides.append(f"{'high' if rating > 0 else 'low'}_{axis}")
    return "_".join(sides)
