"""OMG-Emotion: utterances of YouTube monologues, seven emotions, valence and arousal (Barros et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import find_takes, refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.side_tables import find_tables, read_rows

_COLUMNS = ("link", "video", "utterance", "arousal", "valence", "EmotionMaxVote")


class OMGEmotion(Loader):
    """Tables `omg_TrainVideos.csv` and `omg_ValidationVideos.csv`; films are not distributed, and are looked for as the
    tables name them, `5b44393ed/utterance_4.mp4`, each cut to its utterance.

    The emotion is what most raters perceived; single ratings are not told. Valence is -1 to 1 as it is; arousal is 0
    (calm) to 1 as it is: its neutral point is not told. A recording is a YouTube link: 23 links stand in both tables
    under other names, and neighbouring utterances overlap in time. Nor are speakers told: one link is taken as one
    subject. Rows without a video, the means and deviations at the end of a table, are no clips.
    """

    card = Card(
        title="One-Minute-Gradual Emotion",
        licence="CC BY-NC-SA 3.0",
        access="github.com/knowledgetechnologyuhh/OMGEmotionChallenge; omg_TrainVideos.csv, omg_ValidationVideos.csv",
        citation="Barros et al. 2018, IJCNN, arXiv 1803.05434",
        subjects=148,
        emotions=emotions_of("OMG-Emotion"),
        languages=("en",),
        modalities=("video", "audio"),
        tracks=("new-subjects", "new-emotions", "new-corpus"),
        verified="real",
        no_task="Labels alone were at hand: the films lie on YouTube, and speakers are not told.",
        emotion_is="perceived",
        left_out="2 of 3,061 rows, the means and deviations of the table; the videos of the test, which are not read.",
        people_known=False,
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every utterance."""
        tables = find_tables(root, "omg_TrainVideos.csv", "omg_ValidationVideos.csv")
        if not tables:
            refuse(root, "OMG-Emotion", "omg_TrainVideos.csv")
        takes = find_takes(root, r"(?P<video>\w+)/(?P<utterance>utterance_\d+)", "{video}_{utterance}")
        films = {take.clip_id: take.video for take in takes}
        for row in (row for table in tables for row in read_rows(table, _COLUMNS)):
            if not row["video"]:
                continue
            name = f"{row['video']}_{row['utterance'].removesuffix('.mp4')}"
            link = row["link"].partition("watch?v=")[2]
            yield Clip(
                clip_id=name,
                subject=link,
                emotion=canonical_of("OMG-Emotion", row["EmotionMaxVote"]),
                label=row["EmotionMaxVote"],
                recording=link,
                video=films.get(name),
                language="en",
                valence=float(row["valence"]),
                arousal=float(row["arousal"]),
            )
