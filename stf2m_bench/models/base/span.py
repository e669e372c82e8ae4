"""Few clips with many numbers lie in a space of few dimensions: work there where rotations do not matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MANY = 4000  # rows whose products with each other take too long; fewer keep the basis, to the bit, of results so far


def span_of(rows: NDArray[np.floating]) -> Floats:
    """An orthonormal basis `[D, r]`, r <= n, of the space that `rows` `[n, D]` span.

    A linear classifier with a squared penalty has its weights in it (representer theorem), so fitting on `rows @ basis`
    and mapping back gives the same weights as fitting on `rows`.
    """
    wide = rows.astype(np.float64)
    if wide.shape[0] > max(MANY, wide.shape[1]):
        return _leading(wide.T @ wide)[1]
    values, vectors = _leading(wide @ wide.T)
    basis: Floats = wide.T @ vectors / np.sqrt(values)
    return basis


def _leading(products: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues that are not zero, and their eigenvectors as columns."""
    values, vectors = np.linalg.eigh(products)
    kept = values > 1e-10 * values[-1]
    return values[kept], vectors[:, kept]
