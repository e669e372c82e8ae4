"""Another view of a signal, put on each person's own scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.extractor import Extractor, make_extractor
from stf2m_bench.views.base.media import ClipMedia


class Zscored(Extractor):
    """`signal.zscored:eda:EDA` is `signal.eda:EDA` less the person's mean, in the person's standard deviations.

    Mean and deviation of each column are over all rows of all clips of the person, later ones and unlabelled test clips
    too: the scope is the subject, and leaderboards say so. A column that never moves becomes 0. How strongly and how
    evenly a person responds is gone with the level.
    """

    version = 1
    media = ("signal",)
    sites = "channel"
    scope = "subject"
    takes_argument = True

    def __init__(self, argument: str = "") -> None:
        """`argument` is the other view's name after `signal.`, e.g. `eda:EDA`."""
        super().__init__(argument)
        self._other = make_extractor(f"signal.{argument}")

    @property
    def rate(self) -> float | None:
        """Rows per second, as in the other view."""
        return self._other.rate

    @property
    def channel(self) -> str:
        """The other view's."""
        return self._other.channel

    def extract(self, clip: ClipMedia) -> NDArray[Any]:
        """The other view of one clip, not yet on the person's scale: `[T, columns]` float32."""
        return self._other.extract(clip)

    def together(self, arrays: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
        """All clips of one person on that person's scale."""
        rows = np.concatenate(arrays).astype(np.float64)
        if not len(rows):
            return arrays
        mean, deviation = rows.mean(axis=0), rows.std(axis=0)
        still = deviation <= 1e-9 * np.abs(rows).max(axis=0)
        return [
            (np.where(still, 0, array - mean) / np.where(still, 1, deviation)).astype(np.float32) for array in arrays
        ]

    def identity(self) -> dict[str, Any]:
        """With all that decides the other view's numbers."""
        return super().identity() | {"other": self._other.identity()}
