"""EmoryNLP: lines of the series Friends, seven emotions of the feeling wheel (Zahiri & Choi 2018)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import find_takes, refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.side_tables import find_tables, read_rows
from stf2m_bench.errors import InputError

_COLUMNS = ("Utterance", "Speaker", "Emotion", "Scene_ID", "Utterance_ID", "Season", "Episode")
_FILM = r"sea0*(?P<season>\d+)_ep0*(?P<episode>\d+)_sc0*(?P<scene>\d+)_utt0*(?P<number>\d+)"
_TOGETHER = re.compile(r"#ALL#|Both|(The )?Guys|The Whole Party|.* Friends|.* Sisters")


class EmoryNLP(Loader):
    """Tables `emorynlp_train_final.csv`, `emorynlp_dev_final.csv`, `emorynlp_test_final.csv`; films
    `sea1_ep2_sc1_utt1.mp4`, where they lie there (read by layout alone).

    The emotion is what readers perceived; `Peaceful` and `Powerful` have only near kin among the canonical emotions. A
    subject is a character; lines of several people at once are left out. A recording is a scene. An episode, the
    stimulus, is spelt as in MELD, which has many of the same lines: never train on one and test on the other as if
    unseen. Times, added later from subtitles, are not read.
    """

    card = Card(
        title="EmoryNLP emotion detection",
        licence="Apache-2.0; films under copyright, research use",
        access="github.com/declare-lab/MELD, data/emorynlp; emorynlp_train_final.csv ..., sea1_ep2_sc1_utt1.mp4 ...",
        citation="Zahiri & Choi 2018, AAAI workshop on affective content analysis, arXiv 1708.04299",
        subjects=230,
        emotions=emotions_of("EmoryNLP"),
        languages=("en",),
        modalities=("video", "audio", "text"),
        tracks=("new-subjects", "personal", "new-stimuli", "new-emotions", "new-corpus"),
        verified="real",
        no_task=(
            "The characters and many lines are those of MELD, which carries the task, and there are words alone "
            "here: no film was at hand."
        ),
        emotion_is="perceived",
        left_out="157 of 9,489 lines, which several people say at once.",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every line of one speaker."""
        tables = find_tables(root, *(f"emorynlp_{split}_final.csv" for split in ("train", "dev", "test")))
        if not tables:
            refuse(root, "EmoryNLP", "data/emorynlp/emorynlp_train_final.csv")
        takes = find_takes(root, _FILM, "s{season:0>2}e{episode:0>2}_{scene}_{number}")
        films = {take.clip_id: take.video for take in takes}
        for row in (row for table in tables for row in read_rows(table, _COLUMNS)):
            speaker = _speaker(row["Speaker"])
            if speaker is None:
                continue
            episode = f"s{row['Season']:0>2}e{row['Episode']:0>2}"
            name = f"{episode}_{row['Scene_ID']}_{row['Utterance_ID']}"
            yield Clip(
                clip_id=name,
                subject=speaker,
                emotion=canonical_of("EmoryNLP", row["Emotion"]),
                label=row["Emotion"],
                recording=f"{episode}_{row['Scene_ID']}",
                stimulus=episode,
                video=films.get(name),
                text=row["Utterance"],
                language="en",
            )


def _speaker(printed: str) -> str | None:
    """The one name of a printed list such as `['Monica Geller']`; None where several people speak."""
    try:
        names = [str(name) for name in ast.literal_eval(printed)]
    except (ValueError, SyntaxError, TypeError) as error:
        raise InputError(f"EmoryNLP has the speaker {printed}, which is no list of names; fetch the tables.") from error
    return names[0] if len(names) == 1 and not _TOGETHER.fullmatch(names[0]) else None
