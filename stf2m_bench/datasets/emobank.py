"""EmoBank: 10,062 sentences with valence, arousal and dominance, no categories (Buechel & Hahn 2017)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.continuous import emotion_at, quadrant_of
from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.side_tables import find_tables, read_rows


class EmoBank(Loader):
    """`emobank.csv` (ratings, words) and `meta.tsv` (which document a sentence is from).

    Ratings are weighted means of what readers felt and what they took the writer to feel, so that they are neither
    reported nor perceived (`emotion_is` is empty); 1 to 5 becomes -1 to 1.
    Dominance is not kept. The label is the quadrant (exactly 3 on either axis: `neutral`; a quarter of the sentences
    for valence). A quadrant is no emotion, only both at exactly 3 is neutral: this corpus serves ratings, not N-way
    episodes. Spread is so small that quadrants are mostly noise. Writers are not told: a document is both subject and
    recording, all 1,192 headlines of SemEval are one. The published splits, not read, cut through documents.
    """

    card = Card(
        title="EmoBank",
        licence="CC BY-SA 4.0",
        access="github.com/JULIELab/EmoBank; corpus/emobank.csv, corpus/meta.tsv",
        citation="Buechel & Hahn 2017, EACL, 578-585, aclanthology.org/E17-2092",
        subjects=136,
        emotions=("neutral",),
        languages=("en",),
        modalities=("text",),
        tracks=("new-subjects",),
        verified="real",
        no_task=(
            "It has ratings and no emotions but neutral, from writers who are not told; values lie so near the "
            "midpoint (deviation 0.35 of a point in 1 to 5) that quadrants are mostly noise."
        ),
        people_known=False,
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every sentence."""
        tables = find_tables(root, "emobank.csv", "meta.tsv")
        if len(tables) < 2:
            refuse(root, "EmoBank", "corpus/emobank.csv or no corpus/meta.tsv")
        documents = {row["id"]: row["document"] for row in read_rows(tables[1], ("id", "document"), separator="\t")}
        for row in read_rows(tables[0], ("id", "V", "A", "text")):
            valence, arousal = ((float(row[axis]) - 3) / 2 for axis in ("V", "A"))
            document = documents.get(row["id"], row["id"])
            yield Clip(
                clip_id=row["id"],
                subject=document,
                emotion=emotion_at(valence, arousal),
                label=quadrant_of(valence, arousal),
                recording=document,
                text=row["text"],
                language="en",
                valence=valence,
                arousal=arousal,
            )
