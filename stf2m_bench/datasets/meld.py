"""MELD: lines of the series Friends, seven emotions, words and film of each line (Poria et al. 2019)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import find_takes, refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.side_tables import find_tables, number, read_rows

_COLUMNS = (
    "Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID", "Season", "Episode", "StartTime", "EndTime",
)  # fmt: skip
_FOLDERS = {"train_splits": "train", "dev_splits_complete": "dev", "output_repeated_splits_test": "test"}
_FILM = rf"(?P<folder>{'|'.join(_FOLDERS)})/(?P<final>final_videos_test)?dia(?P<dialogue>\d+)_utt(?P<number>\d+)"
_TOGETHER = re.compile(r"All|Both|The Guys|Her-Friends|.+ and .+")
_UNREADABLE = "train_125_3"
_SHORTEST, _LONGEST = 0.3, 40.0  # seconds of a film
_WINDOWS = {code: bytes([code]).decode("cp1252", errors="ignore") for code in range(0x80, 0xA0)}


class MELD(Loader):
    """Tables `train_sent_emo.csv`, `dev_sent_emo.csv`, `test_sent_emo.csv`; films `train_splits/dia0_utt0.mp4`,
    `dev_splits_complete/...`, `output_repeated_splits_test/...`, where they lie there.

    The emotion is what readers and viewers perceived. A subject is a character as spelt; names of no one (`Man`,
    `Woman`) are shared by several, `Joey/Drake` is Joey. Lines of several people at once are left out. A recording is a
    dialogue, numbered anew in each split: the published splits share all six leads. An episode, the stimulus, is spelt
    as in EmoryNLP, which has many of the same lines: never train on one and test on the other as if unseen. Curly
    quotes that some copies carry as codes of Windows-1252 are mended.

    Films were read by layout alone. Of `dia0_utt0.mp4` and `final_videos_testdia0_utt0.mp4` the latter is read: where
    both lie there it is the one that holds the line. Times in the tables are those of the broadcast, and films were cut
    by them: a film of less than 0.3 seconds (223 lines) or more than 40 (three, one of 305) is left out, as is one that
    is reported unreadable; words are kept.
    """

    card = Card(
        title="Multimodal EmotionLines Dataset",
        licence="GPL-3.0 (tables); films under copyright, research use",
        access="github.com/declare-lab/MELD; data/MELD/train_sent_emo.csv ..., train_splits/dia0_utt0.mp4 ...",
        citation="Poria et al. 2019, ACL, 527-536, doi 10.18653/v1/P19-1050",
        subjects=285,
        emotions=emotions_of("MELD"),
        languages=("en",),
        modalities=("video", "audio", "text"),
        tracks=("new-subjects", "personal", "new-stimuli", "new-emotions", "new-corpus"),
        verified="real",
        emotion_is="perceived",
        left_out=(
            "69 of 13,708 lines, which several people say at once. Of films also those of lines of less than 0.3 s "
            "(223) or more than 40 s (3), and one that is reported unreadable: their words are kept."
        ),
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every line of one speaker."""
        tables = find_tables(root, *(f"{split}_sent_emo.csv" for split in _FOLDERS.values()))
        if not tables:
            refuse(root, "MELD", "data/MELD/train_sent_emo.csv")
        films = _films(root)
        for table in tables:
            split = table.name.partition("_")[0]
            for row in read_rows(table, _COLUMNS):
                if _TOGETHER.fullmatch(row["Speaker"]):
                    continue
                name = f"{split}_{row['Dialogue_ID']}_{row['Utterance_ID']}"
                yield Clip(
                    clip_id=name,
                    subject=row["Speaker"].partition("/")[0].translate(_WINDOWS),
                    emotion=canonical_of("MELD", row["Emotion"]),
                    label=row["Emotion"],
                    recording=f"{split}_{row['Dialogue_ID']}",
                    stimulus=f"s{row['Season']:0>2}e{row['Episode']:0>2}",
                    video=films.get(name) if _SHORTEST <= _seconds(row) <= _LONGEST else None,
                    text=row["Utterance"].translate(_WINDOWS),
                    language="en",
                )


def _seconds(row: dict[str, str]) -> float:
    """How long a line lasts; times read `00:16:16,059`."""
    begin, end = (
        sum(number(part) * 60.0**power for power, part in enumerate(reversed(row[name].split(":"))))
        for name in ("StartTime", "EndTime")
    )
    return end - begin


def _films(root: Path) -> dict[str, str | None]:
    """Clip id -> film, the final one where there are two; without the one that cannot be read."""
    takes = find_takes(root, _FILM, "{folder}_{dialogue}_{number}_{final}")
    takes.sort(key=lambda take: take["final"] is not None)
    films = {f"{_FOLDERS[take['folder']]}_{take['dialogue']}_{take['number']}": take.video for take in takes}
    return {name: film for name, film in films.items() if name != _UNREADABLE}
