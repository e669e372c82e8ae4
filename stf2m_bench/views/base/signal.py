"""What views of one channel of a body signal share."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.channels import Stretch, known_stretch
from stf2m_bench.views.base.extractor import Extractor
from stf2m_bench.views.base.media import ClipMedia


class SignalExtractor(Extractor):
    """A view of the channel named after the colon; `params` have `rate` and `longest_gap` (see `known_stretch`).

    Attributes:
        columns: numbers in a row.
    """

    media = ("signal",)
    sites = "channel"
    takes_argument = True
    columns: ClassVar[int] = 1

    def kept(self, stretch: Stretch, clip: ClipMedia) -> Stretch | None:
        """The stretch without artefacts, where the view has a rule for them; None where nothing is left."""
        return stretch

    @abstractmethod
    def rows(self, stretch: Stretch, clip: ClipMedia) -> NDArray[np.float64]:
        """`[T]`, or `[T, columns]`, from what is known of the channel over the clip."""

    def extract(self, clip: ClipMedia) -> NDArray[np.float32]:
        """`[T, columns]` float32; no row where the clip lacks the signal, or has nothing of it but artefacts."""
        known = known_stretch(clip, self.argument, self.params.longest_gap)
        stretch = None if known is None else self.kept(known, clip)
        rows = np.zeros(0) if stretch is None else self.rows(stretch, clip)
        return rows.astype(np.float32).reshape(-1, self.columns)
