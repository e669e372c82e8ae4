"""DailyDialog: written English dialogues, an emotion a turn (Li et al. 2017), as RECCON publishes a part of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.side_tables import find_tables
from stf2m_bench.errors import InputError

_CODES = {
    "neutral": "0", "anger": "1", "disgust": "2", "fear": "3", "happiness": "4", "happines": "4", "excited": "4",
    "sadness": "5", "sad": "5", "surprise": "6",
}  # fmt: skip
_SPLITS = ("train", "valid", "test")


class DailyDialog(Loader):
    """The files `dailydialog_train.json`, `dailydialog_valid.json` and `dailydialog_test.json` of RECCON.

    The emotion is what annotators read out of a turn; `neutral` is the corpus's "no emotion". `happines` and
    `excited` count as happiness, `sad` as sadness: slips, once each. RECCON holds only dialogues with some emotion in
    them, so that neutral is half of the turns, not five in six. A and B are turns of one dialogue, not people known
    from elsewhere: a subject is one side of one dialogue. Of dialogues with the same turns word for word (three pairs
    in the test file, labelled differently) the first is read. The causes that RECCON marks are not read.
    """

    card = Card(
        title="DailyDialog, the part in RECCON",
        licence="CC BY-NC-SA 4.0",
        access="github.com/declare-lab/RECCON; data/original_annotation/dailydialog_test.json ...",
        citation="Li et al. 2017, IJCNLP, arXiv 1710.03957; Poria et al. 2021, arXiv 2012.11820",
        subjects=2_212,
        emotions=emotions_of("DailyDialog"),
        languages=("en",),
        modalities=("text",),
        tracks=("new-emotions", "new-corpus"),
        verified="real",
        no_task=(
            "No people are known: of 538 sides of dialogues at hand none has five emotions; 34 turns are of disgust, "
            "29 of fear."
        ),
        emotion_is="perceived",
        left_out="3 of 272 dialogues at hand (53 of 2,898 turns), word for word those of others, labelled differently.",
        people_known=False,
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every turn of every dialogue."""
        files = find_tables(root, *(f"dailydialog_{split}.json" for split in _SPLITS))
        if not files:
            refuse(root, "DailyDialog (RECCON)", "data/original_annotation/dailydialog_test.json")
        read = set[tuple[str, ...]]()
        for dialogue, turns in (pair for path in files for pair in _dialogues(path).items()):
            words = tuple(turn["utterance"] for turn in turns)
            if words not in read:
                read.add(words)
                yield from (_clip(dialogue, turn) for turn in turns)


def _dialogues(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Id of a dialogue -> its turns, which the file wraps in one more list."""
    needed = {"turn", "speaker", "utterance", "emotion"}
    try:
        dialogues = {
            name: [turn for part in parts for turn in part]
            for name, parts in json.loads(path.read_text(encoding="utf-8")).items()
        }
        if all(needed <= turn.keys() for turns in dialogues.values() for turn in turns):
            return dialogues
        raise ValueError("a turn lacks its words, speaker or emotion")
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no file of RECCON's dialogues ({error}); fetch it again.") from error


def _clip(dialogue: str, turn: dict[str, Any]) -> Clip:
    label = turn["emotion"]
    return Clip(
        clip_id=f"{dialogue}_{turn['turn']}",
        subject=f"{dialogue}_{turn['speaker']}",
        emotion=canonical_of("DailyDialog", _CODES.get(label, label)),
        label=label,
        recording=dialogue,
        text=turn["utterance"].strip(),
        language="en",
    )
