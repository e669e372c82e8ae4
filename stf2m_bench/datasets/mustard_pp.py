"""MUStARD++: 1,202 lines of comedy, half of them sarcastic, the emotion meant and the one shown (Ray et al. 2022)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import find_takes, refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.side_tables import find_tables, read_rows

_COLUMNS = ("SCENE", "SENTENCE", "SPEAKER", "Implicit_Emotion", "Explicit_Emotion", "Valence", "Arousal")
_NOBODY = re.compile(r"PERSON\d*|OTHER")


class MUStARDPP(Loader):
    """The table `mustard++_text.csv`; films `final_utterance_videos/1_10004_u.mp4`, where they lie there (read by
    layout alone).

    The emotion is the implicit one, which is meant; the explicit one, which is shown, stands beside it as the single
    vote of the condition `explicit`. Annotators perceived both; they differ in half of the lines and are never merged.
    Implicit emotion and sarcasm (not read) tell each other: ridicule is always sarcastic, five emotions never are.
    Valence and arousal follow the implicit emotion; 1 to 9 becomes -1 to 1. Rows of context have no label and are no
    clips. A clip is called after its scene: one key in the table is a slip. A subject is a character; `PERSON` and
    `OTHER` are nobody in particular, each time another subject.
    """

    card = Card(
        title="MUStARD++, emotion in sarcasm",
        licence="none stated; films under copyright, research use",
        access="github.com/cfiltnlp/MUStARD_Plus_Plus; mustard++_text.csv, final_utterance_videos/1_10004_u.mp4 ...",
        citation="Ray, Mishra, Nunna & Bhattacharyya 2022, LREC, 6992-7003",
        subjects=109,
        emotions=emotions_of("MUStARD++"),
        languages=("en",),
        modalities=("video", "audio", "text"),
        tracks=("new-subjects", "personal", "new-emotions", "new-corpus"),
        verified="real",
        no_task=(
            "Of 109 characters 88 have one emotion alone and 14 have five twice or more; it has lines of MELD's "
            "series, and no film was at hand."
        ),
        emotion_is="perceived",
        left_out="4,839 of 6,041 rows: the lines before each utterance, which have no label.",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every labelled line."""
        tables = find_tables(root, "mustard++_text.csv")
        if not tables:
            refuse(root, "MUStARD++", "mustard++_text.csv")
        films = {take.clip_id: take.video for take in find_takes(root, r"(?P<scene>[^/]+)_u", "{scene}")}
        for row in read_rows(tables[0], _COLUMNS):
            if not row["Implicit_Emotion"]:
                continue
            scene, speaker = row["SCENE"], row["SPEAKER"]
            yield Clip(
                clip_id=scene,
                subject=f"{speaker} {scene}" if _NOBODY.fullmatch(speaker) else speaker,
                emotion=canonical_of("MUStARD++", row["Implicit_Emotion"]),
                label=row["Implicit_Emotion"],
                recording=scene,
                video=films.get(scene),
                text=" ".join(row["SENTENCE"].split()),
                language="en",
                valence=(float(row["Valence"]) - 5) / 4,
                arousal=(float(row["Arousal"]) - 5) / 4,
                votes={f"explicit.{canonical_of('MUStARD++', row['Explicit_Emotion'])}": 1.0},
            )
