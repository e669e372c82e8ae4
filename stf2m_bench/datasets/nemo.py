"""nEMO: nine Polish actors, ninety sentences, six emotions (Christop 2024)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import NOT_AT_HAND, Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import named_takes
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.people import sex_group
from stf2m_bench.datasets.base.side_tables import read_rows

_NAME = r"(?P<speaker>[A-Z]{2}\d)_(?P<emotion>[a-z]+)_(?P<sentence>\d+)"
_COLUMNS = ("file_id", "raw_text", "gender")


class NEMO(Loader):
    """`samples/EB0_anger_1.wav`: speaker, emotion, sentence; words and sex are in `data.tsv`, where it lies there.

    Speaker MK0 has no surprise, MP0 few clips of each emotion. All speakers are between 23 and 28 years old.
    """

    card = Card(
        title="nEMO, emotional speech in Polish",
        licence="CC BY-NC-SA 4.0",
        access="github.com/amu-cai/nEMO; samples/EB0_anger_1.wav ..., data.tsv",
        citation="Christop 2024, LREC-COLING, 12111-12116",
        subjects=9,
        emotions=emotions_of("nEMO"),
        languages=("pl",),
        modalities=("audio", "text"),
        tracks=("new-subjects", "personal", "new-stimuli", "new-emotions", "new-corpus"),
        verified="layout",
        no_task=NOT_AT_HAND,
        emotion_is="intended",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every clip found below `root`."""
        takes = named_takes(
            root, _NAME, "{speaker}_{emotion}_{sentence}", corpus="nEMO", example="samples/EB0_anger_1.wav"
        )
        table = root / "data.tsv"
        rows = {row["file_id"]: row for row in read_rows(table, _COLUMNS, separator="\t")} if table.is_file() else {}
        for take in takes:
            row = rows.get(f"{take.clip_id}.wav", {})
            yield Clip(
                clip_id=take.clip_id,
                subject=take["speaker"],
                emotion=canonical_of("nEMO", take["emotion"]),
                label=take["emotion"],
                recording=take.clip_id,
                stimulus=f"sentence {take['sentence']}",
                audio=take.audio,
                text=row.get("raw_text") or None,
                language="pl",
                groups=sex_group(row.get("gender", "")),
            )
