"""How a task reads a manifest: what a clip is, and what its class is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from stf2m_bench.datasets.base.manifest import Manifest, load_loader
from stf2m_bench.errors import InputError
from stf2m_bench.tasks.protocol import Label, Midpoint
from stf2m_bench.tasks.windows import in_rated_windows, in_windows

_AXES = {label: (label,) for label in ("valence", "arousal")} | dict.fromkeys(
    ("quadrant", "quadrant_or_neutral"), ("valence", "arousal")
)
_DECIMALS = 9  # no last bit of a mean rating parts a tie with the band


def as_read(
    manifest: Manifest,
    *,
    label: Label = "emotion",
    neutral_band: float = 0.0,
    window: float = 0.0,
    lag: float = 0.0,
    midpoint: Midpoint = "neither",
) -> Manifest:
    """The manifest with its clips cut into windows, and the class of each in the column `emotion`, None without one.

    Where people rate all the while, windows are cut from the ratings, and where classes are sides of them, the votes
    `time` are how much of a window each class has, `neutral` for ratings without one. Classes change no view: they
    leave the hash, by which views are kept, as it is.

    Args:
        label: `emotion` (canonical), `word` (the corpus's own, its `label`), `valence` or `arousal` (`high_valence`,
            `low_valence`), `quadrant` (`high_valence_low_arousal`), or `quadrant_or_neutral` (`neutral` in place of no
            class).
        neutral_band: a clip has no class if a rating, in [-1, 1], lies no further from 0 than this.
        window: seconds; 0 leaves clips whole.
        lag: seconds by which people rate late: a window is rated by what they say so much later.
        midpoint: the side of a rating of exactly 0; on `neither` the clip has no class.

    Raises:
        InputError: clips cannot be cut, or nobody rates them all the while.
    """
    manifest = _cut(manifest, label, neutral_band, window, lag, midpoint) if window else manifest
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
    if any(clip[axis] is None for axis in _AXES[label]):
        return None
    return _named([_sides([clip[axis]], neutral_band, midpoint)[0] for axis in _AXES[label]], label)


def shares_of_time(
    ratings: NDArray[np.float64], label: Label, neutral_band: float = 0.0, midpoint: Midpoint = "neither"
) -> dict[str, float]:
    """Class -> its share of these ratings of valence and arousal `[2, n]`; `neutral` for those without a class.

    >>> shares_of_time(np.array([[0.5, 0.5, 0.1, -0.5], [0, 0, 0, 0]]), "valence", 0.125)
    {'high_valence': 0.5, 'neutral': 0.25, 'low_valence': 0.25}
    """
    by_axis = dict(zip(("valence", "arousal"), ratings, strict=True))
    sides = [_sides(by_axis[axis], neutral_band, midpoint) for axis in _AXES[label]]
    shares: Counter[str] = Counter()
    for one, count in Counter(zip(*sides, strict=True)).items():
        shares[_named(one, label) or "neutral"] += count
    return {name: count / ratings.shape[1] for name, count in shares.items()}


def _cut(
    manifest: Manifest, label: Label, neutral_band: float, window: float, lag: float, midpoint: Midpoint
) -> Manifest:
    traces = list(load_loader(manifest.dataset).traces(manifest.root))
    if not traces and lag:
        raise InputError(f"Nobody rates '{manifest.dataset}' all the while, so that ratings have no lag; leave it out.")
    if not traces:
        return in_windows(manifest, window)
    rule = partial(shares_of_time, label=label, neutral_band=neutral_band, midpoint=midpoint)
    return in_rated_windows(manifest, traces, window, lag=lag, shares=rule if label in _AXES else None)


def _sides(ratings: ArrayLike, neutral_band: float, midpoint: Midpoint) -> list[Midpoint]:
    rated = np.round(np.asarray(ratings, np.float64), _DECIMALS)
    sides: list[Midpoint] = np.select(
        [rated == 0, np.abs(rated) <= neutral_band, rated > 0], [midpoint, "neither", "high"], "low"
    ).tolist()
    return sides


def _named(sides: Sequence[Midpoint], label: Label) -> str | None:
    if "neither" in sides:
        return "neutral" if label == "quadrant_or_neutral" else None
    return "_".join(f"{side}_{axis}" for side, axis in zip(sides, _AXES[label], strict=True))
