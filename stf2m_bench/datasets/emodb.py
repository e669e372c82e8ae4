"""EmoDB: ten German actors, ten sentences, seven emotions (Burkhardt et al. 2005)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import named_takes
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.people import age_group

_NAME = r"(?<!wav_laryng/)(?P<speaker>0[389]|1[0-6])(?P<sentence>[ab]\d\d)(?P<emotion>[A-Z])(?P<take>[a-z])"
_PEOPLE = {
    "03": ("male", 31), "08": ("female", 34), "09": ("female", 21), "10": ("male", 32), "11": ("male", 26),
    "12": ("male", 30), "13": ("female", 32), "14": ("female", 35), "15": ("male", 25), "16": ("female", 31),
}  # fmt: skip


class EmoDB(Loader):
    """`wav/SSTTTEV.wav`: speaker, sentence, emotion (first letter of the German word), take.

    Cells are uneven: speaker 08 has no disgust. The stereo files of release 2.0 (`wav_laryng/`, the laryngograph on the
    second channel) are left out. Only names are read: a re-worked copy goes round under them (22.05 kHz, cut to two
    seconds, with a table of labels that is wrong). Its manifest is the same, its views are not: `audio.shortcuts` tells
    rate and length of each file. How many listeners knew an emotion (`erkennung.txt`) is no distribution and chose the
    takes: it is no vote (docs/datasets.md).
    """

    card = Card(
        title="Berlin Database of Emotional Speech",
        licence="free for research",
        access="database.syntheticspeech.de; wav/03a01Wa.wav ... (16 kHz)",
        citation="Burkhardt, Paeschke, Rolfes, Sendlmeier & Weiss 2005, Interspeech, doi 10.21437/Interspeech.2005-446",
        subjects=10,
        emotions=emotions_of("EmoDB"),
        languages=("de",),
        modalities=("audio",),
        tracks=("new-subjects", "personal", "new-stimuli", "new-emotions", "new-corpus"),
        verified="real",
        emotion_is="intended",
        left_out="The stereo files of release 2.0 (wav_laryng), with the laryngograph on one channel.",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every take found below `root`."""
        name = "{speaker}{sentence}{emotion}{take}"
        for take in named_takes(root, _NAME, name, corpus="EmoDB", example="wav/03a01Wa.wav"):
            sex, age = _PEOPLE[take["speaker"]]
            yield Clip(
                clip_id=take.clip_id,
                subject=take["speaker"],
                emotion=canonical_of("EmoDB", take["emotion"]),
                label=take["emotion"],
                recording=take.clip_id,
                stimulus=take["sentence"],
                audio=take.audio,
                language="de",
                groups={"sex": sex} | age_group(age),
            )
