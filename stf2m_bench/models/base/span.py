"""Few clips with many numbers lie in a space of few dimensions: work there where rotations do not matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def span_of(rows: NDArray[np.floating]) -> Floats:
    """An orthonormal basis `[D, r]`, r <= n, of the space that `rows` `[n, D]` span.

    A linear classifier with a squared penalty has its weights in it (representer theorem), so fitting on `rows @ basis`
    and mapping back gives the same weights as fitting on `rows`.
    """
    wide = rows.astype(np.float64)
    values, vectors = np.linalg.eigh(wide @ wide.T)
    kept = values > 1e-10 * values[-1]
    basis: Floats = wide.T @ vectors[:, kept] / np.sqrt(values[kept])
    return basis
