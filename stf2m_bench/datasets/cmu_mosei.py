"""CMU-MOSEI: 22,856 stretches of YouTube monologues, rated for six emotions at once (Zadeh et al. 2018)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.loader import NOT_AT_HAND, Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of, native_emotions
from stf2m_bench.errors import CouldNotError, InputError

_LABELS = "CMU_MOSEI_Labels.csd"
_WORDS = tuple(native_emotions("CMU-MOSEI"))


class CMUMOSEI(Loader):
    """Ratings in `CMU_MOSEI_Labels.csd` (HDF5), words in `Raw/Transcript/Segmented/Combined/cEXJ2zFbC9I.txt`, films in
    `Raw/Videos/Segmented/Combined/cEXJ2zFbC9I_1.mp4` or, without these, sound in `Raw/Audio/Full/WAV_16000`.

    Three raters gave each of six emotions 0 to 3. The votes of `raters` are the mean of each, as a share of all six:
    they are kept where several are present. The emotion is the one with more than half of the sum; else there is none,
    as where all six are 0, which is no neutral. The label is the words above 0. Valence is the sentiment; -3 to 3
    becomes -1 to 1. A clip is called after its place in its video; its distributed number is found by its times.
    About 1,000 people speak in 3,228 videos and are not told: a subject is a video, and new people cannot be promised.
    """

    card = Card(
        title="CMU Multimodal Opinion Sentiment and Emotion Intensity",
        licence="CC BY-NC 4.0 (as its redistributors say)",
        access="github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK; CMU_MOSEI_Labels.csd, Raw/Transcript, Raw/Videos ...",
        citation="Zadeh, Liang, Poria, Cambria & Morency 2018, ACL, 2236-2246, doi 10.18653/v1/P18-1208",
        subjects=3_228,
        emotions=emotions_of("CMU-MOSEI"),
        languages=("en",),
        modalities=("video", "audio", "text"),
        tracks=("new-emotions", "new-corpus"),
        verified="layout",
        no_task=NOT_AT_HAND,
        emotion_is="perceived",
        people_known=False,
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every stretch that was rated.

        Raises:
            InputError: there are no ratings, or they are not such a file.
            CouldNotError: h5py is not installed.
        """
        found = sorted(root.rglob(_LABELS))
        if not found:
            refuse(root, "CMU-MOSEI", _LABELS)
        for video, intervals, ratings in read_ratings(found[0]):
            lines = _transcript(root / f"Raw/Transcript/Segmented/Combined/{video}.txt")
            for number, row in enumerate(np.argsort(intervals[:, 0], kind="stable").tolist()):
                start, end = intervals[row].tolist()
                line = next((line for line in lines if abs(line.start - start) < 0.05), None)
                yield _clip(root, f"{video}-{number:03d}", video, (start, end), ratings[row].tolist(), line)


@dataclass(frozen=True)
class _Line:
    """One line of a transcript: the distributed number of a clip, when it begins, its words."""

    number: str
    start: float
    words: str


def _clip(
    root: Path, name: str, video: str, times: tuple[float, float], ratings: list[float], line: _Line | None
) -> Clip:
    sentiment, *rated = ratings
    present = {word: value for word, value in zip(_WORDS, rated, strict=True) if value > 0}
    shares = {canonical_of("CMU-MOSEI", word): value / sum(present.values()) for word, value in present.items()}
    film = f"Raw/Videos/Segmented/Combined/{video}_{line.number}.mp4" if line else ""
    whole = f"Raw/Audio/Full/WAV_16000/{video}.wav"
    cut = bool(film) and (root / film).is_file()  # the film of the clip alone; else times within the whole sound
    return Clip(
        clip_id=name,
        subject=video,
        emotion=next((emotion for emotion, share in shares.items() if share > 0.5), None),
        label=",".join(present) or "none",
        recording=video,
        start=None if cut else max(0.0, times[0]),
        end=None if cut else times[1],
        video=film if cut else None,
        audio=whole if not cut and (root / whole).is_file() else None,
        text=line.words if line else None,
        language="en",
        valence=sentiment / 3,
        votes={f"raters.{emotion}": share for emotion, share in shares.items()},
    )


def _transcript(path: Path) -> list[_Line]:
    """Lines `cEXJ2zFbC9I___1___7.7___12.1___the words`; the words may hold more underscores."""
    if not path.is_file():
        return []
    try:
        rows = [line.split("___", 4) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [_Line(number, float(start), words.strip()) for _, number, start, _, words in rows]
    except ValueError as error:
        raise InputError(f"{path} is not a transcript of CMU-MOSEI ({error}); fetch it again.") from error


def read_ratings(path: Path) -> Iterator[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
    """Of each video: its name, `[n, 2]` seconds, `[n, 7]` sentiment and the six emotions in the map's order.

    Raises:
        InputError: the file is damaged or has not these seven. CouldNotError: h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise CouldNotError(f"{path} is an HDF5 file, and h5py is not here to read it; pip install h5py.") from error
    try:
        with h5py.File(path, "r") as file:
            (sequence,) = file.values()
            order = _order(sequence["metadata"])
            for video, one in sequence["data"].items():
                intervals, ratings = np.asarray(one["intervals"], np.float64), np.asarray(one["features"], np.float64)
                yield video, intervals.reshape(-1, 2), ratings[:, order]
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise InputError(f"{path} holds no ratings of CMU-MOSEI ({error}); fetch it again.") from error


def _order(metadata: Any) -> list[int]:
    names = json.loads(metadata["dimension names"][0])
    return [names.index(name) for name in ("sentiment", *_WORDS)]
