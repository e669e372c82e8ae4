"""How ambiguous clips are by the votes of their raters, and whether a model's doubt goes with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from stf2m_bench.scoring.metrics import Floats, Ints


def vote_ambiguity(clips: pd.DataFrame, clip_ids: Sequence[str]) -> Floats | None:
    """1 - largest share of the votes of each clip `[n]`, votes of all conditions added; NaN for a clip without votes.

    Args:
        clips: the table of a manifest; None is given where it has no votes.
    """
    names = [name for name in clips.columns if name.startswith("votes.")]
    if not names:
        return None
    votes = clips.set_index("clip_id")[names].reindex(list(clip_ids)).astype(float).fillna(0.0)
    by_emotion = votes.T.groupby([name.rpartition(".")[2] for name in names]).sum().to_numpy()
    total = by_emotion.sum(0)
    largest: Floats = np.divide(by_emotion.max(0), total, out=np.full(len(total), np.nan), where=total > 0)
    return 1 - largest


def correlation(doubt: Floats, ambiguity: Floats, clip: Ints) -> float | None:
    """Spearman's correlation over clips; each counts once, with the mean of its queries; None where nothing varies.

    Args:
        doubt, ambiguity, clip: of each query `[n]`; a clip whose ambiguity is NaN is left out.

    >>> correlation(np.array([0.1, 0.3, 0.5, 0.9]), np.array([0.0, 0.0, 0.2, 0.4]), np.array([7, 7, 8, 9]))
    1.0
    """
    _, first, place = np.unique(clip, return_index=True, return_inverse=True)
    truth = ambiguity[first]
    told = ~np.isnan(truth)
    means, truth = (np.bincount(place, doubt) / np.bincount(place))[told], truth[told]
    varies = len(truth) > 2 and np.ptp(means) > 1e-9 and np.ptp(truth) > 0
    return float(spearmanr(means, truth).statistic) if varies else None
