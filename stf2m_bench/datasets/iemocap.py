"""IEMOCAP: ten actors in five sessions, 151 dialogues, nine emotions by turn (Busso et al. 2008)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import NOT_AT_HAND, Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import find_takes, refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.people import sex_group

_TURN = r"(?P<dialogue>Ses0(?P<session>[1-5])[FM]_(?P<scene>\w+))_(?P<sex>[FM])(?P<number>\d{3})"
_JUDGED = re.compile(
    rf"\[[\d.]+ - [\d.]+\]\t(?P<turn>{_TURN})\t(?P<emotion>\w+)\t\[(?P<valence>[\d.]+), (?P<arousal>[\d.]+), [\d.]+\]"
)
_SPOKEN = re.compile(rf"(?P<turn>{_TURN}) \[[\d.\- ]+\]: (?P<words>.+)")


class IEMOCAP(Loader):
    """Turns judged in `Session1/dialog/EmoEvaluation/Ses01F_impro01.txt`: sound in
    `Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav`, words in `dialog/transcriptions`.

    A speaker is session and letter of the turn: `Ses01F` only says who wears the markers. A recording is a dialogue.
    `oth` and `xxx` (no agreement) have no emotion. Valence and arousal: 1 to 5 becomes -1 to 1. Pictures are left out:
    one film shows both actors side by side.
    """

    card = Card(
        title="Interactive Emotional Dyadic Motion Capture",
        licence="research only, by form",
        access="sail.usc.edu/iemocap; Session1/sentences/wav, dialog/EmoEvaluation, dialog/transcriptions ...",
        citation="Busso et al. 2008, LRE 42, 335-359, doi 10.1007/s10579-008-9076-6",
        subjects=10,
        emotions=emotions_of("IEMOCAP"),
        languages=("en",),
        modalities=("audio", "text"),
        tracks=("new-subjects", "personal", "new-emotions", "new-corpus"),
        verified="layout",
        no_task=NOT_AT_HAND,
        emotion_is="perceived",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every judged turn."""
        judged = _matches(root, "EmoEvaluation/Ses*.txt", _JUDGED)
        if not judged:
            refuse(root, "IEMOCAP", "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt")
        sounds = {take.clip_id: take.audio for take in find_takes(root, rf"(?P<turn>{_TURN})", "{turn}")}
        words = {match["turn"]: match["words"].strip() for match in _matches(root, "transcriptions/Ses*.txt", _SPOKEN)}
        for turn in judged:
            yield Clip(
                clip_id=turn["turn"],
                subject=turn["session"] + turn["sex"],
                emotion=canonical_of("IEMOCAP", turn["emotion"]),
                label=turn["emotion"],
                session=turn["session"],
                recording=turn["dialogue"],
                stimulus=turn["scene"],
                audio=sounds.get(turn["turn"]),
                text=words.get(turn["turn"]),
                language="en",
                valence=_unit(turn["valence"]),
                arousal=_unit(turn["arousal"]),
                groups=sex_group(turn["sex"]),
            )


def _matches(root: Path, files: str, line: re.Pattern[str]) -> list[re.Match[str]]:
    """Every line of these files that reads so."""
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in sorted(root.rglob(files)))
    return [match for text in texts for row in text.splitlines() if (match := line.fullmatch(row.strip()))]


def _unit(rating: str) -> float:
    return max(-1.0, min(1.0, (float(rating) - 3) / 2))
