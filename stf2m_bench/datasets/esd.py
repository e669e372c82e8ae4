"""ESD: ten Mandarin and ten English speakers, 350 parallel sentences a language, five emotions (Zhou et al. 2022)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import NOT_AT_HAND, Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import named_takes
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of

_NAME = (
    r"(?P<speaker>00(?:0[1-9]|1\d|20))/(?P<emotion>[A-Z][a-z]+)/"
    r"(?:(?:train|evaluation|test)/)?(?P=speaker)_(?P<number>\d{6})"
)
_SENTENCES = 350
_MALE = {"0004", "0005", "0006", "0008", "0010", "0011", "0012", "0013", "0014", "0020"}


class ESD(Loader):
    """`0017/Happy/0017_000891.wav`, also with `train`, `evaluation` or `test` between; each clip once.

    Speakers 0001-0010 speak Mandarin, 0011-0020 English; the number tells the sentence, the same in every emotion.
    Words are in `0017/0017.txt` in four encodings; a broken line gives a clip without words.
    """

    card = Card(
        title="Emotional Speech Database",
        licence="research only, by form",
        access="github.com/HLTSingapore/Emotional-Speech-Data; 0001/Angry/0001_000351.wav ..., 0001/0001.txt",
        citation="Zhou, Sisman, Liu & Li 2022, Speech Communication 137, 1-18, doi 10.1016/j.specom.2021.11.006",
        subjects=20,
        emotions=emotions_of("ESD"),
        languages=("zh", "en"),
        modalities=("audio", "text"),
        tracks=("new-subjects", "personal", "new-stimuli", "new-emotions", "new-corpus"),
        verified="layout",
        no_task=NOT_AT_HAND,
        emotion_is="intended",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every clip found below `root`, once."""
        takes = named_takes(root, _NAME, "{speaker}_{number}", corpus="ESD", example="0001/Angry/0001_000351.wav")
        words = {path.stem: _words(path) for path in root.rglob("00[0-2][0-9].txt")}
        for take in takes:
            speaker = take["speaker"]
            language = _language(speaker)
            yield Clip(
                clip_id=take.clip_id,
                subject=speaker,
                emotion=canonical_of("ESD", take["emotion"]),
                label=take["emotion"],
                recording=take.clip_id,
                stimulus=f"{language} {(int(take['number']) - 1) % _SENTENCES + 1}",
                audio=take.audio,
                text=words.get(speaker, {}).get(take.clip_id),
                language=language,
                groups={"sex": "male" if speaker in _MALE else "female"},
            )


def _language(speaker: str) -> str:
    return "zh" if speaker <= "0010" else "en"


def _words(path: Path) -> dict[str, str]:
    """Clip id -> words, of the whole lines (id, words, emotion) of one speaker's table."""
    lines = [line.split("\t") for line in _decode(path.read_bytes(), _language(path.stem)).splitlines()]
    return {line[0].strip(): line[1].strip() for line in lines if len(line) == 3 and line[1].strip()}


def _decode(raw: bytes, language: str) -> str:
    """UTF-16 says so by its mark; what is not UTF-8 either is the usual encoding of the language."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030" if language == "zh" else "latin-1", errors="replace")
