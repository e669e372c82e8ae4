"""ShEMO: 3,000 clips of Persian radio plays, 87 speakers, six emotions (Mohamad Nezami et al. 2019)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import find_takes, refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.people import sex_group
from stf2m_bench.errors import InputError

_NAME = r"(?P<speaker>[FM]\d\d)(?P<emotion>[A-Z])(?P<number>\d\d)"
_MARKS = str.maketrans("", "", "\ufeff\u200e\u200f")  # byte order and direction of writing


class ShEMO(Loader):
    """`male/M01A01.wav`, `female/F01A01.wav`: sex and number of the speaker, emotion, number of the clip.

    Words are in `final text/F01A01.ort` or, where it lies there, `shemo.json`. About 160 clips are distributed as words
    without sound: they are clips without an `audio`. Fear has 32 clips; few speakers have many of any two emotions.
    """

    card = Card(
        title="Sharif Emotional Speech Database",
        licence="academic use",
        access="github.com/mansourehk/ShEMO; male/M01A01.wav, female/F01A01.wav ..., final text/*.ort or shemo.json",
        citation="Mohamad Nezami, Jamshid Lou & Karami 2019, LRE 53, 1-16, doi 10.1007/s10579-018-9427-x",
        subjects=87,
        emotions=emotions_of("ShEMO"),
        languages=("fa",),
        modalities=("audio", "text"),
        tracks=("new-subjects", "new-emotions", "new-corpus"),
        verified="real",
        no_task=(
            "Words and labels alone were at hand, no sound; 32 of 3,000 clips are of fear, and 13 of 87 speakers "
            "have five emotions twice or more."
        ),
        emotion_is="perceived",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every clip of which sound or words were found."""
        sounds = {take.clip_id: take.audio for take in find_takes(root, _NAME, "{speaker}{emotion}{number}")}
        words = _words(root)
        if not sounds and not words:
            refuse(root, "ShEMO", "female/F01A01.wav or shemo.json")
        for name in sorted(sounds.keys() | words.keys()):
            yield Clip(
                clip_id=name,
                subject=name[:3],
                emotion=canonical_of("ShEMO", name[3]),
                label=name[3],
                recording=name,
                audio=sounds.get(name),
                text=words.get(name),
                language="fa",
                groups=sex_group(name[0]),
            )


def _words(root: Path) -> dict[str, str]:
    """Id -> words, without the marks of order and direction around them."""
    listed = root / "shemo.json"
    if listed.is_file():
        texts = _transcripts(listed)
    else:
        texts = {path.stem: path.read_text(encoding="utf-8", errors="replace") for path in root.rglob("*.ort")}
    words = {name: text.translate(_MARKS).strip() for name, text in texts.items() if re.fullmatch(_NAME, name)}
    return {name: text for name, text in words.items() if text}


def _transcripts(path: Path) -> dict[str, str]:
    try:
        return {name: entry["transcript"] for name, entry in json.loads(path.read_text(encoding="utf-8")).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path} is not the list of ShEMO's transcripts ({error}); fetch it again.") from error
