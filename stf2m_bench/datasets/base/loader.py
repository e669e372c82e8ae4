"""The contract of a loader: a card, and a reading of the corpus's folder into clips."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from numpy.typing import ArrayLike

from stf2m_bench.datasets.base.signals import Signals

NOT_AT_HAND = "No file of it was at hand when tasks were made; clips are counted, drawn and hashed from real files."


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a reader must know of a corpus before using it.

    Attributes:
        subjects: how many people the whole corpus has, or None where each user brings their own.
        emotions: canonical keys that clips may carry.
        tracks: tracks that the corpus can serve.
        verified: `real` (tested on the corpus's own files), `layout` (on its documented layout), `draft`.
        no_task: why no task of ours is made of it; empty where one is.
        emotion_is: whose word a clip's emotion is: `intended` (asked of who shows it), `induced` (what the stimulus or
            the condition aims at in people, who rate themselves where there are ratings), `perceived` (by who sees,
            hears or reads it), `reported` (by the person of themselves); empty where it is none of these, or unknown.
        left_out: what of the corpus becomes no clip, how much of it, and why; empty where all does.
        people_known: False where nobody says whose a clip is: `subjects` are then videos, comments, documents ...
    """

    title: str
    licence: str
    access: str
    citation: str
    subjects: int | None
    emotions: tuple[str, ...]
    languages: tuple[str, ...]
    modalities: tuple[str, ...]
    tracks: tuple[str, ...]
    verified: Literal["real", "layout", "draft"]
    synthetic: bool = False
    no_task: str = ""
    emotion_is: Literal["intended", "perceived", "reported", "induced", ""] = ""
    left_out: str = ""
    people_known: bool = True

    @property
    def people(self) -> str:
        """How many people the whole corpus has, in a cell of a table."""
        return str(self.subjects or "") if self.people_known else "not told"


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One expression of one subject: a stretch of one recording with one emotion or a distribution over emotions.

    Attributes:
        clip_id: stable, readable, unique in the dataset.
        emotion: canonical key, or None where the corpus's word has none.
        label: the corpus's own word or code.
        recording: what was recorded in one go; clips of one recording never face each other in an episode.
        start, end: seconds within the files; None is the whole file.
        video, audio, signal: paths relative to the root; `path#part` is one recording of a signal file that holds
            several. text: the words themselves.
        valence, arousal: in [-1, 1].
        votes: `<condition>.<emotion>` -> share or count of raters.
        groups: sex, age band, where the corpus tells; the language joins them where a corpus has several.
    """

    clip_id: str
    subject: str
    emotion: str | None
    label: str
    session: str | None = None
    recording: str | None = None
    stimulus: str | None = None
    intensity: float | None = None
    start: float | None = None
    end: float | None = None
    video: str | None = None
    audio: str | None = None
    text: str | None = None
    signal: str | None = None
    language: str | None = None
    valence: float | None = None
    arousal: float | None = None
    votes: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Ratings given all the while during one recording, to be cut into windows.

    Attributes:
        whole: what all windows have in common; without a label theirs is the quadrant of their own rating. Its start
            is where the first window begins, and none reaches beyond its end.
        seconds: rising stamps `[n]`, on the clock of the recording's files.
        valence, arousal: ratings `[n]` in [-1, 1].
    """

    whole: Clip
    seconds: ArrayLike
    valence: ArrayLike
    arousal: ArrayLike


def same_name(name: str) -> str:
    """The clip id of a table's row whose key is the clip id itself."""
    return name


@dataclass(frozen=True, kw_only=True)
class ImportedTable:
    """A table (one row a clip, or rows in time order) that someone else computed; the view `imported:<name>`.

    Attributes:
        path: CSV or Parquet, relative to the dataset's root.
        key: the column that names the clip; `clip_id` turns it into our id (a module-level function).
        columns: the columns that are the view; nothing else of the table is read.
        source: who computed it, where it was published.
        fitted_on: what the computation was trained or fitted on ("nothing of this corpus" if so): a reader
            decides from it whether test people leaked into the features.
        rate: rows per second, or None for one row a clip.
        scope: `clip`; `subject` or `dataset` where numbers of other clips, test people's too, shaped each row (a scale
            over all people): shown on the leaderboard.
    """

    path: str
    key: str
    columns: tuple[str, ...]
    source: str
    fitted_on: str
    separator: str = ","
    rate: float | None = None
    clip_id: Callable[[str], str] = same_name
    scope: Literal["clip", "subject", "dataset"] = "clip"


class Loader(ABC):
    """Reads one corpus as distributed. Pure reading: no network, no writes, no decoding.

    Attributes:
        signals: how the files that clips name as `signal` are read.
    """

    card: ClassVar[Card]
    signals: ClassVar[Signals] = Signals()

    @abstractmethod
    def scan(self, root: Path) -> Iterable[Clip]:
        """Every clip found under `root`, in any order.

        Raises:
            InputError: the folder is not this corpus; says what was expected and where.
        """

    def traces(self, root: Path) -> Iterable[Trace]:
        """Where people rate all the while, the ratings that `scan` cuts, or a task in its own windows."""
        return ()

    def tables(self, root: Path) -> dict[str, ImportedTable]:
        """Feature tables that lie beside the corpus: name -> declaration."""
        return {}

    def shortcuts(self, root: Path, clips: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
        """What the corpus tells of what was shown, for shortcut probes alone: name -> a number for each clip.

        Args:
            clips: rows of the manifest.
        """
        return {}


class GeneratedLoader(Loader):
    """A corpus that is made on this machine, or fetched onto it, before it is read."""

    @abstractmethod
    def generate(self, root: Path, *, workers: int, progress: Callable[[int, int], None]) -> None:
        """Write the corpus into `root`, or finish one that was interrupted; does nothing where it is whole.

        The same files whatever `workers`. Calls `progress(done, total)` as it goes.
        """
