"""IEMOCAP: ten actors in five sessions, 151 dialogues, nine emotions by turn (Busso et al. 2008)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from stf2m_bench.datasets.base.loader import NOT_AT_HAND, Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import find_takes, refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.people import sex_group

_TURN = r"(?P<dialogue>Ses0(?P<session>[1-5])[FM]_(?P<scene>\w+))_(?P<sex>[FM])(?P<number>\d{3})"
_JUDGED = re.compile(
    rf"\[[\d.]+ - [\d.]+\]\t(?P<turn>{_TURN})\t(?P<emotion>\w+)\t\[(?P<valence>[\d.]+), (?P<arousal>[\d.]+), [\d.]+\]"
)
_RATER = re.compile(r"C-E\d+:\s*(?P<words>[^\t(]*)")
_SPOKEN = re.compile(rf"(?P<turn>{_TURN}) \[[\d.\- ]+\]: (?P<words>.+)")


class IEMOCAP(Loader):
    """Turns judged in `Session1/dialog/EmoEvaluation/Ses01F_impro01.txt`: sound in
    `Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav`, words in `dialog/transcriptions`.

    A speaker is session and letter of the turn: `Ses01F` only says who wears the markers. A recording is a dialogue.
    `oth` and `xxx` (no agreement) have no emotion. The votes of `raters` count who said what (`C-E2: Neutral;`): each
    word of a rater who gave several counts as one; `Other` has no canonical emotion and is in no vote; any other word
    that the map lacks is an error. Actors who judge themselves (`C-F1`, `C-M1`) are no raters and are not read. Valence
    and arousal: 1 to 5 becomes -1 to 1. Pictures are left out: one film shows both actors side by side.
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
        left_out=(
            "Turns that have words and no judgement (48 lines); films, since one shows both actors, and motion capture."
        ),
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every judged turn."""
        judged = list(_judged(root))
        if not judged:
            refuse(root, "IEMOCAP", "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt")
        sounds = {take.clip_id: take.audio for take in find_takes(root, rf"(?P<turn>{_TURN})", "{turn}")}
        words = {match["turn"]: match["words"].strip() for match in _spoken(root)}
        for turn, votes in judged:
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
                votes=votes,
                groups=sex_group(turn["sex"]),
            )


def _judged(root: Path) -> Iterator[tuple[re.Match[str], Mapping[str, float]]]:
    """Every judged turn and its votes, which stand in the lines below it."""
    for text in _texts(root, "EmoEvaluation/Ses*.txt"):
        for block in re.split(r"^(?=\[)", text, flags=re.MULTILINE):
            first, *below = block.splitlines() or [""]
            if turn := _JUDGED.fullmatch(first.strip()):
                yield turn, _votes(below)


def _votes(lines: Iterable[str]) -> dict[str, float]:
    said: Counter[str | None] = Counter()
    for rater in filter(None, map(_RATER.match, lines)):
        words = filter(None, map(str.strip, rater["words"].split(";")))
        said.update({canonical_of("IEMOCAP (raters)", word) for word in words})
    return {f"raters.{emotion}": float(count) for emotion, count in said.items() if emotion}


def _spoken(root: Path) -> Iterator[re.Match[str]]:
    lines = (line.strip() for text in _texts(root, "transcriptions/Ses*.txt") for line in text.splitlines())
    return filter(None, map(_SPOKEN.fullmatch, lines))


def _texts(root: Path, files: str) -> Iterator[str]:
    return (path.read_text(encoding="utf-8", errors="replace") for path in sorted(root.rglob(files)))


def _unit(rating: str) -> float:
    return max(-1.0, min(1.0, (float(rating) - 3) / 2))
