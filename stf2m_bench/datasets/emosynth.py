"""emosynth: a generated corpus of real media files, so that a fresh machine runs the whole way. Never called real."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

from stf2m_bench.datasets.base.loader import Card, Clip, GeneratedLoader
from stf2m_bench.datasets.synth.expression import EMOTIONS
from stf2m_bench.datasets.synth.script import Plan
from stf2m_bench.errors import InputError


class EmoSynth(GeneratedLoader):
    """20 drawn and synthesised people, 8 emotions, 10 clips of each: pictures, voice, words, EDA and PPG."""

    card = Card(
        title="emosynth (synthetic)",
        licence="CC0-1.0",
        access="generated on this machine: stf2m-bench prepare emosynth",
        citation="stf2m-bench, the embedded synthetic corpus",
        subjects=20,
        emotions=EMOTIONS,
        languages=("en",),
        modalities=("video", "audio", "text", "signal"),
        tracks=("new-subjects", "personal", "new-stimuli", "new-emotions"),
        verified="real",
        emotion_is="intended",
        synthetic=True,
    )
    plan: ClassVar[Plan] = Plan()

    def generate(self, root: Path, *, workers: int, progress: Callable[[int, int], None]) -> None:
        """Write the corpus, or finish it.

        Raises:
            InputError: `root` holds an emosynth of another version or seed.
            CouldNotError: the disk is full, or a worker was killed; the next call goes on from there.
        """
        from stf2m_bench.datasets.synth.write import generate_corpus

        generate_corpus(root, plan=self.plan, workers=workers, progress=progress)

    def scan(self, root: Path) -> Iterator[Clip]:
        """Every clip of the index.

        Raises:
            InputError: there is no `clips.csv`, which is written last.
        """
        index = root / "clips.csv"
        if not index.is_file():
            raise InputError(
                f"{root} is not an emosynth folder, or not a finished one (it has no clips.csv): "
                f"run stf2m-bench prepare {type(self).__module__.rpartition('.')[2]}."
            )
        with index.open(encoding="utf-8", newline="") as file:
            yield from map(_clip, csv.DictReader(file))


def _clip(row: dict[str, str]) -> Clip:
    return Clip(
        clip_id=row["clip_id"],
        subject=row["subject"],
        emotion=row["emotion"],
        label=row["emotion"],
        session=row["session"],
        recording=row["recording"],
        stimulus=row["stimulus"],
        intensity=float(row["intensity"]),
        start=float(row["start"]),
        end=float(row["end"]),
        video=row["video"],
        audio=row["audio"],
        text=row["text"],
        signal=row["signal"],
        language="en",
        valence=float(row["valence"]),
        arousal=float(row["arousal"]),
        votes={f"all.{emotion}": float(row[f"votes.{emotion}"]) for emotion in EMOTIONS},
        groups={"sex": row["sex"]},
    )
