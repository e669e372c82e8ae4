"""The contract of an extractor: from the media of one clip to one array, time first."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.errors import UsageError
from stf2m_bench.views import ROOM
from stf2m_bench.views.base.media import ClipMedia


@dataclass(frozen=True)
class NoParams:
    """Parameters of an extractor that has none."""


class Extractor(ABC):
    """Turns the media of one clip into an array `[T, ...]`.

    Attributes:
        version: raised whenever the same media would give other numbers.
        media: which fields of a clip it reads; a clip that lacks them all lacks this view.
        sites: what the second axis is: `mel band`, `pixel row`, `channel`, `column`, `hash bucket`, `one`.
        rate: rows per second, or None where rows are not spaced in time.
        scope: `clip`: sees one clip only. `subject` / `dataset`: needs more, unlabelled test clips too (shown on the
            leaderboard); it has a `together`.
    """

    version: ClassVar[int]
    media: ClassVar[tuple[Literal["video", "audio", "text", "signal", "tables"], ...]]
    sites: ClassVar[str]
    scope: ClassVar[Literal["clip", "subject", "dataset"]] = "clip"
    dtype: ClassVar[type[np.generic]] = np.float32
    takes_argument: ClassVar[bool] = False
    params: Any = NoParams()

    def __init__(self, argument: str = "") -> None:
        """`argument` is what follows the colon in a view's name, e.g. the channel of `signal.window:eda`."""
        self.argument = argument

    @property
    def rate(self) -> float | None:
        """Rows per second, or None: the `rate` of its params, where they have one."""
        rate: float | None = getattr(self.params, "rate", None)
        return rate

    @abstractmethod
    def extract(self, clip: ClipMedia) -> NDArray[Any]:
        """The view `[T, ...]` of `dtype`, T >= 1; `[0, ...]` where the clip lacks the media.

        Raises:
            InputError: the media are broken: names the file and what is wrong with it.
        """

    def together(self, arrays: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
        """The views of all clips of one subject, or of the dataset, from what `extract` gave of each; rows stay."""
        return arrays

    @property
    def channel(self) -> str:
        """The channel of a signal that it reads, where it reads one."""
        return self.argument

    def identity(self) -> dict[str, Any]:
        """All that decides the numbers: version, argument and parameters."""
        return {"version": self.version, "argument": self.argument, "params": asdict(self.params)}


def make_extractor(view: str) -> Extractor:
    """The extractor of a view's name, e.g. `audio.logmel` or `imported:au_static`.

    Raises:
        UnknownNameError: no such extractor.
        UsageError: an argument is missing or not wanted.
    """
    key, colon, argument = view.partition(":")
    found: type[Extractor] = ROOM.load(key, Extractor)
    if found.takes_argument and not argument:
        raise UsageError(f"The view '{key}' needs a name after a colon, for example '{key}:NAME'.")
    if colon and not found.takes_argument:
        raise UsageError(f"The view '{key}' takes nothing after a colon, but '{view}' was asked for.")
    return found(argument)
